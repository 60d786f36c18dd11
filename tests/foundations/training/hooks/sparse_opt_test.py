"""Tests of training/hooks/sparse_opt.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis.extra import numpy as arrays

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs, step_hooks
from lottery_ticket.foundations.training.hooks import sparse_opt
from lottery_ticket.tests import tiny


def twin(mask):
    """Of a matrix (inputs, units), in the words of the paper."""
    sparsity = 1 - mask.mean(axis=0)
    if sparsity.mean() == 1:
        return np.zeros(mask.shape[1])
    return np.sqrt(1 - sparsity) / np.sqrt(1 - sparsity.mean())


def test_golden_numbers():
    """As the frontier's page has them: 1 and 3 of 4 inputs."""
    mask = np.array([[1, 1], [0, 1], [0, 1], [0, 0]], bool)
    found = sparse_opt.factors(mask, (0,), tf.float32)
    np.testing.assert_allclose(found, [[0.707107, 1.224745]], atol=5e-7)


@hypothesis.given(
    arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9))
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_as_numpy_has_it(mask):
    found = sparse_opt.factors(mask, (0,), tf.float32).numpy()[0]
    np.testing.assert_allclose(found, twin(mask), atol=1e-6)
    assert ((found == 0) == ~mask.any(axis=0)).all()
    # On average over kept weights, squares of gradients are what they were.
    if mask.any():
        np.testing.assert_allclose((found**2).mean(), 1, rtol=1e-5)


def test_units_that_keep_as_many_have_a_factor_of_exactly_1():
    mask = np.eye(3, dtype=bool)
    assert (sparse_opt.factors(mask, (0,), tf.float32).numpy() == 1).all()


@pytest.mark.parametrize(
    ("layer", "shape", "units"),
    [
        (keras.layers.Conv2D(3, 2), (4, 4, 2), (1, 1, 1, 3)),
        (keras.layers.Conv2DTranspose(3, 2), (4, 4, 2), (1, 1, 3, 1)),
        (keras.layers.DepthwiseConv2D(2), (4, 4, 2), (1, 1, 2, 1)),
    ],
)
def test_units_are_as_pruning_has_them(layer, shape, units):
    x = keras.Input(shape)
    y = keras.layers.Dense(3)(keras.layers.Flatten()(layer(x)))
    model = keras_model.KerasModel(keras.Model(x, y), np.zeros((1, *shape)))
    model.reset(seed=1)
    hook = sparse_opt.SparseOpt()
    hook.attach(model)
    kernel = model.network.trainable_variables[0]
    mask, inputs = hook._masks[0]
    assert mask is kernel.constraint.mask
    assert sparse_opt.factors(mask, inputs, tf.float32).shape == units
    assert hook._masks[1] is None  # The bias.


def stepped(model, **hook):
    """What SGD takes from weights in a step."""
    before = model.weights
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5),
        tiny.make_dataset(),
        jit=False,
        **hook,
    )
    program.train(0, 1, 1)
    return {name: before[name] - each for name, each in model.weights.items()}


def test_steps_are_scaled_under_each_mask_by_one_program():
    model = tiny.Model()
    masks = tiny.masks()
    other = {**masks, "layer0": np.roll(masks["layer0"], 1)}
    other["layer0"][:, 0] = 0
    for each in (masks, other):
        plain = stepped(model.reset(masks=each, seed=1))
        found = stepped(
            model.reset(masks=each, seed=1), hook=sparse_opt.SparseOpt()
        )
        for name, step in plain.items():
            scaled = step * twin(each[name]) if name in each else step
            np.testing.assert_allclose(found[name], scaled, atol=1e-6)
    assert len(model.programs) == 2


def network():
    """Kernels by name; of those that begin with "n", norms see the outputs."""
    layers = keras.layers
    x = keras.Input((4, 4, 2))
    y = layers.Conv2D(3, 1, name="n_direct")(x)
    y = layers.BatchNormalization(scale=False, center=False)(y)
    y = layers.Conv2D(3, 1, activation="relu", name="n_activation")(y)
    y = layers.MaxPooling2D(2)(layers.ReLU()(y))
    y = layers.GroupNormalization(1)(layers.Dropout(0.5)(y))
    one = layers.Conv2D(3, 1, name="n_both")(y)
    norms = layers.BatchNormalization(), layers.LayerNormalization()
    y = layers.Conv2D(3, 1, name="summed")(y)
    y = layers.Add()([norm(one) for norm in norms] + [y])
    y = layers.BatchNormalization()(y)
    y = layers.SeparableConv2D(3, 1, name="separable")(y)
    y = layers.Flatten()(layers.BatchNormalization()(y))
    y = layers.Dense(5, name="next")(y)
    y = layers.Dense(5, name="n_inner")(y)
    inner = keras.Sequential([keras.Input((5,)), layers.BatchNormalization()])
    return keras.Model(x, layers.Dense(3, name="last")(inner(y)))


def attached(network, shape):
    """Kernels that have a factor, by their layers' names."""
    model = keras_model.KerasModel(network, np.zeros((1, *shape)))
    model.reset(seed=1)
    hook = sparse_opt.SparseOpt(sparse_opt.Options(only_normalised=True))
    hook.attach(model)
    variables = model.network.trainable_variables
    return {
        variable.path.split("/")[-2]
        for variable, known in zip(variables, hook._masks, strict=True)
        if known is not None
    }


def test_only_layers_that_a_normalisation_follows():
    expected = {"n_direct", "n_activation", "n_both", "n_inner"}
    assert attached(network(), (4, 4, 2)) == expected


def test_a_layer_is_normalised_if_all_its_calls_are():
    shared, x = keras.layers.Dense(4, name="shared"), keras.Input((4,))
    own = keras.layers.Dense(4, name="own")
    y = keras.layers.BatchNormalization()(shared(x))
    y = keras.layers.BatchNormalization()(own(shared(y)))
    made = keras.Model(x, keras.layers.Dense(3)(y))
    assert attached(made, (4,)) == {"own"}


def test_what_no_normalisation_follows_is_refused():
    x = keras.Input((4,))
    y = keras.layers.Dense(3)(keras.layers.BatchNormalization()(x))
    with pytest.raises(ValueError, match="=True changes nothing: no normalisa"):
        attached(keras.Model(x, y), (4,))

    class Own(keras.Model):
        """A network with a call of its own."""

        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    with pytest.raises(ValueError, match="to tell what normalisations follow"):
        attached(Own(), (4,))


def test_only_their_steps_are_scaled():
    x = keras.Input((4,))
    y = keras.layers.BatchNormalization()(keras.layers.Dense(5, name="a")(x))
    made = keras.Model(x, keras.layers.Dense(3, name="b")(y))
    model = keras_model.KerasModel(made, np.zeros((1, 4)))
    rng = np.random.default_rng(0)
    masks = {
        name: rng.integers(0, 2, mask.shape, np.uint8)
        for name, mask in model.masks.items()
    }
    plain, every, only = (
        stepped(model.reset(masks=masks, seed=1), hook=hook)
        for hook in (
            step_hooks.NONE,
            sparse_opt.SparseOpt(),
            sparse_opt.SparseOpt(sparse_opt.Options(only_normalised=True)),
        )
    )
    scaled = plain["a"] * twin(masks["a"])
    np.testing.assert_allclose(only["a"], scaled, atol=1e-6)
    np.testing.assert_array_equal(only["a"], every["a"])
    np.testing.assert_array_equal(only["b"], plain["b"])
    assert (every["b"] != plain["b"]).any()


def test_what_was_recorded_before_the_option_is_its_default():
    assert sparse_opt.SparseOpt().identity == {"sparse_opt": {}}
    options = sparse_opt.Options(only_normalised="true")
    found = sparse_opt.SparseOpt(options)
    assert found.identity == {"sparse_opt": {"only_normalised": True}}
    with pytest.raises(ValueError, match="must be True or False. Received: 'x"):
        sparse_opt.Options(only_normalised="x")
