r"""Times the scores of pruning at initialisation against training.

    python -m lottery_ticket.benchmarks.scoring_speed --network=resnet20

One scoring of all weights by SNIP, GraSP and SynFlow, next to one training
iteration on as many images (100, ten of each class) of CIFAR-10's shape. Then
SynFlow's 100 steps to a density of 1 %, cuts included. Read the ratios, not the
milliseconds.
"""

import time

import keras
import numpy as np

from lottery_ticket.benchmarks import timing
from lottery_ticket.datasets.images import preparation
from lottery_ticket.experiments.settings import scoring
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.selection import layer_densities
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base, masks
from lottery_ticket.models import registry

IMAGES, CLASSES = 100, 10
DENSITY = 0.01


def scoring_speed(
    network: str = "resnet20", rounds: int = 5, iterations: int = 3
) -> None:
    """Prints milliseconds a scoring, and ratios to a training iteration.

    Args:
        network: Name of one of our networks, such as resnet20 or vgg16.
        rounds: How often each contender is timed.
        iterations: Iterations, or scorings, of each timing.
    """
    model = registry.create(network, (32, 32, 3), CLASSES).reset(seed=1)
    dataset = _dataset()
    contenders = {"training iteration": _training(model, dataset)}
    for name in ("snip", "grasp", "synflow"):
        contenders[name] = _scoring(name, model, dataset)
    times = timing.compare(contenders, rounds, iterations, warmup=1)
    timing.show(times, f"{network}, {rounds} rounds of {iterations}")
    _show_synflow(model, dataset)


def _dataset():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)
    y = np.arange(IMAGES) % CLASSES
    return dataset_base.DatasetBase(
        (x, y), IMAGES, (x, y), prepare=preparation.Scale(255)
    )


def _training(model, dataset):
    program = programs.program(
        model, lambda: keras.optimizers.SGD(0.01), dataset
    )

    def run(iterations):
        program.train(0, iterations, iterations)

    return run


def _scoring(name, model, dataset):
    score = criteria.score_fn(name, model, dataset)
    full = masks.ones(model.masks)

    def run(iterations):
        for _ in range(iterations):
            score(full)

    return run


def _show_synflow(model, dataset):
    """SynFlow as `prune_at_init` runs it."""
    rule = scoring.Scoring("synflow").resolved("synflow", 0)
    full = masks.ones(model.masks)
    kept = layer_densities.allocate("global", DENSITY, full)
    started = time.perf_counter()
    pruned = scoring.prune(
        rule, kept, full, model, dataset, initial=model.weights, quiet=True
    )
    print(
        f"SynFlow's {rule.score_steps} steps to a density of "
        f"{100 * masks.density(pruned):.3g} %: "
        f"{time.perf_counter() - started:.1f} s"
    )


if __name__ == "__main__":
    flags.main(scoring_speed)
