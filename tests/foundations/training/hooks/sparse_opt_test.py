"""Tests of training/hooks/sparse_opt.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis.extra import numpy as arrays

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.training.hooks import sparse_opt
from lottery_ticket.tests import tiny


def twin(mask):
    """Of a matrix (inputs, units), in the words of the paper."""
    sparsity = 1 - mask.mean(axis=0)
    if sparsity.mean() == 1:
        return np.zeros(mask.shape[1])
    return np.sqrt(1 - sparsity) / np.sqrt(1 - sparsity.mean())


def test_golden_numbers():
    """As the frontier's page has them: 1 and 3 of 4 inputs."""
    mask = np.array([[1, 1], [0, 1], [0, 1], [0, 0]], bool)
    found = sparse_opt.factors(mask, (0,), tf.float32)
    np.testing.assert_allclose(found, [[0.707107, 1.224745]], atol=5e-7)


@hypothesis.given(
    arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9))
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_as_numpy_has_it(mask):
    found = sparse_opt.factors(mask, (0,), tf.float32).numpy()[0]
    np.testing.assert_allclose(found, twin(mask), atol=1e-6)
    assert ((found == 0) == ~mask.any(axis=0)).all()
    # On average over kept weights, squares of gradients are what they were.
    if mask.any():
        np.testing.assert_allclose((found**2).mean(), 1, rtol=1e-5)


def test_units_that_keep_as_many_have_a_factor_of_exactly_1():
    mask = np.eye(3, dtype=bool)
    assert (sparse_opt.factors(mask, (0,), tf.float32).numpy() == 1).all()


@pytest.mark.parametrize(
    ("layer", "shape", "units"),
    [
        (keras.layers.Conv2D(3, 2), (4, 4, 2), (1, 1, 1, 3)),
        (keras.layers.Conv2DTranspose(3, 2), (4, 4, 2), (1, 1, 3, 1)),
        (keras.layers.DepthwiseConv2D(2), (4, 4, 2), (1, 1, 2, 1)),
    ],
)
def test_units_are_as_pruning_has_them(layer, shape, units):
    x = keras.Input(shape)
    y = keras.layers.Dense(3)(keras.layers.Flatten()(layer(x)))
    model = keras_model.KerasModel(keras.Model(x, y), np.zeros((1, *shape)))
    model.reset(seed=1)
    hook = sparse_opt.SparseOpt()
    hook.attach(model)
    kernel = model.network.trainable_variables[0]
    mask, inputs = hook._masks[0]
    assert mask is kernel.constraint.mask
    assert sparse_opt.factors(mask, inputs, tf.float32).shape == units
    assert hook._masks[1] is None  # The bias.


def stepped(model, **hook):
    """What SGD takes from weights in a step."""
    before = model.weights
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5),
        tiny.make_dataset(),
        jit=False,
        **hook,
    )
    program.train(0, 1, 1)
    return {name: before[name] - each for name, each in model.weights.items()}


def test_steps_are_scaled_under_each_mask_by_one_program():
    model = tiny.Model()
    masks = tiny.masks()
    other = {**masks, "layer0": np.roll(masks["layer0"], 1)}
    other["layer0"][:, 0] = 0
    for each in (masks, other):
        plain = stepped(model.reset(masks=each, seed=1))
        found = stepped(
            model.reset(masks=each, seed=1), hook=sparse_opt.SparseOpt()
        )
        for name, step in plain.items():
            scaled = step * twin(each[name]) if name in each else step
            np.testing.assert_allclose(found[name], scaled, atol=1e-6)
    assert len(model.programs) == 2
