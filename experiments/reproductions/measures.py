"""What is measured of a study's runs: a number of each trial.

Accuracies are on the test set, in percent, and at the early-stopping iteration
unless they are said to be at the end. Runs of one trial, level and experiment
count as their mean; where trials differ in how many they have, some are
Missing. Trials of one number have the same seeds, so differences are between
those.
"""

from collections.abc import Callable

from lottery_ticket.experiments.reproductions import claims
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd

Measure = Callable[[claims.Found], "pd.Series"]
TICKET = "same_init"
DENSE = 1.0
NEAR = 0.06  # Share of a density by which a level may miss it.
STOP, CENSORED = "early_stop_iteration", "early_stop_censored"
AT_STOP, AT_END = "early_stop_accuracy", "accuracy"
START = "start_accuracy"
POINTS = 100
ITERATIVE = "lottery_experiment"  # Kind of runs whose levels follow each other.
# Control -> column of what gem_miner has as a sanity check.
CHECKS = {
    "shuffle": "mask_shuffle_accuracy",
    "reinit": "weight_reinit_accuracy",
}


def accuracy(
    density: float, experiment: str = TICKET, column: str = AT_STOP
) -> Measure:
    """Returns the measure of an experiment's accuracy at a density."""

    def measure(found):
        return POINTS * _at(found, experiment, density, column)

    return measure


def gain(
    density: float,
    over: str | float = DENSE,
    experiment: str = TICKET,
    column: str = AT_STOP,
) -> Measure:
    """Returns the measure of how many points an experiment is better.

    Args:
        density: Where it is looked at.
        over: Another experiment, at the same density; or another density of
            the same one, of which the dense network is 1.
        experiment: Its name.
        column: AT_STOP or AT_END.
    """

    def measure(found):
        other = _other(found, density, over, experiment, column)
        own = _at(found, experiment, density, column)
        return POINTS * (own - other)

    return measure


def sooner(
    density: float, than: str | float = DENSE, experiment: str = TICKET
) -> Measure:
    """Returns the measure of how many times sooner an experiment stops early.

    2 is in half the iterations. Args as for `gain`. A trial whose lowest
    validation loss is that at the end of training has no value: the minimum may
    lie beyond.
    """

    def measure(found):
        other = _other(found, density, than, experiment, STOP)
        return other / _at(found, experiment, density, STOP)

    return measure


def untrained(
    criterion: str,
    mask_1_action: str = "rewind",
    chosen_on: str = "accuracy",
) -> Measure:
    """Returns the measure of a criterion's best untrained network.

    Args:
        criterion: What weights were scored by.
        mask_1_action: What kept weights are: rewind, or signed_constant.
        chosen_on: What is highest at the density that counts, of each trial:
            accuracy, as Zhou et al. choose, who have no validation set for it;
            or validate_accuracy.
    """

    def measure(found):
        rows = found.table("untrained")
        is_criterion = rows["criterion"] == criterion
        own = rows[is_criterion & (rows["mask_1_action"] == mask_1_action)]
        if own.empty:
            raise claims.Missing(f"{criterion} with {mask_1_action}")
        best = own.loc[own.groupby("trial")[chosen_on].idxmax()]
        return POINTS * best.set_index("trial")["accuracy"]

    return measure


def supermask(experiment: str, column: str = AT_END) -> Measure:
    """Returns the measure of a learned mask: the mean of what is drawn."""

    def measure(found):
        rows = found.table("supermasks")
        own = rows[rows["experiment"] == experiment]
        if own.empty:
            raise claims.Missing(f"no {experiment}")
        return POINTS * own.groupby("trial")[column].mean()

    return measure


def gem(method: str, density: float, column: str = AT_END) -> Measure:
    """Returns the measure of a searched network, fine-tuned.

    Args:
        method: Its experiment, such as gem_miner.
        density: Where it is looked at.
        column: AT_END, or before_accuracy (no weight trained), or that of a
            sanity check, such as mask_shuffle_accuracy.
    """

    def measure(found):
        return POINTS * _at(found, method, density, column, "gems")

    return measure


def before(density: float, experiment: str) -> Measure:
    """Returns the measure of accuracy before weights are trained."""

    def measure(found):
        gems = found.tables.get("gems")
        if gems is not None and experiment in set(gems["experiment"]):
            return gem(experiment, density, "before_accuracy")(found)
        if START not in found.table("runs"):  # Logs of before it was a column.
            raise claims.Missing(f"no {START}")
        return accuracy(density, experiment, START)(found)

    return measure


def controlled(
    density: float, experiment: str, control: str | None = None
) -> Measure:
    """Returns the measure of accuracy after training, or of a control's.

    Args:
        density: Where it is looked at.
        experiment: Its name.
        control: What questions it, such as shuffle: an experiment of that
            ending, such as snip_shuffle, or a check of gem_miner. None is the
            experiment itself.
    """
    if control is None:
        return accuracy(density, experiment, AT_END)
    ended = f"{experiment}_{control}"

    def measure(found):
        if control in CHECKS and ended not in set(
            found.table("runs")["experiment"]
        ):
            return gem(experiment, density, CHECKS[control])(found)
        return accuracy(density, ended, AT_END)(found)

    return measure


def training_s(density: float, experiment: str) -> Measure:
    """Returns the measure of an experiment's seconds of training, by clock."""

    def measure(found):
        return _at(found, experiment, density, "train_s")

    return measure


def search_s(density: float, experiment: str) -> Measure:
    """Returns the measure of the seconds of training that found its masks.

    Of gem_miner they are its search's, of iterative pruning those of all levels
    before. What scores weights as they are drawn trains nothing: 0.
    """

    def measure(found):
        own = _at(found, experiment, density, "density")
        gems = found.tables.get("gems")
        if gems is not None and experiment in set(gems["experiment"]):
            return _at(found, experiment, density, "search_s", "gems")
        runs = found.table("runs")
        is_level = runs["kind"] == ITERATIVE
        levels = runs[is_level & (runs["experiment"] == experiment)]
        before = levels[
            levels["density"] > levels["trial"].map(own) * (1 + NEAR)
        ]
        seconds = before.groupby("trial")["train_s"].sum()
        return seconds.reindex(own.index, fill_value=0.0)

    return measure


def known(measure: Measure, found: claims.Found) -> "pd.Series":
    """Returns what is measured; empty where a trial lacks it, or all do."""
    try:
        values = measure(found)
    except claims.Missing:
        return pd.Series(dtype=float)
    return values.iloc[:0] if values.isna().any() else values


def difference(first: Measure, second: Measure) -> Measure:
    """Returns the measure of one less another, trial by trial."""

    def measure(found):
        return first(found) - second(found)

    return measure


def barrier(density: float, iteration: int, split: str = "test") -> Measure:
    """Returns the measure of the barrier between copies, in points of error.

    Args:
        density: Of the networks.
        iteration: Where copies part.
        split: On train or test.
    """

    def measure(found):
        rows = _nearest(found.table("connectivity"), density, found.is_rough)
        distance = (rows["iteration"] - iteration).abs()
        if distance.min() and not found.is_rough:
            raise claims.Missing(f"no copies that part at {iteration}")
        own = rows[distance == distance.min()]
        return POINTS * own.groupby("trial")[f"barrier_{split}"].mean()

    return measure


def _other(found, density, other, experiment, column):
    """What an experiment is compared with, by trial."""
    if isinstance(other, str):
        return _at(found, other, density, column)
    return _at(found, experiment, other, column)


def _at(found, experiment, density, column, table="runs"):
    """Series, trial -> a column's mean at the level of a density."""
    rows = found.table(table)
    own = rows[rows["experiment"] == experiment]
    if density == DENSE and DENSE not in set(own["density"]):
        own = rows[rows["experiment"] == TICKET]  # Branches have none.
    own = _nearest(own, density, found.is_rough, experiment)
    if column == STOP:  # A censored one is a lower bound.
        own = own.assign(**{STOP: own[STOP].where(own[CENSORED].ne(True))})
    trials = own.groupby("trial")[column]
    if trials.size().nunique() > 1:
        raise claims.Missing(f"{experiment} has fewer runs in some trials")
    return trials.agg(lambda values: values.mean(skipna=False))


def _nearest(rows, density, is_rough, name="row"):
    """Rows of the level whose density is nearest; raises if none is near."""
    if rows.empty:
        raise claims.Missing(f"no {name}")
    densities = rows["density"].to_numpy()
    nearest = densities[abs(densities - density).argmin()]
    if not is_rough and abs(nearest - density) > NEAR * density:
        raise claims.Missing(f"no {name} at a density of {density:.3g}")
    return rows[abs(densities - nearest) <= NEAR * nearest]
