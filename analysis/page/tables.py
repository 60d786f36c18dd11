"""Tables of a report as parts of a page: rows to sort, and their CSV."""

import dataclasses

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.sections import parts

SUFFIX = ".csv"
SHORT = 40  # Rows.
CUT_BYTES = 40_000  # Of one that does not fit, if longer ones leave no more.


@dataclasses.dataclass(frozen=True)
class Table:
    """A table on a page.

    Args:
        name: Its name, as of its file without the suffix.
        caption: What it shows, or "".
        heads: Rows of cells above all; none where a page makes rows of the CSV.
        groups: Lists of rows of cells that stay together when they are sorted.
        csv: Its file's text, or the beginning of that, in whole lines.
        left_out: How many rows are in the file alone.
    """

    name: str
    caption: str
    heads: list[list[str]]
    groups: list[list[list[str]]]
    csv: str
    left_out: int = 0

    @property
    def is_short(self) -> bool:
        """Returns whether a page shows it at once."""
        return len(self.groups) <= SHORT


def of_sections(
    made: list[parts.Section], outputs: dict[str, bytes], room: int
) -> list[Table]:
    """Returns the tables of a report in the order of its texts, others last.

    Args:
        made: Its sections.
        outputs: Dict, file name -> bytes, of what they write.
        room: Bytes that the CSV of all tables may have; each has its heads.
    """
    captions, cells, names = {}, {}, []
    for section in sorted(made, key=lambda each: each.rank):
        captions |= section.captions
        cells |= section.papers
        names += [
            name.removesuffix(SUFFIX)
            for name, table in section.tables.items()
            if name.endswith(SUFFIX) and not isinstance(table, str)
        ]
    names.sort(key=lambda name: name not in cells)  # Stable.
    texts = {name: outputs[f"{name}{SUFFIX}"].decode() for name in names}
    found = []
    for name, (text, left_out) in _fitting(texts, room).items():
        heads, groups = _grouped(tables.filled(cells.get(name, [[]])))
        caption = captions.get(name, "")
        found.append(Table(name, caption, heads, groups, text, left_out))
    return found


def _grouped(rows):
    """Heads, and groups of rows: one with nothing first goes with the last."""
    groups: list[list] = []
    for row in rows:
        if groups and row and not row[0]:
            groups[-1].append(row)
        elif row:
            groups.append([row])
    return (groups[0], groups[1:]) if groups else ([], [])


def _fitting(texts, room):
    """Dict, name -> text that a page has room for, and rows left out.

    The shortest come in first; what is longer has the beginning of all.
    """
    found, order = {}, sorted(texts, key=lambda each: len(texts[each]))
    for index, name in enumerate(order):
        text, later = texts[name], len(order) - index - 1
        if len(text) > room:
            own = max(room - later * CUT_BYTES, min(room, CUT_BYTES))
            heads, _, rows = text.partition("\n")
            rows = rows[: max(own - len(heads) - 1, 0)]
            text = heads + "\n" + rows[: rows.rfind("\n") + 1]
        room -= len(text)
        found[name] = text, texts[name].count("\n") - text.count("\n")
    return {name: found[name] for name in texts}
