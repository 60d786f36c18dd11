"""Two finished searches of the same weights, which differ in their masks."""

import numpy as np

from lottery_ticket.experiments import recipes, search_runs
from lottery_ticket.foundations import names

Pair = tuple[search_runs.SearchRun, search_runs.SearchRun]
# Settings in which two searches must agree to be compared.
_SAME = (
    *("dataset", "image_size", "normalization"),
    *("model", *recipes.MODEL_OPTIONS, "dtype"),
)


def read(first: str, second: str, data_dir: str | None = None) -> Pair:
    """Returns two finished searches that differ in their masks alone.

    Args:
        first: As `directory` of `search_runs.read`.
        second: The other one.
        data_dir: Folder of their data, where they needed one.

    Raises:
        FileNotFoundError: As `search_runs.read`.
        ValueError: As `search_runs.read`; or if the two differ in dataset,
            network, frozen weights or rescaling.
    """
    pair = tuple(search_runs.read(each, data_dir) for each in (first, second))
    one, other = pair
    values = [
        {"rescaling": run.rescaling}
        | {name: getattr(run.recipe, name) for name in _SAME}
        for run in pair
    ]
    for name in values[0]:
        there, here = (each[name] for each in values)
        if there != here:
            raise ValueError(
                f"Expected two searches of one network on one dataset. "
                f"Received: {one.directory} and {other.directory}, whose "
                f"{name} are {there!r} and {here!r}"
            )
    _check_same_weights(one, other)
    return pair


def dataset(pair: Pair, splits: tuple[str, ...] | None = None):
    """Returns the dataset of two searches.

    Args:
        pair: As from `read`.
        splits: Names of the splits that must be the same for both; None means
            all.

    Raises:
        ValueError: If they are not, there is no such split, or data are not
            what was trained on.
        FileNotFoundError: If data cannot be had.
    """
    facts = []
    for run in reversed(pair):  # The first's last: that one is kept.
        found = run.dataset()
        facts.append(
            {name: each.checksum for name, each in found.splits.items()}
        )
    for split in splits or ():
        names.check("split", split, found.splits)
    wanted = splits or dict.fromkeys(split for each in facts for split in each)
    differing = [
        split for split in wanted if facts[0].get(split) != facts[1].get(split)
    ]
    if differing:
        raise ValueError(
            f"{pair[0].directory} and {pair[1].directory} had other examples "
            f"in {', '.join(differing)}: search both with one split_seed, or "
            "evaluate the other splits alone, such as splits=test"
        )
    return found


def _check_same_weights(first, second):
    differing = [
        name
        for name in {**first.frozen, **second.frozen}
        if name not in first.frozen
        or name not in second.frozen
        or not np.array_equal(first.frozen[name], second.frozen[name])
    ]
    if differing:
        raise ValueError(
            f"{first.directory} and {second.directory} have masks of other "
            f"weights: {', '.join(differing)} differ. Both searches need the "
            "same init_seed (and the same presets)"
        )
