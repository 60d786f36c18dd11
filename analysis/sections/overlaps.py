"""How much the masks of runs overlap, against what chance would give."""

import collections
import functools
import itertools

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import mask_arrays, selection, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.values import masks

with lazy.imports():
    import pandas as pd

ALL = "(all)"  # In place of a layer's name: all layers together.
KEYS = ["experiment", "against", "level", "layer"]
COLUMNS = [*KEYS, "density", "overlap", "chance"]
TRIALS = """\
Overlap of the masks of two trials, of all pairs (Jaccard index: kept by both /
kept by either), and what masks of the same layer densities have by chance
"""
TICKETS = "Overlap with the masks of a ticket in the same trial\n"
HEADS = ("pairs", "overlap", "min", "max", "by chance")
CHANCE = {**figure_style.DENSE, "zorder": 1, "marker": ".", "markersize": 2}


def section(runs: "pd.DataFrame", quiet: bool = False) -> parts.Section:
    """Returns what overlaps, of the runs of `mask_arrays.whole`."""
    overlaps, problems = measure(runs, quiet)
    table = summarize(overlaps)
    is_trials = table["against"] == table["experiment"]
    is_drawn = (is_trials & (table["density"] > 0)).any()
    return parts.Section(
        tables={"mask_overlap.csv": table},
        figures={"mask_overlap": figure(table)} if is_drawn else {},
        text=to_text(table),
        problems=problems,
    )


def measure(
    runs: "pd.DataFrame", quiet: bool = False
) -> tuple["pd.DataFrame", list[str]]:
    """Returns the overlap of the masks of each pair of runs, per layer.

    Pairs are of two trials of an experiment at one level, and of a ticket and
    another experiment of one trial and density (see `selection.rows`). Dense
    runs are in none. Runs of one trial with the same masks, such as several
    reinitializations, count once.

    Returns:
        Pair (overlaps, problems). Columns of overlaps: experiment; against (the
        same for two trials of it); level; layer ("(all)": together); density
        of the experiment's run; overlap (Jaccard index); chance, that of
        unrelated masks, see `masks.chance_jaccard`. A problem is a pair whose
        masks are of different shapes.
    """

    @functools.lru_cache(maxsize=2)  # Of a run's pairs in a row, read once.
    def restore(directory, layers):
        return {
            layer: mask_arrays.restore(directory, "masks", layer)
            for layer in layers
        }

    rows, problems = [], {}
    for one, other in progress.each(_pairs(runs), "comparing", quiet):
        pair = one, other
        given = [restore(run["directory"], run["layers"]) for run in pair]
        try:
            rows += _rows(*pair, *given)
        except ValueError as error:
            texts = (f"{r['experiment']} of trial {r['trial']}" for r in pair)
            text = f"{' and '.join(texts)} are not compared: {error}"
            problems[text] = None
    return pd.DataFrame(rows, columns=COLUMNS), [*problems]


def summarize(overlaps: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, what it is compared to, level and layer.

    Columns: those, density (mean), pairs (their number), mean, min and max of
    the overlap, such as overlap_mean, and chance (mean).
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

    The table has rows of `summarize` about the trials of each experiment.
    Controls that train the masks of a ticket have its overlaps at every level.
    """
    seen, kept = set(), []
    for experiment, own in table.groupby("experiment", sort=False):
        columns = tables.statistics(["overlap"])
        shown = own[["layer", "density", *columns]]
        points = set(shown.itertuples(index=False, name=None))
        if not points <= seen:
            kept.append(experiment)
        seen |= points
    return table.loc[table["experiment"].isin(kept)]


def to_text(summary: "pd.DataFrame") -> str:
    """Returns tables of all layers together, of what there is.

    Experiments that have the masks of an earlier one are named below a table,
    not in it.
    """
    summary = summary.loc[summary["layer"] == ALL]
    is_trials = summary["against"] == summary["experiment"]
    texts = [_trials(summary[is_trials]), _tickets(summary[~is_trials])]
    return "\n".join(filter(None, texts))


def figure(summary: "pd.DataFrame"):
    """Returns a figure of the overlap of two trials' masks against density.

    Lines are means over pairs of trials; dotted, what chance would give masks
    with the same counts in each layer. Experiments with the masks of an earlier
    one are not drawn again.
    """
    is_trials = summary["against"] == summary["experiment"]
    # A density of 0 has no place on a logarithmic axis.
    is_drawn = is_trials & (summary["density"] > 0)
    drawn = summary.loc[is_drawn & (summary["layer"] == ALL)]
    shown = distinct(drawn)
    series = styles.series(summary["experiment"])
    with figure_style.drawing() as (made, [axes]):
        entries = mean_plots.draw_experiments(
            axes, shown, "overlap", 1, series, count="pairs"
        )
        figure_style.density_axis(axes, 100 * shown["density"])
        for _, own in drawn.groupby("experiment", sort=False):
            own = own.sort_values("density")
            axes.plot(100 * own["density"], own["chance"], **CHANCE)
        axes.set_ylabel("Overlap of masks (Jaccard)")
        axes.set_ylim(bottom=0)
        figure_style.legend(made, [*entries, ("by chance", CHANCE)])
    return made


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
    records.sort(key=lambda run: run["kind"] != selection.TICKET)  # Stable.
    within = [
        (one, other)
        for one, other in _combinations(records, "tree", "trial", "row")
        if one["kind"] == selection.TICKET
        and one["experiment"] != other["experiment"]
    ]
    names = [*runs["experiment"].unique()]

    def order(pair):
        places = (names.index(run["experiment"]) for run in pair)
        return *places, pair[1]["level"]

    return between + sorted(within, key=order)


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


def _trials(table):
    shown = distinct(table)
    rows = [_cells(row) for row in shown.to_dict("records")]
    is_other = ~table["experiment"].isin(shown["experiment"])
    others = ", ".join(table["experiment"][is_other].unique())
    notes = [f"The same overlaps as one above: {others}\n"] * bool(others)
    heads = [*tables.PLACE_HEADS, *HEADS]
    return tables.titled(TRIALS, [heads, *rows], notes)


def _tickets(table):
    pairs = ["against", "experiment"]
    lowest = table.groupby(pairs)["overlap_min"].transform("min")
    rows = [
        [row["against"], *_cells(row)]
        for row in table[lowest < 1].to_dict("records")
    ]
    notes = [
        f"The same masks as {ticket}: {', '.join(own['experiment'].unique())}\n"
        for ticket, own in table[lowest == 1].groupby("against", sort=False)
    ]
    heads = ["ticket", *tables.PLACE_HEADS, *HEADS]
    return tables.titled(TICKETS, [heads, *rows], notes, left=2)


def _cells(row):
    values = [row[name] for name in (*tables.statistics(["overlap"]), "chance")]
    numbers = [f"{value:.3f}" for value in values]
    if row["pairs"] == 1:
        numbers[1:3] = "", ""
    return [*tables.place(row), str(row["pairs"]), *numbers]
