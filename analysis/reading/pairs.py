"""Trials beside the dense network, and the control, of the same trial.

Trials of one number have the same seeds, so that their difference says more
than that of two means.
"""

from lottery_ticket.analysis.reading import (
    headlines,
    options,
    selection,
    spreads,
    tree,
)
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

USUAL_TICKET = "same_init"  # Whose controls are not named after it.
DENSE = "dense"  # What the dense network is called, beside controls.
MIN_TRIALS = 3  # Fewer win nothing.
ROUNDING = 1e-9  # What differs by less is the same.
PLACE = ["experiment", "level"]


def by_trial(
    runs: "pd.DataFrame", control: str = options.CONTROL
) -> "pd.DataFrame":
    """Returns a row per experiment, level and trial: means over its runs.

    Columns: experiment, level, trial, density, what `headlines.measured` lists
    (early-stopping iterations NaN where one is censored), and
    early_stop_censored, how many are; the same of the dense network of the
    trial, such as dense_accuracy, and of the control at that density, such as
    control_accuracy, NaN where there is none; and control, its name, or "".
    The dense network is the experiment's own, or the first one of its tree,
    dataset and model.

    Args:
        runs: Rows of `results.read(...).runs`, of one headline metric.
        control: Name of the control; see `control_of`.
    """
    measured = headlines.measured(headlines.of(runs))
    names = [*measured, spreads.CENSORED]
    [networks] = selection.network_names(runs)
    runs = runs.assign(
        network=networks,
        row=selection.rows(runs),
        **{spreads.CENSORED: spreads.is_censored(runs).astype(int)},
    )
    keys = ["experiment", "network", "row", "level", "trial"]
    how = dict.fromkeys(["density", *measured], "mean")
    how[spreads.CENSORED] = "sum"
    means = runs.groupby(keys, sort=False).agg(how).reset_index()
    is_known = means[spreads.CENSORED] == 0
    means[spreads.STOP] = means[spreads.STOP].where(is_known)
    controls = _controls(runs, control)
    means["control"] = means["experiment"].map(controls)
    for reference, values in {
        DENSE: _dense(means, names),
        "control": _looked_up(means, ["control", "trial", "row"], means, names),
    }.items():
        added = {f"{reference}_{name}": values[name] for name in names}
        means = means.assign(**added)
    return means.drop(columns=["network", "row"])


def control_of(experiment: str, kinds: dict[str, str], control: str) -> str:
    """Returns the name of an experiment's control, "" for none.

    It is NAME_CONTROL in the same tree; else CONTROL, if the experiment is
    same_init or the only lottery experiment there.

    Args:
        experiment: Its name, such as "conv2/same_init".
        kinds: Dict, experiment -> the function that trained it.
        control: What controls are called, such as "reinit".
    """
    beside, plain = (
        "/".join(filter(None, [tree.name(experiment), name]))
        for name in (f"{tree.own_name(experiment)}_{control}", control)
    )
    if beside in kinds:
        return beside
    tickets = [
        name
        for name, kind in kinds.items()
        if kind == selection.TICKET and tree.name(name) == tree.name(experiment)
    ]
    is_usual = tree.own_name(experiment) == USUAL_TICKET
    is_meant = experiment in tickets and (is_usual or len(tickets) == 1)
    return plain if is_meant and plain in kinds else ""


def differences(
    trials: "pd.DataFrame", kind: headline_lib.Headline
) -> "pd.DataFrame":
    """Returns paired differences of pruned networks, to dense and control.

    A row per experiment, level and what it is compared with: columns
    experiment, level, density, against (dense, or the control's name), n (the
    trials that have both), and of what `headlines.measured` lists mean, min,
    max, std and 95 % t-interval of the difference, such as accuracy_low95;
    behind these what `counts` lists. Of early-stopping iterations all are NaN
    where a trial's is censored, on either side.

    Args:
        trials: As from `by_trial`.
        kind: Their headline metric.
    """
    rows = []
    pruned = trials[trials["density"] < 1]
    for (experiment, level), own in pruned.groupby(PLACE, sort=False):
        for reference in (DENSE, "control"):
            against = DENSE
            if reference == "control":
                against = own["control"].iloc[0]
            facts = _differences(own, reference, kind)
            if facts:
                place = {"experiment": experiment, "level": level}
                place["density"] = own["density"].mean()
                rows.append({**place, "against": against, **facts})
    return pd.DataFrame(rows)


def counts(kind: headline_lib.Headline) -> list[str]:
    """Returns the columns of `differences` that say of how many it is, but n.

    Of what is measured beside the headline metric, the trials whose difference
    is known, such as early_stop_iteration_n; and early_stop_censored, those
    where an early-stopping iteration is censored.
    """
    _, *others = headlines.measured(kind)
    return [*(f"{name}_n" for name in others), spreads.CENSORED]


def margins(
    trials: "pd.DataFrame",
    kind: headline_lib.Headline,
    given: float | None = None,
) -> dict[str, float]:
    """Returns dict, experiment -> how much worse than dense is as good.

    In the unit of results: fractions of 1, of accuracy. What is given is in
    points of it. Without that, it is the standard deviation of the dense
    networks of the trials; of a single one, 0.
    """
    if given is not None:
        names = trials["experiment"].unique()
        return dict.fromkeys(names, given / kind.scale)
    column = f"{DENSE}_{kind.metric}"
    found = {}
    for experiment, own in trials.groupby("experiment", sort=False):
        _, std, *_ = spreads.interval(own.drop_duplicates("trial")[column])
        found[str(experiment)] = 0.0 if pd.isna(std) else std
    return found


def gains(
    trials: "pd.DataFrame", kind: headline_lib.Headline, over: str = DENSE
) -> "pd.Series":
    """Returns by how much each trial is better than its dense network.

    Or than its control, with over="control". Negative is worse, whichever way
    the headline metric goes.
    """
    difference = trials[kind.metric] - trials[f"{over}_{kind.metric}"]
    return difference if kind.higher_is_better else -difference


def winning(
    trials: "pd.DataFrame",
    kind: headline_lib.Headline,
    margins: dict[str, float],
) -> set[tuple[str, int]]:
    """Returns (experiment, level) of all that are called winning tickets.

    A pruned network wins where, in three trials or more, its mean is no more
    than the margin worse than the dense network's, and the 95 % t-interval of
    its gain over its control, trial by trial, lies above zero. Without a
    control, nothing wins.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 1: a
    winning ticket matches the dense network, and does not when reinitialized.

    Args:
        trials: As from `by_trial`.
        kind: Their headline metric.
        margins: As from `margins`.
    """
    found = set()
    pruned = trials[trials["density"] < 1]
    for (experiment, level), own in pruned.groupby(PLACE, sort=False):
        to_dense = gains(own, kind).mean()
        over_control = gains(own, kind, "control").dropna()
        _, _, low, _ = spreads.interval(over_control)
        is_as_good = to_dense >= -margins[experiment] - ROUNDING
        if len(over_control) >= MIN_TRIALS and is_as_good and low > ROUNDING:
            found.add((experiment, level))
    return found


def _controls(runs, control):
    """Dict, experiment -> its control's name, or ""."""
    firsts = runs.drop_duplicates("experiment")
    kinds = dict(zip(firsts["experiment"], firsts["kind"], strict=True))
    return {name: control_of(name, kinds, control) for name in kinds}


def _dense(means, names):
    """What the dense network of each row's trial reached."""
    dense = means[means["density"] == 1]
    own = _looked_up(means, ["experiment", "trial"], dense, names)
    first = _looked_up(means, ["network", "trial"], dense, names)
    metric = names[0]
    return own.where(own[metric].notna(), first)


def _looked_up(means, keys, among, names):
    """Rows `among` that have the keys of each row; NaN where none has."""
    of_among = ["experiment", *keys[1:]] if keys[0] == "control" else keys
    index = among.drop_duplicates(of_among).set_index(of_among)[names]
    wanted = pd.MultiIndex.from_frame(means[keys], names=of_among)
    return index.reindex(wanted).reset_index(drop=True)


def _differences(own, reference, kind):
    """Statistics of the differences of trials; {} where there are none."""
    names = headlines.measured(kind)
    found = pd.DataFrame(
        {name: own[name] - own[f"{reference}_{name}"] for name in names}
    )
    n, *sizes = found.notna().sum()
    of_both = own[spreads.CENSORED] + own[f"{reference}_{spreads.CENSORED}"]
    censored = (of_both > 0).sum()
    if censored:
        found[spreads.STOP] = float("nan")
    facts = {"n": n}
    for name, values in found.items():
        mean, std, low, high = spreads.interval(values)
        facts |= {
            f"{name}_mean": mean,
            f"{name}_min": values.min(),
            f"{name}_max": values.max(),
            f"{name}_std": std,
            f"{name}_low95": low,
            f"{name}_high95": high,
        }
    facts |= dict(zip(counts(kind), [*sizes, censored], strict=True))
    return facts if n else {}
