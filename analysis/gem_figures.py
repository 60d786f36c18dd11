"""Figure and tables of sparse networks found at initialisation."""

from lottery_ticket.analysis import (
    figure_files,
    figure_style,
    gem_axes,
    gem_check_figures,
    gem_search_figures,
    gem_tables,
    gems,
    setting_styles,
    tables,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

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


def outputs(found: gems.Gems) -> dict[str, bytes]:
    """Returns tables and figures of sparse networks, by file name.

    gems.csv has a row per method and density, gems.txt the same to read,
    gem_runs.csv a row per network, gem_epochs.csv one per search and epoch.
    Figures, as .png and .pdf: gems, gem_checks (where there are sanity checks)
    and gem_search_METHOD. Empty where there is nothing.

    Args:
        found: As from `gems.read`.
    """
    written, figures = {}, gem_search_figures.figures(found.history)
    if len(found.history):
        written["gem_epochs.csv"] = tables.to_csv(found.history)
    if len(found.methods):
        summary = gems.summarize(found.methods)
        written["gems.csv"] = tables.to_csv(summary)
        written["gems.txt"] = gem_tables.to_text(summary).encode()
        written["gem_runs.csv"] = tables.to_csv(found.methods)
    if (found.methods["density"] > 0).any():
        figures["gems"] = accuracy(found.methods)
    if gem_check_figures.checked(found.methods):
        figures["gem_checks"] = gem_check_figures.checks(found.methods)
    return {**written, **figure_files.render_all(figures)}


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
    drawn = gem_axes.drawn(methods)
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
            gem_axes.draw(axes, own, _series(own, looks, moment))
            title = MOMENTS[moment]
            is_named = len(groups) > 1
            axes.set_title(f"{name}: {title.lower()}" if is_named else title)
        gem_axes.finish(panels, drawn, len(MOMENTS))
        own_names = drawn["experiment"].map(_own_name)
        entries = [
            figure_style.entry(
                gem_axes.label(name, drawn[own_names == name]), **look
            )
            for name, look in looks.items()
        ]
        entries += gem_axes.line_entries(drawn)
        figure_style.legend(figure, entries, 3)
    return figure


def _looks(methods):
    """Style of each method but the dense network, one in all trees."""
    sparse = methods["experiment"][methods["density"] < 1]
    names = sparse.map(_own_name).unique()
    styles = setting_styles.styles("method", names)
    return {name: styles[name] for name in names}


def _series(methods, looks, moment):
    """What to draw in a panel; see `gem_axes.draw`."""
    added = BEFORE if moment == "before_accuracy" else {}
    sparse = methods["experiment"][methods["density"] < 1].unique()
    return [
        (name, moment, {**looks[_own_name(name)], **added}) for name in sparse
    ]


def _own_name(experiment):
    return experiment.rpartition("/")[2]
