"""What Keras's own guides build: a ticket is found in it, or it is refused.

Networks are made up afresh after the guides on the functional API, subclassing,
transfer learning, own training steps and preprocessing layers.
"""

import keras
import numpy as np
import pytest

from lottery_ticket.experiments import find_ticket, recipes

L = keras.layers
rng = np.random.default_rng(0)
IMAGES = rng.random((24, 6, 6, 2), np.float32)
VECTORS = rng.random((24, 8), np.float32)
Y = np.arange(24) % 3


def found(network, x, directory, fractions=None):
    """A ticket of one level."""
    keras.utils.set_random_seed(1)
    recipe = recipes.Recipe(
        "own_model",
        training_len="2it",
        fractions=fractions or {"*": 0.25},
        train_batch_size=12,
        jit=False,
    )
    return find_ticket.find_ticket(
        *(network, ((x, Y), (x, Y)), str(directory), recipe),
        iterations=1,
        quiet=True,
        save_summaries=False,
    )


def pruned(kernel):
    """How many weights are 0."""
    return int((np.asarray(kernel) == 0).sum())


@pytest.mark.slow
def test_functional_with_branches_and_a_merge(tmp_path):
    inputs = keras.Input((6, 6, 2))
    x = L.Conv2D(4, 3, padding="same", activation="relu", name="stem")(inputs)
    wide = L.Conv2D(4, 5, padding="same", name="wide")(x)
    deep = L.SeparableConv2D(4, 3, padding="same", name="deep")(x)
    x = L.Add(name="merged")([wide, deep, x])
    x = L.GlobalAveragePooling2D()(L.Activation("relu")(x))
    network = keras.Model(inputs, L.Dense(3, name="logits")(x))
    ticket = found(network, IMAGES, tmp_path, {"wide": 0.5, "deep*": 0.25})
    assert pruned(ticket.get_layer("wide").kernel) == 5 * 5 * 4 * 4 // 2
    deep = ticket.get_layer("deep")
    assert pruned(deep.depthwise_kernel) == 3 * 3 * 4 // 4
    assert pruned(deep.pointwise_kernel) == 4 * 4 // 4
    for name in ("stem", "logits"):
        assert pruned(ticket.get_layer(name).kernel) == 0


class Linear(L.Layer):
    """A layer of one's own, with a weight of its own: nobody knows it."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units))

    def call(self, x):
        return x @ self.w


class Mixing(L.Layer):
    """A block of layers."""

    def __init__(self, **options):
        super().__init__(**options)
        self.linear = Linear(8)
        self.inner = L.Dense(8, activation="relu", name="inner")

    def build(self, shape):
        self.linear.build(shape)
        self.inner.build(shape)

    def call(self, x):
        return self.inner(self.linear(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = Mixing(name="first")
        self.second = Mixing(name="second")
        self.dropout = L.Dropout(0.5)
        self.head = L.Dense(3, name="head")

    def call(self, x, training=None):
        x = self.dropout(self.second(self.first(x)), training=training)
        return self.head(x)


@pytest.mark.slow
def test_subclassed_with_layers_of_its_own_in_blocks(tmp_path, capsys):
    ticket = found(
        Subclassed(), VECTORS, tmp_path, {"first.inner": 0.5, "head": 0.25}
    )
    assert pruned(ticket.first.inner.kernel) == 32
    assert pruned(ticket.second.inner.kernel) == 0
    assert pruned(ticket.head.kernel) == 6
    assert pruned(ticket.first.linear.w) == 0  # No kernel that is known.
    with pytest.raises(ValueError, match="'inner' names 2 layers: 'first.inn"):
        found(Subclassed(), VECTORS, tmp_path / "other", {"inner": 0.5})


@pytest.mark.slow
def test_transfer_with_a_frozen_base_that_is_freed_later(tmp_path):
    base = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            L.Conv2D(4, 3, name="conv"),
            L.BatchNormalization(name="norm"),
            L.Flatten(),
        ],
        name="base",
    )
    base.trainable = False
    inputs = keras.Input((6, 6, 2))
    features = base(inputs, training=False)
    network = keras.Model(inputs, L.Dense(3, name="head")(features))
    before = base.get_weights()
    found(network, IMAGES, tmp_path / "frozen")
    assert pruned(network.get_layer("head").kernel) == 4 * 4 * 4 * 3 // 4
    for array, expected in zip(base.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, expected)

    base.trainable = True
    # Else it learns: what the graph says, training=False, `fit` does not heed.
    base.get_layer("norm").trainable = False
    head = np.asarray(network.get_layer("head").kernel) == 0
    found(network, IMAGES, tmp_path / "freed", {"base.conv": 0.5})
    assert pruned(base.get_layer("conv").kernel) == 3 * 3 * 2 * 4 // 2
    # What was pruned with the frozen base stays so.
    assert (np.asarray(network.get_layer("head").kernel) == 0)[head].all()
    first, *others = base.get_weights()
    assert (first != before[0]).any()
    for array, expected in zip(others[1:], before[2:], strict=True):
        np.testing.assert_array_equal(array, expected)


class Distilled(keras.Model):
    def train_step(self, data):
        x, y = data
        return {"loss": self.compute_loss(x, y, self(x, training=True))}


class Penalised(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, **options):
        return super().compute_loss(x, y, y_pred, **options) + 1


@pytest.mark.parametrize(
    ("kind", "method"),
    [(Distilled, "train_step"), (Penalised, "compute_loss")],
)
def test_own_training_is_refused(tmp_path, kind, method):
    inputs = keras.Input((8,))
    network = kind(inputs, L.Dense(3)(inputs))
    with pytest.raises(ValueError, match=f"a {method} of its own, which is n"):
        found(network, VECTORS, tmp_path)
    assert not list(tmp_path.iterdir())


def two_inputs():
    a, b = keras.Input((8,)), keras.Input((8,))
    return keras.Model([a, b], L.Dense(3)(L.Concatenate()([a, b])))


def test_one_array_for_two_inputs_is_refused(tmp_path):
    for x in (VECTORS, np.stack([VECTORS, VECTORS], 1)):
        with pytest.raises(ValueError, match="it takes 2 arrays, or a dict of"):
            found(two_inputs(), x, tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_outputs_are_refused(tmp_path):
    inputs = keras.Input((8,))
    network = keras.Model(inputs, [L.Dense(3)(inputs), L.Dense(1)(inputs)])
    with pytest.raises(ValueError, match="must have one output.*: list.*task="):
        found(network, VECTORS, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_layers_that_prepare_images_within_the_network(tmp_path):
    scaling = L.Normalization()
    scaling.adapt(IMAGES)
    network = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            scaling,
            L.RandomFlip("horizontal"),
            L.RandomTranslation(0.2, 0.2),
            L.Flatten(),
            L.Dense(4, activation="relu", name="hidden"),
            L.Dense(3, name="logits"),
        ]
    )
    before = [np.asarray(each) for each in scaling.weights]
    found(network, IMAGES, tmp_path)
    assert pruned(network.get_layer("hidden").kernel) == 6 * 6 * 2 * 4 // 4
    assert pruned(network.get_layer("logits").kernel) == 3
    for array, expected in zip(scaling.weights, before, strict=True):
        np.testing.assert_array_equal(array, expected)
