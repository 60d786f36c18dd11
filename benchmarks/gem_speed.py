r"""Times one iteration of Gem-Miner and its relatives against an ordinary one.

    python -m lottery_ticket.benchmarks.gem_speed
    python -m lottery_ticket.benchmarks.gem_speed --conv --iterations=20
    python -m lottery_ticket.benchmarks.gem_speed --concrete

LeNet-300-100 on MNIST-shaped random data, or ResNet-20 on CIFAR-10's shape,
batch 128, SGD with momentum; soft masks and what they are compared with, Adam.
Then a pruning event on VGG-16's 15 million
scores, and global edge-popup's threshold of one network against a sort of all.
Read the ratios, not the milliseconds.
"""

import functools
import time
import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.learned_masks import (
    concrete_masks,
    concrete_method,
    grad_balance,
    objectives,
    pruning_events,
    score_method,
    score_orders,
    scored_masks,
)
from lottery_ticket.foundations.training import (
    momentum,
    programs,
    resumable_run,
    step_hooks,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import registry

BATCH_SIZE = 128
EXAMPLES, CLASSES, DENSITY = 12_800, 10, 0.0144
WEIGHT = 1e-4  # Of the regulariser.


def gem_speed(
    rounds: int = 5,
    iterations: int = 1000,
    conv: bool = False,
    concrete: bool = False,
) -> None:
    """Prints milliseconds per iteration and ratios, from one run.

    Args:
        rounds: How often each contender is timed.
        iterations: Iterations of each timing.
        conv: Whether to train ResNet-20, not LeNet-300-100.
        concrete: Whether to time searches by soft masks, and nothing else.
    """
    network, shape = "fc", (784,)
    if conv:
        network, shape = "resnet20", (32, 32, 3)
    dataset = _dataset(shape)
    if concrete:
        _show_concrete(network, shape, dataset, rounds, iterations)
        return
    contenders = {"ordinary training": _loop(_model(network, shape), dataset)}
    for name, method in _methods().items():
        searched = _searched(_model(network, shape), method)
        contenders[name] = _loop(searched, dataset)
    _show(contenders, network, rounds, iterations)
    _show_thresholds(_model(network, shape), rounds)
    _show_event(rounds)


def _show_concrete(network, shape, dataset, rounds, iterations):
    """Each objective, against training of weights by the same optimizer."""
    method = concrete_method.ConcreteMethod()
    adam = functools.partial(keras.optimizers.Adam, 1e-3)
    contenders = {
        "ordinary training": _loop(_model(network, shape), dataset, adam)
    }
    for name in objectives.OBJECTIVES:
        model = _model(network, shape)
        searched = concrete_masks.search(
            model, method, DENSITY, EXAMPLES // BATCH_SIZE, 1
        )
        start = method.start(DENSITY)
        scores = {n: np.full(m.shape, start) for n, m in model.masks.items()}
        searched.reset(model.weights, scores)
        balance = grad_balance.GradBalance(method.slack, method.scale, 0.99)
        minimised = objectives.Minimised(name, model.logits)
        hook = step_hooks.Hooks([minimised, balance])
        contenders[name] = _loop(searched, dataset, adam, hook)
    _show(contenders, network, rounds, iterations)


def _show(contenders, network, rounds, iterations):
    warmup = min(iterations, resumable_run.CHUNK_ITERATIONS)
    times = timing.compare(contenders, rounds, iterations, warmup)
    title = f"{network}, {rounds} rounds of {iterations} iterations, batch "
    timing.show(times, f"{title}{BATCH_SIZE}")


def _methods():
    decayed: dict[str, typing.Any] = {
        "regularization": "L2",
        "regularization_weight": WEIGHT,
    }
    top: dict[str, typing.Any] = {"density": DENSITY}
    make = score_method.ScoreMethod
    return {
        "hc, L2": make(masker="hc", **decayed),
        "hc, L2, projected every 5th": make(
            masker="hc", project_every=5, **decayed
        ),
        "hc_relaxed, L2": make(masker="hc_relaxed", **decayed),
        "ep": make(masker="ep", **top),
        "global_ep": make(masker="global_ep", **top),
    }


def _dataset(shape):
    rng = np.random.default_rng(0)
    x = rng.random((EXAMPLES, *shape), dtype=np.float32)
    y = rng.integers(0, CLASSES, EXAMPLES)
    return dataset_base.DatasetBase((x, y), BATCH_SIZE, (x[:1000], y[:1000]))


def _model(network, shape):
    return registry.create(network, shape, CLASSES).reset(seed=1)


def _searched(model, method):
    per_epoch = EXAMPLES // BATCH_SIZE
    searched = scored_masks.search(model, method, per_epoch, mask_seed=1)
    return searched.reset(model.weights, _scores(model))


def _scores(model):
    rng = np.random.default_rng(0)
    return {
        name: rng.random(mask.shape, np.float32)
        for name, mask in model.masks.items()
    }


def _loop(model, dataset, optimizer_fn=None, hook=step_hooks.NONE):
    """Trains in chunks, as a run does."""
    chunk = resumable_run.CHUNK_ITERATIONS
    usual = functools.partial(momentum.Momentum, 1e-3)
    program = programs.program(model, optimizer_fn or usual, dataset, hook=hook)

    def run(iterations):
        for start in range(0, iterations, chunk):
            count = min(chunk, iterations - start)
            program.train(start, count, min(chunk, iterations))

    return run


def _show_thresholds(model, rounds):
    """The cutoff of global edge-popup, outside of training."""
    scores = [tf.constant(each) for each in _scores(model).values()]
    size = sum(int(tf.size(each)) for each in scores)
    removed = tf.constant([size - round(DENSITY * size)])

    @tf.function(autograph=False)
    def ours():
        return score_orders.nth_smallest(
            [score_orders.magnitudes(scores)], removed
        )

    @tf.function(autograph=False)
    def sort():
        flat = tf.concat([tf.reshape(each, [-1]) for each in scores], 0)
        return tf.gather(tf.sort(tf.abs(flat)), removed - 1)

    contenders = {"threshold by bits": ours, "threshold by tf.sort": sort}
    contenders = {name: _repeated(f) for name, f in contenders.items()}
    times = timing.compare(contenders, rounds, iterations=20, warmup=2)
    timing.show(times, f"{size:,} scores; one threshold is an iteration")


def _repeated(function):
    def run(iterations):
        for _ in range(iterations):
            function().numpy()  # Sync point.

    return run


def _show_event(rounds):
    plan = pruning_events.plan(200, 5, DENSITY)
    method = score_method.ScoreMethod(
        regularization="L2", regularization_weight=WEIGHT, plan=plan
    )
    searched = _searched(_model("vgg16", (32, 32, 3)), method)
    size = sum(mask.size for mask in searched.masks.values())
    per_epoch = EXAMPLES // BATCH_SIZE
    seconds = []
    for epoch in plan.epochs[:rounds]:
        started = time.perf_counter()
        searched.event((epoch + 1) * per_epoch)
        seconds.append(time.perf_counter() - started)
    spread = f"{np.median(seconds):.2f} ({min(seconds):.2f} to "
    print(f"event on {size:,} scores: {spread}{max(seconds):.2f}) s")


if __name__ == "__main__":
    flags.main(gem_speed)
