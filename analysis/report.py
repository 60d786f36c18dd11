"""A results tree in one folder of tables and figures: a tuple of sections."""

from lottery_ticket.analysis import (
    comparison,
    curve_figures,
    density_figures,
    early_stopping,
    grid_figures,
    layer_figures,
    layers,
    results,
    sections,
    tables,
)
from lottery_ticket.foundations import files

# About runs in general, where there are any; in the order of writing.
RUN_SECTIONS = (
    tables.section,
    layers.section,
    comparison.section,
    density_figures.section,
    grid_figures.section,
    early_stopping.section,
    curve_figures.section,
    layer_figures.section,
)
# What --help says of `report`.
HELP = """\
Draws and tabulates the results below a folder, and says what is missing.

Prints the experiments side by side (where there are several), a table and
the problems. Writes runs.csv (a row per run), table.csv and table.txt (a
row per experiment and level), comparison.csv and comparison.txt (a row per
density, side by side), layers.csv and layers.txt (the density of each
layer), and as .png and .pdf: accuracy, early_stopping (where there is
validation), curves and layer_densities (where layers differ). May run while
an experiment still does; the same results give the same files.

Where lottery experiments differ in one rule alone: criteria,
mask_1_actions and mask_0_actions. Where copies were trained to see whether
a line connects them: connectivity.csv, error_along_line and barriers. Where
untrained networks were evaluated: untrained.csv, untrained.txt and
untrained. Where they were, or masks were learned: supermasks.csv,
supermasks.txt and supermasks, which set them beside trained weights. Where
sparse networks were found at initialisation: gems.csv, gems.txt,
gem_runs.csv, gem_epochs.csv, gems, gem_search_METHOD and, with sanity
checks, gem_checks. Where ways between masks were evaluated:
mask_connectivity and tables of that name.

The checksums of run.json and of the test and validation logs are compared
with what is there; weights and masks are not opened. `mask_facts` opens
those.

Args:
    output_dir: Folder of results, such as OUT in
        OUT/trial1/0/same_init/run.json.
    report_dir: Folder to write to; None takes OUTPUT_DIR/report.
    experiments: Names of the experiments to report, in the order of the
        columns and colours, such as same_init,reinit; None takes all.
    levels: Levels whose curves and layers are drawn, such as 0,3,7; None
        takes up to six, spread evenly.

Raises:
    FileNotFoundError: If there is no such folder.
    ValueError: If it holds no complete run, or an experiment or level is
        not there.
"""


def maker(own_sections, result_files):
    """Returns the function `report`, for some experiments.

    Args:
        own_sections: Functions of a `tree.Tree` that return a
            `sections.Section`, in the order of writing: what experiments have
            to say beside RUN_SECTIONS.
        result_files: Function () -> dict, name of an experiment in settings ->
            name of the sealed file that its folders end with; see `tree.Tree`.
    """

    def report(
        output_dir: str,
        report_dir: str | None = None,
        experiments: str | None = None,
        levels: tuple[int, ...] | None = None,
    ) -> None:
        found = results.read(output_dir, experiments, levels, result_files())
        general = () if found.runs.empty else RUN_SECTIONS
        made = [section(found) for section in (*general, *own_sections)]
        outputs, text = _strung(found, made)
        directory = report_dir or files.join(output_dir, "report")
        sections.write(directory, outputs, text)

    report.__doc__ = HELP
    return report


def _strung(found, made):
    """Dict, file name -> bytes, of all sections together; and what to print."""
    outputs = {}
    for section in made:
        outputs |= section.files()
    if not outputs:
        results.check_some(found)
    of_sections = [problem for section in made for problem in section.problems]
    problems = sections.problems_text([*found.problems, *of_sections])
    if tables.TEXT in outputs:
        outputs[tables.TEXT] += f"\n{problems}".encode()
    if not any(section.text for section in made):
        about = [section.about for section in made if section.about]
        text = f"No run but {' and '.join(about)}.\n"
        made = [*made, sections.Section(text=text)]
    return outputs, sections.join_texts(made, problems)
