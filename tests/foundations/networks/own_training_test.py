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
        own_training.check(network(kind), False)


def test_a_method_set_on_the_network_is_named():
    changed = network()
    changed.train_step = lambda data: {}
    with pytest.raises(ValueError, match="train_step of its own"):
        own_training.check(changed, False)


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
    ("options", "message"),
    [
        ({"loss": mean_square}, "the loss mean_square"),
        ({"loss": "mse"}, "the loss mean_squared_error"),
        (
            {"loss": keras.losses.CategoricalFocalCrossentropy()},
            "the loss .*focal",
        ),
        ({"loss": [mean_square]}, "the loss mean_square"),
        ({"loss": SMOOTHED}, "label_smoothing=0.1"),
        ({"loss": IGNORING}, "ignore_class=0"),
        ({"loss": SUMMED}, "reduction='sum'"),
        ({"loss": Tilted(from_logits=True)}, "the loss"),
        (
            {"loss": "sparse_categorical_crossentropy"},
            "from_logits=False, on outputs that are logits",
        ),
        ({**LOSS, "loss_weights": [0.5]}, "loss_weights"),
        ({**LOSS, "metrics": ["mae"]}, "the metric mae"),
        ({**LOSS, "metrics": [keras.metrics.AUC()]}, "the metric auc"),
        ({**LOSS, "weighted_metrics": ["accuracy"]}, "weighted_metrics"),
    ],
)
def test_what_it_was_compiled_with_is_named(options, message):
    compiled = network()
    compiled.compile("sgd", **options)
    with pytest.raises(ValueError, match=f"been compiled with .*{message}"):
        own_training.check(compiled, False)


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
    ],
)
def test_what_is_the_same_here_is_taken_and_the_optimizer_named(
    options, gives_probabilities, caplog
):
    compiled = network(Plain)
    compiled.compile("sgd", **options)
    for _ in range(2):
        own_training.check(compiled, gives_probabilities)
    assert caplog.text.count("compiled with: the optimizer. ") == 1


def test_a_network_that_is_not_compiled_is_taken_without_a_word(caplog):
    for kind in (keras.Sequential, keras.Model, Plain):
        own_training.check(network(kind), False)
    assert not caplog.text


def test_eager_running_is_named(caplog):
    compiled = network()
    compiled.compile("sgd", LOGITS, run_eagerly=True)
    own_training.check(compiled, False)
    assert "the optimizer, run_eagerly. " in caplog.text


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
        own_training.check(made, False)
    assert caplog.text.count("does not take `training`") == is_said
