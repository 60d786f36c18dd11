"""How far repetitions lie apart: between trials, as runs of one share masks."""

from collections.abc import Sequence

import numpy as np

from lottery_ticket.analysis.reading import headlines
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd
    from scipy import special

STOP = "early_stop_iteration"
CENSORED = "early_stop_censored"
PARTS = ("std", "low95", "high95")


def half_width(std, count):
    """Returns half the 95 % t-interval of a mean of `count` values.

    NaN where there are fewer than two. Source: Student 1908, "The probable
    error of a mean", Biometrika 6.

    Args:
        std: Their standard deviation, of a sample (divided by count - 1).
        count: How many they are; of the shape of std.
    """
    count = np.asarray(count, float)
    quantile = special.stdtrit(np.maximum(count - 1, 1), 0.975)
    half = quantile * std / np.sqrt(np.maximum(count, 1))
    return np.where(count > 1, half, np.nan)


def interval(values) -> tuple[float, float, float, float]:
    """Returns mean, standard deviation and 95 % t-interval of some values.

    The latter three are NaN of a single one; NaN among them do not count.
    """
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if not values.size:
        return (nan := float("nan")), nan, nan, nan
    mean = float(values.mean())
    std = float(values.std(ddof=1)) if values.size > 1 else float("nan")
    half = float(half_width(std, values.size))
    return mean, std, mean - half, mean + half


def is_censored(runs: "pd.DataFrame") -> "pd.Series":
    """Returns whether a run's early-stopping iteration is a lower bound.

    Such a one is at the end of training: the minimum may lie beyond.
    """
    return runs[CENSORED].eq(True)


def between_trials(runs: "pd.DataFrame", keys: Sequence) -> "pd.DataFrame":
    """Returns for groups of runs how far their trials lie apart.

    Every trial counts once, with the mean of its runs: those share masks or a
    dense network, so that more of them make no interval narrower. Columns: std
    (of a sample), low95 and high95 (a t-interval of the mean of trials) of
    what `headlines.measured` lists, such as accuracy_std, NaN of one trial; of
    early-stopping iterations NaN, too, where one is censored; and
    early_stop_censored, how many are.

    Args:
        runs: Rows of `results.read(...).runs`.
        keys: What groups are by, as pandas takes it.
    """
    names = headlines.measured(headlines.of(runs))
    censored = is_censored(runs).astype(int)
    runs = runs.assign(**{CENSORED: censored})
    groups = runs.groupby([*keys, "trial"], sort=False)
    trials = groups[[*names, CENSORED]].agg(
        {**dict.fromkeys(names, "mean"), CENSORED: "sum"}
    )
    levels = [*range(len(keys))]
    counted = trials.groupby(level=levels, sort=False)[CENSORED].transform(
        "sum"
    )
    trials[STOP] = trials[STOP].where(counted == 0)
    groups = trials.groupby(level=levels, sort=False)
    columns = {}
    for name in names:
        own = groups[name]
        mean, std = own.mean(), own.std()
        half = half_width(std, own.count())
        ends = (std, mean - half, mean + half)
        columns |= {
            f"{name}_{part}": end for part, end in zip(PARTS, ends, strict=True)
        }
    return pd.DataFrame({**columns, CENSORED: groups[CENSORED].sum()})
