"""What the masks of a results tree are: how alike, and of which weights."""

from lottery_ticket.analysis import (
    figure_style,
    mask_arrays,
    mask_figures,
    overlaps,
    results,
    sections,
    selection,
    sign_changes,
    tables,
)
from lottery_ticket.foundations import files, lazy

pd = lazy.module("pandas")

TRIALS = """\
Overlap of the masks of two trials, of all pairs (Jaccard index: kept by both /
kept by either), and what masks of the same layer densities have by chance
"""
TICKETS = "Overlap with the masks of a ticket in the same trial\n"
SIGNS = """\
Weights that end training with the sign they began with, in %: of those kept
(those that get no gradient keep it); of those pruned to get to a level, in the
training before
"""
OVERLAP_HEADS = ("pairs", "overlap", "min", "max", "by chance")


def mask_facts(
    output_dir: str,
    report_dir: str | None = None,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
    quiet: bool = False,
) -> None:
    """Tells how alike masks are, and whether their weights keep their signs.

    Opens the masks and weights of complete runs, each compared with its
    checksum first; runs that are damaged are named and left out. Prints and
    writes mask_facts.txt: of each experiment and level the overlap of the masks
    of two trials, against what chance would give; of each control the overlap
    with its ticket's masks; and the share of weights whose sign training did
    not change: of the kept ones, those that got no gradient among them, and of
    those that were pruned next. Writes the same for each layer to
    mask_overlap.csv and sign_agreement.csv, and both as figures (.png and
    .pdf). The same results give the same files.

    Args:
        output_dir: Folder of results, such as OUT in
            OUT/trial1/0/same_init/run.json.
        report_dir: Folder to write to; None takes OUTPUT_DIR/report.
        experiments: Names of the experiments, in the order of rows and colours,
            such as same_init,random; None takes all.
        levels: Levels to look at, such as 0,3,7; None takes all.
        quiet: Whether to show no progress.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no complete run that is whole, or an experiment
            or level is not there.
    """
    found = results.read(output_dir, experiments, levels)
    results.check_some(found)
    chosen = selection.choose(found.chosen, levels=levels)
    runs, damaged = mask_arrays.whole(chosen, quiet)
    if runs.empty:
        raise ValueError(
            f"{output_dir} holds no run with masks and weights that are whole. "
            f"Found: {damaged[0]}"
        )
    measured, unlike = overlaps.measure(runs, quiet)
    overlap = overlaps.summarize(measured)
    signs = sign_changes.summarize(sign_changes.measure(runs, quiet))
    problems = sections.problems_text([*found.problems, *damaged, *unlike])
    text = f"{to_text(overlap, signs)}\n{problems}"
    outputs = {
        "mask_overlap.csv": tables.to_csv(overlap),
        "sign_agreement.csv": tables.to_csv(signs),
        "mask_facts.txt": text.encode(),
        **figure_style.render_all(_figures(overlap, signs)),
    }
    directory = report_dir or files.join(output_dir, "report")
    sections.write(directory, outputs, text)


def to_text(overlap: "pd.DataFrame", signs: "pd.DataFrame") -> str:
    """Returns tables of all layers together, of what there is.

    Experiments that have the masks of an earlier one are named below a table,
    not in it.

    Args:
        overlap: As from `overlaps.summarize`.
        signs: As from `sign_changes.summarize`.
    """
    overlap = overlap[overlap["layer"] == overlaps.ALL]
    is_trials = overlap["against"] == overlap["experiment"]
    parts = [
        _trials(overlap[is_trials]),
        _tickets(overlap[~is_trials]),
        _signs(signs[signs["layer"] == overlaps.ALL]),
    ]
    return "\n".join(part for part in parts if part)


def _figures(overlap, signs):
    """Returns dict, name -> figure, of what there is to draw."""
    drawn = {}
    is_trials = overlap["against"] == overlap["experiment"]
    if (is_trials & (overlap["density"] > 0)).any():
        drawn["mask_overlap"] = mask_figures.overlap(overlap)
    if signs["agreement_mean"].notna().any():
        drawn["sign_agreement"] = mask_figures.signs(signs)
    return drawn


def _trials(table):
    shown = overlaps.distinct(table)
    rows = [
        [*_place(row), *_overlap_cells(row)] for row in shown.to_dict("records")
    ]
    is_other = ~table["experiment"].isin(shown["experiment"])
    others = ", ".join(table["experiment"][is_other].unique())
    notes = [f"The same overlaps as one above: {others}\n"] * bool(others)
    return _part(TRIALS, [*tables.PLACE_HEADS, *OVERLAP_HEADS], rows, notes)


def _tickets(table):
    pairs = ["against", "experiment"]
    lowest = table.groupby(pairs)["overlap_min"].transform("min")
    rows = [
        [row["against"], *_place(row), *_overlap_cells(row)]
        for row in table[lowest < 1].to_dict("records")
    ]
    notes = [
        f"The same masks as {ticket}: {', '.join(own['experiment'].unique())}\n"
        for ticket, own in table[lowest == 1].groupby("against", sort=False)
    ]
    heads = ["ticket", *tables.PLACE_HEADS, *OVERLAP_HEADS]
    return _part(TICKETS, heads, rows, notes, left=2)


def _signs(table):
    heads = [*tables.PLACE_HEADS, "runs", "same sign %", "min", "max"]
    keys = [f"agreement_{each}" for each in tables.STATISTICS]
    if table["pruned_agreement_mean"].notna().any():
        heads.append("of pruned %")
        keys.append("pruned_agreement_mean")
    rows = [
        [
            *_place(row),
            str(row["runs"]),
            *(tables.number(row[key]) for key in keys),
        ]
        for row in table.to_dict("records")
    ]
    return _part(SIGNS, heads, rows)


def _part(title, heads, rows, notes=(), left=1):
    """A table under a title, and lines below; "" if there is neither."""
    parts = [tables.align([heads, *rows], left=left)] if rows else []
    parts += ["".join(notes)] if notes else []
    return "\n".join([title, *parts]) if parts else ""


def _place(row):
    density = tables.percent(row["density"])
    return [row["experiment"], str(row["level"]), density]


def _overlap_cells(row):
    values = [row[f"overlap_{statistic}"] for statistic in tables.STATISTICS]
    numbers = [f"{value:.3f}" for value in [*values, row["chance"]]]
    return [str(row["pairs"]), *numbers]
