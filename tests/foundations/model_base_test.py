"""Tests of foundations/model_base.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import model_base
from lottery_ticket.tests import tiny


def test_weights_are_named_by_layer():
    model = tiny.Model()
    shapes = {name: array.shape for name, array in model.weights.items()}
    assert shapes == {
        "layer0": (4, 5),
        "layer0_bias": (5,),
        "layer1": (5, 3),
        "layer1_bias": (3,),
    }
    assert {n: m.shape for n, m in model.masks.items()} == {
        "layer0": (4, 5),
        "layer1": (5, 3),
    }
    assert all(mask.all() for mask in model.masks.values())
    assert model.network.count_params() == 4 * 5 + 5 + 5 * 3 + 3


def test_variables_are_those_whose_values_are_the_weights():
    model = tiny.Model()
    assert list(model.variables) == list(model.weights)
    model.variables["layer1_bias"].assign([1.0, 2, 3])
    np.testing.assert_array_equal(model.weights["layer1_bias"], [1, 2, 3])
    assert model.logits(7) == 7 and not model.gives_probabilities


def test_a_draw_is_glorot_normal_with_zero_biases_and_known_by_its_seed():
    class Wide(model_base.ModelBase):
        def __init__(self):
            super().__init__((300,))
            self.set_outputs(self.dense_layer("layer0", self.inputs, 200))

    model = Wide()
    drawn = model.draw(1)
    np.testing.assert_array_equal(drawn["layer0_bias"], 0)
    # Truncated at two deviations, with the deviation corrected for that.
    np.testing.assert_allclose(
        drawn["layer0"].std(), np.sqrt(2 / 500), rtol=0.01
    )
    np.testing.assert_array_equal(drawn["layer0"], model.draw(1)["layer0"])
    assert (drawn["layer0"] != model.draw(2)["layer0"]).mean() > 0.99


def test_layers_of_one_shape_draw_apart():
    class Twins(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            x = self.dense_layer("a", self.inputs, 4)
            self.set_outputs(self.dense_layer("b", x, 4))

    drawn = Twins().draw(0)
    assert (drawn["a"] != drawn["b"]).all()


def test_reset_sets_presets_and_masks_and_puts_pruned_entries_to_0():
    model = tiny.Model()
    presets = {"layer0": np.ones((4, 5)), "layer1_bias": np.full(3, 2.0)}
    assert model.reset(presets=presets, masks=tiny.masks(), seed=4) is model
    weights = model.weights
    np.testing.assert_array_equal(weights["layer0"], tiny.masks()["layer0"])
    np.testing.assert_array_equal(weights["layer1_bias"], 2)
    np.testing.assert_array_equal(weights["layer1"], model.draw(4)["layer1"])
    np.testing.assert_array_equal(model.masks["layer0"], tiny.masks()["layer0"])
    model.reset()
    assert model.masks["layer0"].all()
    np.testing.assert_array_equal(model.weights["layer1_bias"], 0)


def test_pruned_weights_can_be_held_at_their_presets():
    model = tiny.Model()
    values = np.arange(20, dtype=np.float32).reshape(4, 5) - 10
    values[0, 0] = -0.0
    presets = {"layer0": values}
    assert not model.holds
    model.reset(presets, tiny.masks(), seed=4, hold=True)
    assert model.holds
    assert model.weights["layer0"].tobytes() == values.tobytes()
    np.testing.assert_array_equal(
        model.weights["layer1"], model.draw(4)["layer1"]
    )
    np.testing.assert_array_equal(model.masks["layer0"], tiny.masks()["layer0"])
    model.reset(presets, tiny.masks())
    assert not model.holds
    np.testing.assert_array_equal(
        model.weights["layer0"], values * tiny.masks()["layer0"]
    )


@pytest.mark.parametrize("hold", [False, True])
def test_a_model_is_restored_from_its_outcome(hold):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1, hold=hold)
    model.variables["layer1_bias"].assign([1.0, 2, 3])
    outcome = model.outcome()
    assert list(outcome) == ["final", "masks"]
    assert tuple(outcome) == model.folders
    model.reset(masks=tiny.masks(), seed=2, hold=hold)
    model.restore({**outcome, "initial": {}})
    for folder, network in model.outcome().items():
        for name, array in network.items():
            np.testing.assert_array_equal(array, outcome[folder][name])
    assert model.holds == hold
    is_held = model.weights["layer0"][tiny.masks()["layer0"] == 0].any()
    assert is_held == hold


def fitted(model):
    """Its kernel before and after `fit`, pruned entries only."""
    pruned = tiny.masks()["layer0"] == 0
    before = model.weights["layer0"]
    data = tiny.make_dataset()
    model.network.fit(data.train.x, data.train.y, 16, epochs=2, verbose=0)
    after = model.weights["layer0"]
    assert (before != after)[~pruned].all()
    return before[pruned].tobytes(), after[pruned].tobytes()


@pytest.mark.slow
def test_plain_fit_holds_and_goes_back_to_0_as_it_was_compiled():
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    model.network.compile(
        keras.optimizers.AdamW(0.01, weight_decay=0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    zeros, found = [], []
    for seed, hold in enumerate([False, True, True, False, True]):
        model.reset(masks=tiny.masks(), seed=seed, hold=hold)
        before, after = fitted(model)
        assert before == after
        (found if hold else zeros).append(after)
    assert len(set(zeros)) == 1 and not np.frombuffer(zeros[0], "f4").any()
    assert len(set(found)) == 3


def test_the_constructor_takes_presets_and_masks():
    presets = {"layer0": np.full((4, 5), 3.0)}
    model = tiny.Model(presets=presets, masks=tiny.masks())
    expected = 3 * tiny.masks()["layer0"]
    np.testing.assert_array_equal(model.weights["layer0"], expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"masks": {"layer9": np.ones(1)}}, "Unknown masked layer 'layer9'"),
        ({"masks": {"layer0_bias": np.ones(5)}}, "Unknown masked layer"),
        ({"masks": {"layer0": np.ones((5, 4))}}, r"\(4, 5\). Received: \(5, 4"),
        ({"masks": {"layer0": np.full((4, 5), 2)}}, "0s and 1s only"),
        ({"presets": {"layer9": np.ones(1)}}, "Unknown preset 'layer9'"),
        ({"presets": {"layer0": np.ones(5)}}, r"'layer0' must have the shape"),
        (
            {"presets": {"layer0": np.full((4, 5), np.nan)}},
            "finite float32 numbers",
        ),
    ],
)
def test_what_does_not_fit_changes_nothing(given, message):
    model = tiny.Model()
    before = model.weights
    with pytest.raises(ValueError, match=message):
        model.reset(**given)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("name", ["taken", "a/b", "", "a b"])
def test_names_of_layers(name):
    class Named(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            x = self.dense_layer("taken", self.inputs, 4)
            self.dense_layer(name, x, 4)

    with pytest.raises(ValueError, match="name"):
        Named()


class Dropped(model_base.ModelBase):
    """With dropout, which has a random state."""

    def __init__(self, seed=0, rate=0.5):
        super().__init__((4,), seed=seed)
        x = self.dense_layer("layer0", self.inputs, 50, activation="relu")
        x = keras.layers.Dropout(rate)(x)
        self.set_outputs(self.dense_layer("logits", x, 2))


def test_dropout_is_known_by_the_seed_of_the_last_reset():
    x = np.ones((3, 4), np.float32)
    model, other = Dropped(seed=3), Dropped()
    first = model.network(x, training=True)
    moved = model.network(x, training=True)
    assert (np.asarray(first) != np.asarray(moved)).any()
    for again in (model.reset(seed=3), other.reset(seed=3)):
        np.testing.assert_array_equal(again.network(x, training=True), first)


def test_identity_tells_networks_and_states_apart():
    identities = [
        Dropped().identity,
        Dropped(rate=0.1).identity,
        Dropped(seed=1).identity,
        tiny.Model().identity,
        tiny.Model(masks=tiny.masks()).identity,
    ]
    assert len({str(identity) for identity in identities}) == 5
    assert Dropped().identity == identities[0]
    model = Dropped()
    model.network(np.ones((3, 4)), training=True)
    assert model.identity != identities[0]


def test_the_constructor_takes_a_seed():
    drawn = Dropped().draw(3)
    np.testing.assert_array_equal(
        Dropped(seed=3).weights["layer0"], drawn["layer0"]
    )


def test_loss_and_accuracy():
    logits = np.array([[2.0, 0, 0], [0, 1, 0]], np.float32)
    loss, accuracy = tiny.Model().create_loss_and_accuracy([0, 2], logits)
    exact = -np.log(np.exp(2) / (np.exp(2) + 2)) - np.log(1 / (np.e + 2))
    np.testing.assert_allclose(loss, exact / 2, rtol=1e-6)
    assert accuracy == 0.5


def test_a_saved_model_is_plain_keras_with_zeros(tmp_path):
    model = tiny.Model(masks=tiny.masks())
    model.network.save(tmp_path / "ticket.keras")
    loaded = keras.models.load_model(tmp_path / "ticket.keras")
    kernel = loaded.get_layer("layer0").kernel
    assert kernel.constraint is None
    np.testing.assert_array_equal(kernel, model.weights["layer0"])


LOGITS = np.array([[2.0, 0, -1], [0.5, 1, 3], [0, 0.25, 0]], np.float32)
LABELS = np.array([0, 1, 1], np.int32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_loss_and_accuracy_equal_a_numpy_twin(smoothing):
    x = LOGITS.astype(np.float64)
    log_softmax = x - np.log(np.exp(x).sum(1, keepdims=True))
    target = np.full((3, 3), smoothing / 3) + np.eye(3)[LABELS] * (
        1 - smoothing
    )
    expected = -(target * log_softmax).sum(1).mean()
    loss, accuracy = tiny.Model().create_loss_and_accuracy(
        LABELS, LOGITS, smoothing
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(accuracy, 2 / 3, rtol=1e-6)


def softmax_model():
    model = tiny.Model()
    model.gives_probabilities = True
    return model


def test_logits_of_probabilities_give_these_again():
    probabilities = tf.nn.softmax(LOGITS)
    found = softmax_model().logits(probabilities)
    np.testing.assert_allclose(tf.nn.softmax(found), probabilities, rtol=1e-6)
    assert np.isfinite(softmax_model().logits(tf.constant([[0.0, 1.0]]))).all()


def test_logits_of_a_softmax_that_is_traced_are_its_inputs():
    model = softmax_model()

    @tf.function(autograph=False)
    def traced(x):
        return model.logits(tf.nn.softmax(x))

    far = np.array([[-300.0, 0, 300]], np.float32)
    np.testing.assert_array_equal(traced(far), far)
