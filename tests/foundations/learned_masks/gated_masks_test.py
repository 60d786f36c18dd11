"""Tests of foundations/learned_masks/gated_masks.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations.learned_masks import gated_masks, gates
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import tiny
from lottery_ticket.tests.foundations.learned_masks import gates_test

SHAPES = {"a": (3, 4), "b": (5,)}
NAMES = tuple(gates.GATES)


def make(name="gaussian", seed=3, penalty=2.0):
    found = gated_masks.GatedMasks(SHAPES, name)
    found.reset(penalty, 2, seed)
    rng = np.random.default_rng(0)
    found.start({name: rng.normal(size=s) for name, s in SHAPES.items()})
    return found


def masked(found, training, iteration=0):
    found.iterations.assign(iteration)
    trained = [tf.constant(each) for each in found.values.values()]
    ones = [tf.ones(shape) for shape in SHAPES.values()]
    return [each.numpy() for each in found.masked(trained, ones, training)]


@pytest.mark.parametrize("name", NAMES)
def test_training_has_gates_that_the_seed_and_the_iteration_draw(name):
    found = make(name)
    first = masked(found, True)
    assert all(((0 <= each) & (each <= 1)).all() for each in first)
    for own, again in zip(first, masked(make(name), True), strict=True):
        np.testing.assert_array_equal(own, again)
    for other in (masked(found, True, 1), masked(make(name, 4), True)):
        assert (other[0] != first[0]).any()


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_and_result_have_the_mask_of_open_gates(name):
    found = make(name)
    threshold = gates.GATES[name].threshold
    for own, mask, z, values in zip(
        masked(found, False),
        found.kept.values(),
        found.fractions.values(),
        found.values.values(),
        strict=True,
    ):
        np.testing.assert_array_equal(own, mask)
        np.testing.assert_array_equal(mask, values > threshold)
        np.testing.assert_array_equal(mask, z > 0)
        assert mask.dtype == np.uint8
    assert len(found.samples(3)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_the_penalty_times_the_share_of_open_gates(name):
    found = make(name)
    trained = [tf.constant(each) for each in found.values.values()]
    (loss,) = found.losses(trained, [])
    share, _ = gates_test.numpy_penalty(name, trained)
    assert float(loss) == pytest.approx(2 * share, 1e-6)
    found.reset(0.5, 2, 3)
    (loss,) = found.losses(trained, [])
    assert float(loss) == pytest.approx(0.5 * share, 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_says_where_the_search_stands(name):
    found = make(name)
    event = found.event(4, {})
    assert (event["iteration"], event["epoch"]) == (4, 1)
    kept = {n: int(mask.sum()) for n, mask in found.kept.items()}
    assert event["density"] == kept
    share, _ = gates_test.numpy_penalty(name, found.values.values())
    assert event["expected_density"] == pytest.approx(share, 1e-6)
    assert event["regularization"] == pytest.approx(2 * share, 1e-6)
    z = np.concatenate([each.ravel() for each in found.fractions.values()])
    assert event["fractional_share"] == ((z > 0) & (z < 1)).sum() / 17


def test_gates_that_are_all_closed_are_an_error_that_says_what_to_do():
    found = make()
    found.start({name: np.full(s, -0.1) for name, s in SHAPES.items()})
    with pytest.raises(
        ValueError, match="none of 17 weights, under gate_p.*=2"
    ):
        found.final_masks(lambda masks: masks)


def search(name, penalty=1.0, iterations=40, model=None, jit=False, **options):
    """Searches on tiny's blobs; returns the search and the frozen weights."""
    model = model or tiny.Model().reset(seed=1)
    weights = model.weights
    found = gated_masks.search(model, name, penalty, 4, 5)
    shapes = {n: mask.shape for n, mask in model.masks.items()}
    found.reset(weights, gates.draw(gates.GATES[name], shapes, 1))
    data = options.get("data") or tiny.make_dataset()
    make = options.get("make") or (lambda: keras.optimizers.Adam(0.05))
    if iterations:
        program = programs.program(found, make, data, jit)
        program.train(0, iterations, iterations)
    return found, weights


@pytest.mark.parametrize(
    "jit", [False, pytest.param(True, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", NAMES)
def test_weights_stand_still_and_gates_move_the_same_again(name, jit):
    found, weights = search(name, jit=jit)
    for layer, array in found.weights.items():
        assert array.tobytes() == weights[layer].tobytes(), layer
    values = np.concatenate([x.ravel() for x in found.source.values.values()])
    assert np.unique(values).size > 10
    masks = found.outcome()["masks"]
    for layer, array in found.outcome()["final"].items():
        mask = masks.get(layer, np.ones(array.shape))
        np.testing.assert_array_equal(array, weights[layer] * mask)
    again, _ = search(name, jit=jit)
    for layer, own in again.source.values.items():
        np.testing.assert_array_equal(own, found.source.values[layer])


@hypothesis.settings(max_examples=10)
@hypothesis.given(
    penalty=st.floats(0, 20, width=32), name=st.sampled_from(NAMES)
)
def test_whatever_the_penalty_counts_add_up_and_nothing_frozen_moves(
    penalty, name
):
    """One model for all: what is compiled serves any penalty."""
    model = SHARED.reset(seed=1)
    found, weights = search(name, penalty, 8, model=model)
    for layer, array in found.weights.items():
        assert array.tobytes() == weights[layer].tobytes(), layer
    source = found.source
    event = source.event(8, {})
    counts = masks_lib.counts(source.kept)
    assert event["density"] == {n: kept for n, (kept, _) in counts.items()}
    assert 0 <= event["fractional_share"] <= 1
    bounds = gates.GATES[name].bounds or (-np.inf, np.inf)
    for values in source.values.values():
        assert bounds[0] <= values.min() and values.max() <= bounds[1]


SHARED = tiny.Model()


@pytest.mark.parametrize("name", NAMES)
def test_another_penalty_counts_without_compiling_again(name):
    model = tiny.Model().reset(seed=1)
    shares = []
    for penalty in (0.0, 20.0, 0.0):
        found, _ = search(name, penalty, model=model)
        shares.append(found.source.event(40, {})["expected_density"])
    assert shares[1] < 0.8 * shares[0]
    assert shares[2] == shares[0]
    assert len([key for key in model.compiled if key[0] == "gates"]) == 1


def test_gaussian_gates_stay_within_their_bounds():
    found, _ = search("gaussian", 0.0, make=lambda: keras.optimizers.Adam(1.0))
    values = np.concatenate([x.ravel() for x in found.source.values.values()])
    assert values.min() == -1 and values.max() == 2


@pytest.mark.parametrize("name", NAMES)
def test_one_step_against_numpy(name):
    """Of plain descent, on a batch that is all there is."""
    data = tiny.make_dataset(size=16)
    options = {"data": data, "make": lambda: keras.optimizers.SGD(0.1)}
    found, weights = search(name, 3.0, 0, **options)
    source = found.source
    before = {n: np.float64(each) for n, each in source.values.items()}
    uniforms = [each.numpy() for each in source.drawn(source._seeds.value)]
    pairs = [
        gates_test.numpy_gates(name, before[layer], uniform)
        for layer, uniform in zip(before, uniforms, strict=True)
    ]
    found, weights = search(name, 3.0, 1, **options)
    masks = {n: z for n, (z, _) in zip(before, pairs, strict=True)}
    slopes = {n: each for n, (_, each) in zip(before, pairs, strict=True)}
    x, y = data.train.x, data.train.y
    kernels = {n: weights[n] * mask for n, mask in masks.items()}
    inside = x @ kernels["layer0"] + weights["layer0_bias"]
    hidden = np.maximum(inside, 0)
    logits = hidden @ kernels["layer1"] + weights["layer1_bias"]
    error = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    error[np.arange(16), y] -= 1
    error /= 16
    back = error @ kernels["layer1"].T * (inside > 0)
    by_kernel = {"layer0": x.T @ back, "layer1": hidden.T @ error}
    _, penalties = gates_test.numpy_penalty(name, before.values())
    for (layer, own), penalty in zip(
        found.source.values.items(), penalties, strict=True
    ):
        task = by_kernel[layer] * weights[layer] * slopes[layer]
        moved = before[layer] - 0.1 * (task + 3 * penalty)
        np.testing.assert_allclose(own, moved, atol=2e-6)
        assert (task == 0).any() and np.abs(task).max() > 1e-3
