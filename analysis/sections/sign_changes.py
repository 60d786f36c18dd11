"""How many weights end a training with the sign they began with."""

import numpy as np

from lottery_ticket.analysis.look import (
    figure_style,
    mean_plots,
    styles,
    tables,
)
from lottery_ticket.analysis.reading import mask_arrays, selection, tree
from lottery_ticket.analysis.sections import overlaps, parts
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.values import masks

with lazy.imports():
    import pandas as pd

KEYS = ["experiment", "level", "layer"]
# Measure -> title of its panel, where there are two.
MEASURES = {"agreement": "Kept", "pruned_agreement": "Pruned to get there"}
IN_RUNS = {"agreement": "sign_agreement"}  # What runs call a measure.
COLUMNS = [*KEYS, "density", *MEASURES]
TITLE = """\
Weights that end training with the sign they began with, in %: of those kept
(those that get no gradient keep it); of those pruned to get to a level, in the
training before
"""
EVEN_PERCENT = 50  # Of signs that are drawn anew.


def section(runs: "pd.DataFrame", quiet: bool = False) -> parts.Section:
    """Returns which signs stay, of the runs of `mask_arrays.whole`."""
    table = summarize(measure(runs, quiet))
    is_drawn = table["agreement_mean"].notna().any()
    networks = selection.networks(runs)
    return parts.Section(
        tables={"sign_agreement.csv": table},
        figures={"sign_agreement": figure(table, networks)} if is_drawn else {},
        text=to_text(table),
    )


def recorded_section(found: tree.Tree) -> parts.Section:
    """Table signs.csv, figure signs: kept weights whose sign training left as
    it was, where recorded.
    """
    runs = found.chosen
    known = runs.loc[runs["sign_agreement"].notna()]
    known = known.loc[known["kind"] != selection.LEARNED]
    if known.empty:
        return parts.Section()
    table = summarize(
        known.rename(columns={IN_RUNS["agreement"]: "agreement"}).assign(
            layer=overlaps.ALL, pruned_agreement=np.nan
        )
    )
    unknown = ["layer", *tables.statistics(["pruned_agreement"])]
    caption = "Weights that training left with the sign they began with"
    return parts.Section(
        tables={"signs.csv": table.drop(columns=unknown)},
        figures={"signs": figure(table, selection.networks(known))},
        captions={"signs": caption},
    )


def measure(runs: "pd.DataFrame", quiet: bool = False) -> "pd.DataFrame":
    """Returns the share of weights whose sign training did not change.

    Columns: experiment, level, layer ("(all)": together), density of the run;
    agreement, of its kept weights; pruned_agreement, of those that a lottery
    experiment pruned to get to the level, in the training before: of the level
    before or, one-shot, of the dense network. NaN where there are none, or
    that training is not among the runs. One layer is in memory at a time.
    Learned masks, under which no weight is trained, are left out.
    """
    rows = []
    trained = runs.loc[runs["kind"] != selection.LEARNED]
    records = trained.to_dict("records")
    by_place = {_place(run, run["level"]): run for run in records}
    for run in progress.each(records, "comparing signs", quiet):
        before = by_place.get(_place(run, _level_before(run)))
        keys = {key: run[key] for key in ("experiment", "level", "density")}
        rows += [
            {**keys, "layer": layer, **agreements}
            for layer, agreements in _agreements(run, before).items()
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summarize(agreements: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment, level and layer.

    Columns: those, density (mean), runs (their number), and mean, min and max
    of both agreements, such as agreement_mean.
    """
    groups = agreements.groupby(KEYS, sort=False)
    return groups.agg(
        density=("density", "mean"),
        runs=("density", "size"),
        **tables.statistics(MEASURES),
    ).reset_index()


def to_text(summary: "pd.DataFrame") -> str:
    """Returns a table of all layers together; "" if there is no run."""
    table = summary.loc[summary["layer"] == overlaps.ALL]
    heads = [*tables.PLACE_HEADS, "runs", "same sign %", "min", "max"]
    keys = [*tables.statistics(["agreement"])]
    if table["pruned_agreement_mean"].notna().any():
        heads.append("of pruned %")
        keys.append("pruned_agreement_mean")
    rows = [heads]
    for row in table.to_dict("records"):
        numbers = [tables.number(row[key]) for key in keys]
        if row["runs"] == 1:
            numbers[1:3] = "", ""
        rows.append([*tables.place(row), str(row["runs"]), *numbers])
    return tables.titled(TITLE, rows)


def figure(summary: "pd.DataFrame", networks: dict[str, str]):
    """Returns a figure of weights that keep their sign, against density.

    Lines are means over the runs; dotted, the dense network, and dash-dotted,
    the half that has its sign again where signs are drawn anew. A second panel,
    where they are known, is about the weights that were pruned to get to a
    density. Networks are as from `selection.networks`.
    """
    is_all = summary["layer"] == overlaps.ALL
    drawn = summary.loc[is_all & (summary["density"] > 0)]
    titles = {
        column: title
        for column, title in MEASURES.items()
        if drawn[f"{column}_mean"].notna().any()
    }
    series = styles.series(summary["experiment"])
    dense = drawn.assign(pruned_agreement_mean=drawn["agreement_mean"])
    with figure_style.drawing(panels=len(titles)) as (made, panels):
        for axes, (column, title) in zip(panels, titles.items(), strict=True):
            of_panel = _draw(axes, drawn, column, dense, series, networks)
            if column == "agreement":  # Those of the other are among them.
                entries = of_panel
            axes.set_title(title if len(titles) > 1 else "")
        figure_style.outer_labels(
            panels, "Weights kept (%)", "Weights of unchanged sign (%)"
        )
        figure_style.legend(made, entries, 2 * len(panels))
    return made


def _draw(axes, table, column, dense, series, networks):
    """Draws an agreement, and what it is measured against; returns entries."""
    known = table.loc[table[f"{column}_mean"].notna()]
    how = (column, 100, series)
    entries = mean_plots.draw_experiments(
        axes, known, *how, in_runs=IN_RUNS.get(column)
    )
    figure_style.density_axis(axes, 100 * known["density"])
    axes.axhline(EVEN_PERCENT, zorder=1, **figure_style.CHANCE)
    entries += mean_plots.draw_dense(axes, dense, *how, networks)
    return [*entries, ("by chance", figure_style.CHANCE)]


def _place(run, level):
    return run["experiment"], run["trial"], run["run"], level


def _level_before(run):
    """Level whose training decided what a run prunes; None: no training."""
    if run["kind"] != selection.TICKET or run["level"] == 0:
        return None
    return 0 if run["one_shot"] else run["level"] - 1


def _agreements(run, before):
    """Dict, layer -> its MEASURES by name; all together first."""
    counts = {}
    for layer in run["layers"]:
        mask = mask_arrays.restore(run["directory"], "masks", layer)
        pruned = _of_pruned(run, before, layer)
        counts[layer] = np.array([_counts(run, layer, mask), pruned])
    together = sum(counts.values(), np.zeros((2, 2), int))
    counts = {overlaps.ALL: together, **counts}
    return {
        layer: {
            measure: same / count if count else np.nan
            for measure, (same, count) in zip(MEASURES, pairs, strict=True)
        }
        for layer, pairs in counts.items()
    }


def _of_pruned(run, before, layer):
    """Counts of the weights that a run has pruned since another."""
    if before is None or layer not in before["layers"]:
        return 0, 0
    now, then = (
        mask_arrays.restore(each["directory"], "masks", layer)
        for each in (run, before)
    )
    return _counts(before, layer, then * (1 - now))


def _counts(run, layer, mask):
    """Weights of a mask whose sign stayed, and all of them."""
    initial, final = (
        {layer: mask_arrays.restore(run["directory"], folder, layer)}
        for folder in ("initial", "final")
    )
    count = np.count_nonzero(mask)
    share = masks.sign_agreement({layer: mask}, initial, final)
    return round(share * count) if count else 0, count
