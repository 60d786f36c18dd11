"""Tests of foundations/keras_model.py."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids, tiny

L = keras.layers
X = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)


class Subclassed(keras.Model):
    """Not built until it is called; its call takes no `training`."""

    def __init__(self):
        super().__init__()
        self.hidden = L.Dense(4, activation="relu")
        self.inner = keras.Sequential([L.Dense(4), L.Dropout(0.5), L.Dense(4)])
        self.logits = L.Dense(3)

    def call(self, x):
        return self.logits(self.inner(self.inner(self.hidden(x))))


def sequential(activation=None):
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(5), L.Dense(3, activation=activation)]
    )


def test_subclassed_and_nested_networks_are_named_by_their_paths():
    model = keras_model.KerasModel(Subclassed(), X)
    again = keras_model.KerasModel(Subclassed(), X)
    assert list(model.masks) == [
        "dense",
        "sequential.dense",
        "sequential.dense_1",
        "dense_1",
    ]
    assert "sequential.dense_1_bias" in model.weights
    assert list(again.weights) == list(model.weights)
    assert again.identity["network"] == model.identity["network"]
    assert model.not_masked == [] and model.num_outputs == 3


def test_it_starts_from_the_weights_as_given_whatever_the_seed():
    network = sequential()
    given = [np.array(each) for each in network.get_weights()]
    model = keras_model.KerasModel(network, X)
    model.reset(seed=5)
    for array, expected in zip(model.weights.values(), given, strict=True):
        np.testing.assert_array_equal(array, expected)
    assert model.network is network


def test_a_function_that_builds_it_gives_draws_by_seed():
    model = keras_model.KerasModel(sequential(), X, sequential, seed=3)
    drawn = model.weights
    other = keras_model.KerasModel(sequential(), X, sequential, seed=4)
    assert (drawn["dense"] != other.weights["dense"]).all()
    other.reset(seed=3)
    for name, array in other.weights.items():
        np.testing.assert_array_equal(array, drawn[name])


def test_probabilities_train_as_their_logits_do():
    results = []
    for activation in (None, "softmax"):
        keras.utils.set_random_seed(2)
        data = tiny.make_dataset()
        model = keras_model.KerasModel(
            sequential(activation), data.test.x, seed=1
        )
        program = programs.program(
            model, lambda: keras.optimizers.SGD(0.1), data, jit=False
        )
        logs = program.train(0, 5, 5)
        tested = program.start_evaluation("test").result()
        results.append((logs, tested, model.weights))
    (logs, tested, weights), (others, other_tested, other_weights) = results
    np.testing.assert_allclose(logs, others, rtol=1e-5)
    np.testing.assert_allclose(tested, other_tested, rtol=1e-5)
    for name, array in weights.items():
        np.testing.assert_allclose(array, other_weights[name], atol=1e-6)


@pytest.mark.slow
def test_probabilities_of_any_make_give_the_loss_of_their_logarithms():
    model = keras_model.KerasModel(sequential("softmax"), X)
    probabilities = tf.constant([[0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])
    loss, accuracy = model.create_loss_and_accuracy([1, 2], probabilities)
    np.testing.assert_allclose(loss, -np.log(0.5) / 2, rtol=1e-6)
    assert accuracy == 1


def test_logits_are_those_that_probabilities_were_made_of():
    model = keras_model.KerasModel(sequential("softmax"), X)
    first, last = model.network.layers
    last.kernel.assign(100 * last.kernel)  # Probabilities round to 0.
    expected = first(X).numpy() @ last.kernel.numpy()

    @tf.function(autograph=False)
    def logits():
        return model.logits(model.network(X))

    assert model.gives_probabilities
    np.testing.assert_allclose(logits(), expected, rtol=1e-5, atol=1e-4)
    logs = model.logits(tf.constant([[0.25, 0.75, 0.0]]))
    np.testing.assert_allclose(logs[0, :2], np.log([0.25, 0.75]), rtol=1e-6)
    plain = keras_model.KerasModel(sequential(), X)
    assert plain.logits(logs) is logs and not plain.gives_probabilities


def test_a_released_network_is_plain_keras(tmp_path):
    network = sequential()
    model = keras_model.KerasModel(network, X)
    mask = np.ones((4, 5), np.uint8)
    mask[0] = 0
    model.reset(masks={"dense": mask})
    assert model.release() is network
    assert network.layers[0].kernel.constraint is None
    network.save(tmp_path / "ticket.keras")
    loaded = keras.models.load_model(tmp_path / "ticket.keras")
    np.testing.assert_array_equal(loaded.layers[0].kernel[0], 0)
    np.testing.assert_array_equal(loaded(X), network(X))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            lambda: keras.Sequential([keras.Input((7,)), L.Dense(3)]),
            r"does not accept examples of shape \(4,\)",
        ),
        (
            lambda: keras.Sequential(
                [keras.Input((4,)), L.Dense(4), L.Reshape((2, 2))]
            ),
            r"one output, logits or probabilities of shape \(batch, classes\)",
        ),
        (
            lambda: keras.Sequential([keras.Input((4,)), L.ReLU()]),
            "has no kernel to prune",
        ),
    ],
)
def test_what_cannot_be_trained_is_an_error(network, message):
    with pytest.raises(ValueError, match=message):
        keras_model.KerasModel(network(), X)


def test_two_outputs_are_an_error():
    inputs = keras.Input((4,))
    network = keras.Model(inputs, [L.Dense(2)(inputs), L.Dense(2)(inputs)])
    with pytest.raises(ValueError, match="must have one output"):
        keras_model.KerasModel(network, X)


@pytest.mark.slow
def test_networks_of_keras_applications():
    images = np.zeros((2, 32, 32, 3), np.float32)
    network = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=10
    )
    model = keras_model.KerasModel(network, images)
    assert len(model.masks) == 53 and model.not_masked == []
    assert {"block_1_depthwise", "predictions"} < set(model.masks)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.distribute.MirroredStrategy(["CPU:0"]),
        lambda: tf.distribute.OneDeviceStrategy("CPU:0"),
        tf.distribute.get_strategy,
    ],
)
def test_a_network_is_trained_in_the_scope_that_it_was_made_in(make):
    strategy = make()
    weights = []
    for scope in (strategy.scope(), contextlib.nullcontext()):
        keras.utils.set_random_seed(0)
        with scope:
            network = sequential()
        model = keras_model.KerasModel(network, X)
        mask = np.ones((4, 5), np.uint8)
        mask[0] = 0
        model.reset(presets=model.weights, masks={"dense": mask})
        data = tiny.make_dataset()
        programs.program(model, lambda: keras.optimizers.SGD(0.1), data).train(
            0, 3, 3
        )
        weights.append(model.weights)
    assert not weights[0]["dense"][0].any()
    for name, array in weights[0].items():
        np.testing.assert_allclose(array, weights[1][name], atol=1e-6)
    assert (
        keras_model.KerasModel(network).strategy is tf.distribute.get_strategy()
    )


@pytest.fixture
def wide():
    """Keras in float64, for as long as a test runs."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


class Loud(L.Layer):
    """A layer with a loss of its own."""

    def call(self, x):
        self.add_loss(keras.ops.mean(x**2))
        return x


WIDE = {
    "norm": lambda: [L.BatchNormalization()],
    "regularised": lambda: [L.Conv2D(2, 3, kernel_regularizer="l2")],
    "active": lambda: [L.Conv2D(2, 3, activity_regularizer="l2")],
    "loss": lambda: [Loud()],
    "renorm": lambda: [L.BatchNormalization(renorm=True), Loud()],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "activation"),
    grids.thinned(
        [*((name, None) for name in WIDE), ("norm", "softmax")],
        [("regularised", None)],
    ),
)
def test_networks_in_float64_train_as_in_fit(wide, name, activation):
    x = np.random.default_rng(0).random((8, 4, 4, 1))
    y = np.arange(8) % 2
    loss = keras.losses.SparseCategoricalCrossentropy(activation is None)
    networks = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        last = [L.Flatten(), L.Dense(2, activation=activation)]
        networks.append(
            keras.Sequential([keras.Input((4, 4, 1)), *WIDE[name](), *last])
        )
    ours, kerass = networks
    kerass.compile(keras.optimizers.SGD(0.1), loss)
    kerass.fit(x, y, batch_size=8, epochs=3, verbose=0)
    model = keras_model.KerasModel(ours, x[:2])
    data = dataset_base.DatasetBase((x, y), 8, (x, y))
    program = programs.program(model, lambda: keras.optimizers.SGD(0.1), data)
    program.train(0, 3, 3)
    program.start_evaluation("test").result()
    for mine, theirs in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        assert mine.dtype == np.float64
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def renamed(name):
    def under(thing):
        thing.__name__ = thing.__qualname__ = name
        return thing

    return under


@renamed("Own")
class OwnLayer(L.Layer):
    def call(self, x):
        return x


@renamed("Own")
class OwnLayerEdited(L.Layer):
    def call(self, x):
        return keras.ops.sin(x)


class Scaled(L.Layer):
    def __init__(self, by):
        super().__init__()
        self._by = keras.ops.ones(1), by  # No setting that Keras records.
        self.scale = by

    def get_config(self):
        raise NotImplementedError

    def call(self, x):
        return x * self.scale


@renamed("Sum")
class Sum(keras.regularizers.Regularizer):
    def __call__(self, x):
        return keras.ops.sum(x)


@renamed("Sum")
class SumEdited(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 2 * keras.ops.sum(x)


@renamed("Start")
class Start(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@renamed("Start")
class StartEdited(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype) * 1


@renamed("act")
def act(x):
    return x


@renamed("act")
def act_edited(x):
    return 2 * x


class Rate:
    value = 1

    def __call__(self, x):
        return x * self.value


def code_of(*layers):
    network = keras.Sequential([keras.Input((4,)), *layers, L.Dense(3)])
    return keras_model.KerasModel(network).identity.get("code")


@pytest.mark.parametrize(
    ("make", "edited"),
    [
        (OwnLayer, OwnLayerEdited),
        (lambda: Scaled(1), lambda: Scaled(2)),
        (lambda: L.Dense(4, act), lambda: L.Dense(4, act_edited)),
        (
            lambda: L.Dense(4, kernel_regularizer=Sum()),
            lambda: L.Dense(4, kernel_regularizer=SumEdited()),
        ),
        (
            lambda: L.Dense(4, kernel_initializer=Start()),
            lambda: L.Dense(4, kernel_initializer=StartEdited()),
        ),
        (lambda: L.Lambda(act), lambda: L.Lambda(act_edited)),
        (
            lambda: keras.Sequential(
                [keras.Input((4,)), OwnLayer(), L.Dense(4)]
            ),
            lambda: keras.Sequential(
                [keras.Input((4,)), OwnLayerEdited(), L.Dense(4)]
            ),
        ),
        (
            lambda: L.TimeDistributed(L.Dense(4, act)),
            lambda: L.TimeDistributed(L.Dense(4, act_edited)),
        ),
    ],
)
def test_the_users_code_in_a_network_has_a_fingerprint(make, edited):
    is_timed = isinstance(make(), L.TimeDistributed)
    around = ([L.Reshape((1, 4))], [L.Flatten()]) if is_timed else ([], [])
    first, again, other = (
        code_of(*around[0], each(), *around[1]) for each in (make, make, edited)
    )
    assert first == again is not None
    assert first != other


def test_a_network_of_keras_alone_has_no_fingerprint():
    assert code_of(L.Dense(4, "relu"), L.BatchNormalization()) is None
    x = keras.Input((4,))
    network = keras.Model(x, L.Dense(3)(keras.ops.tanh(x) + x))
    assert "code" not in keras_model.KerasModel(network).identity


def test_a_fingerprint_stays_in_training():
    model = keras_model.KerasModel(sequential(act), X)
    before = model.identity["code"]
    model.network(X)
    model.reset(seed=3)
    assert model.identity["code"] == before


def half(shape):
    return (np.arange(np.prod(shape)).reshape(shape) % 2).astype(np.uint8)


def test_masks_hold_until_the_network_is_released():
    network = sequential()
    model = keras_model.KerasModel(network, X)
    mask = half((4, 5))
    model.reset(masks={"dense": mask})
    ones = [np.ones_like(each) for each in network.get_weights()]
    network.set_weights(ones)
    np.testing.assert_array_equal(model.weights["dense"], mask)
    assert keras_model.HOLDING in model.summary()
    assert "__deepcopy__" in vars(network)
    assert model.release() is network and model.release() is network
    network.set_weights(ones)
    np.testing.assert_array_equal(model.weights["dense"], 1)
    assert "__deepcopy__" not in vars(network)


def test_other_masks_and_held_values_replace_those_before():
    model = keras_model.KerasModel(sequential(), X)
    mask, weights = half((4, 5)), model.weights
    for value, hold in ((7, True), (3, True), (5, False)):
        presets = {**weights, "dense": np.full((4, 5), value, np.float32)}
        model.reset(presets, {"dense": mask}, hold=hold)
        expected = np.where(mask, value, value if hold else 0)
        np.testing.assert_array_equal(model.weights["dense"], expected)
        model.network.set_weights(
            [np.full(each.shape, 9.0) for each in weights.values()]
        )
        expected = np.where(mask, 9, value if hold else 0)
        np.testing.assert_array_equal(model.weights["dense"], expected)
        mask = 1 - mask


def test_a_network_wrapped_again_has_the_new_masks():
    network = sequential()
    for mask in (half((4, 5)), 1 - half((4, 5))):
        model = keras_model.KerasModel(network, X)
        model.reset({"dense": np.ones((4, 5))}, {"dense": mask})
        network.layers[0].kernel.assign(np.ones((4, 5)))
        np.testing.assert_array_equal(model.weights["dense"], mask)


def numbered(*names):
    """A network whose layers have names that look automatic."""
    keras.utils.set_random_seed(1)
    layers = [L.Dense(4, name=name) for name in names]
    return keras.Sequential([keras.Input((4,)), *layers, L.Dense(3, name="o")])


def test_masks_and_presets_are_of_the_layers_that_users_see():
    zeros = np.zeros((4, 4), np.float32)
    network = numbered("dense_4", "dense_5", "dense_6")
    model = keras_model.KerasModel(network, masks={"dense_5": zeros})
    assert [mask.any() for mask in model.masks.values()] == [
        *(True, False, True),
        True,
    ]
    network = numbered("dense_4", "dense_5", "dense_6")
    bias = np.full(4, 7, np.float32)
    presets = {"dense_6_bias": bias, "dense_4": zeros}
    model = keras_model.KerasModel(network, presets=presets)
    np.testing.assert_array_equal(network.layers[2].bias, bias)
    assert not np.any(network.layers[0].kernel)
    again = keras_model.KerasModel(
        numbered("dense_1", "dense_2", "dense_3"), presets=model.weights
    )
    for name, array in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        (("dense_1", "dense_2"), "masks", "'dense_1' names 2 layers"),
        (("dense_1", "dense_2"), "presets", "'dense_1' names 2 layers"),
        (("dense_7", "dense_8"), "masks", None),
        (("a", "b"), "masks", "Unknown mask 'dense_1'"),
    ],
)
def test_a_name_of_two_layers_is_an_error(names, given, message):
    network, of = numbered(*names), {"dense_1": np.zeros((4, 4))}
    if message is None:
        model = keras_model.KerasModel(network, **{given: of})
        assert not model.masks["dense_1"].any()
        return
    with pytest.raises(ValueError, match=message):
        keras_model.KerasModel(network, **{given: of})


@pytest.mark.parametrize(
    ("names", "written", "index", "is_warned"),
    [
        (("dense_7", "dense_8"), ("dense_8",), 1, False),
        (("dense_7", "dense_8"), ("dense_1",), 1, False),
        (("dense_1", "dense_2"), ("dense_2",), 1, False),
        (("dense_1", "dense_2"), ("dense_1",), 1, True),
        (("my layer", "b"), ("my layer", "b"), 0, False),
        # A whole network as saved, though all names are of others.
        (("dense_1", "dense"), ("dense", "dense_1", "o"), 0, False),
    ],
)
def test_reset_takes_names_that_users_see(
    names, written, index, is_warned, caplog
):
    network = numbered(*names)
    model = keras_model.KerasModel(network)
    arrays = [np.zeros((4, 4)), np.ones((4, 4)), np.ones((4, 3))]
    given = dict(zip(written, arrays, strict=False))
    model.reset(masks=given)
    assert not model.masks[list(model.masks)[index]].any()
    assert sum(not mask.any() for mask in model.masks.values()) == 1
    assert ("names are taken as saved" in caplog.text) == is_warned
    model.reset(presets={k: v + 7 for k, v in given.items()})
    assert (network.layers[index].kernel.numpy() == 7).all()


def test_reset_refuses_names_of_users_that_are_of_two_layers():
    model = keras_model.KerasModel(numbered("dense_1", "dense_2"))
    zeros = np.zeros((4, 4))
    with pytest.raises(ValueError, match="'dense_1' names 2 layers"):
        model.reset(masks={"dense_1": zeros, "dense_2": zeros})
    with pytest.raises(ValueError, match="Unknown masked layer 'dens'"):
        model.reset(masks={"dens": zeros})


def test_names_that_differ_in_case_only_are_not_trained():
    network = numbered("Hidden", "hidden")
    with pytest.raises(ValueError, match="'Hidden' and 'hidden' differ in"):
        keras_model.KerasModel(network, X)
    assert len(keras_model.KerasModel(network).masks) == 3  # As it was saved.


MSE = {"optimizer": "sgd", "loss": "mse"}
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize(
    ("change", "message"),
    grids.first(
        1,
        [
            (
                lambda network: network.compile(**MSE),
                "with the loss .*task=classification",
            ),
            (
                lambda network: network.compile("sgd", LOGITS, metrics=["mae"]),
                "and the metrics mae",
            ),
            (
                lambda network: setattr(network, "train_step", lambda data: {}),
                "a train_step of its own",
            ),
            (
                lambda network: setattr(
                    network, "compute_loss", lambda *x: 0.0
                ),
                "a compute_loss of its own",
            ),
        ],
    ),
)
def test_what_a_network_says_later_counts_as_training_begins(
    tmp_path, change, message
):
    model = keras_model.KerasModel(sequential(), X)
    model.network.compile("sgd", LOGITS)
    for length in ("1it", "2it"):
        tiny.train(tmp_path / length, model=model, training_len=length)
    change(model.network)
    with pytest.raises(ValueError, match=message):
        tiny.train(tmp_path / "3it", model=model, training_len="3it")
    assert not (tmp_path / "3it/run.json").exists()
    assert not (tmp_path / "3it/checkpoint.bin").exists()


def test_fit_under_masks_trains_as_its_user_likes():
    model = keras_model.KerasModel(sequential(), X)
    mask = np.ones((4, 5), np.uint8)
    mask[0] = 0
    model.reset(masks={"dense": mask})
    model.network.compile(**MSE)
    before = model.weights["dense"]
    x = np.ones((8, 4), np.float32)
    model.network.fit(x, np.ones((8, 3)), epochs=1, verbose=0)
    after = model.weights["dense"]
    assert not after[0].any() and (after != before).any()


def test_a_compiled_network_is_trained_as_it_was_when_it_was_wrapped(tmp_path):
    network = sequential()
    network.compile(**MSE)
    x = np.ones((8, 4), np.float32)
    data = dataset_base.DatasetBase(
        (x, np.ones((8, 3))), 8, (x, np.ones((8, 3))), task="compiled"
    )
    model = keras_model.KerasModel(network, x, labels=data.train.y)
    assert "2 kernels, 35 weights to prune" in model.summary()
    assert "Trained for compiled: mse" in model.summary()
    tiny.train(tmp_path / "1", model=model, dataset=data, training_len="1it")
    network.compile("sgd", "mae")
    with pytest.raises(ValueError, match="compiled since it was made a Keras"):
        tiny.train(
            tmp_path / "2", model=model, dataset=data, training_len="2it"
        )
    assert not (tmp_path / "2/run.json").exists()
