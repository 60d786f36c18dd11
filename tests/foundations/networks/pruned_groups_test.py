"""Tests of networks/pruned_groups.py: units, and what reads them."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.networks import flow, pruned_groups
from lottery_ticket.foundations.selection import granularity
from lottery_ticket.models import registry

L = keras.layers


class Fc(model_base.ModelBase):
    """3 -> 4 -> 4 -> 2."""

    def __init__(self):
        super().__init__((3,))
        x = self.dense_layer("layer0", self.inputs, 4, activation="relu")
        x = self.dense_layer("layer1", x, 4, activation="relu")
        self.set_outputs(self.dense_layer("logits", x, 2))


FC = Fc()


def wrapped(inputs, outputs):
    return keras_model.KerasModel(keras.Model(inputs, outputs))


def without(model, **units):
    """Masks without units, by number, and what follows."""
    masks = model.masks
    for name, gone in units.items():
        masks[name][..., gone] = 0
    return pruned_groups.of(model, "unit").follow(masks)


def rows(mask):
    """Which inputs of a kernel some unit still reads."""
    return mask.any(axis=(*range(mask.ndim - 2), -1)).tolist()


def test_weights_have_no_groups():
    assert pruned_groups.of(FC, "weight") is granularity.WEIGHTS


def test_units_of_the_output_stay_and_it_is_said():
    groups = pruned_groups.of(FC, "unit")
    assert groups.whole == ("logits",)
    assert groups.notes == (
        "granularity=unit: logits: units are outputs, and all stay",
    )
    assert groups.pooling == "mean"
    assert groups.facts(FC.masks) == {
        "groups": {"layer0": (4, 4), "layer1": (4, 4)}
    }


def test_what_reads_a_unit_goes_with_it():
    masks = without(FC, layer0=[1, 2], layer1=[0])
    assert rows(masks["layer1"]) == [True, False, False, True]
    np.testing.assert_array_equal(masks["layer1"][0], [0, 1, 1, 1])
    assert rows(masks["logits"]) == [False, True, True, True]
    assert masks["logits"][1:].all()


def test_outputs_do_not_depend_on_what_goes():
    """A unit without inputs gives what its bias makes: nobody reads it."""
    masks = without(FC, layer0=[1, 2])
    weights = FC.weights
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    FC.reset(weights, masks)
    before = FC.network(x).numpy()
    weights["layer0_bias"] = np.array([0, 9, 9, 0], np.float32)
    FC.reset(weights, masks)
    np.testing.assert_array_equal(FC.network(x).numpy(), before)
    FC.reset(weights)


def test_flattening_is_read_through():
    x = keras.Input((4, 4, 1))
    y = L.Conv2D(3, 3, activation="relu", name="conv")(x)
    y = L.BatchNormalization()(L.MaxPooling2D(2)(y))
    y = L.Dense(2, name="logits")(L.Flatten()(y))
    masks = without(wrapped(x, y), conv=[1])
    assert rows(masks["logits"]) == [True, False, True]


def test_of_units_that_are_added_all_must_be_gone():
    x = keras.Input((3,))
    first = L.Dense(2, name="first")(x)
    y = L.Add()([first, L.Dense(2, name="second")(first)])
    model = wrapped(x, L.Dense(2, name="logits")(y))
    one = without(model, second=[0])
    assert one["logits"].all()
    both = without(model, first=[0], second=[0])
    assert rows(both["second"]) == [False, True]
    assert rows(both["logits"]) == [False, True]


def test_concatenated_and_nested_and_shared_layers_are_read_through():
    inner_in = keras.Input((2,))
    inner = keras.Model(inner_in, L.Dense(2, name="inner")(inner_in))
    x = keras.Input((3,))
    first = L.Dense(2, name="first")(x)
    y = L.Concatenate()([first, inner(first), inner(L.ReLU()(first))])
    model = wrapped(x, L.Dense(2, name="logits")(y))
    groups = pruned_groups.of(model, "unit")
    assert groups.whole == ("logits",)
    key = next(name for name in model.masks if name.endswith("inner"))
    masks = without(model, first=[0], **{key: [1]})
    assert rows(masks[key]) == [False, True]
    assert rows(masks["logits"]) == [False, True, True, False, True, False]


def test_depthwise_filters_go_with_their_channel():
    x = keras.Input((4, 4, 2))
    y = L.Conv2D(3, 1, name="conv")(x)
    y = L.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(y)
    y = L.Conv2D(2, 1, name="pointwise")(y)
    y = L.Dense(2, name="logits")(L.GlobalAveragePooling2D()(y))
    model = wrapped(x, y)
    groups = pruned_groups.of(model, "unit")
    assert groups.whole == ("logits", "depthwise")
    assert "depthwise: each filter goes with the channel" in groups.notes[1]
    masks = without(model, conv=[1])
    assert masks["depthwise"].any(axis=(0, 1)).tolist() == [
        [True, True],
        [False, False],
        [True, True],
    ]
    assert rows(masks["pointwise"]) == [True, True, False, False, True, True]


def test_what_sees_padding_alone_stays():
    x = keras.Input((1, 1, 1))
    y = L.Conv2D(2, 3, padding="same", name="first")(x)
    y = L.Conv2D(2, 3, padding="same", name="second")(y)
    model = wrapped(x, L.Dense(2, name="logits")(L.Flatten()(y)))
    masks = without(model, first=[0])
    assert masks["first"][..., 1].all()
    # Of the unit that is gone, the middle alone was ever read.
    assert masks["second"][..., 0, 0].sum() == 8
    assert masks["second"][..., 1, :].all()


def test_outputs_that_skip_layers_have_all_of_them_as_their_units():
    x = keras.Input((3,))
    first = L.Dense(2, name="first")(x)
    second = L.Dense(2, name="second")(L.Dense(4, name="hidden")(first))
    model = wrapped(x, L.Add()([first, second]))
    assert pruned_groups.of(model, "unit").whole == ("first", "second")


def test_where_paths_are_not_known_readers_stay_and_it_is_said():
    x = keras.Input((3, 4))
    y = L.LSTM(2, name="lstm")(x)
    model = wrapped(x, L.Dense(2, name="logits")(y))
    assert flow.obstacle(model)
    groups = pruned_groups.of(model, "unit")
    assert groups.whole == ("logits",)
    assert groups.notes[1].startswith(
        "granularity=unit: weights that read units that are gone stay, as it "
        "cannot be told which do: "
    )
    counts = groups.counts(model.masks)
    assert all(count == (2, 2) for count in counts.values())  # Four gates.
    masks = model.masks
    assert groups.follow(masks) is masks


def test_a_network_of_its_own_call_has_no_known_outputs():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = L.Dense(2)

        def call(self, x):
            return self.inner(x)

    network = Own()
    network(np.zeros((1, 3), np.float32))
    model = keras_model.KerasModel(network)
    with pytest.raises(ValueError, match="which units of .* are its outputs"):
        pruned_groups.of(model, "unit")
    assert pruned_groups.of(model, "block:2x2").whole == ()


def test_n_of_m_leaves_layers_whole_whose_inputs_it_does_not_divide():
    groups = pruned_groups.of(FC, "2:4")
    assert groups.whole == ("layer0",)
    assert groups.notes == (
        "granularity=2:4: layer0 stays whole: 3 inputs are no multiple of 4",
    )
    with pytest.raises(ValueError, match="leaves no layer .* be pruned"):
        pruned_groups.of(FC, "2:5")


def test_a_network_of_outputs_alone_has_nothing_to_prune():
    x = keras.Input((3,))
    model = wrapped(x, L.Dense(2, name="logits")(x))
    with pytest.raises(ValueError, match="granularity=unit leaves no layer"):
        pruned_groups.of(model, "unit")


def test_a_residual_network_shrinks():
    model = registry.create("resnet20", (8, 8, 3), 10)
    model.reset()
    masks = model.masks
    first, second = "stage0_block0_conv0", "stage0_block0_conv1"
    masks[first][..., :8] = 0
    followed = pruned_groups.of(model, "unit").follow(masks)
    assert rows(followed[second]) == [False] * 8 + [True] * 8
    rest = set(masks) - {first, second}
    assert all(followed[name].all() for name in rest)
