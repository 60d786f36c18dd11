"""Tests of training/hooks/rst.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import (
    programs,
    resumable_run,
    step_hooks,
)
from lottery_ticket.foundations.training.hooks import rst
from lottery_ticket.tests import tiny

# After 2 * 2 + 1 iterations the weights are pruned.
SHORT = rst.Options(rise=0.5, every="2it", hold="1it")
SEED = 5


def make(options=SHORT, length=100):
    return rst.Rst(options.schedule(4, length), SEED)


@pytest.mark.parametrize(
    ("iteration", "factor"),
    [
        *((0, 0), (4, 0), (5, 1e-4), (9, 1e-4), (10, 2e-4)),
        *((49_999, 0.9999), (50_000, 1), (89_999, 1)),
    ],
)
def test_golden_numbers_of_the_source(iteration, factor):
    """By 1e-4 every 5 iterations up to 1, which is held for 40,000."""
    schedule = rst.Options().schedule(4, 90_000)
    assert schedule.end == 90_000
    for given in (iteration, tf.constant(iteration, tf.int64)):
        found = schedule.factor(given)
        np.testing.assert_allclose(found, factor, rtol=1e-6)


def test_epochs_and_factors_that_are_no_multiple_of_the_rise():
    options = rst.Options(rise=0.3, every="1ep", top=0.7, hold="2ep")
    schedule = options.schedule(4, 20)
    assert schedule == rst.Schedule(0.3, 4, 0.7, 20)
    found = [float(schedule.factor(i)) for i in (0, 3, 4, 8, 12, 19)]
    np.testing.assert_allclose(found, [0, 0, 0.3, 0.6, 0.7, 0.7])


def test_a_run_that_is_over_before_is_refused():
    message = "would prune after 90000 iterations, and the run has 89999"
    with pytest.raises(ValueError, match=message):
        rst.Options().schedule(4, 89_999)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rise": 0}, "rise must be a number, above 0"),
        ({"top": -1.0}, "top must be a number, above 0"),
        ({"every": "0it"}, "every must be above 0. Received: 0it"),
        ({"hold": "long"}, "hold: A length must be"),
    ],
)
def test_options_have_a_range(options, message):
    with pytest.raises(ValueError, match=message):
        rst.Options(**options)


def numpy_run(masks, data, rate, decay, count):
    """Kernels after SGD on both parts, gradients being TensorFlow's."""
    model = tiny.Model().reset(masks=masks, seed=1)
    names = list(model.variables)
    kept = {n: v.astype(np.float64) for n, v in model.weights.items()}
    rest = {n: model.draw(SEED)[n] * (1 - 1.0 * m) for n, m in masks.items()}
    dense, end = tiny.Model(), 5
    rows, _ = data.train.batches(0, count)
    for iteration in range(count):
        both = {n: w + rest.get(n, 0) for n, w in kept.items()}
        dense.reset({n: w.astype(np.float32) for n, w in both.items()})
        x, y = data.train.x[rows[iteration]], data.train.y[rows[iteration]]
        with tf.GradientTape() as tape:
            loss, _ = dense.create_loss_and_accuracy(y, dense.network(x))
        of = [dense.variables[n].value for n in names]
        gradients = dict(zip(names, tape.gradient(loss, of), strict=True))
        factor = min(1, 0.5 * (iteration // 2))
        for name, gradient in gradients.items():
            g, mask = gradient.numpy(), masks.get(name, 1)
            kept[name] = mask * (kept[name] - rate * (g + decay * kept[name]))
            if name in rest and iteration + 1 < end:
                pull = g + (factor + decay) * rest[name]
                rest[name] = (1 - 1.0 * mask) * (rest[name] - rate * pull)
            elif name in rest:
                rest[name] = 0 * rest[name]
    return kept, rest


def trained(masks, count, hook, optimizer=None, decay=0.0):
    model = tiny.Model().reset(masks=masks, seed=1)
    program = programs.program(
        model,
        optimizer or (lambda: keras.optimizers.SGD(0.2)),
        tiny.make_dataset(),
        False,
        weight_decay=decay,
        hook=hook,
    )
    program.train(0, count, count)
    return model, program


@pytest.mark.parametrize("count", [1, 4, 5, 8])
def test_training_against_numpy(count):
    """Before the weights are pruned, right then, and after."""
    masks, hook = tiny.masks(), make()
    model, _ = trained(masks, count, hook, decay=0.05)
    kept, rest = numpy_run(masks, tiny.make_dataset(), 0.2, 0.05, count)
    for name, value in model.weights.items():
        np.testing.assert_allclose(value, kept[name], atol=2e-6)
    for name, variable in zip(masks, hook.variables, strict=True):
        np.testing.assert_allclose(variable, rest[name], atol=2e-6)
    assert any(each.any() for each in rest.values()) == (count < 5)


@pytest.mark.parametrize("count", [3, 9])
def test_kept_and_pruned_weights_have_places_of_their_own(count):
    """Exact zeros, in slots, too, and under an optimizer with momentum."""
    masks, hook = tiny.masks(), make()
    model, program = trained(
        masks,
        count,
        hook,
        lambda: keras.optimizers.Adam(0.1, global_clipnorm=0.1),
        decay=0.1,
    )
    pruned, rest = masks["layer0"] == 0, hook.variables[0]
    assert not model.weights["layer0"][pruned].any()
    assert not rest.numpy()[~pruned].any()
    assert rest.numpy()[pruned].any() == (count == 3)
    variables = program.optimizer.variables
    slots = [each for each in variables if each.shape == pruned.shape]
    own = [each.numpy()[~pruned].any() for each in slots]
    other = [each.numpy()[pruned].any() for each in slots]
    assert sorted(zip(own, other, strict=True)) == 2 * [(False, True)] + 2 * [
        (True, False)
    ]


def test_where_nothing_is_pruned_nothing_changes():
    """The same bytes, and none that are pruned."""
    masks = {name: np.ones_like(m) for name, m in tiny.masks().items()}
    hook = make()
    (plain, _), (found, _) = (
        trained(masks, 7, each) for each in (step_hooks.NONE, hook)
    )
    for name, value in plain.weights.items():
        assert np.array_equal(value, found.weights[name])
    assert not any(each.numpy().any() for each in hook.variables)


def test_one_program_serves_all_masks_and_seeds():
    model, found = tiny.Model(), []
    for masks, seed in ((tiny.masks(), 1), (tiny.masks(), 2), ({}, 1)):
        model.reset(masks=masks, seed=1)
        program = programs.program(
            model,
            lambda: keras.optimizers.SGD(0.2),
            tiny.make_dataset(),
            False,
            hook=rst.Rst(SHORT.schedule(4, 9), seed),
        )
        program.train(0, 7, 7)
        found.append(model.weights["layer0"])
    assert len(model.programs) == 1
    assert (found[0] != found[1]).any()
    model.reset(masks=tiny.masks(), seed=1)
    expected, _ = trained(tiny.masks(), 7, rst.Rst(SHORT.schedule(4, 9), 2))
    assert np.array_equal(found[1], expected.weights["layer0"])


def test_weights_that_are_held_are_held():
    masks, model = tiny.masks(), tiny.Model()
    model.reset(model.draw(3), masks, 1, hold=True)
    before = model.weights["layer0"][masks["layer0"] == 0]
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5),
        tiny.make_dataset(),
        False,
        hook=make(),
    )
    program.train(0, 7, 7)
    after = model.weights["layer0"][masks["layer0"] == 0]
    assert before.all() and np.array_equal(before, after)


def test_kernels_with_another_constraint_are_refused():
    layer = keras.layers.Dense(1, kernel_constraint="non_neg")
    network = keras.Sequential([keras.Input((1,)), layer])
    model = keras_model.KerasModel(network, np.zeros((1, 1), np.float32))
    with pytest.raises(ValueError, match="kernel with NonNeg"):
        make().attach(model)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_bytes(stop, tmp_path, monkeypatch):
    """Stopped while there are pruned weights, and when they are gone."""
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    model, masks = tiny.Model(), tiny.masks()

    def train(folder):
        options = rst.Options(rise=0.25, every="4it", hold="8it")
        return tiny.train(
            tmp_path / folder,
            model=model.reset(masks=masks, seed=1),
            hook=make(options),
        )

    train("whole")
    with tiny.stopping(monkeypatch, stop):
        train("stopped")
    train("stopped")
    found, expected = (
        tiny.result_bytes(tmp_path / name) for name in ("stopped", "whole")
    )
    assert found == expected
