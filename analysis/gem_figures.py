"""Figures and tables of sparse networks found at initialisation."""

from lottery_ticket.analysis import (
    density_figures,
    experiment_styles,
    figure_style,
    gem_search_figures,
    gems,
    networks,
    sections,
    setting_styles,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

EXPLANATION = """\
Networks that are sparse from the start: test accuracy in %, mean of n trials,
lowest-highest below it.
before    under the final mask, before any weight is trained
after     fine-tuned
best      at the lowest validation loss of fine-tuning
"""
CHECKS = """\
Sanity checks, fine-tuned as what was found (after) is
reinit    the same mask, weights drawn anew
shuffle   the mask shuffled within each layer
invert    the mask of a search that prunes the highest scores
"""
# Column of `gems.summarize` -> its head.
HEADS = {
    "before_accuracy": "before",
    "accuracy": "after",
    "best_accuracy": "best",
}
CHECK_HEADS = {
    "accuracy": "after",
    "weight_reinit_accuracy": "reinit",
    "mask_shuffle_accuracy": "shuffle",
    "score_inversion_accuracy": "invert",
}
HEIGHT_INCHES = 2.6
MOMENTS = {
    "before_accuracy": "Before fine-tuning",
    "accuracy": "After fine-tuning",
}
# What sets the lines of the first panel apart from those of the second.
BEFORE = {
    "linestyle": (0, (3, 1.2)),
    "markerfacecolor": "white",
    "markeredgewidth": 0.7,
}
# What is fine-tuned: its column, name and style.
STYLES = {
    "accuracy": ("as found", {"color": "black", "marker": "o"}),
    "weight_reinit_accuracy": (
        "weights drawn anew",
        {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    ),
    "mask_shuffle_accuracy": (
        "mask shuffled in each layer",
        {"color": "#0072B2", "marker": "^", "linestyle": "-."},
    ),
    "score_inversion_accuracy": (
        "highest scores pruned",
        {"color": "#009E73", "marker": "v", "linestyle": (0, (1, 1))},
    ),
}
CHANCE = {"color": "#A0A0A0", "linestyle": "-.", "linewidth": 0.7}
LINES = {"dense network": figure_style.DENSE, "chance": CHANCE}


def section(found: tree.Tree) -> sections.Section:
    """Returns tables and figures of the sparse networks in a tree.

    gems.csv has a row per method and density, gems.txt the same to read,
    gem_runs.csv a row per network, gem_epochs.csv one per search and epoch.
    Figures are gem_search_METHOD, gems, and gem_checks where there are sanity
    checks. Empty where there is nothing.
    """
    mined = gems.read(found)
    methods, history = mined.methods, mined.history
    written, figures, text = {}, gem_search_figures.figures(history), ""
    if len(history):
        written["gem_epochs.csv"] = tables.to_csv(history)
    if len(methods):
        summary = gems.summarize(methods)
        text = to_text(summary)
        written["gems.csv"] = tables.to_csv(summary)
        written["gems.txt"] = text.encode()
        written["gem_runs.csv"] = tables.to_csv(methods)
    if (methods["density"] > 0).any():
        figures["gems"] = accuracy(methods)
    if checked(methods):
        figures["gem_checks"] = checks(methods)
    about = "searches for masks" if len(history) else ""
    return sections.Section(
        tables=written,
        figures=figures,
        text=text,
        problems=mined.problems,
        rank=3,
        about=about,
    )


def to_text(summary: "pd.DataFrame") -> str:
    """Returns a summary as text, and one of the sanity checks if there are any.

    Args:
        summary: As from `gems.summarize`.
    """
    text = f"{EXPLANATION}\n{_table(summary, HEADS)}"
    columns = [f"{name}_mean" for name in CHECK_HEADS if name != "accuracy"]
    with_checks = summary[summary[columns].notna().any(axis=1)]
    if len(with_checks):
        text += f"\n{CHECKS}\n{_table(with_checks, CHECK_HEADS)}"
    return text


def accuracy(methods: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of test accuracy before and after fine-tuning.

    Both against density, with a row of panels for each network: means over
    trials, bars from the lowest to the highest. Dotted, the dense network's
    mean; dash-dotted, chance, where the number of classes is recorded.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), figures
    3 (after) and 6 (before).

    Args:
        methods: `gems.read(...).methods`.

    Raises:
        ValueError: If none of them keeps a weight.
    """
    drawn = drawable(methods)
    looks = _looks(drawn)
    groups = list(drawn.groupby("network", sort=False))
    sides = [(own, moment) for own in groups for moment in MOMENTS]
    with figure_style.drawing(
        len(sides),
        len(MOMENTS),
        height_inches=HEIGHT_INCHES,
        share_y="row",
    ) as (figure, panels):
        for axes, ((name, own), moment) in zip(panels, sides, strict=True):
            draw_means(axes, own, _series(own, looks, moment))
            title = MOMENTS[moment]
            is_named = len(groups) > 1
            axes.set_title(f"{name}: {title.lower()}" if is_named else title)
        finish(panels, drawn, len(MOMENTS))
        own_names = drawn["experiment"].map(_own_name)
        entries = [
            figure_style.entry(label(name, drawn[own_names == name]), **look)
            for name, look in looks.items()
        ]
        entries += line_entries(drawn)
        figure_style.legend(figure, entries, 3)
    return figure


def checked(methods: "pd.DataFrame") -> list[str]:
    """Returns the methods that have sanity checks to draw.

    Args:
        methods: `gems.read(...).methods`.
    """
    columns = [column for column in STYLES if column != "accuracy"]
    has_any = methods[columns].notna().any(axis=1) & (methods["density"] > 0)
    return [*methods["experiment"][has_any].unique()]


def checks(methods: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of sanity checks against density, a panel per method.

    All are fine-tuned: what the method found; the same mask over weights drawn
    anew; its mask, shuffled within each layer; a mask of what is left when the
    highest scores go. Means over trials, bars from the lowest to the highest;
    dotted, the dense network's mean, and dash-dotted, chance.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), fig. 3.

    Args:
        methods: `gems.read(...).methods`.

    Raises:
        ValueError: If there is none with a sanity check.
    """
    names = checked(methods)
    if not names:
        raise ValueError("There is no sanity check to draw")
    drawn = drawable(methods)
    checked_rows = drawn[drawn["experiment"].isin(names)]
    has_any = checked_rows[[*STYLES]].notna().any()
    columns = [column for column in STYLES if has_any[column]]
    with figure_style.drawing(len(names)) as (figure, panels):
        for axes, name in zip(panels, names, strict=True):
            _draw_checks(axes, drawn, name, columns)
            own = drawn[drawn["experiment"] == name]
            axes.set_title(label(name, own))
        finish(panels, checked_rows, figure_style.COLUMNS)
        entries = [
            figure_style.entry(text, **style)
            for text, style in (STYLES[column] for column in columns)
        ]
        entries += line_entries(drawn)
        figure_style.legend(figure, entries, max(2 * len(panels), 2))
    return figure


def drawable(methods: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the rows that have a place on a logarithmic axis of density.

    Column network is added: what the network of a row is called.

    Args:
        methods: `gems.read(...).methods`.

    Raises:
        ValueError: If there is none.
    """
    methods = methods[methods["density"] > 0]
    if methods.empty:
        raise ValueError("There is no sparse network that keeps a weight")
    [names] = networks.names(methods)
    return methods.assign(network=names)


def label(name: str, methods: "pd.DataFrame") -> str:
    """Returns a method's name, and of how many networks each mean is.

    Args:
        name: Name of the method.
        methods: Its rows of `gems.read(...).methods`, of one tree or several.
    """
    sizes = methods.groupby(["experiment", "level"]).size()
    return experiment_styles.count_label(name, sizes)


def draw_means(axes, methods: "pd.DataFrame", series) -> None:
    """Draws means against density, the dense network's and chance.

    Args:
        axes: Axes to draw on.
        methods: Rows of one network.
        series: Triples: a method, one of `gems.ACCURACIES`, a style.
    """
    table = gems.summarize(methods)
    for experiment, column, style in series:
        own = table[table["experiment"] == experiment]
        own = own[(own["density"] < 1) & own[f"{column}_mean"].notna()]
        if len(own):
            density_figures.draw_series(axes, own, column, 100, style)
    for name, level in _levels(methods):
        axes.axhline(100 * level, zorder=1, **LINES[name])


def line_entries(methods: "pd.DataFrame") -> list:
    """Returns the legend entries of lines that reach all across.

    Args:
        methods: All rows that are drawn.
    """
    names = {name for name, _ in _levels(methods)}
    return [
        figure_style.entry(name, **style)
        for name, style in LINES.items()
        if name in names
    ]


def finish(panels, methods: "pd.DataFrame", columns: int) -> None:
    """Labels the axes, gives all the same x, and begins y at 0.

    Args:
        panels: All axes of a figure, drawn: those of a row may share y.
        methods: All rows that are drawn; the dense network, whose line reaches
            all across, needs no room.
        columns: How many stand in a row.
    """
    sparse = methods[methods["density"] < 1]
    shown = methods if sparse.empty else sparse
    for axes in panels:
        figure_style.density_axis(axes, 100 * shown["density"])
        axes.set_ylim(bottom=0)
    y_label = figure_style.ACCURACY_LABEL
    figure_style.outer_labels(panels, "Weights kept (%)", y_label, columns)


def _table(summary, heads):
    lines = [[*tables.PLACE_HEADS, "n", *heads.values()]]
    for row in summary.to_dict("records"):
        place = [row["experiment"], str(row["level"])]
        place += [tables.percent(row["density"]), str(row["n"])]
        means = [tables.number(row[f"{name}_mean"]) for name in heads]
        lines.append([*place, *means])
        if row["n"] > 1:
            ranges = [_range(row, name) for name in heads]
            lines.append([*[""] * len(place), *ranges])
    return tables.align(lines)


def _range(row, name):
    ends = [row[f"{name}_{end}"] for end in ("min", "max")]
    if pd.isna(ends[0]):
        return ""
    return "-".join(tables.number(end) for end in ends)


def _looks(methods):
    """Style of each method but the dense network, one in all trees."""
    sparse = methods["experiment"][methods["density"] < 1]
    names = sparse.map(_own_name).unique()
    styles = setting_styles.styles("method", names)
    return {name: styles[name] for name in names}


def _series(methods, looks, moment):
    """What to draw in a panel; see `draw_means`."""
    added = BEFORE if moment == "before_accuracy" else {}
    sparse = methods["experiment"][methods["density"] < 1].unique()
    return [
        (name, moment, {**looks[_own_name(name)], **added}) for name in sparse
    ]


def _own_name(experiment):
    return experiment.rpartition("/")[2]


def _draw_checks(axes, drawn, name, columns):
    """Draws a method's checks beside the dense network of its own kind."""
    [network] = drawn["network"][drawn["experiment"] == name].unique()
    is_dense = (drawn["density"] == 1) & (drawn["network"] == network)
    shown = drawn[is_dense | (drawn["experiment"] == name)]
    series = [(name, column, STYLES[column][1]) for column in columns]
    draw_means(axes, shown, series)


def _levels(methods):
    """Pairs of a line's name and its accuracy."""
    dense = methods["accuracy"][methods["density"] == 1].dropna()
    found = [("dense network", dense.mean())] if len(dense) else []
    counts = methods["num_classes"].dropna().unique()
    return [*found, *(("chance", 1 / count) for count in counts)]
