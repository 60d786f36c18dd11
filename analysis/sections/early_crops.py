"""When EarlyCroP prunes: once weights, as they were saved, move evenly."""

import math
import typing

import numpy as np

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import (
    records,
    saved_weights,
    selection,
    tree,
)
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy, progress

with lazy.imports():
    import pandas as pd

RUN = ["experiment", "trial", "level", "run"]
MEASURES = ("moved", "change")
COLUMNS = [*RUN, "iteration", *MEASURES]
HEADS = (
    *("experiment", "level", "mask %", "runs", "pruned", "iteration"),
    *("min", "max"),
)
TITLE = """\
At which iteration EarlyCroP prunes dense networks to a density: how far their
weights are from those that were saved first has changed, since those before,
by less than that part of its first change
"""


def section(
    runs: "pd.DataFrame", densities: tuple[float, ...], quiet: bool = False
) -> parts.Section:
    """Returns when EarlyCroP prunes to some densities; nothing if unknown.

    Args:
        runs: Those of `mask_arrays.whole`.
        densities: To which it prunes, each in (0, 1).
        quiet: Whether to show no progress.
    """
    found, problems = measure(runs, quiet)
    if found.empty:
        return parts.Section(problems=problems)
    return parts.Section(
        tables={"early_crop.csv": summarize(found)},
        figures={"early_crop": figure(found, densities)},
        text=to_text(found, densities),
        problems=problems,
    )


def measure(
    runs: "pd.DataFrame", quiet: bool = False
) -> tuple["pd.DataFrame", list[str]]:
    """Returns how far weights move in training, and how evenly.

    Of dense runs, and of all kernels with masks together. From the second
    weights on that a run has saved, and at its end,

        moved  = ||first - now|| / ||first||
        change = |moved - moved of those before| / first moved

    in which `first` are the weights saved first, which have not moved. So the
    first change is 1. Left out are runs that have saved one network or none,
    and learned masks.

    Source: Rachwan et al. 2022, EarlyCroP (https://arxiv.org/abs/2206.10451),
    in the authors' code, where weights are those after every epoch.

    Returns:
        Pair: a row per run and iteration, with COLUMNS; and a line for each run
        whose saved weights are not whole.
    """
    rows: list[dict] = []
    problems = []
    is_dense = (runs["kind"] != selection.LEARNED) & (runs["density"] == 1)
    dense = runs.loc[is_dense].to_dict("records")
    for run in progress.each(dense, "measuring weights", quiet):
        keys = {key: run[key] for key in RUN}
        try:
            rows += [{**keys, **row} for row in _of_run(run)]
        except ValueError as error:
            place = tree.Place("", (), *keys.values())
            problems.append(f"{place.label}: {error}")
    return pd.DataFrame(rows, columns=COLUMNS), problems


def pruned(found: "pd.DataFrame", density: float) -> "pd.DataFrame":
    """Returns a row per run: the iteration at which it is pruned.

    That is the first with a change below the density; NaN if there is none.

    Source: as of `measure`.

    Args:
        found: As from `measure`.
        density: To which the network is pruned, in (0, 1).
    """
    even = found.loc[found["change"] < density]
    first = even.drop_duplicates(RUN)[[*RUN, "iteration"]]
    return found[RUN].drop_duplicates().merge(first, "left", RUN)


def summarize(found: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, level and iteration.

    Columns: those, runs (their number), and mean, min and max of both MEASURES,
    such as change_mean.
    """
    groups = found.groupby(["experiment", "level", "iteration"], sort=False)
    return groups.agg(
        runs=("change", "size"), **tables.statistics(MEASURES)
    ).reset_index()


def to_text(found: "pd.DataFrame", densities: tuple[float, ...]) -> str:
    """Returns a table of the iterations at which dense networks are pruned."""
    rows = [[*HEADS]]
    for density in densities:
        where = pruned(found, density)
        for _, own in where.groupby(["experiment", "level"], sort=False):
            rows.append(_cells(density, own))
    return tables.titled(TITLE, rows)


def figure(found: "pd.DataFrame", densities: tuple[float, ...]):
    """Returns a figure of changes against iterations, a panel an experiment.

    Each is of the lowest level that there is, the mean over runs. Dotted, below
    which a network is pruned to a density.
    """
    shown = selection.first_levels(found)
    experiments = [*shown["experiment"].unique()]
    wanted: typing.Any = sorted(densities, reverse=True)
    colors = styles.level_colors(wanted)
    with figure_style.drawing(panels=len(experiments)) as (made, panels):
        for axes, experiment in zip(panels, experiments, strict=True):
            own = shown.loc[shown["experiment"] == experiment]
            means = mean_plots.curve(own, "iteration", "change")
            mean_plots.draw_band(axes, means, figure_style.DARK["color"])
            for density, color in colors.items():
                axes.axhline(100 * density, **_limit(color))
            axes.margins(x=0)
            axes.set_xlim(left=0)
            axes.set_yscale("log")
            figure_style.iteration_axis(axes.xaxis)
            sizes = own.groupby("iteration").size()
            axes.set_title(styles.label(experiment, sizes))
        figure_style.outer_labels(
            panels, "Training iteration", "Change (% of the first)"
        )
        entries = [
            (f"{tables.percent(density)} %", _limit(color))
            for density, color in colors.items()
        ]
        sizes = shown.groupby(["experiment", "iteration"]).size()
        entries += mean_plots.spread_entries(sizes, mean_plots.BANDS)
        figure_style.legend(made, entries, 3 * len(panels), "Pruned below")
    return made


def _limit(color):
    return {**figure_style.DENSE, "color": color, "zorder": 1}


def _cells(density, own):
    """A row below HEADS, of the runs of an experiment at a level."""
    experiment, level = own.iloc[0][["experiment", "level"]]
    where = own["iteration"].dropna()
    ends = [f"{each:,.0f}" for each in (where.min(), where.max())]
    return [
        *(experiment, str(level), tables.percent(density)),
        *(str(len(own)), str(len(where))),
        f"{where.mean():,.0f}" if len(where) else "-",
        *(ends if len(where) > 1 else ("", "")),
    ]


def _of_run(run):
    """Yields what is found of a run at each iteration, as `measure` has it.

    Raises ValueError if its weights are not whole.
    """
    record = records.read(run["directory"], tree.RUN)
    points = saved_weights.points(record)
    if len(points) < 2:
        return
    saved_weights.check(run, record)
    points[record["iterations"]] = saved_weights.FINAL
    first, *later = points.items()
    reference = saved_weights.arrays(run, first[1])
    size, before, unit = _norm(reference), 0.0, 0.0
    for iteration, folder in later:
        weights = saved_weights.arrays(run, folder)
        gone = {name: weights[name] - reference[name] for name in reference}
        moved = _norm(gone) / size if size else math.nan
        unit = unit or moved
        yield {
            "iteration": iteration,
            "moved": moved,
            "change": abs(moved - before) / unit if unit else math.nan,
        }
        before = moved


def _norm(network):
    """Of all arrays together, in float64."""
    squares = [np.square(each, dtype=float).sum() for each in network.values()]
    return math.sqrt(sum(squares))
