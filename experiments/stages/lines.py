"""The straight line between two networks, evaluated and told of."""

import functools
import typing

import numpy as np

from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.values import interpolation, masks

with lazy.imports():
    from lottery_ticket.foundations.training import line_evaluation

Network = dict[str, np.ndarray]


def measured(
    dataset: typing.Any,
    model: typing.Any,
    ends: tuple[Network, Network],
    kept: Network,
    points: int,
    quiet: bool,
) -> tuple[dict, str]:
    """Returns what is found on the line between two networks, and a text.

    Args:
        dataset: DatasetBase.
        model: ModelBase; see `line_evaluation.evaluate`.
        ends: The network at 0 and the one at 1.
        kept: Masks that both have.
        points: Number of points of the line, both ends included.
        quiet: Whether to show no progress.

    Returns:
        Pair: dict of JSON values, of a result; and a line of text.
    """
    alphas = interpolation.positions(points)
    show = functools.partial(
        progress.each, label="points of the line", quiet=quiet
    )
    splits, own, norm_examples = line_evaluation.evaluate(
        model, dataset, *ends, kept, alphas, show
    )
    barriers = {
        name: interpolation.barrier(columns["error"])
        for name, columns in splits.items()
    }
    errors = {name: columns["error"] for name, columns in splits.items()}
    found = {
        "alpha": alphas,
        "splits": splits,
        "ends": own,
        "barriers": barriers,
        "is_stable": interpolation.is_stable(barriers, errors, model.headline),
        "norm_examples": norm_examples,
        "density": masks.counts(kept),
        "dataset": dataset.checksum,
    }
    return found, _text(found, model.headline)


def _text(found, headline):
    barriers = ", ".join(
        f"{name} {headline.number(found['barriers'][name])}"
        for name in ("test", "train")
    )
    unit = headline.barrier_unit
    stable = "stable" if found["is_stable"] else "not stable"
    count = found["norm_examples"]
    taken = f"recomputed on {count:,} examples" if count else "none"
    return (
        f"barrier in {unit}: {barriers}; {stable}; batch-norm statistics: "
        f"{taken}"
    )
