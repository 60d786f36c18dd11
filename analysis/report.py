"""A results tree in one folder of tables and figures: a tuple of sections."""

import inspect
import sys
from collections.abc import Callable, Iterable

from lottery_ticket.analysis import results
from lottery_ticket.analysis.page import browser, page
from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.analysis.reading import tree
from lottery_ticket.analysis.sections import (
    comparison,
    curves,
    density,
    differences,
    grids,
    layers,
    parts,
    run_tables,
    sign_changes,
    sizes,
    verdicts,
)
from lottery_ticket.foundations.machine import files

# About runs in general, where there are any; in the order of writing.
RUN_SECTIONS = (
    run_tables.section,
    layers.section,
    verdicts.section,
    differences.section,
    comparison.section,
    run_tables.training_section,
    density.section,
    grids.section,
    density.stop_section,
    sizes.section,
    sign_changes.recorded_section,
    curves.section,
    layers.figure_section,
)
# What --help says of `report`, with what each section says of itself.
HELP = """\
Draws and tabulates the results below a folder, and says what is missing.

Prints down to which level tickets are as good as dense, their differences
to it and to a control, the experiments side by side (where there are
several), a table and the problems. May run while an experiment still does;
the same results give the same files. Figures are written as .png, .pdf and
.svg, and all of it as one page, report.html, which opens offline.

{sections}

The checksums of run.json and of the test and validation logs are compared
with what is there; weights and masks are not opened. `mask_facts` opens
those.

Args:
    output_dir: Folder of results, such as OUT in
        OUT/trial1/0/same_init/run.json; of several, such as a,b, experiments
        are called a/same_init, b/same_init.
    report_dir: Folder to write to; None takes OUTPUT_DIR/report. Results of
        several folders need one.
    experiments: Names of the experiments to report, in the order of the
        columns and colours, such as same_init,reinit; None takes all.
    levels: Levels whose curves and layers are drawn, such as 0,3,7; None
        takes up to six, spread evenly.
    options: Comparing and showing; see Options.
    open: Whether to open report.html in a browser, where there is a display.

Raises:
    FileNotFoundError: If there is no such folder.
    ValueError: If it holds no complete run, or an experiment or level is
        not there.
"""


def maker(
    own_sections: Iterable[Callable[[tree.Tree], parts.Section]],
    result_files: Callable[[], dict[str, str]],
) -> Callable[..., None]:
    """Returns the function `report`, for some experiments.

    Args:
        own_sections: Functions of a `tree.Tree` that return a
            `parts.Section`, in the order of writing: what experiments have to
            say beside RUN_SECTIONS. The first paragraph of a function's
            docstring is what --help says of it.
        result_files: Function () -> dict, name of an experiment in settings ->
            name of the sealed file that its folders end with; see `tree.Tree`.
    """

    def report(
        output_dir: str,
        report_dir: str | None = None,
        experiments: str | None = None,
        levels: tuple[int, ...] | None = None,
        options: options_lib.Options = options_lib.USUAL,
        open: bool = False,
    ) -> None:
        roots = tree.roots(output_dir)
        directory = report_dir or _usual_folder(output_dir, roots)
        with files.listed(*roots):
            found = results.read(
                output_dir, experiments, levels, result_files(), options
            )
            general = () if found.runs.empty else RUN_SECTIONS
            sections = [each(found) for each in (*general, *own_sections)]
        made = [parts.in_format(each, options.table) for each in sections]
        outputs = {}
        for each in made:
            outputs |= each.files()
        if not outputs:
            results.check_some(found)
        of_sections = [problem for each in made for problem in each.problems]
        problems = parts.problems_text([*found.problems, *of_sections])
        if run_tables.TEXT in outputs:
            outputs[run_tables.TEXT] += f"\n{problems}".encode()
        if not any(each.text for each in made):
            about = [each.about for each in made if each.about]
            text = f"No run but {' and '.join(about)}.\n"
            made = [*made, parts.Section(text=text)]
        all_problems = [*found.problems, *of_sections]
        outputs[page.NAME] = page.render(
            found, roots, made, outputs, all_problems, report_dir
        )
        parts.write(directory, outputs, parts.join_texts(made, problems))
        if open:
            sys.stdout.write(browser.show(files.join(directory, page.NAME)))

    paragraphs = [
        (inspect.getdoc(each) or "").partition("\n\n")[0]
        for each in (*RUN_SECTIONS, *own_sections)
    ]
    report.__doc__ = HELP.format(sections="\n".join(filter(None, paragraphs)))
    return report


def _usual_folder(output_dir, roots):
    """Where a report goes if nobody says where."""
    if len(roots) > 1:
        raise ValueError(
            "A report on several folders of results needs a --report_dir of "
            f"its own. Received: output_dir={output_dir}"
        )
    return files.join(roots[0], "report")
