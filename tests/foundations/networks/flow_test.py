"""Tests of networks/flow.py: against paths that are found one by one."""

import gc
import itertools
import weakref

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.networks import flow, tracing
from lottery_ticket.foundations.selection import collapse, pruning
from lottery_ticket.models import registry
from lottery_ticket.tests import grids, tiny

L = keras.layers


class Fc(model_base.ModelBase):
    """3 -> 4 tanh -> 4 sigmoid -> 2, with biases."""

    def __init__(self):
        super().__init__((3,))
        x = self.dense_layer("layer0", self.inputs, 4, activation="tanh")
        x = self.dense_layer("layer1", x, 4, activation="sigmoid")
        self.set_outputs(self.dense_layer("layer2", x, 2))


FC = Fc()
FC_MASKS = st.fixed_dictionaries(
    {
        name: hnp.arrays(np.uint8, mask.shape, elements=st.integers(0, 1))
        for name, mask in FC.masks.items()
    }
)


def on_paths(masks):
    """Effective masks of dense layers in a row, by who reaches whom."""
    layers = [masks[name] for name in FC.masks]
    reached, leads = [np.ones(len(layers[0]))], [np.ones(layers[-1].shape[1])]
    for mask in layers:
        reached.append((reached[-1] @ mask > 0).astype(int))
    for mask in layers[::-1]:
        leads.insert(0, (mask @ leads[0] > 0).astype(int))
    return {
        name: mask * np.outer(reached[index], leads[index + 1]).astype(np.uint8)
        for index, (name, mask) in enumerate(zip(FC.masks, layers, strict=True))
    }


def check_equal(effective, expected):
    assert set(effective) == set(expected)
    for name, mask in expected.items():
        assert effective[name].dtype == np.uint8
        np.testing.assert_array_equal(effective[name], mask, err_msg=name)


def test_weights_before_and_after_a_gap_are_not_effective():
    masks = {
        "layer0": [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]],
        "layer1": [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]],
        "layer2": [[0, 1], [0, 0], [1, 1], [1, 0]],
    }
    masks = {name: np.array(mask, np.uint8) for name, mask in masks.items()}
    expected = {
        "layer0": [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        "layer1": [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        "layer2": [[0, 1], [0, 0], [0, 0], [0, 0]],
    }
    check_equal(flow.effective_masks(FC, masks), expected)
    FC.reset(masks=masks)
    check_equal(flow.effective_masks(FC), expected)
    FC.reset()
    ones = FC.masks
    check_equal(flow.effective_masks(FC), ones)
    check_equal(flow.effective_masks(FC, {}), ones)


@hypothesis.given(FC_MASKS)
def test_dense_layers_are_as_reachability_says(masks):
    check_equal(flow.effective_masks(FC, masks), on_paths(masks))


@hypothesis.given(FC_MASKS)
def test_effective_weights_are_kept_and_need_no_others(masks):
    effective = flow.effective_masks(FC, masks)
    assert all((effective[name] <= masks[name]).all() for name in masks)
    check_equal(flow.effective_masks(FC, effective), effective)


def test_masks_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match="Unknown masked layer 'layer3'"):
        flow.effective_masks(FC, {"layer3": np.ones((4, 2))})
    with pytest.raises(ValueError, match="must have the shape of its kernel"):
        flow.effective_masks(FC, {"layer2": np.ones((2, 4))})


class Conv(model_base.ModelBase):
    """5x5x2 -> 3x3x2, "same" -> 2x2x2, maximum -> 1x1x2, "same" -> 2."""

    def __init__(self):
        super().__init__((5, 5, 2))
        x = self.conv2d_layer("conv0", self.inputs, 2, 3, 2, activation="relu")
        x = L.MaxPooling2D(2, strides=1)(x)
        x = self.norm_layer("norm", x)
        x = self.conv2d_layer("conv1", x, 2, 3, 2, padding="same")
        self.set_outputs(self.dense_layer("logits", L.Flatten()(x), 2))


CONV = Conv()


def conv_edges(layer, mask, size, stride, first):
    """(input, output, weight) of a 3x3 convolution, a node being a tuple.

    Args:
        layer: Number of the layer of its outputs.
        mask: Shape (3, 3, inputs, outputs).
        size: Height and width of its inputs.
        stride: Pixels from one output to the next.
        first: Where the first window begins, below 0 where it is padded.
    """
    for index in itertools.product(*map(range, mask.shape)):
        row, column, channel, output = index
        for y, x in itertools.product(range(-(-size // stride)), repeat=2):
            place = y * stride + first + row, x * stride + first + column
            if mask[index] and min(place) >= 0 and max(place) < size:
                yield (layer - 1, *place, channel), (layer, y, x, output), index


def conv_paths(masks):
    """Effective masks of Conv, along the edges of its graph."""
    # At 5x5, "same" pads a pixel on each side; at 2x2, below and right only.
    layers = {"conv0": list(conv_edges(1, masks["conv0"], 5, 2, -1))}
    layers["pooling"] = [
        ((1, y + row, x + column, channel), (2, y, x, channel), None)
        for y, x, row, column, channel in itertools.product(range(2), repeat=5)
    ]
    layers["conv1"] = list(conv_edges(3, masks["conv1"], 2, 2, 0))
    layers["logits"] = [
        ((3, 0, 0, channel), output, (channel, output))
        for channel, output in zip(*masks["logits"].nonzero(), strict=True)
    ]
    reached = {(0, *place) for place in np.ndindex(5, 5, 2)}
    for edges in layers.values():
        reached |= {end for start, end, _ in edges if start in reached}
    leads = {0, 1}
    for edges in reversed(layers.values()):
        leads |= {start for start, end, _ in edges if end in leads}
    effective = {name: np.zeros_like(mask) for name, mask in masks.items()}
    for name, mask in effective.items():
        for start, end, weight in layers[name]:
            mask[weight] |= start in reached and end in leads
    return effective


def drawn(masks, density, seed):
    rng = np.random.default_rng(seed)
    return {
        name: (rng.random(mask.shape) < density).astype(np.uint8)
        for name, mask in masks.items()
    }


@pytest.mark.parametrize("density", [0.2, 0.4, 0.6, 0.8])
def test_convolutions_are_as_a_walk_over_all_pixels_says(density):
    for seed in range(20):
        masks = drawn(CONV.masks, density, seed)
        expected = conv_paths(masks)
        check_equal(flow.effective_masks(CONV, masks), expected)


def test_what_sees_only_padding_is_not_effective():
    effective = flow.effective_masks(CONV)
    assert effective["conv0"].all() and effective["logits"].all()
    corner = np.pad(np.ones((2, 2, 2, 2)), ((0, 1), (0, 1), (0, 0), (0, 0)))
    np.testing.assert_array_equal(effective["conv1"], corner)


@pytest.mark.parametrize(
    "name",
    grids.thinned(
        ["fc", "conv2", "resnet20", "vgg11"] + ["mobilenet_v2"],
        ["fc"],
    ),
)
def test_every_weight_of_a_dense_network_is_effective(name):
    shape = (784,) if name == "fc" else (64, 64, 3)
    model = registry.create(name, shape, 10)
    check_equal(flow.effective_masks(model), model.masks)


@pytest.mark.slow
def test_magnitude_at_initialisation_collapses_vgg16(caplog):
    model = registry.create("vgg16", (32, 32, 3), 10)
    masks = model.masks
    scores = {name: np.abs(model.weights[name]) for name in masks}
    masks = pruning.prune_by_scores({"*": 1 - 1e-3}, masks, scores, "global")
    assert sum(mask.sum() for mask in masks.values()) == 14_716
    assert masks["conv0"].any()
    effective = flow.effective_masks(model, masks)
    assert not any(mask.any() for mask in effective.values())
    with pytest.raises(ValueError, match="no path is left"):
        collapse.check(masks, effective, "stop", "level 1")
    collapse.check(masks, effective, "warn", "level 1")
    (record,) = caplog.records
    empty = [name for name, mask in masks.items() if not mask.any()]
    assert len(empty) == 9
    for name in masks:
        line = f"layer '{name}' keeps none of its {masks[name].size:,} weights"
        assert (line in record.getMessage()) == (name in empty)


@pytest.mark.slow
def test_depth_neither_overflows_nor_underflows():
    inputs = keras.Input((256,))
    layer, x = L.Dense(256, activation="tanh"), inputs
    for _ in range(130):  # 256**130 is beyond float64.
        x = layer(x)
    model = keras_model.KerasModel(keras.Model(inputs, L.Dense(2)(x)))
    check_equal(flow.effective_masks(model), model.masks)
    one, logits = np.zeros((256, 256), np.uint8), np.zeros((256, 2), np.uint8)
    one[7, 7], logits[7] = 1, 1
    effective = flow.effective_masks(model, {"dense": one})
    check_equal(effective, {"dense": one, "dense_1": logits})


@pytest.mark.slow
def test_each_model_is_compiled_once_and_let_go_of(monkeypatch):
    compiled, compile_ = [], flow._compiled
    monkeypatch.setattr(
        flow,
        "_compiled",
        lambda *args: compiled.append(1) or compile_(*args),
    )
    model = Fc()
    for seed in range(3):
        model.reset(masks=drawn(model.masks, 0.5, seed))
        flow.effective_masks(model)
    assert flow.obstacle(model) is None
    assert compiled == [1]
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None


@pytest.mark.slow
def test_training_is_as_if_nothing_had_been_traced(tmp_path):
    results = []
    for name in ("traced", "not"):
        model = tiny.Model().reset(masks=tiny.masks(), seed=1)
        if name == "traced":
            assert flow.effective_masks(model) is not None
        tiny.train(tmp_path / name, model=model)
        results.append(tiny.result_bytes(tmp_path / name))
    assert results[0] == results[1]


def test_a_network_that_cannot_be_traced_is_left_as_it_was(monkeypatch):
    model = Conv()
    layers = model.network.layers
    before = [(dict(vars(layer)), layer.dtype_policy) for layer in layers]

    def fail(*args):
        raise RuntimeError("no\n  such \x1b[1mkernel")

    monkeypatch.setattr(tracing, "outputs", fail)
    assert flow.effective_masks(model) is None
    assert flow.obstacle(model) == "it cannot be traced: no such kernel"
    after = [(dict(vars(layer)), layer.dtype_policy) for layer in layers]
    assert before == after


def sized(shape, **options):
    inputs = keras.Input(shape, **options)
    x = L.Conv2D(2, 1)(L.Rescaling(1 / 255)(inputs))
    x = L.Dense(2)(L.GlobalMaxPooling2D()(x))
    return keras.Model(inputs, x)


def constant():
    inputs = keras.Input((3,))
    return keras.Model(inputs, L.Dense(2)(L.Dense(3)(inputs) + 1.0))


def two_inputs():
    inputs = [keras.Input((3,)), keras.Input((3,))]
    return keras.Model(inputs, L.Dense(2)(L.Add()(inputs)))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: sized((4, 4, 1), dtype="uint8"), "not one tensor of floats"),
        (two_inputs, "not one tensor of floats"),
        (lambda: sized((None, None, 1)), "not known, (None, None, 1)"),
        (constant, "constants reach its outputs"),
    ],
)
def test_what_cannot_be_told_is_none_with_its_reason(build, reason):
    model = keras_model.KerasModel(build())
    assert flow.effective_masks(model) is None
    assert reason in flow.obstacle(model)


def test_examples_tell_the_size_of_inputs():
    network = sized((None, None, 1))
    model = keras_model.KerasModel(network, np.zeros((2, 4, 4, 1), "f4"))
    check_equal(flow.effective_masks(model), model.masks)


@hypothesis.given(masks=FC_MASKS)
def test_reached_is_what_the_input_leads_to_wherever_it_ends(masks):
    reached, expected = np.ones(3), {}
    for name in FC.masks:
        mask = masks[name]
        expected[name] = mask * reached[:, None].astype(np.uint8)
        reached = (reached @ mask > 0).astype(int)
    check_equal(flow.reached_masks(FC, masks), expected)
    check_equal(flow.effective_masks(FC, masks), on_paths(masks))


def test_nothing_is_told_of_reached_weights_where_there_is_an_obstacle():
    x = keras.Input((3, 2))
    model = keras_model.KerasModel(keras.Model(x, L.LSTM(2)(x)))
    assert flow.obstacle(model)
    assert flow.reached_masks(model) is None
