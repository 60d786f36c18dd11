"""Tests of compaction.py: the smaller network against the original's outputs.

Networks are drawn at random; weights are zero at random, whole units too, and
biases and statistics are not what layers begin with.
"""

import dataclasses

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.models import registry
from lottery_ticket.tests import smaller

L = keras.layers
# Not to shrink: each try takes a while.
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)


def test_difference_is_relative_to_the_largest_output():
    x = keras.Input((1,))
    one = keras.Model(x, [L.Rescaling(10.0)(x), L.Rescaling(1.0)(x)])
    other = keras.Model(x, [L.Rescaling(10.0, 1.0)(x), L.Rescaling(1.0)(x)])
    batches = [np.array([[1.0]]), np.array([[2.0]])]
    assert compaction.difference(one, other, batches) == pytest.approx(1 / 20)
    assert compaction.difference(one, one, batches) == 0
    none = keras.Model(x, [L.Rescaling(np.nan)(x), L.Rescaling(1.0)(x)])
    assert compaction.difference(one, none, batches) == np.inf
    assert compaction.difference(none, none, batches) == 0


# Networks of steps: what a step makes of tensors of shape (batch, 6, 6,
# channels), it makes of the last ones.
STEPS = {
    "conv": lambda draw: smaller.conv(draw(5), activation="relu"),
    "valid": lambda draw: L.Conv2D(draw(5), 1, activation="tanh"),
    "strided": lambda draw: smaller.conv(draw(5), strides=1, dilation_rate=2),
    "depthwise": lambda draw: L.DepthwiseConv2D(
        **smaller.SAME, depth_multiplier=1 + draw(2)
    ),
    "separable": lambda draw: L.SeparableConv2D(
        draw(5), **smaller.SAME, depth_multiplier=1 + draw(2)
    ),
    "transposed": lambda draw: L.Conv2DTranspose(draw(5), **smaller.SAME),
    "dense": lambda draw: L.Dense(draw(5), "sigmoid"),
    "softmax": lambda draw: L.Dense(1 + draw(4), "softmax"),
    "norm": lambda draw: L.BatchNormalization(),
    "layer_norm": lambda draw: L.LayerNormalization(),
    "relu": lambda draw: L.ReLU(),
    "prelu": lambda draw: L.PReLU(shared_axes=[1, 2] if draw(2) else None),
    "pool": lambda draw: L.AveragePooling2D(2, 1, padding="same"),
    "max": lambda draw: L.MaxPooling2D(3, 1, padding="same"),
    "dropout": lambda draw: L.SpatialDropout2D(0.5),
}
MERGES = (L.Add, L.Multiply, L.Subtract, L.Average, L.Maximum, L.Minimum)


@dataclasses.dataclass(frozen=True)
class Case:
    """Draws of a network."""

    steps: tuple[tuple[str, int], ...]
    seed: int
    density: float
    end: int


def drawn(case):
    """A network of steps, some on earlier tensors, some layers used twice."""
    rng = np.random.default_rng(case.seed)
    x = keras.Input((6, 6, 2))
    tensors, layers = [x], []
    for kind, way in case.steps:
        given = tensors[-1] if way else tensors[rng.integers(len(tensors))]
        if kind in STEPS:
            layer = STEPS[kind](lambda most: 1 + int(rng.integers(most)))
            layers.append((layer, given.shape))
            tensors.append(layer(given))
        elif kind == "again":
            fitting = [each for each, shape in layers if shape == given.shape]
            tensors.append(fitting[0](given) if fitting else L.ELU()(given))
        elif kind == "merge":
            same = [each for each in tensors if each.shape == given.shape]
            other = same[rng.integers(len(same))]
            merge = MERGES[rng.integers(len(MERGES))]()
            tensors.append(merge([given, other]))
        elif kind == "plus":
            tensors.append(given + given if way else keras.ops.tanh(given))
        elif kind == "concat":
            other = tensors[rng.integers(len(tensors))]
            tensors.append(L.Concatenate()([given, other]))
        elif kind == "shift":
            before, behind = (int(each) for each in rng.integers(3, size=2))
            pad = ((0, 0), (before, behind))
            shifted = L.ZeroPadding2D(pad, data_format="channels_first")
            tensors.append(shifted(given))
        elif kind == "border":
            padded = L.ZeroPadding2D(1)(given)
            tensors.append(L.Conv2D(3, 3)(padded))
        elif kind == "nested":
            inner = keras.Input(given.shape[1:])
            model = keras.Model(inner, L.Dense(3)(smaller.conv(4)(inner)))
            tensors.append(model(given))
    flat = [
        L.Flatten,
        L.GlobalAveragePooling2D,
        L.GlobalMaxPooling2D,
        lambda: L.Reshape((-1,)),
    ][case.end % 4]
    outputs = [L.Dense(3)(flat()(tensors[-1]))]
    if case.end > 3:
        outputs.append(L.Dense(2)(L.Flatten()(tensors[len(tensors) // 2])))
    return smaller.thinned(keras.Model(x, outputs), case.density, case.seed)


KINDS = (
    *(*STEPS, "again", "merge", "merge", "merge", "plus", "concat"),
    *("shift", "border", "nested"),
)
CASES = st.builds(
    Case,
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(0, 2)),
        min_size=2,
        max_size=7,
    ).map(tuple),
    st.integers(0, 10_000),
    st.sampled_from([0.05, 0.3, 1.0]),
    st.integers(0, 7),
)


@hypothesis.settings(max_examples=12, derandomize=True, phases=PHASES)
@hypothesis.given(CASES)
def test_random_networks_agree(case):
    smaller.check(drawn(case))


@pytest.mark.slow
@hypothesis.settings(max_examples=100, deadline=None)
@hypothesis.given(CASES)
def test_random_networks_agree_often(case):
    smaller.check(drawn(case))


FILTERS = {"kernel_size": 3, "strides": 2}
SEQUENCES = {
    "conv": lambda: L.Conv1D(4, **FILTERS, padding="causal"),
    "conv_valid": lambda: L.Conv1D(4, **FILTERS),
    "depthwise": lambda: L.DepthwiseConv1D(**FILTERS, padding="same"),
    "depthwise_valid": lambda: L.DepthwiseConv1D(**FILTERS),
    "separable": lambda: L.SeparableConv1D(4, **FILTERS, padding="same"),
    "separable_valid": lambda: L.SeparableConv1D(4, **FILTERS),
    "transposed": lambda: L.Conv1DTranspose(4, **FILTERS, padding="same"),
    "pool": lambda: L.MaxPooling1D(2),
    "larger": lambda: L.UpSampling1D(2),
    "padded": lambda: L.ZeroPadding1D(2),
    "cropped": lambda: L.Cropping1D(2),
    "activation": lambda: L.Activation("gelu"),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_layers_of_sequences_agree(name):
    network = keras.Sequential(
        [
            keras.Input((9, 3)),
            L.Conv1D(6, 2, activation="relu"),
            SEQUENCES[name](),
            L.Permute((1, 2)),
            L.Flatten(),
            L.Dense(3),
        ]
    )
    found = smaller.check(smaller.thinned(network, 0.4, 0, 0.6))
    assert found.weights[1] < found.weights[0]


@pytest.mark.parametrize("kind", [L.Conv3D, L.Conv3DTranspose])
def test_layers_of_volumes_agree(kind):
    network = keras.Sequential(
        [
            keras.Input((4, 4, 4, 2)),
            kind(5, 3, padding="same", activation="relu"),
            L.ZeroPadding3D(1),
            kind(4, 2, strides=2),
            L.AveragePooling3D(2),
            L.GlobalMaxPooling3D(),
            L.Dense(3),
        ]
    )
    assert smaller.check(smaller.thinned(network, 0.4, 1)).weights[1] < 1000


SHAPES = {"fc": (8, 8, 1), "lstm": (8, 8, 1), "vit": (8, 8, 1)}


def of_registry(name, shape=None, **options):
    if registry.MODELS[name].takes_words:
        options["vocabulary_size"] = 13
        shape = (11,)
    shape = shape or SHAPES.get(name, (32, 32, 3))
    return registry.create(name, shape, 5, **options).network


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(registry.MODELS))
def test_networks_of_the_registry_agree(name):
    network = smaller.thinned(of_registry(name), 0.1, 0, 0.3)
    given = smaller.examples(network)
    if registry.MODELS[name].takes_words:
        given = np.random.default_rng(0).integers(0, 13, (3, 11))
    found = compaction.compact(network)
    apart = compaction.difference(network, found.network, [given])
    assert apart < compaction.TOLERANCE
    is_open = name != "lstm"
    assert (found.weights[1] < found.weights[0]) is is_open


def test_a_resnet20_without_half_of_its_filters_is_half():
    network = of_registry("resnet20", (8, 8, 3))
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, L.Conv2D) and layer.name.endswith("_conv0"):
            kernel = layer.kernel.numpy()
            kernel[..., ::2] = 0
            layer.kernel.assign(kernel)
        if isinstance(layer, L.BatchNormalization):
            layer.beta.assign(rng.normal(size=layer.beta.shape))
    found = smaller.check(network)
    rows = {each.path: each for each in found.layers}
    # Half of them, and one for those whose norm gives more than 0.
    assert rows["stage2_block1_conv0"].outputs == (64, 33)
    assert rows["stage2_block1_conv1"].inputs == (64, 33)
    for layer in network.layers:
        if isinstance(layer, L.BatchNormalization):
            layer.beta.assign(np.zeros(layer.beta.shape))
    found = smaller.check(network)
    rows = {each.path: each for each in found.layers}
    assert rows["stage2_block1_conv0"].outputs == (64, 32)
    assert found.weights[1] < 0.51 * found.weights[0]


def test_16_bits_are_compared_in_32():
    network = keras.Sequential(
        [
            keras.Input((6,)),
            L.Dense(20, "relu", dtype="mixed_bfloat16", name="first"),
            L.Dense(20, "relu", dtype="mixed_bfloat16"),
            L.Dense(3, dtype="float32"),
        ]
    )
    found = smaller.check(smaller.thinned(network, 0.8, 0))
    assert found.weights[1] < found.weights[0]
    for each in (network, found.network):
        assert each.get_layer("first").compute_dtype == "bfloat16"


APPLICATIONS = {
    "MobileNetV2": {},
    "DenseNet121": {},
    "Xception": {"input_shape": (71, 71, 3)},
    "EfficientNetB0": {},
    "ResNet50V2": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_networks_of_keras_agree(name):
    options = {"input_shape": (32, 32, 3), **APPLICATIONS[name]}
    make = getattr(keras.applications, name)
    network = make(weights=None, classes=5, **options)
    smaller.check(smaller.thinned(network, 0.2, 0, 0.3))
