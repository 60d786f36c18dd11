"""Experiments side by side: a ticket beside the controls that question it."""

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import (
    headlines,
    selection,
    spreads,
    tree,
)
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

EXPLANATION = (
    "Test accuracy in %: mean of n runs, lowest-highest below it; * marks the\n"
    "best mean of a row."
)
UNKNOWN = "-"  # What `Headline.number` writes of NaN.
NOTHING = "No two experiments have runs of one density to set side by side.\n"


def section(found: tree.Tree) -> parts.Section:
    """Tables comparison.csv and comparison.txt: experiments side by side."""
    runs = selection.trained(found.chosen)
    if runs["experiment"].nunique() < 2:
        return parts.Section()
    table = compare(runs)
    headline = headlines.of(runs)
    text = to_text(table, headline)
    written = {"comparison.csv": table, "comparison.txt": text}
    rows = cells(table, headline)
    papers = {"comparison": rows} if rows else {}
    captions = {"comparison": "Experiments side by side"}
    return parts.Section(
        written, text=text, rank=0, papers=papers, captions=captions
    )


def compare(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per density, and of each experiment what its runs reached.

    Which runs share a row, see `selection.rows`. Columns: level (text, such as
    "7", or "1/7" where those levels have one density), density (mean), and for
    each EXPERIMENT runs_EXPERIMENT (their number) and mean, min and max of what
    `run_tables.summarize` sums up, such as accuracy_mean_EXPERIMENT; behind all
    of these, what `spreads.between_trials` returns, such as
    accuracy_std_EXPERIMENT.
    """
    rows = selection.rows(runs)
    by_row = runs.groupby(rows)
    places = pd.DataFrame(
        {
            "level": by_row["level"].agg(
                lambda own: "/".join(map(str, sorted(set(own))))
            ),
            "density": by_row["density"].mean(),
        }
    )
    cells = runs.groupby([rows, runs["experiment"]]).agg(
        runs=("run", "size"),
        **tables.statistics(headlines.measured(headlines.of(runs))),
    )
    between = spreads.between_trials(runs, [rows, runs["experiment"]])
    columns = {
        f"{column}_{experiment}": own[column].xs(experiment, level=1)
        for own in (cells, between)
        for experiment in runs["experiment"].unique()
        for column in own
    }
    table = pd.concat([places, pd.DataFrame(columns)], axis=1)
    counts = [column for column in columns if column.startswith("runs_")]
    return table.fillna(dict.fromkeys(counts, 0)).astype(
        dict.fromkeys(counts, int)
    )


def to_text(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns a comparison as text: accuracies, a column per experiment.

    Four experiments or so fit in a line; more go into parts below.
    """
    lines = cells(table, headline)
    if not lines:
        return NOTHING
    text = tables.align(lines, left=0, repeated=2)
    return f"{headline.reword(EXPLANATION)}\n\n{text}"


def cells(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> list[list[str]]:
    """Returns a comparison as rows of cells; none where it has no two.

    Rows of one experiment alone are left out, but for the dense network's.
    """
    counts = table.filter(regex="^runs_")
    experiments = [column.removeprefix("runs_") for column in counts]
    is_shared = (counts > 0).sum(axis=1) > 1
    if not is_shared.any():
        return []
    shown = table.loc[is_shared | (table["density"] == 1)]
    lines = [
        ["level", "density %", *experiments],
        ["", "", *(_count_text(shown, each) for each in experiments)],
    ]
    for row in shown.to_dict("records"):
        lines += _lines(row, experiments, headline)
    return lines


def _count_text(table, experiment):
    """How many runs the cells of an experiment are of: "n = 3-5"."""
    counts = table[f"runs_{experiment}"]
    counts = sorted(set(counts[counts > 0]))
    ends = dict.fromkeys(str(count) for count in counts[:1] + counts[-1:])
    return f"n = {'-'.join(ends)}" if ends else ""


def _lines(row, experiments, headline):
    """A row's line of means, and one of ranges where there are any."""
    means, ranges = [], []
    for experiment in experiments:
        mean, low, high = (
            headline.number(row[f"{headline.metric}_{statistic}_{experiment}"])
            for statistic in tables.STATISTICS
        )
        count = row[f"runs_{experiment}"]
        means.append(mean if count else "")
        is_range = count > 1 and mean != UNKNOWN
        ranges.append(f"{low}-{high}" if is_range else "")
    starred = _star(means, headline)
    lines = [[row["level"], tables.percent(row["density"]), *starred]]
    return lines + [["", "", *ranges]] * any(ranges)


def _star(means, headline):
    """Marks the best of two or more, all of them where they are equal."""
    known = {mean: float(mean) for mean in means if mean not in ("", UNKNOWN)}
    if sum(mean in known for mean in means) < 2:
        return means
    best = headline.best(known.values())
    return [f"*{mean}" if known.get(mean) == best else mean for mean in means]
