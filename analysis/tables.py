"""Runs summed up per experiment and level, as data, text and CSV."""

from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

COLUMNS = ("accuracy", "early_stop_accuracy", "early_stop_iteration")
STATISTICS = ("mean", "min", "max")
HEADS = (
    "experiment",
    "level",
    "density %",
    "trials",
    "runs",
    *("accuracy %", "min", "max"),
    *("at early stop %", "min", "max"),
    *("early-stop iteration", "min", "max"),
)


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: density, and what runs reached.

    Columns: experiment, level, density (mean), trials, runs (their numbers),
    and mean, min and max of each of accuracy, early_stop_accuracy and
    early_stop_iteration, such as accuracy_mean. Every run counts as one
    repetition: 5 trials with 3 reinitializations each are 15 runs.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    figures 3 and 4.

    Args:
        runs: Rows of `results.read(...).runs`.
    """
    groups = runs.groupby(["experiment", "level"], sort=False)
    table = groups.agg(
        density=("density", "mean"),
        trials=("trial", "nunique"),
        runs=("run", "size"),
        **{
            f"{column}_{statistic}": (column, statistic)
            for column in COLUMNS
            for statistic in STATISTICS
        },
    )
    return table.reset_index()


def to_text(table: "pd.DataFrame") -> str:
    """Returns a summary as text; accuracies and densities are in percent."""
    rows = [_cells(row) for row in table.to_dict("records")]
    widths = [
        max(map(len, column)) for column in zip(HEADS, *rows, strict=True)
    ]
    lines = [_line(cells, widths) for cells in [HEADS, *rows]]
    return "\n".join(lines) + "\n"


def to_csv(frame: "pd.DataFrame") -> bytes:
    """Returns a data frame as CSV, floats in full; fractions stay fractions."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def percent(fraction: float) -> str:
    """Returns a fraction in percent, to three digits: 0.512 -> "51.2"."""
    return f"{100 * fraction:#.3g}".rstrip(".")


def _cells(row):
    counts = [str(row[key]) for key in ("trials", "runs")]
    place = [str(row["experiment"]), str(row["level"]), percent(row["density"])]
    numbers = [
        _number(row[f"{column}_{statistic}"], column)
        for column in COLUMNS
        for statistic in STATISTICS
    ]
    return place + counts + numbers


def _number(value, column):
    if pd.isna(value):
        return "-"
    return f"{value:.0f}" if "iteration" in column else f"{100 * value:.2f}"


def _line(cells, widths):
    first, *others = zip(cells, widths, strict=True)
    texts = [first[0].ljust(first[1])]
    return "  ".join(texts + [cell.rjust(width) for cell, width in others])
