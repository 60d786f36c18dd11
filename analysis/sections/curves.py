"""The figure of test accuracy during training."""

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import headlines, logs, selection, tree
from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.analysis.sections import density, parts

RISE = 0.1  # Part of training whose accuracies need not be in view.
FEW = 4  # Of a curve with fewer points behind it, all are.
MARKED = 10  # Curves with fewer points have a mark at each.


def section(found: tree.Tree) -> parts.Section:
    """Figure curves: test accuracy during training, at some levels."""
    runs = selection.trained(found.chosen)
    levels = found.levels or styles.spread_levels(runs)
    shown = runs.loc[runs["level"].isin(levels)]
    if shown.empty:
        return parts.Section()
    test_logs = logs.read(shown, ("test",))
    headline = headlines.of(shown)
    if len(test_logs) and test_logs[headline.metric].isna().all():
        note = density.NO_NUMBER.format("curves")
        return parts.Section(text=note, rank=parts.NOTES_RANK)
    drawn = curves(test_logs, shown, found.options)
    caption = headline.reword("Test accuracy during training")
    return parts.Section(
        figures={"curves": drawn}, captions={"curves": caption}
    )


def curves(test_logs, runs, options: options_lib.Options = options_lib.USUAL):
    """Returns a figure of test accuracy during training, of these runs.

    A panel per experiment, a line per level: the mean over its runs. The axis
    begins where the curves are after the first tenth of training, so that their
    rise from chance does not flatten the rest; whatever is best is in view, and
    all of curves that have hardly more points than that.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 3.

    Raises:
        ValueError: If there is no test log.
    """
    if test_logs.empty:
        raise ValueError("No run has a test log to draw")
    levels, headline = runs["level"], headlines.of(runs)
    colors = styles.level_colors(sorted(levels.unique()))
    networks = selection.networks(runs)
    with figure_style.drawing(panels=len(networks)) as (figure, panels):
        for axes, experiment in zip(panels, networks, strict=True):
            _draw(axes, test_logs, experiment, colors, headline, networks)
            sizes = levels[runs["experiment"] == experiment].value_counts()
            axes.set_title(styles.label(experiment, sizes, options.names))
        panels[0].set_ylim(*(options.ylim or _limits(test_logs, headline)))
        _finish(panels, headline)
        sizes = runs.groupby(["experiment", "level"]).size()
        bands = mean_plots.spread_entries(sizes, mean_plots.BANDS)
        styles.level_legend(figure, runs, colors, len(panels) * 3, bands)
    return figure


def _draw(axes, test_logs, experiment, colors, headline, networks):
    """Draws an experiment's curve at each level; a control's dense dotted."""

    def curve(rows):
        return mean_plots.curve(
            rows, "iteration", headline.metric, scale=headline.scale
        )

    own = test_logs[test_logs["experiment"] == experiment]
    for level, of_level in own.groupby("level"):
        means = curve(of_level)
        marker = "." if len(means) < MARKED else None
        of = {"experiment": experiment, "level": level}
        mean_plots.draw_band(axes, means, colors[level], of=of, marker=marker)
    of_network = test_logs["experiment"].map(networks) == networks[experiment]
    dense = test_logs[of_network & (test_logs["density"] == 1)]
    if len(dense) and not (own["density"] == 1).any():
        means = curve(dense)["mean"]
        style = {**figure_style.DENSE, "color": colors[dense["level"].min()]}
        axes.plot(means.index, means, **style)


def _limits(test_logs, headline):
    """Ends of y: where curves are once they have risen, and what is best."""
    last = test_logs.groupby("experiment")["iteration"].transform("max")
    is_risen = test_logs["iteration"] >= RISE * last
    values = headline.scale * test_logs[headline.metric]
    points = test_logs[is_risen].groupby("experiment")["iteration"].nunique()
    is_shown = is_risen | test_logs["experiment"].map(points < FEW)
    best = headline.best(values.dropna())
    shown = [*values[is_shown].dropna(), best]  # Some are NaN by then.
    low, high = min(shown), max(shown)
    margin = headline.margin(0.05, high - low)
    return low - margin, high + margin


def _finish(panels, headline):
    """Begins x at 0, and labels the axes."""
    for axes in panels:
        axes.margins(x=0)
        axes.set_xlim(left=0)
        figure_style.iteration_axis(axes.xaxis)
    label = headline.reword(figure_style.ACCURACY_LABEL)
    figure_style.outer_labels(panels, "Training iteration", label)
