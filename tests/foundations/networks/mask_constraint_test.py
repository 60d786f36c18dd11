"""Tests of foundations/networks/mask_constraint.py."""

import copy

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


MASK = np.arange(32).reshape(8, 4) % 3 > 0
X = np.random.default_rng(0).random((16, 8), np.float32)
Y = np.arange(16) % 2


def dense_network(seed=0):
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((8,)), layers.Dense(4), layers.Dense(2)]
    )


def masked_network(held=None):
    network = dense_network()
    constraint = mask_constraint.MaskConstraint((8, 4))
    constraint.mask.assign(MASK)
    constraint.hold(held)
    mask_constraint.attach(network.layers[0].kernel, constraint)
    mask_constraint.hold_in_copies(network)
    return network


def fit(network, optimizer=None, callbacks=(), **options):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer or keras.optimizers.SGD(0.5), loss, **options)
    network.fit(X, Y, 8, epochs=2, verbose=0, callbacks=list(callbacks))


def load(network, tmp_path):
    path = tmp_path / "other.weights.h5"
    dense_network(1).save_weights(path)
    network.load_weights(path)


def restore(network, tmp_path):
    path = str(tmp_path / "checkpoint")
    tf.train.Checkpoint(network=dense_network(1)).write(path)
    tf.train.Checkpoint(network=network).read(path).assert_consumed()


def scatter(network):
    rows = tf.IndexedSlices(tf.ones((8, 4)), tf.range(8))
    kernel_of(network).value.scatter_update(rows)


def step(network):
    optimizer = keras.optimizers.SGD(0.5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network(X) ** 2)
    variables = network.trainable_variables
    optimizer.apply_gradients(
        zip(tape.gradient(loss, variables), variables, strict=True)
    )


def averaging(**options):
    return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5, **options)


def swapping():
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]


def kernel_of(network):
    return network.layers[0].kernel


def ones(network):
    return [np.ones_like(each) for each in network.get_weights()]


# What a user may do -> function (network, tmp_path).
ACTS = {
    "set_weights": lambda n, _: n.set_weights(ones(n)),
    "set_weights of a layer": lambda n, _: n.layers[0].set_weights(ones(n)[:2]),
    "assign": lambda n, _: kernel_of(n).assign(np.ones((8, 4))),
    "assign_add": lambda n, _: kernel_of(n).assign_add(np.ones((8, 4))),
    "assign_sub": lambda n, _: kernel_of(n).assign_sub(np.ones((8, 4))),
    "the variable": lambda n, _: kernel_of(n).value.assign(np.ones((8, 4))),
    "a part": lambda n, _: kernel_of(n).value[:].assign(tf.ones((8, 4))),
    "rows": lambda n, _: scatter(n),
    "load_weights": load,
    "a checkpoint": restore,
    "a loop of one's own": lambda n, _: step(n),
    "fit": lambda n, _: fit(n),
    "fit, eager": lambda n, _: fit(n, run_eagerly=True),
    "fit, jit": lambda n, _: fit(n, jit_compile=True),
    "averages": lambda n, _: fit(n, averaging()),
    "averages, often": lambda n, _: fit(
        n, averaging(ema_overwrite_frequency=1)
    ),
    "averages, swapped": lambda n, _: fit(n, averaging(), swapping()),
    "in a larger one": lambda n, _: fit(
        keras.Sequential([keras.Input((8,)), n, keras.layers.Dense(2)])
    ),
}


@pytest.mark.parametrize(
    "act",
    grids.thinned(
        ACTS, ["set_weights", "a part", "a checkpoint", "averages, swapped"]
    ),
)
@pytest.mark.parametrize("held", [None, 7.0])
def test_it_holds_whatever_changes_the_weights(tmp_path, act, held):
    held = None if held is None else np.full((8, 4), held, np.float32)
    network = masked_network(held)
    before = kernel_of(network).numpy()
    ACTS[act](network, tmp_path)
    after = kernel_of(network).numpy()
    expected = np.zeros((8, 4)) if held is None else held
    np.testing.assert_array_equal(after[~MASK], expected[~MASK])
    assert (after != before)[MASK].any()


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_it_holds_in_copies_and_in_their_copies():
    network = masked_network()
    kernel_of(network).assign(np.ones((8, 4)))
    copied = copy.deepcopy(copy.deepcopy(network))
    mine, its = kernel_of(network), kernel_of(copied)
    np.testing.assert_array_equal(its, mine)
    fit(copied)
    np.testing.assert_array_equal(its.numpy()[~MASK], 0)
    np.testing.assert_array_equal(mine, np.where(MASK, 1, 0))
    mine.constraint.mask.assign(np.ones((8, 4), bool))
    its.assign(np.ones((8, 4)))
    np.testing.assert_array_equal(its, np.where(MASK, 1, 0))


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_copies_hold_what_is_held_and_keep_constraints_of_the_users_own():
    layer = keras.layers.Dense(4, kernel_constraint="non_neg")
    network = keras.Sequential([keras.Input((8,)), layer])
    own = layer.kernel.constraint
    constraint = mask_constraint.MaskConstraint((8, 4), own)
    constraint.mask.assign(MASK)
    constraint.hold(np.full((8, 4), -2.0, np.float32))
    mask_constraint.attach(layer.kernel, constraint)
    mask_constraint.hold_in_copies(network)
    kernel = kernel_of(copy.deepcopy(network))
    assert isinstance(kernel.constraint.other, keras.constraints.NonNeg)
    kernel.assign(np.full((8, 4), 3.0))
    np.testing.assert_array_equal(kernel, np.where(MASK, 3.0, -2.0))


def test_detached_kernels_are_free():
    network = masked_network()
    kernel = kernel_of(network)
    constraint = kernel.constraint
    mask_constraint.attach(kernel, constraint)  # Twice is as once.
    mask_constraint.detach(kernel, constraint)
    mask_constraint.detach(kernel, constraint)
    network.set_weights(ones(network))
    np.testing.assert_array_equal(kernel, np.ones((8, 4)))
    assert kernel.constraint is None
    assert not set(mask_constraint.ASSIGNMENTS) & set(vars(kernel.value))


def test_what_is_compiled_has_no_operation_more():
    kernel = kernel_of(masked_network())

    @tf.function(autograph=False)
    def doubled():
        kernel.assign(2 * kernel)

    graph = doubled.get_concrete_function().graph
    kinds = [each.type for each in graph.get_operations()]
    assert kinds.count("AssignVariableOp") == 1 and "SelectV2" not in kinds
