"""The figure of test accuracy during training."""

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import headlines, logs, selection, tree
from lottery_ticket.analysis.sections import parts

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
    levels, headline = runs["level"], headlines.of(runs)
    colors = styles.level_colors(sorted(levels.unique()))
    experiments = list(runs["experiment"].unique())
    with figure_style.drawing(panels=len(experiments)) as (figure, panels):
        for axes, experiment in zip(panels, experiments, strict=True):
            _draw(axes, test_logs, experiment, colors, headline)
            sizes = levels[runs["experiment"] == experiment].value_counts()
            axes.set_title(styles.label(experiment, sizes))
        _finish(panels, test_logs, headline)
        styles.level_legend(figure, runs, colors, len(panels) * 3)
    return figure


def _draw(axes, test_logs, experiment, colors, headline):
    """Draws an experiment's curve at each level; a control's dense dotted."""

    def curve(rows):
        return mean_plots.curve(
            rows, "iteration", headline.metric, scale=headline.scale
        )

    own = test_logs[test_logs["experiment"] == experiment]
    for level, of_level in own.groupby("level"):
        mean_plots.draw_band(axes, curve(of_level), colors[level])
    trees = test_logs["experiment"].map(tree.name)
    is_sibling = trees == tree.name(experiment)
    dense = test_logs[is_sibling & (test_logs["density"] == 1)]
    if len(dense) and not (own["density"] == 1).any():
        means = curve(dense)["mean"]
        style = {**figure_style.DENSE, "color": colors[dense["level"].min()]}
        axes.plot(means.index, means, **style)


def _finish(panels, test_logs, headline):
    """Begins y where curves are once they have risen, and x at 0."""
    last = test_logs.groupby("experiment")["iteration"].transform("max")
    is_risen = test_logs["iteration"] >= RISE * last
    risen = headline.scale * test_logs[headline.metric][is_risen]
    margin = headline.margin(0.05, risen.max() - risen.min())
    panels[0].set_ylim(risen.min() - margin, risen.max() + margin)
    for axes in panels:
        axes.margins(x=0)
        axes.set_xlim(left=0)
        figure_style.iteration_axis(axes.xaxis)
    label = headline.reword(figure_style.ACCURACY_LABEL)
    figure_style.outer_labels(panels, "Training iteration", label)
