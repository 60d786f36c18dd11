"""Tests of training/step_hooks.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.learned_masks import searched_model
from lottery_ticket.foundations.training import (
    programs,
    resumable_run,
    run_settings,
    step_hooks,
    trainee,
)
from lottery_ticket.tests import tiny


def variable(value, name):
    return keras.Variable(value, trainable=False, dtype="float32", name=name)


class Mean(step_hooks.StepHook):
    """Gradients are their running mean from a start, doubled; logs sizes."""

    def __init__(self, start=0.0):
        self._start = start

    @property
    def identity(self):
        return {"mean": {"start": self._start}}

    @property
    def key(self):
        return ("mean",)

    def attach(self, model):
        trained = model.network.trainable_variables
        self.means = [
            variable(np.full(v.shape, self._start), f"mean{index}")
            for index, v in enumerate(trained)
        ]
        self.seen = variable(0.0, "seen")

    @property
    def variables(self):
        return (*self.means, self.seen)

    def gradients(self, gradients, iteration):
        for mean, gradient in zip(self.means, gradients, strict=True):
            mean.assign(0.5 * mean + gradient)
        return [mean.value for mean in self.means]

    def updated(self, gradients, before, iteration):
        self.seen.assign(tf.cast(iteration, tf.float32))


@pytest.mark.parametrize("jit", [False, True])
def test_gradients_are_what_the_optimizer_sees(jit):
    """A mean that is kept by half is a momentum of .5."""
    found = []
    for rate, hook in (
        (keras.optimizers.SGD(0.1), Mean()),
        (keras.optimizers.SGD(0.1, momentum=0.5), step_hooks.NONE),
    ):
        model = tiny.Model().reset(masks=tiny.masks(), seed=1)
        program = programs.program(
            model, lambda rate=rate: rate, tiny.make_dataset(), jit, hook=hook
        )
        program.train(0, 7, 7)
        found.append(model.weights)
        if hook.variables:
            assert hook.seen == 6
            # Of pruned weights, too: masks come after.
            assert (hook.means[0].numpy()[tiny.masks()["layer0"] == 0]).any()
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], atol=1e-6)


def test_one_program_serves_hooks_of_one_key():
    model, data = tiny.Model(), tiny.make_dataset()

    def weights(start):
        model.reset(seed=1)
        hook = Mean(start)
        program = programs.program(
            model, lambda: keras.optimizers.SGD(0.1), data, False, hook=hook
        )
        program.train(0, 3, 3)
        return program, model.weights["layer0"]

    one, first = weights(0.0)
    other, second = weights(1.0)
    again, third = weights(0.0)
    assert one is other is again
    assert np.array_equal(first, third) and not np.array_equal(first, second)


def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)

    def train(folder):
        model = tiny.Model().reset(masks=tiny.masks(), seed=1)
        return tiny.train(tmp_path / folder, model=model, hook=Mean())

    train("whole")
    real, calls = programs.Program.launch, []

    def killed_later(self, *arguments):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", killed_later)
        with pytest.raises(KeyboardInterrupt):
            train("stopped")
    train("stopped")
    found, expected = (
        tiny.result_bytes(tmp_path / name) for name in ("stopped", "whole")
    )
    assert found == expected
    with pytest.raises(ValueError, match="start.: 0.0.*other settings|hook"):
        tiny.train(tmp_path / "whole", hook=Mean(1.0))


class Halved(step_hooks.StepHook):
    """The network computes with half of every kernel."""

    identity = {"halved": True}

    def attach(self, model):
        self._kernels = [v for v in model.network.variables if v.ndim > 1]

    def substitutes(self, iteration):
        return [(v, 0.5 * tf.convert_to_tensor(v.value)) for v in self._kernels]


class Decayed(step_hooks.StepHook):
    """After the update, kernels are a tenth less."""

    identity = {"decayed": 0.1}

    def attach(self, model):
        self._trained = model.network.trainable_variables

    def updated(self, gradients, before, iteration):
        for each, value in zip(self._trained, before, strict=True):
            each.assign(each.value - 0.1 * value)


def test_substitutes_and_updates_against_numpy():
    """Of a step of plain SGD on a network without hidden layers."""
    x = keras.Input((4,))
    layer = keras.layers.Dense(3, use_bias=False)
    network = keras.Model(x, layer(x))
    data = tiny.make_dataset(size=16)
    model = keras_model.KerasModel(network, data.train.x).reset(seed=1)
    before = layer.kernel.numpy()
    hook = step_hooks.Hooks([Halved(), Decayed()])
    program = programs.program(
        model, lambda: keras.optimizers.SGD(0.5), data, False, hook=hook
    )
    program.train(0, 1, 1)
    examples, labels = data.train.x, data.train.y
    logits = examples @ (0.5 * before)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shares[np.arange(16), labels] -= 1
    gradient = 0.5 * examples.T @ shares / 16
    expected = before - 0.5 * gradient - 0.1 * before
    np.testing.assert_allclose(layer.kernel.numpy(), expected, atol=1e-6)
    assert hook.identity == {"halved": True, "decayed": 0.1}


def test_what_does_nothing_is_on_no_record():
    assert "hook" not in run_settings.Step().identity
    assert run_settings.Step(hook=Mean()).identity["hook"] == {
        "mean": {"start": 0.0}
    }


def test_hooks_are_refused_where_gradients_are_others():
    sgd = keras.optimizers.SGD(0.1)
    step_hooks.check(step_hooks.NONE, sgd, 2)
    step_hooks.check(Mean(), sgd, 1)
    with pytest.raises(ValueError, match="mean is for one device"):
        step_hooks.check(Mean(), sgd, 2)
    scaled = keras.optimizers.LossScaleOptimizer(sgd)
    with pytest.raises(ValueError, match="mixed_bfloat16"):
        step_hooks.check(Mean(), scaled, 1)


class Told(step_hooks.StepHook):
    """Logs what it is told of the optimizer."""

    identity = {"told": True}

    def __init__(self):
        self.of = []

    def watch(self, optimizer):
        self.of.append(optimizer.built)

    def finalized(self):
        self.of.append("finalized")


def test_hooks_see_the_optimizer_and_its_averages():
    for options, expected in (
        ({"use_ema": True}, [False, "finalized"]),
        ({}, [False]),
    ):
        told = Told()
        program = programs.program(
            tiny.Model().reset(seed=1),
            lambda options=options: keras.optimizers.SGD(0.1, **options),
            tiny.make_dataset(),
            jit=False,
            hook=step_hooks.Hooks([told]),
        )
        program.finalize()
        assert told.of == expected


def test_searches_train_no_weights():
    assert trainee.Trainee.trains_weights
    assert not searched_model.SearchedModel.trains_weights
