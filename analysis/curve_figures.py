"""The figure of test accuracy during training."""

import numpy as np

from lottery_ticket.analysis import (
    experiment_styles,
    figure_style,
    logs,
    mean_plots,
    sections,
    selection,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy

matplotlib = lazy.module("matplotlib")
mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

CURVES = 6  # How many levels `curves` draws unless it is told which.
RISE = 0.1  # Part of training whose accuracies need not be in view.


def section(found: tree.Tree) -> sections.Section:
    """Returns the figure curves, where some run has one of the levels."""
    runs = selection.trained(found.chosen)
    levels = found.levels or spread_levels(runs)
    shown = runs[runs["level"].isin(levels)]
    if shown.empty:
        return sections.Section()
    read = logs.read(shown, ("test",))
    return sections.Section(figures={"curves": curves(read, shown, levels)})


def curves(
    test_logs: "pd.DataFrame",
    runs: "pd.DataFrame",
    levels: tuple[int, ...] | None = None,
) -> "mpl_figure.Figure":
    """Returns a figure of test accuracy during training, at some levels.

    A panel per experiment, a line per level: the mean over its runs, in a band
    from the lowest to the highest. The axis begins where the curves are after
    the first tenth of training, so that their rise from chance does not flatten
    the rest.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 3.

    Args:
        test_logs: `logs.read(...)`, test logs included.
        runs: Rows of `results.read(...).runs`.
        levels: Levels to draw; None takes `spread_levels(runs)`.

    Raises:
        ValueError: If there is no run at any of the levels.
    """
    levels = spread_levels(runs) if levels is None else levels
    runs = runs[runs["level"].isin(levels)]
    test_logs = test_logs[
        (test_logs["log"] == "test") & test_logs["level"].isin(levels)
    ]
    if runs.empty or test_logs.empty:
        raise ValueError(f"No run has a test log at any of the levels {levels}")
    colors = level_colors(sorted(runs["level"].unique()))
    experiments = list(runs["experiment"].unique())
    with figure_style.drawing(panels=len(experiments)) as (figure, panels):
        for axes, experiment in zip(panels, experiments, strict=True):
            _draw_curves(axes, test_logs, experiment, colors)
            axes.set_title(experiment_styles.label(experiment, runs))
        _finish_curves(panels, test_logs)
        entries = [
            figure_style.entry(densities_text(runs, level), color=color)
            for level, color in colors.items()
        ]
        figure_style.legend(figure, entries, len(panels) * 3, "Weights kept")
    return figure


def spread_levels(runs: "pd.DataFrame", count: int = CURVES) -> list[int]:
    """Returns at most `count` levels, evenly spread over the densities.

    Those at which most experiments have runs come first, and the densest.

    Args:
        runs: Rows of `results.read(...).runs`.
        count: How many levels at most.
    """
    by_level = runs.groupby("level")
    densities, sizes = by_level["density"].mean(), by_level["experiment"]
    sizes = sizes.nunique()
    is_first = (sizes == sizes.max()) | (densities == densities.max())
    chosen = [*densities[is_first & (densities > 0)].unique()]
    if len(chosen) > count:
        chosen = figure_style.spaced(chosen, count)
    others = set(densities[densities > 0]).difference(chosen)
    while others and len(chosen) < count:  # Each in the widest gap.
        gaps = {d: min(abs(np.log(d / c)) for c in chosen) for d in others}
        chosen.append(max(sorted(gaps), key=gaps.get))
        others.remove(chosen[-1])
    chosen.sort(reverse=True)
    return [int(densities.index[densities == d][0]) for d in chosen]


def level_colors(levels: list[int]) -> dict:
    """Returns a colour of each level; the denser, the darker.

    Args:
        levels: Levels, the densest first.
    """
    positions = np.linspace(0, 0.85, len(levels))
    colors = matplotlib.colormaps["viridis"](positions)
    return dict(zip(levels, colors, strict=True))


def densities_text(runs: "pd.DataFrame", level: int) -> str:
    """Returns a level's density in percent; a range if its runs differ.

    Args:
        runs: Rows of `results.read(...).runs`.
        level: Level of some of them.
    """
    densities = runs["density"][runs["level"] == level]
    ends = {tables.percent(d): None for d in (densities.max(), densities.min())}
    return f"{'–'.join(ends)} %"


def _draw_curves(axes, test_logs, experiment, colors):
    """Draws an experiment's curve at each level; a control's dense dotted."""
    own = test_logs[test_logs["experiment"] == experiment]
    for level in sorted(set(own["level"])):
        curve = _curve(own[own["level"] == level])
        mean_plots.draw_band(axes, curve, colors[level])
    trees = test_logs["experiment"].map(tree.name)
    is_sibling = trees == tree.name(experiment)
    dense = test_logs[is_sibling & (test_logs["density"] == 1)]
    if len(dense) and not (own["density"] == 1).any():
        curve = _curve(dense)
        style = {**figure_style.DENSE, "color": colors[dense["level"].min()]}
        axes.plot(curve.index, curve["mean"], **style)


def _curve(test_logs):
    return mean_plots.curve(test_logs, "iteration", "accuracy")


def _finish_curves(panels, test_logs):
    """Begins y where curves are once they have risen, and x at 0."""
    last = test_logs.groupby("experiment")["iteration"].transform("max")
    risen = 100 * test_logs["accuracy"][test_logs["iteration"] >= RISE * last]
    margin = max(0.05 * (risen.max() - risen.min()), 0.05)
    panels[0].set_ylim(risen.min() - margin, risen.max() + margin)
    for axes in panels:
        axes.margins(x=0)
        axes.set_xlim(left=0)
        figure_style.iteration_axis(axes.xaxis)
    figure_style.outer_labels(
        panels, "Training iteration", figure_style.ACCURACY_LABEL
    )
