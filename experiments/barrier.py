"""Barrier: whether the line between two finished networks has one."""

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.stages import lines, one_network
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.values import interpolation, masks

with lazy.imports():
    from lottery_ticket.foundations.networks import norm_parameters

RESULT = sealed.ResultFile("barrier.json")
NORMS = "norms"  # In place of a second run.


def plan(
    output_dir: str,
    first: str,
    second: str,
    *,
    points: int = 11,
    data_dir: str | None = None,
    quiet: bool = False,
) -> plans.Plan:
    """Measures error and loss between the final networks of two finished runs.

    At points of the straight line between them, over all training, test and
    validation examples of the first run; written to OUTPUT_DIR/barrier.json.
    The barrier is the highest error on the line minus the mean of its two ends.
    At every point statistics of batch normalisations are taken anew, as by
    `instability`, which trains two copies of one run and measures between
    those. Weights stay that either run keeps.

    With second=norms, nothing but scales and shifts of normalisations moves:
    from what the first run has trained to 1 and 0, what they are before
    training. Where there is no barrier, the signs and magnitudes of the weights
    do without them.

    Source: Oh, Baik & Lee 2025 (https://arxiv.org/abs/2504.05357) and its code:
    11 points, from a retrained ticket to a network of other magnitudes, or
    between two such of other orders; and from trained scales and shifts to 1
    and 0. Its tables were not at hand. The barrier is that of Frankle et al.
    2020 (https://arxiv.org/abs/1912.05671), sec. 2.
    Differs: statistics are those of up to 10,000 training examples, where the
    source takes one pass over all.

    Args:
        output_dir: Folder of the results, such as results/trial1/8/barrier.
        first: Folder of a finished run, such as results/trial1/8/same_init.
        second: Folder of another finished run of the same network, or norms:
            the first one, its normalisations with scales of 1 and shifts of 0.
        points: Number of points of the line, both ends included.
        data_dir: Folder of the first run's data, where it needed one.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a run is unfinished, damaged or of another network, there
            are no trained normalisations to move, or output_dir holds something
            else.
        FileNotFoundError: If a run or data cannot be had.
    """
    interpolation.positions(points)  # Raises here, not later.
    start = finished_runs.ticket(first, data_dir)
    goal = None if second == NORMS else finished_runs.ticket(second, data_dir)
    settings = {
        **start.recipe.settings(),
        "experiment": "barrier",
        "points": points,
        "first": start.checksum("masks", "final"),
        "second": NORMS if goal is None else goal.checksum("masks", "final"),
    }
    kept = start.masks
    if goal is not None:
        finished_runs.check_network(goal.directory, goal.masks, kept)
        kept = masks.union(kept, goal.masks)

    def prepare(dataset, model):
        start.check_data(dataset)
        for run in filter(None, (start, goal)):
            finished_runs.check_network(
                run.directory, run.final, model.variables
            )
        return _without_norms(start, model) if goal is None else goal.final

    def measure(dataset, model, end):
        ends = start.final, end
        return lines.measured(dataset, model, ends, kept, points, quiet)

    return one_network.measuring(
        start.recipe,
        plans.Result(output_dir, settings, RESULT),
        prepare,
        measure,
        reads=(first,) if goal is None else (first, second),
        quiet=quiet,
    )


def _without_norms(run, model):
    """What a run ended with, but for scales of 1 and shifts of 0."""
    moved = norm_parameters.neutral(model)
    if not moved:
        raise ValueError(
            f"second={NORMS} moves scales and shifts of normalisations, and "
            f"{run.directory} has none that are trained. Expected another run "
            "as second"
        )
    return {
        **run.final,
        **{name: np.full_like(run.final[name], moved[name]) for name in moved},
    }
