"""Which runs a command is about, and which of them stand side by side."""

from collections.abc import Iterable

import numpy as np

from lottery_ticket.analysis.reading import tree
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import names, names_0_1_0

with lazy.imports():
    import pandas as pd

# Kinds of runs about which more is known.
TICKET = "lottery_experiment"  # Prune what they trained, level after level.
LEARNED = "supermask"  # Learn masks, and train no weight.
ROUNDING = 0.01  # Up to here, a difference of densities is one of rounding.


def with_absent(settings: dict) -> dict:
    """Returns settings on record; of a lottery experiment, absent ones too.

    A run that is older than a setting was made with what its absence means.
    """
    if settings.get("experiment") != TICKET:
        return settings
    return {**names_0_1_0.BEFORE, **settings}


def choose(
    runs: "pd.DataFrame",
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
) -> "pd.DataFrame":
    """Returns the runs of some experiments and levels.

    Args:
        runs: Rows of `results.read(...).runs`.
        experiments: Names as in a flag, such as "same_init,reinit", in the
            order in which their runs come back; None takes all as they are.
        levels: None takes all.

    Raises:
        ValueError: If there is no such experiment, or none of the chosen ones
            has a run at one of the levels.
    """
    if experiments is not None:
        chosen = [name.strip() for name in experiments.split(",")]
        for name in chosen:
            names.check("experiment", name, runs["experiment"].unique())
        runs = runs.loc[runs["experiment"].isin(chosen)]
        runs = runs.sort_values(
            "experiment",
            key=lambda column: column.map(chosen.index),
            kind="stable",
        )
    if levels is not None:
        check_levels(runs, levels)
        runs = runs.loc[runs["level"].isin(levels)]
    return runs.reset_index(drop=True)


def trained(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the runs that trained weights; where all learned masks, all.

    A learned mask has a density of its own, which is none of its level's, and
    its iterations are others.
    """
    trained = runs.loc[runs["kind"] != LEARNED]
    return runs if trained.empty else trained


def check_levels(runs: "pd.DataFrame", levels: tuple[int, ...]) -> None:
    """Raises ValueError unless there are runs at each of the levels."""
    known = [str(level) for level in sorted(runs["level"].unique())]
    for level in levels:
        names.check("level", str(level), known)


def check_labels(runs: "pd.DataFrame", labels: Iterable[str]) -> None:
    """Raises ValueError unless there are runs of each experiment with a label.

    An experiment has its name, and the one that it has in its tree.
    """
    known = [*runs["experiment"].unique()]
    known += [each for each in map(tree.own_name, known) if each not in known]
    for name in labels:
        names.check("experiment", name, dict.fromkeys(known))


def check_control(runs: "pd.DataFrame", control: str) -> None:
    """Raises ValueError unless there are runs of some ticket's control."""
    known = dict.fromkeys(map(tree.own_name, runs["experiment"].unique()))
    if not any(name.endswith(f"_{control}") for name in known):
        names.check("control", control, known)


def rows(runs: "pd.DataFrame") -> "pd.Series":
    """Returns the row of a side-by-side table that each run belongs to.

    Runs of one density share a row, whatever their levels: what was pruned at
    once may stand beside a ticket of level 7. Densities up to 1 % apart (of
    themselves, not points) are the same but for rounding; only a dense network
    is dense. Where an experiment has several levels within such a density, each
    level is a row.

    Returns:
        Series of the runs' index: number of the row, 0 for the densest.
    """
    groups = runs["density"].map(_densities_by_row(runs["density"]))
    counts = runs.groupby([groups, runs["experiment"]])["level"].nunique()
    split = counts.index.get_level_values(0)[counts > 1]
    levels = runs["level"].where(groups.isin(split), 0)
    keys = pd.Series(list(zip(-groups, levels, strict=True)), runs.index)
    numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
    return keys.map(numbers)


def _densities_by_row(densities):
    """Dict, density -> the highest that differs from it by rounding only."""
    highest, first = {}, np.inf
    for density in sorted(set(densities), reverse=True):
        if first == 1 or density < (1 - ROUNDING) * first:
            first = density
        highest[density] = first
    return highest


def first_levels(table: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the rows of each experiment's lowest level that there is."""
    lowest = table.groupby("experiment")["level"].transform("min")
    return table.loc[table["level"] == lowest]


def networks(runs: "pd.DataFrame") -> dict[str, str]:
    """Returns dict, experiment -> its network's name; see `network_names`."""
    firsts = runs.drop_duplicates("experiment")
    [found] = network_names(firsts)
    return dict(zip(firsts["experiment"], found, strict=True))


def network_names(*frames: "pd.DataFrame") -> list["pd.Series"]:
    """Returns the name of each row's network: its tree, or data and model.

    Results of one tree, dataset and model are of one network, whatever their
    recipes: masks and weights are trained with different ones.

    Args:
        frames: Data frames with the columns experiment, dataset and model.

    Returns:
        A Series for each frame, of its index. A tree with several networks is
        followed by dataset and model: "mine mnist fc".
    """

    def of(row):
        return tree.name(row["experiment"]), row["dataset"], row["model"]

    keys = [[of(row) for row in frame.to_dict("records")] for frame in frames]
    trees = [own_tree for own_tree, *_ in {key for own in keys for key in own}]

    def name(key):
        if key[0] and trees.count(key[0]) == 1:
            return key[0]
        return " ".join(str(part) for part in key if part)

    return [
        pd.Series([name(key) for key in own], frame.index, dtype=object)
        for own, frame in zip(keys, frames, strict=True)
    ]
