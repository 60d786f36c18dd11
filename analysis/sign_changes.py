"""How many kept weights end a training with the sign they began with."""

import numpy as np

from lottery_ticket.analysis import mask_arrays, overlaps, tables
from lottery_ticket.foundations import lazy, masks, progress

pd = lazy.module("pandas")

KEYS = ["experiment", "level", "layer"]
COLUMNS = [*KEYS, "density", "agreement"]


def measure(runs: "pd.DataFrame", quiet: bool = False) -> "pd.DataFrame":
    """Returns the share of kept weights whose sign training did not change.

    Columns: experiment, level, layer ("(all)": together), density of the run,
    agreement, NaN where nothing is kept. One layer is in memory at a time.

    Args:
        runs: Rows of `mask_arrays.whole`.
        quiet: Whether to show no progress.
    """
    rows = []
    records = runs.to_dict("records")
    for run in progress.each(records, "comparing signs", quiet):
        rows += [
            {
                **{key: run[key] for key in ("experiment", "level", "density")},
                "layer": layer,
                "agreement": agreement,
            }
            for layer, agreement in _agreements(run).items()
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summarize(agreements: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, level and layer.

    Columns: those, density (mean), runs (their number), and mean, min and max
    of the agreement, such as agreement_mean.

    Args:
        agreements: As from `measure`.
    """
    groups = agreements.groupby(KEYS, sort=False)
    return groups.agg(
        density=("density", "mean"),
        runs=("density", "size"),
        **tables.statistics(["agreement"]),
    ).reset_index()


def _agreements(run):
    """Dict, layer -> share of its kept weights; all together first."""
    shares, counts = {}, {}
    for layer in run["layers"]:
        mask, initial, final = (
            {layer: mask_arrays.restore(run["directory"], folder, layer)}
            for folder in mask_arrays.FOLDERS
        )
        shares[layer] = masks.sign_agreement(mask, initial, final)
        counts[layer], _ = masks.counts(mask)[layer]
    kept = sum(counts.values())
    agreeing = [
        round(shares[layer] * count) for layer, count in counts.items() if count
    ]
    overall = sum(agreeing) / kept if kept else np.nan
    return {overlaps.ALL: overall, **shares}
