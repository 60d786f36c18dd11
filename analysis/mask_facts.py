"""What the masks of a results tree are: how alike, and of which weights."""

from lottery_ticket.analysis import (
    figure_files,
    mask_arrays,
    mask_figures,
    mask_tables,
    overlaps,
    report,
    results,
    selection,
    sign_changes,
    tables,
)
from lottery_ticket.foundations import files


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
    found = results.read_some(output_dir)
    chosen = selection.choose(found.runs, experiments, levels)
    runs, damaged = mask_arrays.whole(chosen, quiet)
    if runs.empty:
        raise ValueError(
            f"{output_dir} holds no run with masks and weights that are whole. "
            f"Found: {damaged[0]}"
        )
    measured, unlike = overlaps.measure(runs, quiet)
    overlap = overlaps.summarize(measured)
    signs = sign_changes.summarize(sign_changes.measure(runs, quiet))
    problems = [*found.problems, *damaged, *unlike]
    text = mask_tables.to_text(overlap, signs) + report.problems_text(problems)
    outputs = {
        "mask_overlap.csv": tables.to_csv(overlap),
        "sign_agreement.csv": tables.to_csv(signs),
        "mask_facts.txt": text.encode(),
        **figure_files.render_all(_figures(overlap, signs)),
    }
    report.write(report_dir or files.join(output_dir, "report"), outputs, text)


def _figures(overlap, signs):
    """Returns dict, name -> figure, of what there is to draw."""
    drawn = {}
    is_trials = overlap["against"] == overlap["experiment"]
    if (is_trials & (overlap["density"] > 0)).any():
        drawn["mask_overlap"] = mask_figures.overlap(overlap)
    if signs["agreement_mean"].notna().any():
        drawn["sign_agreement"] = mask_figures.signs(signs)
    return drawn
