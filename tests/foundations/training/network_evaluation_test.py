"""Tests of training/network_evaluation.py."""

import functools

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
    programs,
    trainee,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import tiny

DATA = tiny.make_dataset()
MODEL = tiny.Model()
EVALUATION = network_evaluation.NetworkEvaluation(MODEL, DATA)


def twin(network, split):
    """Loss and accuracy of the tiny model, in float64."""
    x = np.maximum(split.x @ network["layer0"] + network["layer0_bias"], 0)
    logits = x @ network["layer1"] + network["layer1_bias"]
    hits = logits.argmax(1) == split.y
    logits -= np.log(np.exp(logits).sum(1, keepdims=True))
    loss = -logits[np.arange(split.size), split.y].mean()
    return {"loss": loss, "accuracy": hits.mean()}


@hypothesis.settings(max_examples=20)
@hypothesis.given(st.integers(0, 2**31 - 1))
def test_any_network_is_evaluated_as_numpy_has_it(seed):
    rng = np.random.default_rng(seed)
    network = {
        name: rng.normal(size=each.shape).astype(np.float32)
        for name, each in MODEL.weights.items()
    }
    found = EVALUATION.evaluate(network)
    assert list(found) == list(DATA.splits)
    for name, split in DATA.splits.items():
        assert found[name] == pytest.approx(twin(network, split), rel=1e-5)


def test_the_first_of_a_split_is_over_at_once():
    """It traces the network, which training does in another thread."""
    evaluation = network_evaluation.Evaluation(tiny.Model(), DATA)
    for split in (DATA.test, DATA.train):
        assert evaluation.start(split, batches.load(split)).done()
    assert evaluation.start(DATA.test, batches.load(DATA.test)).result()


def test_the_model_stays_and_fills_in_what_is_not_named():
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    evaluating = network_evaluation.NetworkEvaluation(model, DATA)
    before, masks = model.weights, model.masks
    as_it_stands = evaluating.evaluate()
    assert as_it_stands == evaluating.evaluate(before)
    other = {"layer0": np.ones((4, 5), np.float32)}  # Pruned entries as well.
    found = evaluating.evaluate(other)
    expected = twin({**before, **other}, DATA.test)
    assert found["test"] == pytest.approx(expected, rel=1e-5)
    for name, value in model.weights.items():
        np.testing.assert_array_equal(value, before[name])
    for name, mask in model.masks.items():
        np.testing.assert_array_equal(mask, masks[name])
    assert evaluating.evaluate() == as_it_stands
    model.reset(seed=2)
    assert evaluating.evaluate() != as_it_stands


def test_only_the_splits_asked_for_are_evaluated():
    splits = ("test", "validate")
    some = network_evaluation.NetworkEvaluation(MODEL, DATA, splits)
    assert list(some.evaluate()) == list(some.tensors) == list(splits)
    everything = EVALUATION.evaluate()
    assert some.evaluate() == {name: everything[name] for name in splits}


def test_statistics_of_batch_normalisation_can_be_given():
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(5),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(3),
    ]
    model = keras_model.KerasModel(keras.Sequential(layers))
    evaluating = network_evaluation.NetworkEvaluation(model, DATA)
    shifted = {"norm_moving_mean": np.full(5, 2, np.float32)}
    found = evaluating.evaluate(shifted)
    assert found != evaluating.evaluate()
    model.reset(presets={**model.weights, **shifted})
    assert found == evaluating.evaluate()


def test_one_evaluation_is_traced_for_all_networks_and_splits(monkeypatch):
    traced, plain = [], network_evaluation.Evaluation._sum_up

    def counting(self, x, targets, values, sums):
        traced.append(x)
        return plain(self, x, targets, values, sums)

    monkeypatch.setattr(network_evaluation.Evaluation, "_sum_up", counting)
    model = tiny.Model()
    evaluating = network_evaluation.NetworkEvaluation(model, DATA)
    for seed in range(4):
        evaluating.evaluate(model.draw(seed))
    evaluating.evaluate()
    assert len(traced) == 1


def test_another_evaluation_of_the_model_is_traced_no_more(monkeypatch):
    model = tiny.Model().reset(seed=1)
    first = network_evaluation.NetworkEvaluation(model, DATA).evaluate()
    monkeypatch.setattr(network_evaluation, "Evaluation", None)
    other = tiny.make_dataset(seed=1)
    again = network_evaluation.NetworkEvaluation(model, other)
    assert again.evaluate() == first


def test_splits_may_have_weights_of_several_forms():
    network = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 1)]
    )
    model = keras_model.KerasModel(network, task="segmentation")
    x = np.random.default_rng(0).random((6, 4, 4, 1), np.float32)
    pair = x, (x[..., 0] > 0.5).astype(int)
    of_each = np.arange(6) % 3
    of_places = np.broadcast_to(of_each[:, None, None], (6, 4, 4))
    data = dataset_base.DatasetBase(
        pair,
        2,
        (*pair, of_each),
        validate=(*pair, of_places),
        task="segmentation",
    )
    found = network_evaluation.NetworkEvaluation(model, data).evaluate()
    assert found["validate"]["loss"] == pytest.approx(found["test"]["loss"])
    assert found["train"]["loss"] != pytest.approx(found["test"]["loss"])


def scaled(number, x):
    return x * number


def test_a_model_keeps_the_last_few_evaluations():
    model, data = tiny.Model().reset(seed=1), tiny.make_dataset()
    kept, results = trainee.MAX_ALIKE, []
    numbers = [*np.arange(kept + 2.0), 0.0]
    for number in numbers:
        data.prepare = functools.partial(scaled, number)
        evaluating = network_evaluation.NetworkEvaluation(model, data)
        results.append(evaluating.evaluate())
        assert len(model.compiled) <= kept
    assert [key[2] for key in model.compiled] == [
        repr(functools.partial(scaled, number)) for number in numbers[-kept:]
    ]
    assert results[0] == results[-1] != results[1]


def test_results_of_several_are_lists():
    one = {"test": {"loss": 0.5, "accuracy": 0.5}}
    other = {"test": {"loss": 0.25, "accuracy": 0.75}}
    assert network_evaluation.in_lists([one, other]) == {
        "test": {"loss": [0.5, 0.25], "accuracy": [0.5, 0.75]}
    }


def test_what_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match="Unknown split 'tets'. Did you mean"):
        network_evaluation.NetworkEvaluation(MODEL, DATA, ("tets",))
    with pytest.raises(ValueError, match="Unknown preset 'layer9'"):
        EVALUATION.evaluate({"layer9": np.ones(3)})
    with pytest.raises(ValueError, match="shape of its variable"):
        EVALUATION.evaluate({"layer0": np.ones((5, 4))})


def sgd():
    return keras.optimizers.SGD(0.1)


def test_evaluation_covers_every_example(monkeypatch):
    monkeypatch.setattr(network_evaluation, "BATCH_SIZE", 7)
    data = tiny.make_dataset()
    model = tiny.Model().reset(seed=3)
    program = programs.program(model, sgd, data)
    for name, split in data.splits.items():
        loss, accuracy = program.start_evaluation(name).result()
        exact = model.create_loss_and_accuracy(split.y, model.network(split.x))
        np.testing.assert_allclose(loss, exact[0], rtol=1e-6)
        np.testing.assert_allclose(accuracy, exact[1], rtol=1e-6)


@pytest.mark.slow
def test_an_evaluation_is_of_the_moment_it_began():
    data, model = tiny.make_dataset(), tiny.Model().reset(seed=3)
    program = programs.program(model, sgd, data)
    expected = program.start_evaluation("test").result()
    later = program.start_evaluation("test")
    program.train(0, 4, 4)
    assert later.result() == expected
    assert program.start_evaluation("test").result() != expected


@pytest.mark.parametrize(
    ("shape", "size"), [((784,), 1000), ((32, 32, 3), 488), ((2000, 2000), 1)]
)
def test_batches_are_bounded_in_memory(shape, size):
    x, y = np.zeros((1, *shape), np.uint8), np.zeros(1, int)
    data = dataset_base.DatasetBase((x, y), 1, (x, y))
    assert network_evaluation.Evaluation(tiny.Model(), data)._batch_size == size


@pytest.mark.parametrize("size", [4, 1000])
def test_on_gpus_xla_sums_up_batches_of_known_sizes(monkeypatch, size):
    expected = EVALUATION.evaluate()
    monkeypatch.setattr(devices, "sees_gpu", lambda: True)
    monkeypatch.setattr(network_evaluation, "BATCH_SIZE", size)
    model = tiny.Model().reset(presets=MODEL.weights)
    evaluating = network_evaluation.NetworkEvaluation(model, DATA)
    found = evaluating.evaluate()
    for name, numbers in expected.items():
        assert found[name]["accuracy"] == numbers["accuracy"]
        assert found[name]["loss"] == pytest.approx(numbers["loss"], rel=1e-6)
    (evaluation,) = model.compiled.values()
    assert evaluation.is_compiled


class Unknown(keras.layers.Layer):
    """Computes with numpy, which XLA cannot."""

    supports_jit = True

    def call(self, x):
        y = tf.numpy_function(lambda each: each * 2, [x], tf.float32)
        return tf.ensure_shape(y, x.shape)


def test_what_xla_cannot_compile_is_evaluated_without(monkeypatch):
    monkeypatch.setattr(devices, "sees_gpu", lambda: True)
    network = keras.Sequential(
        [keras.Input((4,)), Unknown(), keras.layers.Dense(3)]
    )
    model = keras_model.KerasModel(network, DATA.test.x[:2])
    found = network_evaluation.NetworkEvaluation(model, DATA).evaluate()
    hits = network(DATA.test.x).numpy().argmax(1) == DATA.test.y
    assert found["test"]["accuracy"] == pytest.approx(hits.mean())
