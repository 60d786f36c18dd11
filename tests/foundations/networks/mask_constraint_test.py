"""Tests of foundations/networks/mask_constraint.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import mask_constraint
from lottery_ticket.tests import grids


def test_it_puts_pruned_entries_to_plus_zero():
    constraint = mask_constraint.MaskConstraint((2, 2))
    weights = np.array([[-1.0, 2], [np.nan, -3]], np.float32)
    constraint.mask.assign([[False, True], [False, True]])
    result = constraint(weights).numpy()
    np.testing.assert_array_equal(result, [[0, 2], [0, -3]])
    assert not np.signbit(result[0, 0])


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
}


@pytest.mark.parametrize("name", grids.thinned(OPTIMIZERS, ["adamw"]))
def test_it_holds_under_plain_fit(name):
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(3, name="only")
    model = keras.Sequential([keras.Input((4,)), layer])
    constraint = mask_constraint.MaskConstraint((4, 3))
    layer.kernel.constraint = constraint
    mask = np.arange(12).reshape(4, 3) % 2 == 0
    constraint.mask.assign(mask)
    layer.kernel.assign(constraint(layer.kernel))
    model.compile(OPTIMIZERS[name](), "mse")
    x = np.random.default_rng(0).normal(size=(32, 4))
    before = layer.kernel.numpy()
    model.fit(x, x[:, :3], epochs=2, verbose=0)
    after = layer.kernel.numpy()
    np.testing.assert_array_equal(after[~mask], 0)
    assert (after != before)[mask].all()


def test_masked_gradients_leave_clipping_to_kept_weights():
    kernel = keras.Variable(np.ones((2, 2)))
    constraint = mask_constraint.MaskConstraint((2, 2))
    constraint.mask.assign([[True, False], [True, True]])
    kernel.constraint = constraint
    bias = keras.Variable(np.zeros(2))
    optimizer = mask_constraint.mask_gradients(
        keras.optimizers.SGD(1.0, global_clipnorm=2.0)
    )
    gradients = [
        tf.constant([[0.0, 9.0], [0.0, 0.0]]),
        tf.constant([3.0, 4.0]),
    ]
    optimizer.apply(gradients, [kernel, bias])
    np.testing.assert_allclose(bias, [-1.2, -1.6], rtol=1e-6)
    np.testing.assert_array_equal(kernel, [[1, 0], [1, 1]])


def test_another_constraint_is_applied_before_the_mask():
    constraint = mask_constraint.MaskConstraint(
        (2,), keras.constraints.NonNeg()
    )
    constraint.mask.assign([True, False])
    np.testing.assert_array_equal(constraint(tf.constant([-1.0, 2.0])), [0, 0])
    np.testing.assert_array_equal(
        constraint.masked(tf.constant([-1.0, 2.0])), [-1, 0]
    )


def test_held_values_come_back_bit_by_bit():
    held = np.array([-0.0, 1e-45, 3.0, -2.5, 7.0], np.float32)
    constraint = mask_constraint.MaskConstraint((5,))
    constraint.mask.assign([False] * 4 + [True])
    assert constraint.hold(held)
    moved = tf.constant([1.0, 2, 3, 4, 5])
    for traced in (constraint, tf.function(constraint, jit_compile=True)):
        found = traced(moved).numpy()
        assert found[:4].tobytes() == held[:4].tobytes()
        assert found[4] == 5
    np.testing.assert_array_equal(constraint.masked(moved), [0, 0, 0, 0, 5])


def test_a_trace_follows_what_is_held_but_not_the_first_time():
    constraint = mask_constraint.MaskConstraint((2,))
    constraint.mask.assign([False, True])
    before = tf.function(lambda x: constraint(x), autograph=False)
    moved = np.ones(2, np.float32)
    np.testing.assert_array_equal(before(moved), [0, 1])
    assert not constraint.hold()
    assert constraint.hold(np.array([5, 6], np.float32))
    after = tf.function(lambda x: constraint(x), autograph=False)
    np.testing.assert_array_equal(after(moved), [5, 1])
    assert not constraint.hold(np.array([7, 8], np.float32))
    np.testing.assert_array_equal(after(moved), [7, 1])
    assert not constraint.hold()
    np.testing.assert_array_equal(after(moved), [0, 1])
    np.testing.assert_array_equal(before(moved), [0, 1])
    assert not np.signbit(after(-moved)[0])


def test_several_kernels_are_held_at_once():
    three = np.full(2, 3, np.float32)
    kernels = {name: keras.Variable(three) for name in "ab"}
    constraints = {
        name: mask_constraint.MaskConstraint((2,)) for name in kernels
    }
    for constraint in constraints.values():
        constraint.mask.assign([True, False])
    moved = tf.ones(2)
    for given, is_new, expected in (
        (None, False, 0),
        (kernels, True, 3),
        (kernels, False, 3),
        (None, False, 0),
    ):
        assert mask_constraint.hold(constraints, given) == is_new
        for constraint in constraints.values():
            np.testing.assert_array_equal(constraint(moved), [1, expected])


def test_another_constraint_does_not_move_what_is_held():
    constraint = mask_constraint.MaskConstraint(
        (2,), keras.constraints.NonNeg()
    )
    constraint.mask.assign([True, False])
    constraint.hold(np.array([1, -4], np.float32))
    np.testing.assert_array_equal(constraint(tf.constant([-1.0, 9])), [0, -4])
