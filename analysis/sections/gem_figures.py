"""Figures and tables of sparse networks found at initialisation."""

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import headlines, selection, tree
from lottery_ticket.analysis.sections import gems, parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    from matplotlib import ticker

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
CAPTIONS = {
    "gems": "Networks that are sparse from the start",
    "gem_runs": "Each network that is sparse from the start",
    "gem_epochs": "Each epoch of the searches",
    "gem_checks": "Sanity checks of networks sparse from the start",
}
HEIGHT_INCHES = 2.6
# Column -> title of its panel, and what sets its lines apart.
MOMENTS = {
    "before_accuracy": (
        "Before fine-tuning",
        {
            "linestyle": (0, (3, 1.2)),
            "markerfacecolor": "white",
            "markeredgewidth": 0.7,
        },
    ),
    "accuracy": ("After fine-tuning", {}),
}
# What is fine-tuned for checks: its column -> its head, name and style.
STYLES = {
    "accuracy": ("after", "as found", {"color": "black", "marker": "o"}),
    "weight_reinit_accuracy": (
        *("reinit", "weights drawn anew"),
        {"color": "#D55E00", "marker": "s", "linestyle": "--"},
    ),
    "mask_shuffle_accuracy": (
        *("shuffle", "mask shuffled in each layer"),
        {"color": "#0072B2", "marker": "^", "linestyle": "-."},
    ),
    "score_inversion_accuracy": (
        *("invert", "highest scores pruned"),
        {"color": "#009E73", "marker": "v", "linestyle": (0, (1, 1))},
    ),
}
CHECK_HEADS = {column: head for column, (head, *_) in STYLES.items()}
CHECK_COLUMNS = [f"{check}_accuracy" for check in gems.CHECKS]
ACROSS = {"dense network": figure_style.DENSE, "chance": figure_style.CHANCE}
# In the figures of searches.
EVENT = {"linestyle": "", "marker": "o", "markersize": 2}
FLAGS = {"linestyle": ":", "linewidth": 0.8}


def section(found: tree.Tree) -> parts.Section:
    """Tables gems.csv (a row per method and density of networks that are sparse
    from the start), gems.txt, gem_runs.csv (per network) and gem_epochs.csv
    (per search and epoch); figures gem_search_METHOD, gems and, where there
    are sanity checks, gem_checks.
    """
    methods, history, problems = gems.read(found)
    headline = headlines.of(methods, history)
    written, text, papers = {}, "", {}
    figures = {
        f"gem_search_{str(name).replace('/', '_')}": search(own)
        for name, own in history.groupby("experiment", sort=False)
    }
    if len(history):
        written["gem_epochs.csv"] = headlines.named(history, headline)
    if len(methods):
        summary = gems.summarize(methods)
        text = to_text(summary, headline)
        papers = {"gems": cells(summary, headline)}
        summary = headlines.named(summary, headline)
        written |= {"gems.csv": summary, "gems.txt": text}
        written["gem_runs.csv"] = headlines.named(methods, headline)
    drawn = drawable(methods)
    if len(drawn):
        figures["gems"] = accuracy(drawn)
    if checked(drawn):
        figures["gem_checks"] = checks(drawn)
    names = {*figures, *(name.removesuffix(".csv") for name in written)}
    return parts.Section(
        tables=written,
        figures=figures,
        text=text,
        problems=problems,
        rank=3,
        papers=papers,
        about="searches for masks" if len(history) else "",
        captions={k: each for k, each in CAPTIONS.items() if k in names},
    )


def to_text(
    summary, headline: headline_lib.Headline = headline_lib.ACCURACY
) -> str:
    """Returns a summary as text, and one of sanity checks if there are any."""
    table = tables.align(_cells(summary, HEADS, headline))
    text = f"{headline.reword(EXPLANATION)}\n{table}"
    columns = [f"{name}_mean" for name in CHECK_COLUMNS]
    with_checks = summary[summary[columns].notna().any(axis=1)]
    if len(with_checks):
        table = tables.align(_cells(with_checks, CHECK_HEADS, headline))
        text += f"\n{CHECKS}\n{table}"
    return text


def cells(
    summary, headline: headline_lib.Headline = headline_lib.ACCURACY
) -> list[list[str]]:
    """Returns both as rows of one table, of what any network has."""
    heads = {
        name: head
        for name, head in {**HEADS, **CHECK_HEADS}.items()
        if summary[f"{name}_mean"].notna().any()
    }
    return _cells(summary, heads, headline)


def drawable(methods):
    """Returns the rows that have a place on a logarithmic axis of density.

    Column network is added: what the network of a row is called.
    """
    methods = methods[methods["density"] > 0]
    [names] = selection.network_names(methods)
    return methods.assign(network=names)


def accuracy(drawn):
    """Returns a figure of test accuracy before and after fine-tuning.

    Both against density, with a row of panels for each network: means over
    trials. Dotted, the dense network's mean; dash-dotted, chance, where the
    number of classes is recorded.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), figures
    3 (after) and 6 (before).
    """
    own_names = drawn["experiment"].map(tree.own_name)
    names = [*own_names[drawn["density"] < 1].unique()]
    looks = styles.of_setting("method", names)
    groups = list(drawn.groupby("network", sort=False))
    sides = [(own, moment) for own in groups for moment in MOMENTS]
    with figure_style.drawing(
        len(sides),
        len(MOMENTS),
        height_inches=HEIGHT_INCHES,
        share_y="row",
    ) as (figure, panels):
        for axes, ((network, own), moment) in zip(panels, sides, strict=True):
            title, added = MOMENTS[moment]
            series = [
                (name, moment, {**looks[tree.own_name(name)], **added})
                for name in own["experiment"][own["density"] < 1].unique()
            ]
            _draw_means(axes, own, series)
            is_named = len(groups) > 1
            text = f"{styles.literal(network)}: {title.lower()}"
            axes.set_title(text if is_named else title)
        _finish(panels, drawn)
        entries = [
            (_label(name, drawn[own_names == name]), looks[name])
            for name in names
        ]
        entries += _across_entries(drawn) + _bars(drawn)
        figure_style.legend(figure, entries, 3)
    return figure


def checked(drawn) -> list[str]:
    """Returns the methods that have sanity checks to draw."""
    has_any = drawn[CHECK_COLUMNS].notna().any(axis=1)
    return [*drawn["experiment"][has_any].unique()]


def checks(drawn):
    """Returns a figure of sanity checks against density, a panel per method.

    All are fine-tuned: what the method found; the same mask over weights drawn
    anew; its mask, shuffled within each layer; a mask of what is left when the
    highest scores go. Means over trials; lines across as in `accuracy`.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), fig. 3.
    """
    names = checked(drawn)
    checked_rows = drawn[drawn["experiment"].isin(names)]
    has_any = checked_rows[[*STYLES]].notna().any()
    looks = {column: STYLES[column] for column in STYLES if has_any[column]}
    with figure_style.drawing(len(names)) as (figure, panels):
        for axes, name in zip(panels, names, strict=True):
            own = drawn[drawn["experiment"] == name]
            [network] = own["network"].unique()  # Its dense one is drawn, too.
            is_dense = (drawn["density"] == 1) & (drawn["network"] == network)
            shown = drawn[is_dense | (drawn["experiment"] == name)]
            series = [(name, each, look) for each, (*_, look) in looks.items()]
            _draw_means(axes, shown, series)
            axes.set_title(_label(name, own))
        _finish(panels, checked_rows)
        entries = [(text, look) for _, text, look in looks.values()]
        entries += _across_entries(drawn) + _bars(checked_rows)
        figure_style.legend(figure, entries, max(2 * len(panels), 2))
    return figure


def search(history):
    """Returns a figure of density and accuracy over the epochs of a search.

    A line per density that the search came to: the mean over trials. Dots are
    epochs at whose end weights were pruned; dotted, what the flags keep, where
    rounding keeps less.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), fig. 2.
    """
    by_level, headline = list(history.groupby("level")), headlines.of(history)
    colors = styles.level_colors([level for level, _ in by_level])
    entries = []
    with figure_style.drawing(2, 2, share_y=False) as (figure, panels):
        for level, own in by_level:
            color = colors[level]
            _draw_marked(panels[0], own, "density", color)
            if _is_less(own):
                _draw_epochs(panels[0], own, "flag_density", color, **FLAGS)
            scale = headline.scale
            _draw_marked(panels[1], own, "accuracy", color, scale=scale)
            kept = tables.percent_range(own["final_density"], down=True)
            count = styles.count_text(own.groupby("epoch").size())
            entries.append((f"{kept} % {count}", {"color": color}))
        sizes = history.groupby(["level", "epoch"]).size()
        entries += mean_plots.spread_entries(sizes, mean_plots.BANDS)
        _finish_search(panels, headline)
        if (history["pruned"] > 0).any():
            entries.append(("pruning event", {**figure_style.DARK, **EVENT}))
        if _is_less(history):
            entries.append(("flags keep", {**figure_style.DARK, **FLAGS}))
        name = styles.name(history["experiment"].iloc[0])
        title = f"{styles.literal(name)}: weights kept at the end"
        figure_style.legend(figure, entries, 5, title)
    return figure


def _label(name, methods):
    """A method's name, and of how many of its networks each mean is."""
    sizes = methods.groupby(["experiment", "level"]).size()
    return styles.label(name, sizes)


def _bars(methods):
    """The legend entry of bars, where there are any."""
    sizes = methods.groupby(["experiment", "level"]).size()
    return mean_plots.spread_entries(sizes, mean_plots.BARS)


def _draw_means(axes, methods, series):
    """Draws means of one network, the dense one's and chance; by series, which
    are triples of a method, one of `gems.ACCURACIES`, and a style.
    """
    table, scale = gems.summarize(methods), headlines.of(methods).scale
    is_several = table["n"].max() > 1
    for index, (experiment, column, style) in enumerate(series):
        own = table.loc[table["experiment"] == experiment]
        own = own.loc[(own["density"] < 1) & own[f"{column}_mean"].notna()]
        if len(own):
            place = (index, len(series)) if is_several else (0, 1)
            style = mean_plots.dodged(axes, style, *place)
            mean_plots.draw_series(axes, own, column, scale, style)
    for name, level in _levels_across(methods):
        axes.axhline(scale * level, zorder=1, **ACROSS[name])


def _across_entries(methods):
    """The legend entries of lines that reach all across."""
    names = {name for name, _ in _levels_across(methods)}
    return [entry for entry in ACROSS.items() if entry[0] in names]


def _finish(panels, methods):
    """Labels the axes, gives all the same x, and begins percents at 0.

    The dense network, whose line reaches all across, needs no room.
    """
    sparse = methods[methods["density"] < 1]
    shown = methods if sparse.empty else sparse
    headline = headlines.of(methods)
    for axes in panels:  # Once all are drawn: those of a row may share y.
        figure_style.density_axis(axes, 100 * shown["density"])
        figure_style.begin(axes, headline)
    y_label = headline.reword(figure_style.ACCURACY_LABEL)
    figure_style.outer_labels(panels, "Weights kept (%)", y_label)


def _cells(summary, heads, headline):
    """A row of means per method and level, one of ranges below it."""
    lines = [[*tables.PLACE_HEADS, "n", *heads.values()]]
    for row in summary.to_dict("records"):
        place = [*tables.place(row), str(row["n"])]
        means = [headline.number(row[f"{name}_mean"]) for name in heads]
        lines.append([*place, *means])
        if row["n"] > 1:
            ranges = [
                tables.number_range(row, name, headline) for name in heads
            ]
            lines.append([*[""] * len(place), *ranges])
    return lines


def _levels_across(methods):
    """Pairs of the name of a line that reaches all across, its accuracy."""
    dense = methods["accuracy"][methods["density"] == 1].dropna()
    found = [("dense network", dense.mean())] if len(dense) else []
    counts = headlines.class_counts(methods)
    return [*found, *(("chance", 1 / count) for count in counts)]


def _draw_epochs(axes, own, column, color, scale=100, **style):
    """Draws a column's mean over trials, and a band; returns the means."""
    known = own[own[column].notna()]
    curve = mean_plots.curve(known, "epoch", column, scale=scale)
    mean_plots.draw_band(axes, curve, color, **style)
    return curve["mean"]


def _draw_marked(axes, own, column, color, scale=100):
    means = _draw_epochs(axes, own, column, color, scale)
    pruned = own["epoch"][own["pruned"] > 0].unique()
    marked = means[means.index.isin(pruned)]
    axes.plot(marked.index, marked, color=color, **EVENT)


def _is_less(history):
    """Whether rounding keeps less than flags of which some have gone."""
    is_less = history["density"] < history["flag_density"]
    return is_less.any() and (history["flag_density"] < 1).any()


def _finish_search(panels, headline):
    density, accuracy = panels
    figure_style.log_axis(density, (1, 2, 5))
    density.set_ylabel("Weights kept (%)")
    accuracy.set_ylabel(headline.reword(figure_style.ACCURACY_LABEL))
    figure_style.begin(accuracy, headline)
    for axes in (density, accuracy):
        axes.margins(x=0.02)  # Room for a dot at the end.
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))
        axes.set_xlabel("Epoch of the search")
