"""Tests of foundations/learned_masks/concrete_masks.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.learned_masks import (
    concrete_masks,
    concrete_method,
    grad_balance,
    objectives,
)
from lottery_ticket.foundations.training import programs, step_hooks
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import tiny

SHAPES = {"a": (3, 4), "b": (5,)}
METHOD = concrete_method.ConcreteMethod()


def make(seed=3, kept=4):
    found = concrete_masks.ConcreteMasks(SHAPES, METHOD.temperature)
    found.reset(METHOD, 4 / 17, kept, 2, seed)
    rng = np.random.default_rng(0)
    found.start({name: rng.normal(size=s) for name, s in SHAPES.items()})
    return found


def masked(found, training, iteration=0):
    found.iterations.assign(iteration)
    scores = [tf.constant(each) for each in found.values.values()]
    ones = [tf.ones(shape) for shape in SHAPES.values()]
    return [each.numpy() for each in found.masked(scores, ones, training)]


def test_training_has_soft_masks_that_the_seed_and_the_iteration_draw():
    found = make()
    first = masked(found, True)
    assert all(((0 < each) & (each < 1)).all() for each in first)
    for own, again in zip(first, masked(make(), True), strict=True):
        np.testing.assert_array_equal(own, again)
    for other in (masked(found, True, 1), masked(make(seed=4), True)):
        assert (other[0] != first[0]).all()
    assert len(np.unique(np.concatenate([x.ravel() for x in first]))) == 17


def test_evaluation_has_the_mask_of_the_highest_scores():
    found = make()
    expected = found.kept
    for own, mask in zip(masked(found, False), expected.values(), strict=True):
        np.testing.assert_array_equal(own, mask)
    assert sum(mask.sum() for mask in expected.values()) == 4
    edge = concrete_masks.boundary(found.values, expected)
    assert edge["smallest_kept"] > edge["largest_pruned"]
    scores = np.concatenate([x.ravel() for x in found.values.values()])
    assert (scores >= np.float32(edge["smallest_kept"])).sum() == 4


def test_an_event_says_where_the_search_stands():
    found = make()
    for value in (1.0, 4.0):
        found.count(tf.constant(value))
    event = found.event(4, {})
    scores = np.concatenate([x.ravel() for x in found.values.values()])
    assert (event["iteration"], event["epoch"]) == (4, 1)
    assert event["objective"] == 2.5
    assert event["positive_share"] == pytest.approx((scores > 0).mean())
    expected = (1 / (1 + np.exp(-np.float64(scores)))).mean()
    assert event["nominal_density"] == pytest.approx(expected)
    assert event["density"] == {
        name: mask.sum() for name, mask in found.kept.items()
    }
    assert found.event(5, {})["objective"] == 0


def test_a_new_start_forgets_the_multiplier():
    found = make()
    found.multiplier.assign(3)
    found.start(found.values)
    assert found.multiplier.numpy() == 0
    found.restore({"scores": {n: np.ones(s) for n, s in SHAPES.items()}})
    assert found.values["b"].sum() == 5


@pytest.mark.parametrize("density", [1e-9, 0.9999])
def test_a_density_that_leaves_nothing_to_search_is_an_error(density):
    with pytest.raises(ValueError, match="nothing to search for"):
        concrete_masks.search(tiny.Model(), METHOD, density, 4, 1)


def train(
    objective,
    iterations=40,
    optimizer=None,
    found=None,
    model=None,
    data=None,
    jit=False,
):
    """Searches on tiny's blobs; returns the search and the frozen weights.

    Args:
        optimizer: None is Adam.
        found: A search to go on with, by one whole batch; None is a new one.
        model: None is tiny's, like data.
    """
    model = model or tiny.Model().reset(seed=1)
    weights = model.weights
    method = concrete_method.ConcreteMethod(objective=objective)
    data = data or tiny.make_dataset(size=16 if found else 64)
    if found is None:
        found = concrete_masks.search(model, method, 0.3, 4, 5)
        start = np.float32(method.start(0.3))
        scores = {n: np.full(m.shape, start) for n, m in model.masks.items()}
        found.reset(weights, scores)
    hook = step_hooks.Hooks(
        [
            objectives.Minimised(objective, model.logits),
            grad_balance.GradBalance(method.slack, method.scale, 0.99),
        ]
    )
    if iterations:
        program = programs.program(
            found,
            lambda: optimizer or keras.optimizers.Adam(0.1, epsilon=1e-8),
            data,
            jit,
            hook=hook,
        )
        program.train(0, iterations, iterations)
    return found, weights


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_weights_stand_still_and_exactly_as_many_are_kept(objective):
    found, weights = train(objective)
    for name, array in found.weights.items():
        assert array.tobytes() == weights[name].tobytes(), name
    masks = found.outcome()["masks"]
    assert sum(mask.sum() for mask in masks.values()) == round(0.3 * 35)
    assert np.unique(found.source.values["layer0"]).size > 10
    again, _ = train(objective)
    assert masks_lib.counts(again.outcome()["masks"]) == masks_lib.counts(masks)
    for name, own in again.source.values.items():
        np.testing.assert_array_equal(own, found.source.values[name])


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    "objective", ["loss_change", "features", "gradients", "gradient_norm"]
)
def test_objectives_of_convolutions_and_norms(objective, jit):
    """Their second derivatives, too, are finite, and nothing frozen moves."""
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3),
        ]
    )
    blobs = tiny.make_dataset().train
    split = (blobs.x.reshape(-1, 2, 2, 1), blobs.y)
    data = dataset_base.DatasetBase(split, 16, split)
    model = keras_model.KerasModel(network, data.train.x).reset(seed=1)
    weights = model.weights
    found, _ = train(objective, 8, model=model, data=data, jit=jit)
    for name, array in found.weights.items():
        if "moving" not in name:
            assert array.tobytes() == weights[name].tobytes(), name
    values = np.concatenate([x.ravel() for x in found.source.values.values()])
    assert np.isfinite(values).all() and np.unique(values).size > 20


def test_the_factor_of_the_objective_changes_nothing_but_epsilons(monkeypatch):
    found = []
    for factor in (1.0, 100.0):
        entry = objectives.OBJECTIVES["loss"]
        changed = {**vars(entry), "factor": factor}
        monkeypatch.setitem(
            objectives.OBJECTIVES, "loss", objectives.Objective(**changed)
        )
        found.append(train("loss")[0].source)
    for name, own in found[0].values.items():
        np.testing.assert_allclose(own, found[1].values[name], atol=0.1)
        np.testing.assert_array_equal(found[0].kept[name], found[1].kept[name])


def test_one_step_against_numpy():
    """Of plain descent by the loss, on a batch that is all there is."""
    optimizer = keras.optimizers.SGD(0.01)
    found, weights = train("loss", 0, optimizer=optimizer)
    source, data = found.source, tiny.make_dataset(size=16).train
    source.assign({name: x + 1 for name, x in source.values.items()})
    before = {name: np.float64(x) for name, x in source.values.items()}
    source.iterations.assign(0)
    drawn = source.drawn(source._seeds.value)
    uniforms = dict(zip(before, drawn, strict=True))
    train("loss", 1, optimizer=optimizer, found=found)
    # The masks, forwards and backwards.
    masks = {
        name: 1 / (1 + np.exp(-(np.log(u / (1 - u)) * 1.5 + before[name])))
        for name, u in ((n, np.float64(u)) for n, u in uniforms.items())
    }
    kernels = {name: weights[name] * mask for name, mask in masks.items()}
    inside = data.x @ kernels["layer0"] + weights["layer0_bias"]
    hidden = np.maximum(inside, 0)
    logits = hidden @ kernels["layer1"] + weights["layer1_bias"]
    error = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    error[np.arange(16), data.y] -= 1
    error /= 16
    back = error @ kernels["layer1"].T * (inside > 0)
    by_kernel = {"layer0": data.x.T @ back, "layer1": hidden.T @ error}
    task = {
        n: 100 * by_kernel[n] * weights[n] * masks[n] * (1 - masks[n])
        for n in masks
    }
    # The balance: more than 1.1 * 10 of 35 are kept by medians.
    shares = {n: 1 / (1 + np.exp(-each)) for n, each in before.items()}
    excess = sum(each.sum() for each in shares.values()) / 11 - 1
    sparse = {n: 100 / 11 * p * (1 - p) for n, p in shares.items()}
    assert excess > 0
    factor = _length(task) / _length(sparse)
    assert source.multiplier.numpy() == pytest.approx(factor, 1e-4)
    for name, own in source.values.items():
        moved = 0.01 * (task[name] + factor * sparse[name])
        np.testing.assert_allclose(own, before[name] - moved, atol=1e-5)


def _length(network):
    return np.sqrt(sum((each**2).sum() for each in network.values()))
