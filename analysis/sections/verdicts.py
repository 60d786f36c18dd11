"""Down to where tickets are as good as dense, and which learns first."""

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import (
    headlines,
    pairs,
    selection,
    tree,
)
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

MEAN = "mean"  # In place of a trial.
PLACES = ("as_good", "earliest", "beyond", "last")
EXPLANATION = """\
As good as dense: the sparsest level whose test accuracy is no more than
`within` points below the dense network's{margin},
in the mean and in each trial. Earliest: the level whose validation loss is
lowest first, and when; not at the end of training. Beyond: the next sparser
level, and how far it is from dense. Levels are in brackets.
"""
BEST = "Best ticket"  # Head of what a summary says.
GIVEN = ""
SPREAD = " (their standard deviation; of one, 0)"
HEADS = (
    *("experiment", "trial", "within", "as good at %"),
    *("earliest %", "at", "beyond %"),
)


def section(found: tree.Tree) -> parts.Section:
    """Tables verdicts.csv (of each trial and the mean the sparsest level that
    is as good as dense, the earliest-learning one, and what is beyond) and
    verdicts.txt.
    """
    runs, options = selection.trained(found.chosen), found.options
    kind = headlines.of(runs)
    trials = pairs.by_trial(runs, options.control)
    margins = pairs.margins(trials, kind, options.margin)
    table = read(trials, kind, margins)
    if table.empty:
        return parts.Section()
    tickets = runs["experiment"][runs["kind"] == selection.TICKET].unique()
    shown = _shown(table, tickets).to_dict("records")
    rows = [[*HEADS], *(_cells(row, kind) for row in shown)]
    text = to_text(rows, kind, SPREAD if options.margin is None else GIVEN)
    return parts.Section(
        {"verdicts.csv": headlines.named(table, kind), "verdicts.txt": text},
        text=text,
        rank=-1,
        papers={"verdicts": rows},
        captions={"verdicts": "Down to where tickets are as good as dense"},
        facts=best(table[table["experiment"].isin(tickets)], kind),
    )


def best(table: "pd.DataFrame", kind: headline_lib.Headline) -> dict[str, str]:
    """Returns the sparsest ticket that is as good as dense in the mean, in
    words below "Best ticket"; {} where there is no mean of a ticket.

    Args:
        table: As from `read`, of tickets.
        kind: Their headline metric.
    """
    means = table[table["trial"] == MEAN]
    if means.empty:
        return {}
    good = means[means["as_good_density"].notna()]
    if good.empty:
        return {BEST: "none of those here is as good as dense"}
    row = good.sort_values("as_good_density", kind="stable").iloc[0]
    dense, difference = row["dense_accuracy"], row["as_good_difference"]
    kept = tables.percent(row["as_good_density"])
    margin = f"{kind.number(row['margin'])}{' points' * kind.is_percent}"
    return {
        BEST: f"{row['experiment']} with {kept} % of the weights (level "
        f"{row['as_good_level']:.0f}): {kind.text(dense + difference)}, the "
        f"dense network {kind.text(dense)} (means, n = {row['trials']}). It is "
        f"the sparsest that is as good as dense, or no more than {margin} worse"
    }


def read(
    trials: "pd.DataFrame",
    kind: headline_lib.Headline,
    margins: dict[str, float],
) -> "pd.DataFrame":
    """Returns a row per trial of an experiment, and one of the mean of trials.

    Columns: experiment; trial, or "mean"; trials (their number); margin;
    dense_accuracy; and for each of as_good (the sparsest level whose accuracy
    is no more than the margin worse than dense), earliest (the level with the
    lowest early-stopping iteration that is not censored, the dense network
    among them), beyond (the next level that is sparser than as_good) and last
    (the sparsest of all) its level, density, and difference to dense, such as
    as_good_level; NaN where there is none. earliest_iteration is where that one
    stops early, dense_iteration where the dense network does; worse_before is
    the number of levels that are not as good though they are denser than
    as_good. The mean is of the trials that have the last level that most have,
    over the levels that all of these have; where no level is most trials',
    there is none.

    Args:
        trials: As from `pairs.by_trial`.
        kind: Their headline metric.
        margins: As from `pairs.margins`.
    """
    trials = trials.assign(gain=pairs.gains(trials, kind))
    trials = trials[trials["gain"].notna()]
    rows = []
    for experiment, own in trials.groupby("experiment", sort=False):
        if not (own["density"] < 1).any():
            continue
        margin = margins[str(experiment)]
        keys = {"experiment": experiment, "margin": margin}
        counted = _counted(own)
        for trial, group in [
            (MEAN, _means(counted)),
            *own.groupby("trial", sort=False),
        ]:
            if (group["density"] < 1).any():
                count = counted["trial"].nunique() if trial == MEAN else 1
                of_trial = {**keys, "trial": trial, "trials": count}
                rows.append({**of_trial, **_verdict(group, margin, kind)})
    first = ["experiment", "trial", "trials", "margin"]
    columns = dict.fromkeys([*first, *(key for row in rows for key in row)])
    return pd.DataFrame(rows, columns=[*columns])


def to_text(
    rows: list[list[str]], kind: headline_lib.Headline, margin: str
) -> str:
    """Returns cells as text; the margin says where it comes from."""
    explanation = kind.reword(EXPLANATION)
    if not kind.is_percent:
        explanation = explanation.replace(" points", "")
    if not kind.higher_is_better:
        explanation = explanation.replace("below", "above")
    table = tables.align(rows, left=2, repeated=2)
    return f"{explanation.format(margin=margin)}\n{table}"


def _counted(own):
    """Rows of the trials that have the last level that most of them have.

    Of trials with a pruned network: others have only begun.
    """
    pruned = own[own["density"] < 1]
    sizes = pruned.groupby("level")["trial"].nunique()
    shared = sizes.index[sizes > pruned["trial"].nunique() / 2]
    counted = pruned["trial"][pruned["level"] == shared.max()]
    return own[own["trial"].isin(counted)]


def _means(own):
    """Means over trials of the levels that all trials have."""
    keys = ["level", "trial"]
    columns = own.select_dtypes("number").columns.difference(keys)
    groups = own.groupby("level")
    sizes = groups["trial"].nunique()
    means = groups[[*columns]].agg(lambda values: values.mean(skipna=False))
    return means[sizes == sizes.max()].reset_index()


def _verdict(levels, margin, kind):
    """What there is to say of levels: rows with density, gain and stops."""
    levels = levels.sort_values("density", ascending=False, kind="stable")
    pruned = levels[levels["density"] < 1]
    is_as_good = pruned["gain"] >= -margin - pairs.ROUNDING
    as_good = pruned[is_as_good].tail(1)
    stops = levels["early_stop_iteration"]
    earliest = levels[stops == stops.min()].head(1)
    sparser = pruned
    if len(as_good):
        sparser = pruned[pruned["density"] < as_good["density"].iloc[0]]
    denser = is_as_good[: len(pruned) - len(sparser)]
    found = {"dense_accuracy": levels[f"dense_{kind.metric}"].iloc[0]}
    places = (as_good, earliest, sparser.head(1), pruned.tail(1))
    for name, rows in zip(PLACES, places, strict=True):
        found |= _place(name, rows, kind)
    return {
        **found,
        "earliest_iteration": stops.min(),
        "dense_iteration": levels["dense_early_stop_iteration"].iloc[0],
        "worse_before": int((~denser).sum()),
    }


def _place(name, rows, kind):
    """Columns of the one row, or of none."""
    sign = 1 if kind.higher_is_better else -1
    level, density, gain = float("nan"), float("nan"), float("nan")
    if len(rows):
        level, density, gain = rows[["level", "density", "gain"]].iloc[0]
    return {
        f"{name}_level": level,
        f"{name}_density": density,
        f"{name}_difference": sign * gain,
    }


def _shown(table, tickets):
    """Rows of the text: means, and of tickets with several trials each.

    A mean of some of an experiment's trials says of how many.
    """
    is_mean = table["trial"] == MEAN
    sizes = (~is_mean).groupby(table["experiment"]).transform("sum")
    of_several = table["experiment"].isin(tickets) & (sizes > 1)
    is_of_some = is_mean & (table["trials"] < sizes)
    counted = f"{MEAN} of " + table["trials"].map(str)
    told = table["trial"].astype(object).mask(is_of_some, counted)
    return table.assign(trial=told)[is_mean | of_several]


def _cells(row, kind):
    stop = row["earliest_iteration"]
    return [
        row["experiment"],
        str(row["trial"]),
        kind.number(row["margin"]),
        _level(row, "as_good"),
        _level(row, "earliest"),
        "" if pd.isna(stop) else f"{stop:,.0f}",
        _beyond(row, kind),
    ]


def _beyond(row, kind):
    difference = row["beyond_difference"]
    if pd.isna(difference):
        return "none"
    return f"{_level(row, 'beyond')}: {tables.signed(difference, kind)}"


def _level(row, name):
    level = row[f"{name}_level"]
    if pd.isna(level):
        return "none"
    return f"{tables.percent(row[f'{name}_density'])} ({level:.0f})"
