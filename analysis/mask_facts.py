"""What the masks of a results tree are: how alike, and of which weights."""

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import mask_arrays, selection
from lottery_ticket.analysis.sections import (
    early_birds,
    early_crops,
    overlaps,
    parts,
    sign_changes,
)
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import fields


def mask_facts(
    output_dir: str,
    report_dir: str | None = None,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
    quiet: bool = False,
    early_bird: tuple[float, ...] | None = None,
) -> None:
    """Tells how alike masks are, and whether their weights keep their signs.

    Opens the masks and weights of complete runs, each compared with its
    checksum first; runs that are damaged are named and left out. Prints and
    writes mask_facts.txt: of each experiment and level the overlap of the masks
    of two trials, against what chance would give; of each control the overlap
    with its ticket's masks; and the share of weights whose sign training did
    not change: of the kept ones, those that got no gradient among them, and of
    those that were pruned next. Writes the same for each layer to
    mask_overlap.csv and sign_agreement.csv, and both as figures (.png, .pdf
    and .svg). The same results give the same files.

    With early_bird, it also tells from which iteration on masks of these
    densities, drawn by magnitude from the weights that runs saved on the way,
    are decided, and writes how they got there to early_bird.csv and a figure.
    And, of dense runs, at which of these iterations EarlyCroP would prune to
    such densities, by how far weights have moved: early_crop.csv, and a figure.

    Source: of that, You et al. 2020 (https://arxiv.org/abs/1909.11957), and
    Rachwan et al. 2022 (https://arxiv.org/abs/2206.10451).

    Args:
        output_dir: Folder of results, such as OUT in
            OUT/trial1/0/same_init/run.json.
        report_dir: Folder to write to; None takes OUTPUT_DIR/report.
        experiments: Names of the experiments, in the order of rows and colours,
            such as same_init,random; None takes all.
        levels: Levels to look at, such as 0,3,7; None takes all.
        quiet: Whether to show no progress.
        early_bird: Densities of masks, such as .2,.05, of which to tell since
            when they are decided, and when EarlyCroP prunes to them; None
            tells neither.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no complete run that is whole, an experiment or
            level is not there, or a density is not between 0 and 1.
    """
    for density in early_bird or ():
        fields.check("early_bird", density, float, above=0, below=1)
    found = results.read(output_dir, experiments, levels)
    results.check_some(found)
    chosen = selection.choose(found.chosen, levels=levels)
    runs, damaged = mask_arrays.whole(chosen, quiet)
    if runs.empty:
        raise ValueError(
            f"{output_dir} holds no run with masks and weights that are whole. "
            f"Found: {damaged[0]}"
        )
    sections = [
        overlaps.section(runs, quiet),
        sign_changes.section(runs, quiet),
    ]
    if early_bird:
        sections += [
            early_birds.section(runs, early_bird, quiet),
            early_crops.section(runs, early_bird, quiet),
        ]
    problems = [*found.problems, *damaged]
    problems += dict.fromkeys(e for own in sections for e in own.problems)
    facts = "\n".join(own.text for own in sections if own.text)
    text = f"{facts}\n{parts.problems_text(problems)}"
    written = {k: each for own in sections for k, each in own.tables.items()}
    made = parts.Section(
        {**written, "mask_facts.txt": text},
        {k: each for own in sections for k, each in own.figures.items()},
    )
    directory = report_dir or files.join(output_dir, "report")
    parts.write(directory, made.files(), text)
