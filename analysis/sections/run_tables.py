"""Runs as a table, and summed up per experiment and level."""

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import headlines, spreads, tree
from lottery_ticket.analysis.reading import runs as reading
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

MEANS = ("accuracy %", "at stop %", "stops at")
SPREADS = ("±95 %", "std", "min-max")
# Further densities -> their heads, where there are any.
DENSITIES = {
    "effective_density": "effective %",
    "group_density": "groups %",
}
STOPS = """\
at stop: at the iteration of the lowest validation loss, which `stops at` is
"""
CENSORED = """\
>=: that is the last one of some runs, and the minimum may lie beyond
"""
OF_TRIALS = """\
±95 %: half the 95 % t-interval of the mean, std: standard deviation; of both, a
trial counts once, with the mean of its runs
"""
OF_RUNS = """\
Means are of all runs: where trials differ in how many they have, ±95 % is about
another mean, of trials; its ends are in table.csv
"""
TEXT = "table.txt"  # At its end, a report writes what is wrong with results.
LONGER = 1.5  # Times that differ: the longest is so many times the shortest.
TRAINING = """\
What experiments differ in, of how they were trained; seconds per run (mean)
"""
TRAINING_HEADS = {"lr": "learning rate", "training_len": "length"}
TIME = "train_s_mean"


def section(found: tree.Tree) -> parts.Section:
    """Tables runs.csv (a row per run), table.csv and table.txt (per level)."""
    table, kind = summarize(found.chosen), headlines.of(found.chosen)
    text = to_text(table, kind)
    written = {"runs.csv": found.chosen, "table.csv": table, TEXT: text}
    rows = cells(table, kind)
    return parts.Section(
        written,
        text=text,
        rank=1,
        papers={"table": rows},
        captions={"table": "Each level", "runs": "Each run"},
    )


def training_section(found: tree.Tree) -> parts.Section:
    """Table training.csv: optimizer, learning rate, training length, hooks and
    time of experiments, where they differ.
    """
    columns = training(found.chosen, ["experiment"])
    if columns.empty:
        return parts.Section()
    table = columns.reset_index()
    names = [name for name in table if name not in ("experiment", TIME)]
    times = table.get(TIME, pd.Series(dtype=float))
    is_told = names or times.max() > LONGER * times.min()
    rows = _training_rows(table, names)
    return parts.Section(
        {"training.csv": table},
        text=tables.titled(TRAINING, rows) if is_told else "",
        rank=1.5,
        papers={"training": rows} if is_told else {},
        captions={"training": "How experiments were trained"},
    )


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: density, and what runs reached.

    Columns: experiment, level, density (mean), trials, runs (their numbers),
    and mean, min and max of each of accuracy (or what else is the headline
    metric), early_stop_accuracy and early_stop_iteration, such as
    accuracy_mean. Every run counts as one repetition: 5 trials with 3
    reinitializations each are 15 runs. Where some kept weights lie on no path
    from input to output, effective_density (mean) is of those that do; where
    units or blocks are pruned, group_density (mean) is of these. Behind these
    are what `spreads.between_trials` and `training` return.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    figures 3 and 4.
    """
    known = runs["density"]
    if "effective_density" in runs:
        known = runs["effective_density"]
    is_same = (known.isna() | (known == runs["density"])).all()
    effective = {"effective_density": ("effective_density", "mean")}
    has_groups = "group_density" in runs and runs["group_density"].notna().any()
    groups = {"group_density": ("group_density", "mean")}
    keys = ["experiment", "level"]
    table = runs.groupby(keys, sort=False).agg(
        density=("density", "mean"),
        **({} if is_same else effective),
        **(groups if has_groups else {}),
        trials=("trial", "nunique"),
        runs=("run", "size"),
        **tables.statistics(headlines.measured(headlines.of(runs))),
    )
    table = table.join(spreads.between_trials(runs, keys))
    return table.join(training(runs, keys)).reset_index()


def training(runs: "pd.DataFrame", keys: list[str]) -> "pd.DataFrame":
    """Returns how groups of runs were trained, where experiments differ.

    Columns: optimizer, lr, training_len and hooks, as set, each where
    experiments differ in it ("0.1/0.01" where runs of a group do, too); and
    train_s_mean, the seconds that a run took, where there are several.
    """
    groups, columns = runs.groupby(keys, sort=False), {}
    for name in reading.TRAINING:
        by_experiment = runs.groupby("experiment")[name].agg(_unique)
        if by_experiment.nunique() > 1:
            columns[name] = groups[name].agg(_unique)
    if runs["experiment"].nunique() > 1 and runs["train_s"].notna().any():
        seconds = runs.assign(train_s=runs["train_s"].astype(float))
        columns[TIME] = seconds.groupby(keys, sort=False)["train_s"].mean()
    return pd.DataFrame(columns, index=groups.size().index)


def to_text(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns a summary as text; accuracies and densities are in percent."""
    rows = cells(table, headline)
    is_several = bool((table["trials"] > 1).any())
    notes = [STOPS] * bool(table[f"{spreads.STOP}_mean"].notna().any())
    notes += [CENSORED] * bool(table[spreads.CENSORED].any())
    notes += [OF_TRIALS] * is_several
    notes += [OF_RUNS] * _is_uneven(table, headline)
    size = 1 + len(SPREADS)
    first = len(rows[0]) - len(_known(table, headline)) * size
    starts = range(first, len(rows[0]), size)
    of_parts = [rows]
    if (table["runs"] > 1).any():  # A part for each of what is measured.
        of_parts = [
            [row[:first] + row[start : start + size] for row in rows]
            for start in starts
        ]
    texts = [tables.align(each, repeated=first) for each in of_parts]
    return "\n".join(texts + ["".join(notes)] * bool(notes))


def cells(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> list[list[str]]:
    """Returns a summary as rows of cells, spreads only of several runs."""
    added = {n: head for n, head in DENSITIES.items() if n in table}
    is_same = (table["trials"] == table["runs"]).all()
    counts = ["n"] if is_same else ["trials", "runs"]
    counts_of = ["trials"] if is_same else ["trials", "runs"]
    measures = _known(table, headline)
    heads = [*tables.PLACE_HEADS, *counts, *added.values()]
    for head in measures.values():
        heads += [headline.reword(head), *SPREADS]
    rows = []
    for row in table.to_dict("records"):
        found = [*tables.place(row), *(str(row[each]) for each in counts_of)]
        found += [tables.percent(row[name]) for name in added]
        for name in measures:
            found += _measured(row, name, headline)
        rows.append(found)
    return [heads, *rows]


def _known(table, headline):
    """Dict, what is measured -> its head, of what any row has."""
    names = headlines.measured(headline)
    return {
        name: head
        for name, head in zip(names, MEANS, strict=True)
        if table[f"{name}_mean"].notna().any()
    }


def _is_uneven(table, headline):
    """Whether any interval's middle is not the mean beside it."""
    for name in headlines.measured(headline):
        ends, mean = [f"{name}_low95", f"{name}_high95"], table[f"{name}_mean"]
        middle = table[ends].mean(axis=1, skipna=False)
        if ((middle - mean).abs() > 1e-6 * mean.abs()).any():
            return True
    return False


def _measured(row, name, headline):
    """Cells of a mean, and its SPREADS."""
    mean, number = row[f"{name}_mean"], headline.number
    least = most = ""
    if name == spreads.STOP:
        number = _whole
        least, most = _bounds(row)
    text = "-" if pd.isna(mean) else f"{most}{number(mean)}"
    return [text, *_spreads(row, name, number, (least, most))]


def _whole(value):
    return f"{value:.0f}"


def _spreads(row, name, number, marks):
    """Half an interval, deviation and ends; "" where that says nothing."""
    if row["runs"] == 1 or pd.isna(row[f"{name}_min"]):
        return ["", "", ""]
    low, high = (row[f"{name}_{end}"] for end in ("low95", "high95"))
    std = row[f"{name}_std"]
    ends = [
        f"{mark}{number(row[f'{name}_{end}'])}"
        for mark, end in zip(marks, ("min", "max"), strict=True)
    ]
    ends = dict.fromkeys(ends) if marks[0] else ends
    return [
        "" if pd.isna(low) else number((high - low) / 2),
        "" if pd.isna(std) else number(std),
        (" to " if any(marks) else "-").join(ends),
    ]


def _bounds(row):
    """Marks of the lowest stop, and of mean and highest: ">=" if censored."""
    count = row[spreads.CENSORED]
    return ">=" * (count == row["runs"]), ">=" * (count > 0)


def _unique(values):
    """What there is of some settings, as text."""
    return "/".join(dict.fromkeys(values.map(str)))


def _training_rows(table, names):
    heads = [TRAINING_HEADS.get(name, name) for name in names]
    rows = [["experiment", *heads, "seconds"]]
    for row in table.to_dict("records"):
        seconds = row.get(TIME, float("nan"))
        time = "-" if pd.isna(seconds) else f"{seconds:.3g}"
        rows.append([row["experiment"], *(row[n] for n in names), time])
    return rows
