"""How much the masks of runs overlap, against what chance would give."""

import collections
import functools
import itertools

from lottery_ticket.analysis import (
    mask_arrays,
    selection,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy, masks, progress

pd = lazy.module("pandas")

ALL = "(all)"  # In place of a layer's name: all layers together.
KEYS = ["experiment", "against", "level", "layer"]
COLUMNS = [*KEYS, "density", "overlap", "chance"]


def measure(
    runs: "pd.DataFrame", quiet: bool = False
) -> tuple["pd.DataFrame", list[str]]:
    """Returns the overlap of the masks of each pair of runs, per layer.

    Pairs are of two trials of an experiment at one level, and of a ticket and
    another experiment of one trial and density (see `selection.rows`). Dense
    runs are in none. Runs of one trial with the same masks, such as several
    reinitializations, count once.

    Args:
        runs: Rows of `mask_arrays.whole`.
        quiet: Whether to show no progress.

    Returns:
        Pair (overlaps, problems). Columns of overlaps: experiment; against (the
        same for two trials of it); level; layer ("(all)": together); density
        of the experiment's run; overlap (Jaccard index); chance, that of
        unrelated masks, see `masks.chance_jaccard`. A problem is a pair whose
        masks are of different shapes.
    """
    # Of all pairs of a run in a row, its masks are read once.
    restore = functools.lru_cache(maxsize=2)(_restore)
    rows, problems = [], {}
    for one, other in progress.each(_pairs(runs), "comparing", quiet):
        given = [
            restore(run["directory"], run["layers"]) for run in (one, other)
        ]
        try:
            rows += _rows(one, other, *given)
        except ValueError as error:
            problems[f"{_names(one, other)} are not compared: {error}"] = None
    return pd.DataFrame(rows, columns=COLUMNS), [*problems]


def summarize(overlaps: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, what it is compared to, level and layer.

    Columns: those, density (mean), pairs (their number), mean, min and max of
    the overlap, such as overlap_mean, and chance (mean).

    Args:
        overlaps: As from `measure`.
    """
    groups = overlaps.groupby(KEYS, sort=False)
    return groups.agg(
        density=("density", "mean"),
        pairs=("overlap", "size"),
        **tables.statistics(["overlap"]),
        chance=("chance", "mean"),
    ).reset_index()


def distinct(table: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the rows of experiments that are not all an earlier one's.

    Controls that train the masks of a ticket have its overlaps at every level.

    Args:
        table: Rows of `summarize` about the trials of each experiment.
    """
    seen, kept = set(), []
    for experiment, own in table.groupby("experiment", sort=False):
        columns = tables.statistics(["overlap"])
        points = set(
            own[["layer", "density", *columns]].itertuples(
                index=False, name=None
            )
        )
        if not points <= seen:
            kept.append(experiment)
        seen |= points
    return table[table["experiment"].isin(kept)]


def _restore(directory, layers):
    return {
        layer: mask_arrays.restore(directory, "masks", layer)
        for layer in layers
    }


def _pairs(runs):
    """Pairs of rows; of a ticket and another experiment, the ticket first."""
    pruned = runs[runs["density"] < 1]
    pruned = pruned.assign(
        row=selection.rows(pruned), tree=pruned["experiment"].map(tree.name)
    )
    own = ["experiment", "trial", "level", "masks"]
    records = pruned.drop_duplicates(own).to_dict("records")
    between = [
        (one, other)
        for one, other in _combinations(records, "experiment", "level")
        if one["trial"] != other["trial"]
    ]
    records.sort(key=lambda run: not _is_ticket(run))  # Stable.
    within = [
        (one, other)
        for one, other in _combinations(records, "tree", "trial", "row")
        if _is_ticket(one) and one["experiment"] != other["experiment"]
    ]
    order = [*runs["experiment"].unique()]
    within.sort(
        key=lambda pair: (
            *(order.index(run["experiment"]) for run in pair),
            pair[1]["level"],
        )
    )
    return between + within


def _combinations(records, *keys):
    """Pairs of the records that are alike in these keys."""
    groups = collections.defaultdict(list)
    for record in records:
        groups[tuple(record[key] for key in keys)].append(record)
    return [
        pair
        for group in groups.values()
        for pair in itertools.combinations(group, 2)
    ]


def _is_ticket(run):
    return run["kind"] == "lottery_experiment"


def _rows(one, other, one_masks, other_masks):
    """A row for all layers together, and one for each."""
    parts = {ALL: (one_masks, other_masks)}
    for layer, mask in one_masks.items():
        # Where the other lacks it, all layers together are an error first.
        parts[layer] = ({layer: mask}, {layer: other_masks.get(layer)})
    return [
        {
            "experiment": other["experiment"],
            "against": one["experiment"],
            "level": other["level"],
            "layer": layer,
            "density": other["density"],
            "overlap": masks.jaccard(*pair),
            "chance": masks.chance_jaccard(*pair),
        }
        for layer, pair in parts.items()
    ]


def _names(*runs):
    return " and ".join(
        f"{run['experiment']} of trial {run['trial']}" for run in runs
    )
