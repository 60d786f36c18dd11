"""Tests of networks/own_training.py."""

import keras
import pytest

from lottery_ticket.foundations.networks import own_training

LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


class OwnLoss(keras.Model):
    def compute_loss(self, *args, **options):
        return super().compute_loss(*args, **options)


class OwnTest(keras.Sequential):
    def test_step(self, data):
        return super().test_step(data)


class OwnMetrics(keras.Sequential):
    def compute_metrics(self, *args, **options):
        return super().compute_metrics(*args, **options)


class OwnFit(keras.Sequential):
    def fit(self, *args, **options):
        return super().fit(*args, **options)


class Plain(keras.Model):
    """A class of one's own, trained as any other."""


def network(kind=keras.Sequential):
    inputs, layer = keras.Input((4,)), keras.layers.Dense(3)
    if issubclass(kind, keras.Sequential):
        return kind([inputs, layer])
    return kind(inputs, layer(inputs))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (OwnStep, "train_step"),
        (OwnLoss, "compute_loss"),
        (OwnTest, "test_step"),
        (OwnMetrics, "compute_metrics"),
        (OwnFit, "fit"),
    ],
)
def test_methods_of_its_own_are_named(kind, name):
    with pytest.raises(ValueError, match=f"has a {name} of its own.*not used"):
        own_training.check(network(kind))


def test_a_method_set_on_the_network_is_named():
    changed = network()
    changed.train_step = lambda data: {}
    with pytest.raises(ValueError, match="train_step of its own"):
        own_training.check(changed)


def mean_square(y, outputs):
    return keras.ops.mean(outputs**2)


class Tilted(keras.losses.SparseCategoricalCrossentropy):
    """A loss that only looks like ours."""


LOSS = {"loss": LOGITS}
SMOOTHED = keras.losses.CategoricalCrossentropy(
    from_logits=True, label_smoothing=0.1
)
IGNORING = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=0)
SUMMED = keras.losses.SparseCategoricalCrossentropy(True, reduction="sum")


@pytest.mark.parametrize(
    "options",
    [
        {"loss": mean_square},
        {"loss": "mse"},
        {"loss": keras.losses.CategoricalFocalCrossentropy()},
        {"loss": [mean_square]},
        {"loss": SMOOTHED},
        {"loss": IGNORING},
        {"loss": SUMMED},
        {"loss": Tilted(from_logits=True)},
        {**LOSS, "loss_weights": [0.5]},
        {**LOSS, "metrics": ["mae"]},
        {**LOSS, "metrics": [keras.metrics.AUC()]},
        {**LOSS, "weighted_metrics": ["accuracy"]},
    ],
)
def test_what_is_compiled_otherwise_than_for_classification(options):
    compiled = network()
    compiled.compile("sgd", **options)
    assert own_training.has_loss(compiled)
    assert not own_training.is_classification(compiled)


@pytest.mark.parametrize(
    ("options", "gives_probabilities"),
    [
        (LOSS, False),
        ({}, False),
        ({**LOSS, "metrics": ["accuracy"]}, False),
        ({**LOSS, "metrics": ["sparse_categorical_accuracy"]}, False),
        (
            {**LOSS, "metrics": [keras.metrics.SparseCategoricalAccuracy("a")]},
            False,
        ),
        ({"loss": "sparse_categorical_crossentropy"}, True),
        ({"loss": keras.losses.CategoricalCrossentropy()}, True),
        ({"loss": "categorical_crossentropy", "metrics": ["acc"]}, True),
        ({"loss": "crossentropy", "metrics": ["acc"]}, True),
    ],
)
def test_cross_entropy_and_accuracy_are_classification(
    options, gives_probabilities, caplog
):
    compiled = network(Plain)
    compiled.compile("sgd", **options)
    own_training.check(compiled)
    assert own_training.has_loss(compiled) is ("loss" in options)
    assert own_training.is_classification(compiled) and not caplog.text
    own_training.check_logits(compiled, gives_probabilities)
    if "loss" in options:
        with pytest.raises(ValueError, match="from_logits=.*'compiled'"):
            own_training.check_logits(compiled, not gives_probabilities)


def test_a_network_that_is_not_compiled_is_taken_without_a_word(caplog):
    for kind in (keras.Sequential, keras.Model, Plain):
        own_training.check(network(kind))
    assert not caplog.text


def test_eager_running_is_named(caplog):
    compiled = network()
    compiled.compile("sgd", LOGITS, run_eagerly=True)
    for _ in range(2):
        own_training.check(compiled)
    assert caplog.text.count("compiled with run_eagerly") == 1


class Chain(keras.Model):
    def __init__(self, *layers):
        super().__init__()
        self.chain = list(layers)

    def call(self, x):
        for layer in self.chain:
            x = layer(x)
        return x


class ToldChain(Chain):
    def call(self, x, training=None):
        return super().call(x)


class Noise(keras.layers.Layer):
    def call(self, x, training=None):
        return x + 1 if training else x


@pytest.mark.parametrize(
    ("kind", "layer", "is_said"),
    [
        (Chain, keras.layers.Dropout(0.5, name="odd"), True),
        (Chain, keras.layers.BatchNormalization(name="odd"), True),
        (Chain, keras.Sequential([keras.layers.GaussianNoise(0.1)]), True),
        (Chain, Noise(name="odd"), True),
        (Chain, keras.layers.LSTM(3), False),
        (Chain, keras.layers.LayerNormalization(), False),
        (ToldChain, keras.layers.Dropout(0.5), False),
        (lambda *each: keras.Sequential(each), Noise(), False),
    ],
)
def test_a_call_that_is_not_told_of_training_is_named_once(
    kind, layer, is_said, caplog
):
    made = kind(layer, keras.layers.Dense(3))
    for _ in range(2):
        own_training.check(made)
    assert caplog.text.count("does not take `training`") == is_said
