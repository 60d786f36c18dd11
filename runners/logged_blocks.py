"""Blocks of papers' pages that are made of studies' logs.

A page has <!-- logged: SCALE/STUDY --> and <!-- end --> around them; whoever
wants another number there runs the study.
"""

import re

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.machine import files
from lottery_ticket.runners import judged_studies

FOLDER = "papers"  # Beside the page of all verdicts, which links there.
_BLOCK = re.compile(
    r"(<!-- logged: (\S+?)/(\S+) -->\n)(.*?)(<!-- end -->)", re.DOTALL
)


def write(page: str, judged: list[judged_studies.JudgedStudy]) -> None:
    """Writes the blocks of all pages of papers beside a page anew.

    Args:
        page: Path of the page of all verdicts.
        judged: All studies at all scales.

    Raises:
        ValueError: If a block names none of them, or one without logs.
    """
    folder = files.join(page.rpartition("/")[0] or ".", FOLDER)
    for name in sorted(files.names(folder)):
        if name.endswith(".md"):
            path = files.join(folder, name)
            before = files.read(path).decode()
            after = rewritten(before, judged, path)
            if after != before:
                files.write(path, after.encode())


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
    return "\n".join([*parts, judged_studies.made_with(judged)])


def _levels(found, levels):
    """A table of accuracies, and what they are."""
    rows = [
        [
            f"{100 * density:.3g} %",
            *(
                _cell(found, density, experiment, levels.column)
                for experiment in levels.experiments
            ),
        ]
        for density in levels.densities
    ]
    table = judged_studies.markdown_table(
        ["density", *levels.experiments.values()], rows
    )
    return (
        f"{table}\nTest accuracy {levels.text} in percent: mean over trials, "
        "lowest and highest.\n"
    )


def _cell(found, density, experiment, column):
    """Mean and ends of an experiment's trials; "" where it was not run."""
    runs = found.table("runs")
    own = set(runs.loc[runs["experiment"] == experiment, "density"])
    if density == measures.DENSE and density not in own:
        return ""  # Branches have no dense network of their own.
    try:
        values = measures.accuracy(density, experiment, column)(found)
    except claims.Missing:
        return ""
    if values.isna().any():
        return ""
    ends = f" ({values.min():.2f} to {values.max():.2f})"
    return f"{values.mean():.2f}{ends if len(values) > 1 else ''}"
