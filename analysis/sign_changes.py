"""How many weights end a training with the sign they began with."""

import numpy as np

from lottery_ticket.analysis import mask_arrays, overlaps, selection, tables
from lottery_ticket.foundations import lazy, masks, progress

pd = lazy.module("pandas")

KEYS = ["experiment", "level", "layer"]
MEASURES = ["agreement", "pruned_agreement"]
COLUMNS = [*KEYS, "density", *MEASURES]


def measure(runs: "pd.DataFrame", quiet: bool = False) -> "pd.DataFrame":
    """Returns the share of weights whose sign training did not change.

    Columns: experiment, level, layer ("(all)": together), density of the run;
    agreement, of its kept weights; pruned_agreement, of those that a lottery
    experiment pruned to get to the level, in the training before: of the level
    before or, one-shot, of the dense network. NaN where there are none, or
    that training is not among the runs. One layer is in memory at a time.
    Learned masks, under which no weight is trained, are left out.

    Args:
        runs: Rows of `mask_arrays.whole`.
        quiet: Whether to show no progress.
    """
    rows = []
    records = runs[runs["kind"] != selection.LEARNED].to_dict("records")
    by_place = {_place(run, run["level"]): run for run in records}
    for run in progress.each(records, "comparing signs", quiet):
        before = by_place.get(_place(run, _level_before(run)))
        rows += [
            {
                **{key: run[key] for key in ("experiment", "level", "density")},
                "layer": layer,
                **agreements,
            }
            for layer, agreements in _agreements(run, before).items()
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summarize(agreements: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, level and layer.

    Columns: those, density (mean), runs (their number), and mean, min and max
    of both agreements, such as agreement_mean.

    Args:
        agreements: As from `measure`.
    """
    groups = agreements.groupby(KEYS, sort=False)
    return groups.agg(
        density=("density", "mean"),
        runs=("density", "size"),
        **tables.statistics(MEASURES),
    ).reset_index()


def _place(run, level):
    return run["experiment"], run["trial"], run["run"], level


def _level_before(run):
    """Level whose training decided what a run prunes; None: no training."""
    if run["kind"] != "lottery_experiment" or run["level"] == 0:
        return None
    return 0 if run["one_shot"] else run["level"] - 1


def _agreements(run, before):
    """Dict, layer -> its agreements by name; all together first."""
    kept = {layer: _of_kept(run, layer) for layer in run["layers"]}
    pruned = {layer: _of_pruned(run, before, layer) for layer in run["layers"]}
    sums = (sum(each.values(), np.zeros(2, int)) for each in (kept, pruned))
    parts = {overlaps.ALL: tuple(sums)}
    parts |= {layer: (kept[layer], pruned[layer]) for layer in kept}
    return {
        layer: dict(zip(MEASURES, map(_share, counts), strict=True))
        for layer, counts in parts.items()
    }


def _of_kept(run, layer):
    return _counts(
        run, layer, mask_arrays.restore(run["directory"], "masks", layer)
    )


def _of_pruned(run, before, layer):
    """Counts of the weights that a run has pruned since another."""
    if before is None or layer not in before["layers"]:
        return np.zeros(2, int)
    now, then = (
        mask_arrays.restore(each["directory"], "masks", layer)
        for each in (run, before)
    )
    return _counts(before, layer, then * (1 - now))


def _counts(run, layer, mask):
    """Array of two: weights of a mask whose sign stayed, and all of them."""
    initial, final = (
        {layer: mask_arrays.restore(run["directory"], folder, layer)}
        for folder in ("initial", "final")
    )
    count = np.count_nonzero(mask)
    share = masks.sign_agreement({layer: mask}, initial, final)
    return np.array([round(share * count) if count else 0, count])


def _share(counts):
    same, count = counts
    return same / count if count else np.nan
