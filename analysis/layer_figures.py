"""The figure of each layer's density."""

import numpy as np

from lottery_ticket.analysis import (
    curve_figures,
    experiment_styles,
    figure_style,
    layers,
    sections,
    selection,
    tree,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
ticker = lazy.module("matplotlib.ticker")
pd = lazy.module("pandas")

NAMED = 12  # Up to so many layers are named on the axis, more are counted.
SAME = 0.01  # Up to here, layers of two experiments have the same densities.
BELOW = 0.4  # Where an empty layer is drawn: times the lowest density.


def section(found: tree.Tree) -> sections.Section:
    """Returns the figure layer_densities, where layers differ in theirs."""
    runs, levels = selection.trained(found.chosen), found.levels
    pruned = runs[runs["density"] < 1]
    if levels is not None:
        pruned = pruned[pruned["level"].isin(levels)]
    if pruned.empty or layers.are_equal(layers.summarize(pruned)):
        return sections.Section()
    figure = layer_densities(runs, levels)
    return sections.Section(figures={"layer_densities": figure})


def layer_densities(
    runs: "pd.DataFrame", levels: tuple[int, ...] | None = None
) -> "mpl_figure.Figure":
    """Returns a figure of each layer's density, from input to output.

    A line per level, of means over the pruned runs; dotted, the weights on a
    path from input to output where those are known and fewer. A layer that
    keeps nothing is a cross on the axis. A panel per experiment, but none for
    those whose layers have the densities of an earlier one, such as a ticket's
    controls; that one's title counts them.

    Args:
        runs: Rows of `results.read(...).runs`.
        levels: Levels to draw; None takes `curve_figures.spread_levels`.

    Raises:
        ValueError: If there is no pruned run at any of the levels.
    """
    runs = runs[runs["density"] < 1]
    if levels is None and len(runs):
        levels = curve_figures.spread_levels(runs)
    runs = runs[runs["level"].isin(levels or ())]
    if runs.empty:
        raise ValueError(f"No run at any of the levels {levels} is pruned")
    table = layers.summarize(runs)
    groups, floor = _groups(table), _floor(table)
    colors = curve_figures.level_colors(sorted(table["level"].unique()))
    with figure_style.drawing(panels=len(groups)) as (figure, panels):
        for axes, (first, *others) in zip(panels, groups, strict=True):
            _draw(axes, table[table["experiment"] == first], colors, floor)
            more = f" and {len(others)} more" if others else ""
            axes.set_title(experiment_styles.name(first) + more)
        _density_axis(panels[0], floor)  # All panels share it.
        figure_style.outer_labels(panels, "Layer", "Weights kept (%)")
        entries = [
            figure_style.entry(
                curve_figures.densities_text(runs, level), color=color
            )
            for level, color in colors.items()
        ]
        if _differ(table).any():
            text = "on a path to the output"
            dotted = {"color": "#404040", "linestyle": ":"}
            entries.append(figure_style.entry(text, **dotted))
        figure_style.legend(figure, entries, len(panels) * 3, "Weights kept")
    return figure


def _groups(table):
    """Lists of experiments whose layers have the same densities."""
    groups = []
    for experiment in table["experiment"].unique():
        own = _profiles(table, experiment)
        for group in groups:
            first = _profiles(table, group[0])
            if all(
                level in first and np.allclose(first[level], profile, SAME, 0)
                for level, profile in own.items()
            ):
                group.append(experiment)
                break
        else:
            groups.append([experiment])
    return groups


def _profiles(table, experiment):
    """Dict, level -> an experiment's density in each layer; NaN is -1."""
    own = table[table["experiment"] == experiment]
    profiles = [
        _percents(own, kind, layers.names(table, kind)) for kind in layers.KINDS
    ]
    profiles = np.nan_to_num(np.concatenate(profiles, axis=1), nan=-1)
    return dict(zip(own["level"], profiles, strict=True))


def _percents(table, kind, names):
    """Array (row, layer) of percents; NaN where one is not known."""
    columns = [f"{kind}_{name}" for name in names]
    return 100 * table.reindex(columns=columns).to_numpy(float)


def _differ(table):
    """Whether fewer weights lie on a path than are kept, for each row."""
    names = layers.names(table)
    kept = _percents(table, "density", names)
    return (_percents(table, "effective", names) < (1 - SAME) * kept).any(1)


def _draw(axes, table, colors, floor):
    """Draws an experiment's levels, a point for each layer that it has."""
    names = [
        name
        for name in layers.names(table)
        if table[f"density_{name}"].notna().any()
    ]
    rows = zip(
        table["level"],
        _percents(table, "density", names),
        _percents(table, "effective", names),
        _differ(table),
        strict=True,
    )
    for level, kept, effective, is_less in rows:
        _draw_line(axes, kept, floor, colors[level], marker=".")
        if is_less:
            _draw_line(axes, effective, floor, colors[level], linestyle=":")
    _layer_axis(axes, names)


def _draw_line(axes, percents, floor, color, **style):
    x = np.arange(1, len(percents) + 1)
    axes.plot(x, np.maximum(percents, floor), color=color, **style)
    crosses = {"color": color, "linestyle": "", "marker": "x"}
    for empty in x[percents == 0]:
        axes.plot(empty, floor, **crosses, markersize=5, clip_on=False)


def _layer_axis(axes, names):
    """Names the layers where there is room, and counts them elsewhere."""
    axes.set_xlim(0.5, len(names) + 0.5)
    if len(names) <= NAMED:
        x = range(1, len(names) + 1)
        axes.set_xticks(x, names, rotation=90 if len(names) > 4 else 0)
    else:
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))


def _floor(table):
    """Lowest percent to draw: under all, if some layer keeps nothing."""
    found = np.concatenate(
        [
            _percents(table, kind, layers.names(table, kind)).ravel()
            for kind in layers.KINDS
        ]
    )
    lowest = found[found > 0].min(initial=100)
    return BELOW * lowest if (found == 0).any() else lowest


def _density_axis(axes, floor):
    axes.set_yscale("log")
    steps = (1, 2, 5) if floor > 0.5 else (1,)
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=steps, numticks=9))
    axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.set_ylim(floor * 0.9, 115)
