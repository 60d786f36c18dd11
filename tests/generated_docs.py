"""Tables of docs/ that are made of entries.

    python -m lottery_ticket.tests.generated_docs

writes the rows anew, between <!-- generated: NAME --> and <!-- end -->. The
two lines of a heading are the page's own; a third column is the source.
"""

import pathlib
import re

from lottery_ticket.experiments.stages.gem import search_algos
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.exports import export_formats
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import entries

PAGES = sorted((pathlib.Path(__file__).parents[1] / "docs").glob("*.md"))
TABLES = {
    "criteria": criteria.CRITERIA,
    "criteria of weights": {
        name: each
        for name, each in criteria.CRITERIA.items()
        if each.kind == "weights"
    },
    "mask-1 actions": mask_1.MASK_1_ACTIONS,
    "mask-0 actions": mask_0.MASK_0_ACTIONS,
    "search algorithms": search_algos.ALGOS,
    "export formats": export_formats.FORMATS,
}
BLOCK = re.compile(
    r"(<!-- generated: (.*?) -->\n)(\|.*\n)(\|.*\n)((?:\|.*\n)*)(<!-- end -->)"
)


def row(name, entry, has_source):
    """Returns the line of an entry, in Markdown."""
    text = re.sub(r"\bw_([if])\b", r"w<sub>\1</sub>", entry.help)
    cells = [f"`{name}`", text.replace("|", r"\|")]
    if has_source:
        linked = re.sub(r"(.*) \((https://.*)\)", r"[\1](\2)", entry.source)
        cells.append("" if entry.source == entries.HERE else linked)
    return f"| {' | '.join(cells)} |\n"


def generated(text):
    """Returns a page with all rows as the entries have them."""

    def block(match):
        begin, name, heading, rule, _, end = match.groups()
        has_source = heading.count("|") > 3
        rows = [
            row(key, entry, has_source) for key, entry in TABLES[name].items()
        ]
        return begin + heading + rule + "".join(rows) + end

    return BLOCK.sub(block, text)


def main():
    """Writes all pages anew."""
    for page in PAGES:
        page.write_text(generated(page.read_text()))


if __name__ == "__main__":
    main()
