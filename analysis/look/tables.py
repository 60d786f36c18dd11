"""Numbers as text, and rows of text as tables; data frames as CSV."""

import re
from collections.abc import Iterable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

STATISTICS = ("mean", "min", "max")
PLACE_HEADS = ("experiment", "level", "density %")
WIDTH = 80  # Characters of a line, as of a terminal.
# What TeX takes for something else -> how it is written.
_TEX = {
    **{mark: f"\\{mark}" for mark in "_%&#${}"},
    **{"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\textasciitilde{}"},
    **{"±": r"$\pm$", ">=": r"$\geq$", "–": "--"},
}
_TEX_MARKS = re.compile("|".join(map(re.escape, _TEX)))


def statistics(columns: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Returns pandas' words for all STATISTICS of some columns, by name."""
    return {
        f"{column}_{statistic}": (column, statistic)
        for column in columns
        for statistic in STATISTICS
    }


def align(
    rows: list[list[str]],
    *,
    left: int = 1,
    repeated: int = 1,
    width: int = WIDTH,
) -> str:
    """Returns rows of cells as lines of text, each column as wide as it needs.

    Args:
        rows: Lists of equally many cells; the first are the heads. Columns
            with nothing below their heads are left out.
        left: How many of the first columns are flush left, not right.
        repeated: How many of the first columns stand in each part of a table
            that is too wide.
        width: Characters of a line, beyond which further columns go into a
            part of their own below. A row that has nothing in a part is left
            out of it.
    """
    cells = enumerate(zip(*filled(rows), strict=True))
    columns = [_pad(column, index < left) for index, column in cells]
    parts = _parts(columns, repeated, width)
    return "\n".join(_lines(part, repeated) for part in parts)


def filled(rows: list[list[str]]) -> list[list[str]]:
    """Returns rows without the columns that have nothing below their heads."""
    columns = [
        column
        for column in zip(*rows, strict=True)
        if len(rows) == 1 or any(column[1:])
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def to_latex(rows: list[list[str]]) -> str:
    """Returns rows as a tabular of LaTeX, for the package booktabs.

    Rows right below the heads with nothing first are heads, too.
    """
    cells = [[_in_tex(cell) for cell in row] for row in filled(rows)]
    lines = [" & ".join(row) + r" \\" for row in cells]
    below = (index for index, row in enumerate(cells) if index and row[0])
    heads = next(below, len(cells))
    columns = "l" + "r" * (len(cells[0]) - 1)
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *lines[:heads],
            r"\midrule",
            *lines[heads:],
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def to_markdown(rows: list[list[str]]) -> str:
    """Returns rows as a table of Markdown, numbers flush right."""
    heads, *below = [
        [cell.replace("|", r"\|") for cell in row] for row in filled(rows)
    ]
    rule = ["---", *["---:"] * (len(heads) - 1)]
    lines = [f"| {' | '.join(row)} |\n" for row in (heads, rule, *below)]
    return "".join(lines)


def titled(
    title: str, rows: list[list[str]], notes=(), *, left: int = 1
) -> str:
    """Returns rows as from `align` under a title, and lines of notes below.

    Heads alone make no table; of neither a table nor a note, "" comes back.
    """
    texts = [align(rows, left=left)] * (len(rows) > 1)
    texts += ["".join(notes)] * bool(notes)
    return "\n".join([title, *texts]) if texts else ""


def to_csv(frame: "pd.DataFrame") -> bytes:
    """Returns a data frame as CSV, floats in full; fractions stay fractions."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


# Format -> what makes a text of rows, and how its files end.
FORMATS = {"latex": (to_latex, "tex"), "markdown": (to_markdown, "md")}


def percent(fraction: float) -> str:
    """Returns a fraction in percent, to three digits: 0.512 -> "51.2".

    What is less than all has as many as it takes to say so: 0.9996 -> "99.96".
    NaN is "-".
    """
    if pd.isna(fraction):
        return "-"
    texts = (f"{100 * fraction:#.{digits}g}" for digits in range(3, 17))
    text = next(texts)
    while fraction < 1 and float(text) >= 100:
        text = next(texts)
    return text.rstrip(".")


def signed(
    value: float, headline: headline_lib.Headline = headline_lib.ACCURACY
) -> str:
    """Returns a difference of a headline metric with its sign: "+0.40".

    What rounds to nothing is "+0.00".
    """
    if pd.isna(value):
        return "-"
    text = headline.number(abs(value))
    return ("-" if value < 0 and float(text) else "+") + text


def percent_range(fractions: "pd.Series", *, down: bool = False) -> str:
    """Returns lowest and highest in percent, or turned round: "5.37–10.8"."""
    ends = [percent(fractions.min()), percent(fractions.max())]
    return "–".join(dict.fromkeys(ends[::-1] if down else ends))


def number(value: float, scale: float = 100) -> str:
    """Returns `scale` times a value to two decimals, or "-" for NaN."""
    return "-" if pd.isna(value) else f"{scale * value:.2f}"


def number_range(
    row: dict,
    column: str,
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns COLUMN_min and COLUMN_max of a row: "81.00-83.50", or "".

    They are values of the headline metric.
    """
    ends = [row[f"{column}_{end}"] for end in ("min", "max")]
    return "" if pd.isna(ends[0]) else "-".join(map(headline.number, ends))


def place(row: dict) -> list[str]:
    """Returns the cells below PLACE_HEADS."""
    return [row["experiment"], str(row["level"]), percent(row["density"])]


def _in_tex(cell):
    return _TEX_MARKS.sub(lambda found: _TEX[found[0]], cell)


def _lines(columns, repeated):
    lines = zip(*columns, strict=True)
    return "".join(
        f"{'  '.join(cells).rstrip()}\n"
        for cells in lines
        if "".join(cells[repeated:]).strip()
    )


def _pad(cells, is_left):
    width = max(map(len, cells))
    return [
        cell.ljust(width) if is_left else cell.rjust(width) for cell in cells
    ]


def _parts(columns, repeated, width):
    """Lists of columns that fit in a line, the repeated ones in each."""
    first = columns[:repeated]
    parts, room = [], 0
    for column in columns[repeated:]:
        needed = len(column[0]) + 2
        if not parts or needed > room:
            parts.append(list(first))
            room = width + 2 - sum(len(each[0]) + 2 for each in first)
        parts[-1].append(column)
        room -= needed
    return parts or [first]
