"""Tests of training/hooks/sign_in.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.training.hooks import sign_in
from lottery_ticket.tests import tiny


def twin(weights, beta=1.0):
    """The same in numpy, in float64."""
    root = np.sqrt(beta**2 + 4 * np.square(weights))
    first = np.sqrt((beta + root) / 2)
    return first, weights / first


@pytest.mark.parametrize(
    ("weight", "first", "second"),
    [(0.5, 1.098684, 0.455090), (-0.2, 1.019076, -0.196256), (0, 1, 0)],
)
def test_golden_numbers(weight, first, second):
    """As the frontier's page has them."""
    found = sign_in.parts(tf.constant(weight, tf.float32), 1.0)
    np.testing.assert_allclose(found, (first, second), atol=5e-7)
    if weight == 0.5:
        squares = found[0] ** 2 + found[1] ** 2
        np.testing.assert_allclose(squares, 1.414214, atol=5e-7)


@hypothesis.given(
    strategies.floats(-100, 100, width=32), strategies.floats(0.01, 10)
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_as_numpy_has_it(weight, beta):
    first, second = sign_in.parts(tf.constant(weight, tf.float32), beta)
    expected = twin(weight, beta)
    np.testing.assert_allclose((first, second), expected, rtol=1e-5, atol=1e-37)
    np.testing.assert_allclose(first * second, weight, rtol=3e-7, atol=1e-37)
    assert first >= np.sqrt(np.float32(beta)) * (1 - 1e-6)
    assert weight * second >= 0


def one_weight(value):
    """A model of one weight under a mask."""
    network = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False)]
    )
    model = keras_model.KerasModel(network, np.zeros((1, 1), np.float32))
    return model.reset({next(iter(model.masks)): np.float32([[value]])})


def attached(model, optimizer, **given):
    """A hook, and what takes a step by a gradient in an iteration."""
    options = sign_in.Options(**given)
    hook = sign_in.SignIn(options, per_epoch=3)
    hook.attach(model)
    variables = model.network.trainable_variables
    optimizer.build(hook.trained(variables))

    def step(gradient, iteration=0):
        gradients = hook.gradients([tf.constant([[gradient]])], iteration)
        optimizer.apply(gradients, hook.trained(variables))
        hook.updated([], [], tf.constant(iteration, tf.int64))

    return hook, step


def test_golden_step():
    """Of SGD, from .2, with rate .1 and gradient 3."""
    model = one_weight(0.2)
    hook, step = attached(model, keras.optimizers.SGD(0.1), reset="0it")
    step(3.0)
    first, second = (float(v.numpy()[0, 0]) for v in hook.variables[:2])
    kernel = model.network.trainable_variables[0].numpy()[0, 0]
    found = first, second, kernel, first**2 - second**2
    expected = 0.960199, -0.109467, -0.105110, 0.91
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_pairs_begin_anew_every_so_many_iterations():
    model = one_weight(0.2)
    hook, step = attached(model, keras.optimizers.SGD(0.1), reset="1ep")
    betas = []
    for iteration in range(6):
        step(1.0, iteration)
        first, second = (v.numpy()[0, 0] for v in hook.variables[:2])
        betas.append(first**2 - second**2)
        kernel = model.network.trainable_variables[0].numpy()[0, 0]
        np.testing.assert_allclose(first * second, kernel, rtol=1e-6)
    is_one = [abs(beta - 1) < 1e-6 for beta in betas]
    assert is_one == [False, False, True, False, False, True]


def test_where_a_run_starts_counts():
    model = one_weight(0.2)
    options = sign_in.Options(reset="3it")
    one, other = (sign_in.SignIn(options, 3, start) for start in (0, 2))
    assert one.key == other.key and one.identity == other.identity
    other.attach(model)
    (pair,) = other._pairs.values()
    pair.first.assign([[2.0]])
    other.updated([], [], tf.constant(0, tf.int64))  # The third of training.
    first, second = (v.numpy()[0, 0] for v in pair[1:])
    np.testing.assert_allclose(first**2 - second**2, 1, rtol=1e-6)


def numpy_run(model, data, rate, decay, count, period):
    """Weights after SGD on pairs, gradients being TensorFlow's."""
    masks, names = model.masks, list(model.variables)
    weights = {n: v.astype(np.float64) for n, v in model.weights.items()}
    pairs = {n: twin(weights[n]) for n in masks}
    other = tiny.Model()
    rows, _ = data.train.batches(0, count)
    for iteration in range(count):
        other.reset({n: w.astype(np.float32) for n, w in weights.items()})
        x, y = data.train.x[rows[iteration]], data.train.y[rows[iteration]]
        with tf.GradientTape() as tape:
            loss, _ = other.create_loss_and_accuracy(y, other.network(x))
        of = [other.variables[n].value for n in names]
        gradients = dict(zip(names, tape.gradient(loss, of), strict=True))
        for name, gradient in gradients.items():
            g = gradient.numpy().astype(np.float64)
            if name not in masks:
                weights[name] -= rate * (g + decay * weights[name])
                continue
            first, second = pairs[name]
            first, second = (
                first - rate * (g * second + decay * first),
                second - rate * (g * first + decay * second),
            )
            weights[name] = first * second * masks[name]
            is_due = (iteration + 1) % period == 0
            pairs[name] = twin(weights[name]) if is_due else (first, second)
    return weights


def test_training_against_numpy():
    data = tiny.make_dataset()
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    expected = numpy_run(model, data, 0.2, 0.05, 7, 4)
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.2),
        data,
        False,
        weight_decay=0.05,
        hook=sign_in.SignIn(sign_in.Options(), per_epoch=4),
    )
    program.train(0, 7, 7)
    for name, value in model.weights.items():
        np.testing.assert_allclose(value, expected[name], atol=2e-6)


def test_pruned_pairs_are_0_so_that_clipping_counts_kept_ones():
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    hook = sign_in.SignIn(sign_in.Options(), 4)
    program = programs.program(
        model,
        lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.1),
        tiny.make_dataset(),
        False,
        weight_decay=0.1,
        hook=hook,
    )
    program.train(0, 5, 5)
    pruned = tiny.masks()["layer0"] == 0
    pair = next(iter(hook._pairs.values()))
    for variable in pair:
        assert not variable.numpy()[pruned].any()
    for slot in program.optimizer.variables:
        if slot.shape == pruned.shape:
            assert not slot.numpy()[pruned].any()


def test_a_kernel_ends_with_the_product_of_averages():
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    hook = sign_in.SignIn(sign_in.Options(), 4)
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5),
        tiny.make_dataset(),
        False,
        hook=hook,
    )
    program.train(0, 5, 5)
    last = model.weights["layer0"]
    program.finalize()
    kernel, first, second = next(iter(hook._pairs.values()))
    product = first.numpy() * second.numpy()
    assert np.array_equal(kernel.numpy(), product)
    assert not np.array_equal(kernel.numpy(), last)
    assert not kernel.numpy()[tiny.masks()["layer0"] == 0].any()


def test_weights_that_are_held_stay():
    masks = tiny.masks()
    model = tiny.Model().reset(masks=masks, seed=1)
    model.reset(model.draw(3), masks, 1, hold=True)
    before = model.weights["layer0"][masks["layer0"] == 0]
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5),
        tiny.make_dataset(),
        False,
        hook=sign_in.SignIn(sign_in.Options(), 2),
    )
    program.train(0, 3, 3)
    after = model.weights["layer0"][masks["layer0"] == 0]
    assert before.all() and np.array_equal(before, after)


def test_kernels_with_another_constraint_are_refused():
    layer = keras.layers.Dense(1, kernel_constraint="non_neg")
    network = keras.Sequential([keras.Input((1,)), layer])
    model = keras_model.KerasModel(network, np.zeros((1, 1), np.float32))
    with pytest.raises(ValueError, match="kernel with NonNeg"):
        sign_in.SignIn(sign_in.Options(), 3).attach(model)


def test_options_have_a_range():
    with pytest.raises(ValueError, match="beta must be a number, above 0"):
        sign_in.Options(beta=0)
    with pytest.raises(ValueError, match="reset: A length must be"):
        sign_in.Options(reset="often")
