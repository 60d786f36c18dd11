"""Blocks of pages that are made of studies' logs, and figures of them.

A page has <!-- logged: SCALE/STUDY --> and <!-- end --> around them; whoever
wants another number there runs the study.
"""

import re

from lottery_ticket.analysis.look import figure_style
from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.machine import files
from lottery_ticket.runners import comparison_figure, judged_studies

FOLDERS = ("papers", "frontier")  # Beside the page of all verdicts.
_BLOCK = re.compile(
    r"(<!-- logged: (\S+?)/(\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL
)


def write(page: str, judged: list[judged_studies.JudgedStudy]) -> None:
    """Writes the blocks of all pages of FOLDERS beside a page anew.

    Those that compare methods have a figure each, beside the page of all
    verdicts.

    Args:
        page: Path of the page of all verdicts.
        judged: All studies at all scales.

    Raises:
        ValueError: If a block names none of them, or one without logs.
    """
    figures = page.rpartition("/")[0] or "."
    for each in FOLDERS:
        folder = files.join(figures, each)
        for name in sorted(files.names(folder)):
            if name.endswith(".md"):
                _write(files.join(folder, name), figures, judged)


def _write(path, figures, judged):
    """Writes a page's blocks; and their figures, if it changes or lacks one."""
    before = files.read(path).decode()
    after = rewritten(before, judged, path)
    has_changed = after != before
    if has_changed:
        files.write(path, after.encode())
    named = {match.group(2, 3) for match in _BLOCK.finditer(after)}
    for each in judged:
        compared = each.study.comparison
        if compared is None or (each.scale, each.name) not in named:
            continue
        figure = files.join(figures, _figure(each))
        if has_changed or not files.exists(figure):
            made = comparison_figure.draw(each.found, compared)
            files.write(figure, figure_style.render(made, "png"))


def rewritten(
    text: str, judged: list[judged_studies.JudgedStudy], path: str = "a page"
) -> str:
    """Returns a page with all its blocks as the logs have them.

    Raises:
        ValueError: As of `write`, which says what `path` is.
    """
    known = {(each.scale, each.name): each for each in judged if each.facts}

    def block(match):
        begin, scale, name, _, end = match.groups()
        if (scale, name) not in known:
            raise ValueError(
                f"{path} has a block of logs. Expected one of "
                f"{', '.join('/'.join(each) for each in known)}. Received: "
                f"{scale}/{name}"
            )
        return begin + _of_study(known[scale, name]) + end

    return _BLOCK.sub(block, text)


def _of_study(judged):
    """What a page shows of a study: claims, and accuracies by density."""
    parts = [judged_studies.claims_table(judged)]
    if judged.study.levels is not None:
        parts.append(_levels(judged.found, judged.study.levels))
    if judged.study.comparison is not None:
        parts.append(_comparison(judged))
    return "\n".join([*parts, judged_studies.made_with(judged)])


def _levels(found, levels):
    """A table of accuracies, and what they are."""
    rows = [
        [
            claims.percent(density),
            *(
                _cell(found, density, experiment, levels.column)
                for experiment in levels.experiments
            ),
        ]
        for density in levels.densities or _all_densities(found, levels)
    ]
    table = judged_studies.markdown_table(
        ["density", *levels.experiments.values()], rows
    )
    return (
        f"{table}\nTest accuracy {levels.text} in percent: mean over trials, "
        "lowest and highest.\n"
    )


def _all_densities(found, levels):
    """Densities of the first experiment of some levels, of one trial."""
    runs = found.table("runs")
    own = runs[runs["experiment"] == next(iter(levels.experiments))]
    first = own[own["trial"] == own["trial"].min()]
    return sorted(first["density"].unique(), reverse=True)


def _comparison(judged):
    """A figure of methods, and their table at each density."""
    compared = judged.study.comparison
    heads = ["density", "method", "before", "after"]
    heads += [*compared.controls.values(), "search", "training"]
    rows = [
        [
            claims.percent(density),
            heading,
            *(
                _in_text(each, judged.found, digits=1)
                for each in _columns(density, method, compared.controls)
            ),
            *(
                _seconds(each(density, method), judged.found)
                for each in (measures.search_s, measures.training_s)
            ),
        ]
        for density in compared.densities
        for method, heading in compared.methods.items()
    ]
    table = judged_studies.markdown_table(heads, rows)
    return (
        "![Accuracy by density of each method, and under each control; its "
        "axis is logistic]"
        f"(../{_figure(judged)})\n\n{table}\n"
        "Test accuracy in percent, before and after training: mean over "
        "trials, lowest and highest; seconds by the clock of all that was "
        "trained for the masks, and of the training under them.\n"
    )


def _columns(density, method, controls):
    """Measures of a method: before training, after it, and its controls'."""
    yield measures.before(density, method)
    for control in (None, *controls):
        yield measures.controlled(density, method, control)


def _figure(judged):
    """Name of the file of a study's figure."""
    return f"{judged.name}_{judged.scale}.png"


def _seconds(measure, found):
    """Mean of seconds as text; "" where it was not run."""
    values = measures.known(measure, found)
    return "" if values.empty else f"{values.mean():.1f} s"


def _cell(found, density, experiment, column):
    """Mean and ends of an experiment's trials; "" where it was not run."""
    runs = found.table("runs")
    own = set(runs.loc[runs["experiment"] == experiment, "density"])
    if density == measures.DENSE and density not in own:
        return ""  # Branches have no dense network of their own.
    return _in_text(measures.accuracy(density, experiment, column), found)


def _in_text(measure, found, digits=2):
    """Mean and ends of what is measured; "" where it was not run."""
    values = measures.known(measure, found)
    if values.empty:
        return ""
    mean, low, high = (
        f"{each:.{digits}f}" for each in values.agg(["mean", "min", "max"])
    )
    return f"{mean} ({low} to {high})" if len(values) > 1 else mean
