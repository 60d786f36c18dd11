r"""Times one global pruning here against what a user would write instead.

    python -m lottery_ticket.benchmarks.pruning_speed

A fifth of ResNet-50's kernels (25,502,912 weights, float32) goes by magnitude,
all layers together. Then the cuts alone of SynFlow's 100 steps over VGG-16
(float64 scores, to a density of 1 %). Read the ratios, not the milliseconds.
"""

import time
import tracemalloc

import numpy as np

from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.selection import pruning, quotas
from lottery_ticket.foundations.values import masks
from lottery_ticket.models import registry

FRACTION = 0.2
DENSITY = 0.01
STEPS = 100


def pruning_speed(rounds: int = 5) -> None:
    """Prints milliseconds a pruning, ratios and memory, from one run.

    Args:
        rounds: How often each contender is timed.
    """
    weights = _random("resnet50", (224, 224, 3), 1000, np.float32)
    contenders = {
        "prune_by_percent": _ours(weights),
        "argsort of all": _argsort(weights),
        "sort of all, threshold": _sort(weights),
    }
    # One pruning is what `compare` calls an iteration.
    times = timing.compare(contenders, rounds, iterations=1, warmup=1)
    timing.show(times, f"{rounds} prunings of ResNet-50; one is an iteration")
    for name, run in contenders.items():
        print(f"{name:<34} {_peak_megabytes(run):,.0f} MB beyond the weights")
    _show_synflow()


def _random(network, input_shape, num_classes, dtype):
    """Random numbers in the shapes of a network's kernels."""
    rng = np.random.default_rng(0)
    shaped = registry.create(network, input_shape, num_classes).masks
    return {
        name: rng.standard_normal(mask.shape, dtype)
        for name, mask in shaped.items()
    }


def _ours(weights):
    """Counts exact, ties settled, masks that are pruned already taken in."""
    full = masks.ones(weights)

    def run(_):
        pruning.prune_by_percent({"*": FRACTION}, full, weights, "global")

    return run


def _argsort(weights):
    """Counts exact: the order of all magnitudes, and the first of it cut."""

    def run(_):
        order = np.argsort(_magnitudes(weights))
        kept = np.ones(order.size, np.uint8)
        kept[order[: round(FRACTION * order.size)]] = 0
        ends = np.cumsum([kernel.size for kernel in weights.values()])[:-1]
        for part, kernel in zip(
            np.split(kept, ends), weights.values(), strict=True
        ):
            part.reshape(kernel.shape)

    return run


def _sort(weights):
    """The magnitude at the cutoff, and masks of what is above it."""

    def run(_):
        magnitudes = np.sort(_magnitudes(weights))
        cutoff = magnitudes[round(FRACTION * magnitudes.size) - 1]
        for kernel in weights.values():
            (np.abs(kernel) > cutoff).astype(np.uint8)

    return run


def _magnitudes(weights):
    return np.concatenate([np.abs(x).ravel() for x in weights.values()])


def _peak_megabytes(run):
    """The most that arrays took at once while a contender ran."""
    tracemalloc.start()
    run(1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def _show_synflow():
    scores = _random("vgg16", (32, 32, 3), 10, np.float64)
    kept = masks.ones(scores)
    targets = quotas.of_densities({"*": DENSITY}, kept, "global")
    started = time.perf_counter()
    for step in quotas.in_steps(targets, kept, STEPS):
        kept = pruning.prune_by_scores(step, kept, scores)
    seconds = time.perf_counter() - started
    print(
        f"{STEPS} cuts of VGG-16: {seconds:.2f} s; "
        f"{quotas.reached(DENSITY, kept)}"
    )


if __name__ == "__main__":
    flags.main(pruning_speed)
