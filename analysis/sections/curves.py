"""The figure of test accuracy during training."""

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import logs, selection, tree
from lottery_ticket.analysis.sections import parts

AXES = ("iteration", "accuracy")
RISE = 0.1  # Part of training whose accuracies need not be in view.


def section(found: tree.Tree) -> parts.Section:
    """Figure curves: test accuracy during training, at some levels."""
    runs = selection.trained(found.chosen)
    levels = found.levels or styles.spread_levels(runs)
    shown = runs.loc[runs["level"].isin(levels)]
    if shown.empty:
        return parts.Section()
    test_logs = logs.read(shown, ("test",))
    return parts.Section(figures={"curves": curves(test_logs, shown)})


def curves(test_logs, runs):
    """Returns a figure of test accuracy during training, of these runs.

    A panel per experiment, a line per level: the mean over its runs. The axis
    begins where the curves are after the first tenth of training, so that their
    rise from chance does not flatten the rest.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 3.

    Raises:
        ValueError: If there is no test log.
    """
    if test_logs.empty:
        raise ValueError("No run has a test log to draw")
    levels = runs["level"]
    colors = styles.level_colors(sorted(levels.unique()))
    experiments = list(runs["experiment"].unique())
    with figure_style.drawing(panels=len(experiments)) as (figure, panels):
        for axes, experiment in zip(panels, experiments, strict=True):
            _draw(axes, test_logs, experiment, colors)
            sizes = levels[runs["experiment"] == experiment].value_counts()
            axes.set_title(styles.label(experiment, sizes))
        _finish(panels, test_logs)
        styles.level_legend(figure, runs, colors, len(panels) * 3)
    return figure


def _draw(axes, test_logs, experiment, colors):
    """Draws an experiment's curve at each level; a control's dense dotted."""
    own = test_logs[test_logs["experiment"] == experiment]
    for level, of_level in own.groupby("level"):
        curve = mean_plots.curve(of_level, *AXES)
        mean_plots.draw_band(axes, curve, colors[level])
    trees = test_logs["experiment"].map(tree.name)
    is_sibling = trees == tree.name(experiment)
    dense = test_logs[is_sibling & (test_logs["density"] == 1)]
    if len(dense) and not (own["density"] == 1).any():
        curve = mean_plots.curve(dense, *AXES)
        style = {**figure_style.DENSE, "color": colors[dense["level"].min()]}
        axes.plot(curve.index, curve["mean"], **style)


def _finish(panels, test_logs):
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
