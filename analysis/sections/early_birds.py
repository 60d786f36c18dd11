"""From which iteration on a mask is decided: Early-Bird, of saved weights."""

import collections
from collections.abc import Iterable

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
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.selection import (
    layer_shares,
    pruning,
    quotas,
)

with lazy.imports():
    import pandas as pd

# Source: You et al. 2020 (https://arxiv.org/abs/1909.11957), in its code.
BEFORE = 4  # Masks that the newest is compared with.
BELOW = 0.1  # Of the distance; there of all entries, here of chance.
RUN = ["experiment", "trial", "level", "run"]
KEYS = ["experiment", "level", "mask_density"]
MEASURES = ("distance", "to_end")
COLUMNS = [*RUN, "mask_density", "iteration", *MEASURES]
HEADS = (
    *("experiment", "level", "mask %", "runs", "decided", "iteration"),
    *("min", "max", "to the end %"),
)
TITLE = """\
From which iteration on a mask is decided: drawn by magnitude from the weights
saved then, it differs from each of the four masks before in less than a tenth
of what unrelated masks do. Last, how far it still is from the mask at the end
of training, in % of that
"""
LIMIT = {**figure_style.DENSE, "zorder": 1}


def section(
    runs: "pd.DataFrame", densities: tuple[float, ...], quiet: bool = False
) -> parts.Section:
    """Returns since when masks of some densities are decided.

    Args:
        runs: Those of `mask_arrays.whole`.
        densities: Of the masks that are drawn, each in (0, 1).
        quiet: Whether to show no progress.
    """
    found, untold, problems = measure(runs, densities, quiet)
    missing = sorted({*densities} - {*found["mask_density"]}, reverse=True)
    return parts.Section(
        tables={"early_bird.csv": summarize(found)},
        figures={} if found.empty else {"early_bird": figure(found)},
        text=to_text(found, untold, [] if untold else missing),
        problems=problems,
    )


def measure(
    runs: "pd.DataFrame", densities: tuple[float, ...], quiet: bool = False
) -> tuple["pd.DataFrame", list[str], list[str]]:
    """Returns how far masks drawn in training are from those before.

    At every iteration that a run has saved, and at its end, the smallest of the
    weights that it kept are left out, so that all layers that its fractions
    prune have a density, each (of all its weights) or, with its scope global,
    together. From the fifth on, a mask has a distance: in how many entries it
    differs from the one of the four before that is the furthest, as a share of
    what `chance` says. Left out are learned masks, masks that change in
    training, and densities that a layer of the run is below already.

    Source: You et al. 2020 (https://arxiv.org/abs/1909.11957), in the authors'
    code. Differs: there masks are of channels, after every epoch, and a
    distance is a share of all entries, which of sparse masks is always low.

    Returns:
        Triple: a row per run, density and iteration, with COLUMNS, to_end being
        the distance from the mask at the end of training; names of experiments
        with runs that saved too little; and a line for each run whose saved
        weights are not whole, or whose fractions are not of its layers.
    """
    rows: list[dict] = []
    untold: dict[str, None] = {}
    problems = []
    trained = runs.loc[runs["kind"] != selection.LEARNED].to_dict("records")
    for run in progress.each(trained, "drawing masks", quiet):
        try:
            own = _of_run(run, densities)
        except ValueError as error:
            place = tree.Place("", (), *(run[key] for key in RUN))
            problems.append(f"{place.label}: {error}")
            continue
        if own is None:
            untold[run["experiment"]] = None
        rows += own or []
    return pd.DataFrame(rows, columns=COLUMNS), [*untold], problems


def chance(counts: Iterable[tuple[int, int]]) -> float:
    """Returns in how many entries two unrelated masks differ, as expected.

    Args:
        counts: Pairs (kept, total): each mask keeps so many of so many entries,
            anywhere among them. Of one pair with a density k it is 2 k (1 - k)
            of all entries, .0392 at 2 %.
    """
    return float(sum(2 * kept * (1 - kept / of) for kept, of in counts))


def decided(found: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per run and density: where its mask is decided.

    That is the first iteration with a distance below BELOW, which the row is
    of; where there is none, iteration and to_end are NaN.
    """
    of_one = [*RUN, "mask_density"]
    near = found.loc[found["distance"] < BELOW]
    first = near.drop_duplicates(of_one)[[*of_one, "iteration", "to_end"]]
    return found[of_one].drop_duplicates().merge(first, "left", of_one)


def summarize(found: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, level, density and iteration.

    Columns: those, runs (their number), mean, min and max of both MEASURES,
    such as distance_mean, and decided, how many runs are by then.
    """
    when = decided(found).rename(columns={"iteration": "when"})
    both = found.merge(when.drop(columns="to_end"), on=[*RUN, "mask_density"])
    both["by_then"] = both["iteration"] >= both["when"]
    groups = both.groupby([*KEYS, "iteration"], sort=False)
    return groups.agg(
        runs=("distance", "size"),
        **tables.statistics(MEASURES),
        decided=("by_then", "sum"),
    ).reset_index()


def to_text(
    found: "pd.DataFrame", untold: list[str], missing: list[float]
) -> str:
    """Returns a table of where masks are decided; "" if nothing is known.

    Args:
        found: As from `measure`, as untold.
        missing: Densities of which no run has a mask.
    """
    rows = [[*HEADS]]
    for _, own in decided(found).groupby(KEYS, sort=False):
        rows.append(_cells(own))
    notes = []
    if untold:
        notes.append(
            "Saved on the way less than four times (--save_iterations="
            f"every:1ep): {', '.join(untold)}\n"
        )
    if missing:
        words = ", ".join(f"{tables.percent(each)} %" for each in missing)
        notes.append(f"No run has layers that all keep more than: {words}\n")
    return tables.titled(TITLE, rows, notes)


def figure(found: "pd.DataFrame"):
    """Returns a figure of how far masks are from those before, in training.

    A panel per experiment, of the lowest of its levels that there is; a line
    per density, the mean over runs. Dotted, below which a mask is decided.
    """
    shown = selection.first_levels(found)
    experiments = [*shown["experiment"].unique()]
    densities = sorted(found["mask_density"].unique(), reverse=True)
    colors = styles.level_colors(densities)
    with figure_style.drawing(panels=len(experiments)) as (made, panels):
        for axes, experiment in zip(panels, experiments, strict=True):
            own = shown.loc[shown["experiment"] == experiment]
            _draw(axes, own, colors)
            sizes = own.groupby(["mask_density", "iteration"]).size()
            axes.set_title(styles.label(experiment, sizes))
        figure_style.outer_labels(
            panels, "Training iteration", "Distance (% of chance)"
        )
        entries = [
            (f"{tables.percent(density)} %", {"color": color})
            for density, color in colors.items()
        ]
        keys = ["experiment", "mask_density", "iteration"]
        sizes = shown.groupby(keys).size()
        entries += mean_plots.spread_entries(sizes, mean_plots.BANDS)
        entries.append(("decided below", LIMIT))
        figure_style.legend(made, entries, 3 * len(panels), "Weights kept")
    return made


def _draw(axes, found, colors):
    """Draws the lines of an experiment, and where masks count as decided."""
    for density, own in found.groupby("mask_density"):
        means = mean_plots.curve(own, "iteration", "distance")
        mean_plots.draw_band(axes, means, colors[density])
    axes.axhline(100 * BELOW, **LIMIT)
    axes.margins(x=0)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    figure_style.iteration_axis(axes.xaxis)


def _cells(own):
    """A row below HEADS, of the runs of an experiment at a level."""
    experiment, level, density = own.iloc[0][KEYS]
    where = own["iteration"].dropna()
    numbers = [f"{each:,.0f}" for each in (where.min(), where.max())]
    return [
        *(experiment, str(level), tables.percent(density)),
        *(str(len(own)), str(len(where))),
        f"{where.mean():,.0f}" if len(where) else "-",
        *(numbers if len(where) > 1 else ("", "")),
        tables.number(own["to_end"].mean()),
    ]


def _of_run(run, densities):
    """Rows of a run, as `measure` has them; None where it has saved too little.

    Raises ValueError if its weights are not whole.
    """
    record = records.read(run["directory"], tree.RUN)
    first = f"{paths.FIRST_MASKS}/"
    if any(name.startswith(first) for name in record["checksums"]):
        return []
    points = saved_weights.points(record)
    if len(points) < BEFORE:
        return None
    saved_weights.check(run, record)
    points[record["iterations"]] = saved_weights.FINAL
    masks = saved_weights.arrays(run, "masks")
    kept = {each: _kept(record["settings"], masks, each) for each in densities}
    wanted = {density: quota for density, quota in kept.items() if quota}
    keys = {key: run[key] for key in RUN}
    return [{**keys, **row} for row in _rows(run, points, masks, wanted)]


def _kept(settings, masks, density):
    """What masks of a density keep; None where a layer is below it already."""
    shares = layer_shares.expand(
        "fraction", settings.get("fractions") or {"*": 1}, masks
    )
    densities = {layer: density for layer, part in shares.items() if part}
    scope = settings.get("scope") or layer_shares.SCOPES[0]
    kept = quotas.of_densities(densities, masks, scope, clip=True)
    is_low = any(count == of for count, of in _counts(kept, masks))
    return None if is_low else kept


def _counts(kept, masks):
    """Pairs for `chance`: what each quota keeps, of what masks keep there."""
    return [
        (count, sum(int(np.count_nonzero(masks[x])) for x in layers))
        for layers, count in kept
    ]


def _rows(run, points, masks, wanted):
    """Yields what is found of each density at each iteration."""
    units = {each: chance(_counts(wanted[each], masks)) for each in wanted}
    ends = _drawn(run, saved_weights.FINAL, masks, wanted)
    last = collections.deque(maxlen=BEFORE)
    for iteration, folder in points.items():
        is_end = folder == saved_weights.FINAL
        drawn = ends if is_end else _drawn(run, folder, masks, wanted)
        for density, mask in drawn.items() if len(last) == BEFORE else ():
            distances = [_differing(mask, each[density]) for each in last]
            yield {
                "mask_density": density,
                "iteration": iteration,
                "distance": max(distances) / units[density],
                "to_end": _differing(mask, ends[density]) / units[density],
            }
        last.append(drawn)


def _drawn(run, folder, masks, wanted):
    """Dict, density -> masks of the largest weights in a folder."""
    weights = saved_weights.arrays(run, folder)
    return {
        density: pruning.prune_by_percent(kept, masks, weights)
        for density, kept in wanted.items()
    }


def _differing(one, other):
    """In how many entries two masks differ."""
    return sum(np.count_nonzero(one[name] != other[name]) for name in one)
