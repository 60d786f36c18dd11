"""Runs summed up per experiment and level, as data, text and CSV."""

from lottery_ticket.analysis import sections, tree
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

COLUMNS = ("accuracy", "early_stop_accuracy", "early_stop_iteration")
STATISTICS = ("mean", "min", "max")
PLACE_HEADS = ("experiment", "level", "density %")
HEADS = (
    *("trials", "runs"),
    *("accuracy %", "min", "max"),
    *("at early stop %", "min", "max"),
    *("early-stop iteration", "min", "max"),
)
WIDTH = 100  # Characters of a line.
TEXT = "table.txt"  # At its end, a report writes what is wrong with results.


def section(found: tree.Tree) -> sections.Section:
    """Returns the runs as a table, and summed up.

    Tables are runs.csv (a row per run), table.csv and table.txt (a row per
    experiment and level).
    """
    table = summarize(found.chosen)
    text = to_text(table)
    written = {
        "runs.csv": to_csv(found.chosen),
        "table.csv": to_csv(table),
        TEXT: text.encode(),
    }
    return sections.Section(written, text=text, rank=1)


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: density, and what runs reached.

    Columns: experiment, level, density (mean), trials, runs (their numbers),
    and mean, min and max of each of accuracy, early_stop_accuracy and
    early_stop_iteration, such as accuracy_mean. Every run counts as one
    repetition: 5 trials with 3 reinitializations each are 15 runs. Where some
    kept weights lie on no path from input to output, effective_density (mean)
    is of those that do.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    figures 3 and 4.

    Args:
        runs: Rows of `results.read(...).runs`.
    """
    groups = runs.groupby(["experiment", "level"], sort=False)
    table = groups.agg(
        density=("density", "mean"),
        **_effective(runs),
        trials=("trial", "nunique"),
        runs=("run", "size"),
        **statistics(),
    )
    return table.reset_index()


def statistics(columns=COLUMNS) -> dict[str, tuple[str, str]]:
    """Returns pandas' words for all STATISTICS of some columns, by name.

    Args:
        columns: Names of columns with numbers.
    """
    return {
        f"{column}_{statistic}": (column, statistic)
        for column in columns
        for statistic in STATISTICS
    }


def to_text(table: "pd.DataFrame") -> str:
    """Returns a summary as text; accuracies and densities are in percent."""
    added = ["effective %"] if "effective_density" in table else []
    rows = [_cells(row) for row in table.to_dict("records")]
    return align([[*PLACE_HEADS, *added, *HEADS], *rows])


def align(
    rows: list[list[str]],
    *,
    left: int = 1,
    repeated: int = 1,
    width: int | None = None,
) -> str:
    """Returns rows of cells as lines of text, each column as wide as it needs.

    Args:
        rows: Lists of equally many cells; the first are the heads.
        left: How many of the first columns are flush left, not right.
        repeated: How many of the first columns stand in each part of a table
            that is too wide.
        width: Characters of a line, beyond which further columns go into a
            part of their own below; None: all columns side by side. A row
            that has nothing in a part is left out of it.
    """
    cells = enumerate(zip(*rows, strict=True))
    columns = [_pad(column, index < left) for index, column in cells]
    parts = _parts(columns, repeated, width or float("inf"))
    return "\n".join(_lines(part, repeated) for part in parts)


def to_csv(frame: "pd.DataFrame") -> bytes:
    """Returns a data frame as CSV, floats in full; fractions stay fractions."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def percent(fraction: float) -> str:
    """Returns a fraction in percent, to three digits: 0.512 -> "51.2".

    NaN is "-".
    """
    if pd.isna(fraction):
        return "-"
    return f"{100 * fraction:#.3g}".rstrip(".")


def number(value: float, scale: float = 100) -> str:
    """Returns `scale` times a value to two decimals, or "-" for NaN."""
    return "-" if pd.isna(value) else f"{scale * value:.2f}"


def _effective(runs):
    """Aggregation of effective densities, where one is known and differs."""
    known = runs.get("effective_density", runs["density"])
    if (known.isna() | (known == runs["density"])).all():
        return {}
    return {"effective_density": ("effective_density", "mean")}


def _cells(row):
    place = [str(row["experiment"]), str(row["level"]), percent(row["density"])]
    if "effective_density" in row:
        place.append(percent(row["effective_density"]))
    counts = [str(row[key]) for key in ("trials", "runs")]
    numbers = [
        _cell(row[f"{column}_{statistic}"], column)
        for column in COLUMNS
        for statistic in STATISTICS
    ]
    return place + counts + numbers


def _cell(value, column):
    if "iteration" not in column or pd.isna(value):
        return number(value)
    return f"{value:.0f}"


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
