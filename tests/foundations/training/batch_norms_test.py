"""Tests of training/batch_norms.py: fused is as Keras computes."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import batch_norms
from lottery_ticket.tests import grids


def network(dtype=None, **options):
    keras.utils.set_random_seed(1)
    layer = keras.layers.BatchNormalization(
        momentum=0.7, epsilon=1e-3, dtype=dtype, **options
    )
    return keras.Sequential([keras.Input((4, 4, 3)), layer])


def outputs(model, x, training, use_fused):
    """Outputs, their gradient by the inputs, and all variables after."""

    @tf.function(autograph=False)
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x, training=training)
            loss = tf.reduce_sum(tf.cast(y, tf.float32) ** 3)
        return y, tape.gradient(loss, x)

    if use_fused:
        with batch_norms.fused(model):
            y, gradient = run(x)
    else:
        y, gradient = run(x)
    return [
        np.float32(y),
        np.float32(gradient),
        *map(np.asarray, model.weights),
    ]


OPTIONS = [
    {},
    {"scale": False, "center": False},
    {"dtype": "mixed_bfloat16"},
    {"trainable": False},
    {"synchronized": False, "axis": -1},
]


@pytest.mark.parametrize(
    ("options", "training"),
    grids.thinned(
        itertools.product(OPTIONS, [True, False]),
        [(OPTIONS[0], False), (OPTIONS[1], True)],
    ),
)
def test_fused_is_as_keras(options, training):
    x = np.random.default_rng(0).normal(2, 3, (6, 4, 4, 3)).astype(np.float32)
    tolerance = 2e-2 if "dtype" in options else 1e-4
    plain, fused = (
        outputs(network(**options), tf.constant(x), training, use_fused)
        for use_fused in (False, True)
    )
    for expected, array in zip(plain, fused, strict=True):
        np.testing.assert_allclose(
            array, expected, rtol=tolerance, atol=tolerance
        )


def test_it_is_fused_inside_and_plain_keras_afterwards():
    model = network()
    x = tf.zeros((2, 4, 4, 3))

    def operations():
        graph = tf.function(lambda x: model(x, training=True), autograph=False)
        concrete = graph.get_concrete_function(x)
        return {each.type for each in concrete.graph.get_operations()}

    with batch_norms.fused(model):
        assert "FusedBatchNormV3" in operations()
    assert "FusedBatchNormV3" not in operations()
    assert "call" not in vars(model.layers[0])


class Own(keras.layers.BatchNormalization):
    """Somebody's own rule."""


def patched(name):
    """A layer, one method of which is somebody's own."""
    layer = keras.layers.BatchNormalization()
    plain = getattr(layer, name)
    setattr(layer, name, lambda *args, **options: plain(*args, **options))
    return layer


def of_a_new_keras():
    """A layer with a setting that nobody knows yet."""
    layer = keras.layers.BatchNormalization()
    known = layer.get_config()
    layer.get_config = lambda: {**known, "whitening": True}
    return layer


NOT_FUSED = {
    "own": Own,
    "axis": lambda: keras.layers.BatchNormalization(axis=1),
    "layer": keras.layers.LayerNormalization,
    "renorm": lambda: keras.layers.BatchNormalization(renorm=True),
    "clipped": lambda: keras.layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 3.0, "rmin": 0.3, "dmax": 5.0}
    ),
    "synchronized": lambda: keras.layers.BatchNormalization(synchronized=True),
    "float64": lambda: keras.layers.BatchNormalization(dtype="float64"),
    "float16": lambda: keras.layers.BatchNormalization(dtype="float16"),
    "call": lambda: patched("call"),
    "moments": lambda: patched("_moments"),
    "unknown": of_a_new_keras,
}


@pytest.mark.parametrize("name", NOT_FUSED)
def test_what_is_not_known_goes_kerass_way(name):
    model = keras.Sequential([keras.Input((4, 4, 3)), NOT_FUSED[name]()])
    before = dict(vars(model.layers[0]))
    with batch_norms.fused(model):
        assert vars(model.layers[0]) == before


def test_norms_of_vectors_are_not_fused():
    flat = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization()]
    )
    with batch_norms.fused(flat):
        assert "call" not in vars(flat.layers[0])


def test_what_is_fused_already_is_fused_again():
    """Evaluation is traced in a thread of its own."""
    model = network()
    with batch_norms.fused(model):
        once = vars(model.layers[0])["call"]
        with batch_norms.fused(model):
            assert vars(model.layers[0])["call"] is not once


def test_synchronized_lasts_as_long_as_its_context():
    model = network()
    with batch_norms.synchronized(model):
        assert model.layers[0].synchronized
    assert not model.layers[0].synchronized
