"""Parts of a report as values, and how a report is strung together of them.

In all modules here, `found` is a tree and `runs` are rows of its runs, both as
from `results.read`. `section` reads rows, sums them up, and makes of these a
text and figures; what one function of a module returns, the next one takes.
What a `read` returns last are problems: a sentence for each result that is
unfinished or damaged, and for each setting that trials differ in. In figures,
bars and bands about a mean reach from the lowest to the highest.
"""

import dataclasses
import sys
from typing import Any

from lottery_ticket.analysis.look import figure_style, tables
from lottery_ticket.foundations.machine import files

NOTES_RANK = 100  # Texts from here on stand below the problems.


@dataclasses.dataclass(frozen=True)
class Section:
    """What one part of a report has to say; empty where there is nothing.

    Args:
        tables: Dict, file name -> data frame, written as CSV, or text; in the
            order of writing.
        figures: Dict, name -> matplotlib Figure; each becomes a file of each
            of `figure_style.KINDS`.
        text: What is printed; "" is nothing.
        problems: A sentence for each thing that is unfinished or damaged, and
            for each setting that its means mix.
        rank: Where the text stands among the others', the lower first: 0 is
            experiments side by side, 1 the table of all runs.
        papers: Dict, name -> rows of cells, the heads first: what the text has
            as a table, for other formats.
        about: What it is about, such as "copies and lines", for a report that
            has neither a run nor a text.
        captions: Dict, name of a table (without .csv) or figure -> what it
            shows, in a few words; for the page.
        facts: Dict, head -> text, of what a summary on top has to say.
    """

    tables: dict[str, Any] = dataclasses.field(default_factory=dict)
    figures: dict = dataclasses.field(default_factory=dict)
    text: str = ""
    problems: list[str] = dataclasses.field(default_factory=list)
    rank: float = 2
    about: str = ""
    papers: dict[str, list] = dataclasses.field(default_factory=dict)
    captions: dict[str, str] = dataclasses.field(default_factory=dict)
    facts: dict[str, str] = dataclasses.field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """Returns dict, file name -> bytes: tables, then figures."""
        written = {
            name: table.encode()
            if isinstance(table, str)
            else tables.to_csv(table)
            for name, table in self.tables.items()
        }
        return {**written, **figure_style.render_all(self.figures)}


def in_format(section: Section, kind: str) -> Section:
    """Returns a section whose text is its tables in another format.

    Args:
        section: Any; without tables for papers it stays as it is.
        kind: One of `options.FORMATS`. Of latex and markdown, a file each is
            written, too; csv is the text of the .csv that is written anyway.
    """
    if kind == "text" or not section.papers:
        return section
    if kind == "csv":
        frames = [section.tables[f"{name}.csv"] for name in section.papers]
        texts = [tables.to_csv(frame).decode() for frame in frames]
        return dataclasses.replace(section, text="\n".join(texts))
    render, suffix = tables.FORMATS[kind]
    written = {
        f"{name}.{suffix}": render(rows)
        for name, rows in section.papers.items()
    }
    return dataclasses.replace(
        section,
        tables={**section.tables, **written},
        text="\n".join(written.values()),
    )


def join_texts(sections: list[Section], problems: str) -> str:
    """Returns the texts of sections by their rank, and problems among them."""
    texts = [*sections, Section(text=problems, rank=NOTES_RANK - 1)]
    texts.sort(key=lambda each: each.rank)  # Stable.
    return "\n".join(each.text for each in texts if each.text)


def problems_text(problems: list[str]) -> str:
    """Returns what is wrong with results, each once, for the end of a table."""
    if not problems:
        return "Every run found is complete, and none is missing.\n"
    lines = "".join(f"  {problem}\n" for problem in dict.fromkeys(problems))
    return f"Problems:\n{lines}"


def write(directory: str, outputs: dict[str, bytes], text: str) -> None:
    """Writes files into a folder, then prints a text and where each is."""
    paths = {name: files.join(directory, name) for name in outputs}
    for name, data in outputs.items():
        files.write(paths[name], data)
    lines = [f"Wrote {path}\n" for path in paths.values()]
    sys.stdout.write("".join([text, *lines]))  # Whoever reads may stop early.
