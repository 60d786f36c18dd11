"""Which headline metric rows of results have: one, as means mix no two.

In a frame, the columns headline and higher_is_better say it. They are there
where it is another than accuracy for some row.
"""

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline, names

with lazy.imports():
    import pandas as pd

COLUMNS = ("headline", "higher_is_better")
# Columns of runs that bear the metric's name in place of accuracy.
OF_RUNS = ("accuracy", "early_stop_accuracy")
NAMED = (*OF_RUNS, "start_accuracy")  # The same, and what no summary is of.


def frame(
    rows: list[dict], columns: list[str], metric: str | None = None
) -> "pd.DataFrame":
    """Returns rows as a data frame of some columns.

    What rows hold under "headline", a `headline.Headline`, becomes COLUMNS
    behind the others. With a metric, only rows of that one come back.
    """
    if metric is not None:
        rows = [row for row in rows if row["headline"].metric == metric]
    if all(row["headline"] == headline.ACCURACY for row in rows):
        return pd.DataFrame(rows, columns=columns)
    told = [
        {
            **row,
            "headline": row["headline"].metric,
            "higher_is_better": row["headline"].higher_is_better,
        }
        for row in rows
    ]
    return pd.DataFrame(told, columns=[*columns, *COLUMNS])


def of(*frames: "pd.DataFrame") -> headline.Headline:
    """Returns the headline metric of all rows of some frames.

    Accuracy where there is no row.

    Raises:
        ValueError: If they have several, naming the experiments of each.
    """
    found: dict[headline.Headline, dict] = {}
    for rows in frames:
        for row in _told(rows):
            kind = headline.Headline(*(row[name] for name in COLUMNS))
            found.setdefault(kind, {})[row["experiment"]] = None
    if len(found) > 1:
        kinds = "; ".join(
            f"{kind.metric}: {', '.join(names)}"
            for kind, names in found.items()
        )
        raise ValueError(
            "Results of different headline metrics share no table, axis or "
            f"mean ({kinds}). Report them apart: choose one with --metric, or "
            "experiments with --experiments"
        )
    return next(iter(found), headline.ACCURACY)


def measured(kind: headline.Headline) -> list[str]:
    """Returns the columns of runs that a summary is of."""
    return [*(column(name, kind) for name in OF_RUNS), "early_stop_iteration"]


def column(name: str, kind: headline.Headline) -> str:
    """Returns what one of NAMED is called: "early_stop_mae"."""
    return name.replace("accuracy", kind.metric)


def of_metric(runs: "pd.DataFrame", metric: str | None) -> "pd.DataFrame":
    """Returns the runs of a headline metric; all of them for None.

    Raises:
        ValueError: If there is none.
    """
    if metric is None:
        return runs
    found = runs["headline"] if "headline" in runs else None
    known = {"accuracy"} if found is None else {*found}
    names.check("metric", metric, sorted(known))
    return runs if found is None else runs.loc[found == metric]


def of_chosen(chosen: "pd.DataFrame", runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns chosen runs without the columns of other runs' metrics.

    Where accuracy is all that is left, they are as if there were no other.
    """
    if "headline" not in runs:
        return chosen
    kept = set(chosen["headline"])
    gone = set(runs["headline"]) - kept
    names = [f"start_{each}" for each in gone]
    for each in gone - {"loss"}:  # Whose columns every run has.
        names += [each, f"early_stop_{each}"]
    return chosen.drop(
        columns=[*names, *COLUMNS] if kept == {"accuracy"} else names
    )


def named(
    rows: "pd.DataFrame", kind: headline.Headline = headline.ACCURACY
) -> "pd.DataFrame":
    """Returns a table, the word accuracy in its columns now the metric's name.

    Sections about results that are no runs call it accuracy in their tables,
    whatever it is, up to the end.
    """
    if kind == headline.ACCURACY:
        return rows
    return rows.rename(
        columns=lambda name: name.replace("accuracy", kind.metric)
    )


def unnamed(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Returns rows of runs with their headline metric called accuracy."""
    kind = of(rows)
    return rows.rename(columns={column(name, kind): name for name in OF_RUNS})


def class_counts(rows: "pd.DataFrame") -> list[float]:
    """Returns the numbers of classes on record, where accuracy is of them.

    One over it is the level of chance.
    """
    counts = rows["num_classes"].dropna().unique()
    return [*counts] if of(rows) == headline.ACCURACY else []


def _told(rows):
    """A dict of each kind of row: its experiment and COLUMNS."""
    if "headline" in rows:
        return (
            rows[["experiment", *COLUMNS]].drop_duplicates().to_dict("records")
        )
    usual = {"headline": "accuracy", "higher_is_better": True}
    names = rows["experiment"].unique()
    return [{"experiment": name, **usual} for name in names]
