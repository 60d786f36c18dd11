"""Tests of training/step_hooks.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.learned_masks import searched_model
from lottery_ticket.foundations.records import run_record, save_restore
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


class HalfTheLoss(step_hooks.StepHook):
    """Minimises half the loss."""

    identity = {"half": True}

    def objective(self, x, targets, outputs, loss):
        assert x.shape[0] == targets[0].shape[0] == outputs.shape[0]
        return loss / 2


def test_another_objective_is_minimised_and_the_loss_is_logged():
    found, logs = [], []
    for rate, hook in ((0.2, HalfTheLoss()), (0.1, step_hooks.NONE)):
        model = tiny.Model().reset(seed=1)
        program = programs.program(
            model,
            lambda rate=rate: keras.optimizers.SGD(rate),
            tiny.make_dataset(),
            False,
            hook=step_hooks.Hooks([hook]),
        )
        logs.append(np.asarray(program.train(0, 5, 5)))
        found.append(model.weights)
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], atol=1e-6)
    np.testing.assert_allclose(*logs, atol=1e-6)


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
    with tiny.stopping(monkeypatch, 2):
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


class Watched(step_hooks.StepHook):
    """Counts events, and sums the gradients that are seen in place of steps."""

    identity = {"watched": True}
    has_events = observes = True

    def attach(self, model):
        kernel = model.network.trainable_variables[0]
        self.seen = variable(np.zeros(kernel.shape), "seen")
        self.count = tf.Variable(0, name="count")
        self.variables = (self.seen, self.count)

    def observed(self, gradients):
        self.seen.assign(self.seen + gradients[0])

    def event(self, iteration, optimizer):
        self.count.assign_add(1)
        return {"iteration": iteration, "after": int(optimizer.iterations)}


class Called(Watched):
    """Has events, and lets the steps be."""

    identity = {"called": True}
    observes = False


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("jit", [False, True])
def test_gradients_can_be_observed_in_place_of_a_step(jit, is_streamed):
    model, hook = tiny.Model().reset(masks=tiny.masks(), seed=1), Watched()
    data = tiny.make_dataset(is_streamed=is_streamed)
    program = programs.program(
        model, lambda: keras.optimizers.SGD(0.5), data, jit, hook=hook
    )
    program.train(0, 3, 3)
    before = model.weights
    results = programs.fetched(program.launch(3, 1, 1, is_observed=True))
    assert results.shape == (2, 1) and np.isfinite(results).all()
    for name, array in model.weights.items():
        assert np.array_equal(array, before[name])
    assert program.optimizer.iterations == 4
    seen = hook.seen.numpy()
    pruned = tiny.masks()["layer0"] == 0
    assert seen[pruned].any()  # Dense.
    # The same step, taken: of kept weights, it is the gradient times the rate.
    other = tiny.Model().reset(before, tiny.masks(), seed=1)
    same = programs.program(other, lambda: keras.optimizers.SGD(0.5), data, jit)
    same.train(3, 1, 1)
    moved = (before["layer0"] - other.weights["layer0"]) / 0.5
    np.testing.assert_allclose(moved, np.where(pruned, 0, seen), atol=1e-5)


def test_events_are_called_and_recorded(tmp_path):
    for kind, after in ((Watched, [11, 25]), (Called, [10, 24])):
        hook, folder = kind(), tmp_path / kind.__name__
        tiny.train(folder, hook=hook, event_iterations=(10, 24))
        record = run_record.read(str(folder))
        assert record["events"] == [
            {"iteration": at, "after": there}
            for at, there in zip((10, 24), after, strict=True)
        ]
        assert record["iterations"] == 40
        log = save_restore.read_log(str(folder), "train")
        assert log["iteration"] == list(range(1, 41))
    several = step_hooks.Hooks((Called(), Mean()))
    assert several.has_events and not several.observes
    with pytest.raises(ValueError, match="Events are for .* or a hook"):
        tiny.train(tmp_path / "none", event_iterations=(10,))


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
