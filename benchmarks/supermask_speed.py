r"""Times one iteration of supermask training against an ordinary one.

    python -m lottery_ticket.benchmarks.supermask_speed

LeNet-300-100 on MNIST-shaped random data, batch 250, SGD with momentum, each
loop compiled. Read the ratios, not the milliseconds.
"""

import keras
import numpy as np

from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    sampled_masks,
)
from lottery_ticket.foundations.training import programs, resumable_run
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import model_fc

BATCH_SIZE = 250
EXAMPLES, CLASSES = 55_000, 10


def supermask_speed(rounds: int = 5, iterations: int = 1000) -> None:
    """Prints milliseconds per iteration and ratios, from one run.

    Args:
        rounds: How often each contender is timed.
        iterations: Iterations of each timing; a multiple of 500.
    """
    dataset = _dataset()
    contenders = {"ordinary training": _loop(_model(), dataset)}
    for sampling in learned_masks.SAMPLINGS:
        for rescaling in learned_masks.RESCALINGS:
            searched = _searched(sampling, rescaling)
            name = f"supermask, {sampling}, {rescaling}"
            contenders[name] = _loop(searched, dataset)
    times = timing.compare(contenders, rounds, iterations, warmup=500)
    timing.show(
        times, f"{rounds} rounds of {iterations} iterations, batch {BATCH_SIZE}"
    )


def _dataset():
    rng = np.random.default_rng(0)
    x = rng.random((EXAMPLES, 784), dtype=np.float32)
    y = rng.integers(0, CLASSES, EXAMPLES)
    return dataset_base.DatasetBase((x, y), BATCH_SIZE, (x[:1000], y[:1000]))


def _model():
    return model_fc.ModelFc().reset(seed=1)


def _searched(sampling, rescaling):
    model = _model()
    logits = {name: np.zeros(mask.shape) for name, mask in model.masks.items()}
    searched = sampled_masks.search(model, sampling, rescaling, mask_seed=1)
    return searched.reset(model.weights, logits)


def _loop(model, dataset):
    """Trains in chunks, as a run does."""
    chunk = resumable_run.CHUNK_ITERATIONS
    program = programs.program(
        model, lambda: keras.optimizers.SGD(1e-3, momentum=0.9), dataset
    )

    def run(iterations):
        for start in range(0, iterations, chunk):
            program.train(start, chunk, chunk)

    return run


if __name__ == "__main__":
    flags.main(supermask_speed)
