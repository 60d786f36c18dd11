"""Tests of networks/output_kind.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import output_kind
from lottery_ticket.tests import grids

L, ops = keras.layers, keras.ops
X = np.random.default_rng(0).random((8, 8), np.float32)


def of_function(function):
    inputs = keras.Input((8,))
    return keras.Model(inputs, function(inputs))


def sequential(*layers):
    return keras.Sequential([keras.Input((8,)), *layers])


class Own(keras.Model):
    """A call of its own; the layer that is called last is listed first."""

    def __init__(self, last, before=None):
        super().__init__()
        self.last = L.Dense(3)
        self.before = L.Dense(8, activation=before)
        self.made = last

    def call(self, x):
        return self.made(self.last(self.before(x)))


def nested(activation):
    inner = sequential(L.Dense(4), L.Dense(3, activation=activation))
    return of_function(lambda x: L.Dropout(0.1)(inner(x)))


def softmax(**options):
    return L.Dense(3, activation="softmax", **options)


def by_hand(x):
    exponents = ops.exp(L.Dense(3)(x))
    return exponents / ops.sum(exponents, -1, keepdims=True)


def both(x):
    yes = L.Dense(1, activation="sigmoid")(x)
    return ops.concatenate([yes, 1 - yes], -1)


def mixture(mixed):
    def function(x):
        shares = softmax()(x)
        return mixed(shares, ops.softmax(L.Reshape((3, 3))(L.Dense(9)(x))))

    return lambda: of_function(function)


def many(x):
    return L.Softmax()(L.Reshape((2, 3))(L.Dense(6)(x)))


class PerMode(keras.Model):
    """One output in training and another in inference."""

    def __init__(self, training, inference):
        super().__init__()
        self.dense = L.Dense(3)
        self.made = {True: training, False: inference}

    def call(self, x, training=False):
        return self.made[bool(training)](self.dense(x))


PROBABILITIES = {
    "dense": lambda: sequential(softmax()),
    "layer": lambda: sequential(L.Dense(3), L.Softmax()),
    "ops": lambda: of_function(lambda x: ops.softmax(L.Dense(3)(x))),
    "nested": lambda: nested("softmax"),
    "own": lambda: Own(ops.softmax, "sigmoid"),
    "half": lambda: sequential(softmax(dtype="mixed_float16")),
    "reshaped": lambda: sequential(softmax(), L.Reshape((3,))),
    "clipped": lambda: of_function(lambda x: ops.clip(softmax()(x), 1e-7, 1.0)),
    "average": lambda: of_function(
        lambda x: L.Average()([softmax()(x), softmax()(x)])
    ),
    "by_hand": lambda: of_function(by_hand),
    "both": lambda: of_function(both),
    "einsum": mixture(lambda a, b: ops.einsum("bk,bkc->bc", a, b)),
    "dot": mixture(lambda a, b: L.Dot((1, 1))([a, b])),
    "pooled": lambda: of_function(
        lambda x: L.Flatten()(L.AveragePooling1D(2)(many(x)))
    ),
    "exponents": lambda: of_function(
        lambda x: ops.exp(ops.log_softmax(L.Dense(3)(x)))
    ),
    "dropped": lambda: sequential(softmax(), L.Dropout(0.1)),
}
LOGITS = {
    "dense": lambda: sequential(L.Dense(3)),
    "constant": lambda: sequential(
        L.Dense(3, kernel_initializer="zeros", bias_initializer=third)
    ),
    "gate": lambda: Own(lambda x: x, "sigmoid"),
    "gated": lambda: of_function(
        lambda x: L.Dense(3)(x) * ops.sigmoid(L.Dense(3)(x))
    ),
    "logarithms": lambda: sequential(L.Dense(3, activation="log_softmax")),
    "relu": lambda: sequential(L.Dense(3, activation="relu")),
    "silu": lambda: sequential(L.Dense(3, activation="silu")),
    "attention": lambda: of_function(
        lambda x: L.Dense(3)(x * ops.softmax(L.Dense(8)(x)))
    ),
    "sum": lambda: of_function(lambda x: L.Dense(3)(x) + L.Dense(3)(x)),
    "no_bias": lambda: sequential(L.Dense(3, use_bias=False)),
    "largest": lambda: of_function(
        lambda x: L.GlobalMaxPooling1D()(L.Reshape((2, 3))(L.Dense(6)(x)))
    ),
    "chosen": lambda: of_function(
        lambda x: (lambda z: ops.where(z > 0, z, z / 10))(L.Dense(3)(x))
    ),
}
NEITHER = {
    "nested": lambda: nested("sigmoid"),
    "ops": lambda: of_function(lambda x: ops.sigmoid(L.Dense(3)(x))),
    "own": lambda: Own(ops.sigmoid),
    "lambda": lambda: sequential(
        L.Dense(3, activation=lambda x: ops.sigmoid(x))
    ),
    "reshaped": lambda: sequential(
        L.Dense(3, activation="sigmoid"), L.Reshape((3,))
    ),
    "hard": lambda: sequential(L.Dense(3, activation="hard_sigmoid")),
    "halved": lambda: of_function(lambda x: softmax()(x) / 2),
    "product": lambda: of_function(lambda x: softmax()(x) * softmax()(x)),
    "other_axis": lambda: of_function(
        lambda x: ops.softmax(L.Dense(3)(x), axis=0)
    ),
    "one": lambda: sequential(L.Dense(1, activation="sigmoid")),
    "several": lambda: of_function(lambda x: L.Reshape((6,))(many(x))),
    "normed": lambda: sequential(softmax(), L.BatchNormalization()),
    "transitions": lambda: sequential(
        softmax(), L.Dense(3, use_bias=False, kernel_initializer="identity")
    ),
    "in_inference": lambda: PerMode(lambda x: x, ops.softmax),
    "in_training": lambda: PerMode(ops.softmax, lambda x: x),
    "logarithms": lambda: PerMode(ops.log_softmax, ops.softmax),
}


def third(shape, dtype=None):
    return ops.full(shape, 1 / 3, dtype)


def kind(network, given="auto"):
    keras.utils.set_random_seed(0)
    network = network()
    outputs = np.asarray(network(X), np.float32)
    return output_kind.of(network, X, outputs, given)


@pytest.mark.parametrize("name", grids.first(8, PROBABILITIES))
def test_probabilities(name):
    assert kind(PROBABILITIES[name]).gives_probabilities


@pytest.mark.parametrize("name", LOGITS)
def test_logits(name):
    assert not kind(LOGITS[name]).gives_probabilities


@pytest.mark.parametrize("name", grids.first(8, NEITHER))
def test_neither_is_an_error_unless_it_is_said(name):
    with pytest.raises(ValueError, match="logits or softmax .*say so by outp"):
        kind(NEITHER[name])
    assert not kind(NEITHER[name], "logits").gives_probabilities
    assert kind(NEITHER[name], "probabilities").gives_probabilities


def test_what_cannot_be_traced_is_told_by_values():
    def made(last):
        return lambda: Own(lambda x: tf.constant(last(x.numpy())))

    assert kind(made(lambda x: x * 0 + np.float32(1 / 3))).gives_probabilities
    found = kind(made(lambda x: x - 9))
    assert not found.gives_probabilities and "no graph" in str(found)


@pytest.mark.parametrize(
    ("last", "is_found"),
    [
        (lambda x: x, True),
        (lambda x: tf.reshape(x, (-1, 3)), True),
        (tf.identity, True),
        (lambda x: x / 2, False),
    ],
)
def test_what_a_softmax_was_taken_of(last, is_found):
    found = []

    @tf.function(autograph=False)
    def trace(x):
        before = output_kind.before(last(tf.nn.softmax(x)), "Softmax")
        found.append(before is x)
        return x

    trace(tf.zeros((2, 3)))
    assert found == [is_found]
    eager = tf.nn.softmax(tf.zeros((2, 3)))
    assert output_kind.before(eager, "Softmax") is None


def sigmoid_kind(network, given="auto"):
    network = network()
    outputs = np.asarray(network(X), np.float32)
    return output_kind.of(network, X, outputs, given, "Sigmoid")


@pytest.mark.parametrize("name", ["nested", "ops", "own", "lambda", "one"])
def test_a_sigmoid_gives_probabilities_of_yes_or_no(name):
    assert sigmoid_kind(NEITHER[name]).gives_probabilities


@pytest.mark.parametrize("name", ["dense", "relu", "sum", "gate"])
def test_logits_of_yes_or_no(name):
    assert not sigmoid_kind(LOGITS[name]).gives_probabilities


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (NEITHER["hard"], r"lie in \[0, 1\]\."),
        (PROBABILITIES["dense"], "outputs of a softmax"),
        (PROBABILITIES["by_hand"], r"lie in \[0, 1\]\."),
    ],
)
def test_what_is_no_probability_of_yes_or_no(make, received):
    with pytest.raises(ValueError, match=f"sigmoid .*{received}.*by outputs="):
        sigmoid_kind(make)
    assert sigmoid_kind(make, "probabilities").gives_probabilities
