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

L = keras.layers
SAME = {"kernel_size": 3, "padding": "same"}
# Not to shrink: each try takes a while.
PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)


def thinned(network, density, seed, dead=0.4):
    """The same network, with zeros in it and nothing at its usual start."""
    rng = np.random.default_rng(seed)
    for variable in network.weights:
        value = rng.normal(size=variable.shape)
        if "variance" in variable.name:
            value = 0.5 + rng.random(variable.shape)
        elif len(variable.shape) > 1 and "alpha" not in variable.name:
            value *= rng.random(variable.shape) < density
            value *= rng.random(variable.shape[-1]) >= dead
            if rng.random() < 0.5:  # Units that nothing reads, too.
                value *= rng.random((variable.shape[-2], 1)) >= dead
        elif rng.random() < 0.3:
            value = np.zeros(variable.shape)
        variable.assign(value)
    return network


def examples(network, seed=0, count=3):
    rng = np.random.default_rng(seed)
    arrays = [
        rng.normal(size=(count, *each.shape[1:])).astype(np.float32)
        for each in network.inputs
    ]
    return arrays if len(arrays) > 1 else arrays[0]


def check(network, seed=0):
    """Compacts it; raises unless outputs agree, and nothing of it changed."""
    before = [each.numpy() for each in network.weights]
    found = compaction.compact(network)
    given = examples(network, seed)
    apart = compaction.difference(network, found.network, [given])
    assert apart < compaction.TOLERANCE
    for variable, value in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert found.weights[1] == found.network.count_params()
    return found


def shapes(found):
    return {
        f"{layer.name}/{variable.name}": tuple(variable.shape)
        for layer in found.network.layers
        for variable in layer.weights
    }


def put(layer, values):
    layer.set_weights([np.array(each, np.float32) for each in values])


def dense(inputs, outputs, kernel, bias=None, activation="relu"):
    """A layer and its weights, to be assigned once it is built."""
    layer = L.Dense(outputs, activation, use_bias=bias is not None)
    layer.build((None, inputs))
    values = [np.reshape(kernel, (inputs, outputs))]
    put(layer, values + ([] if bias is None else [bias]))
    return layer


def test_units_without_readers_and_without_inputs_go():
    network = keras.Sequential(
        [
            keras.Input((2,)),
            # Unit 1 is not read, unit 2 has no inputs and gives 3.
            dense(2, 3, [[1, 5, 0], [2, 6, 0]], [0, 1, 3]),
            dense(3, 2, [[1, 0], [0, 0], [2, 0]], [1, -1], None),
        ]
    )
    names = [layer.name for layer in network.layers]
    found = check(network)
    first, second = [
        found.network.get_layer(name).get_weights() for name in names
    ]
    np.testing.assert_array_equal(first[0], [[1], [2]])
    np.testing.assert_array_equal(first[1], [0])
    np.testing.assert_array_equal(second[0], [[1, 0]])
    np.testing.assert_array_equal(second[1], [7, -1])  # 1 + 2 * 3.
    assert found.weights == (17, 7)
    assert [each.outputs for each in found.layers] == [(3, 1), (2, 2)]
    assert found.layers[1].why == "1 constant stays: the network gives them"


def test_constants_go_on_through_layers_in_between():
    network = keras.Sequential(
        [
            keras.Input((2,)),
            dense(2, 2, [[0, 1], [0, 1]], [-4, 0], None),
            L.LeakyReLU(negative_slope=0.5),
            L.BatchNormalization(epsilon=0),
            L.Dropout(0.5),
            dense(2, 2, [[3, 0], [1, 1]], None, None),
        ]
    )
    put(network.layers[2], [[2, 1], [10, 0], [1, 0], [0.25, 1]])
    found = check(network)
    assert found.network.layers[-1].use_bias  # It had none.
    # (-4 * .5 - 1) / .5 * 2 + 10 = -2, times 3.
    np.testing.assert_allclose(found.network.layers[-1].bias, [-6, 0])
    assert found.network.layers[3].gamma.shape == (1,)


def conv(filters, **options):
    return L.Conv2D(filters, **{**SAME, **options})


def test_a_constant_stays_at_a_border_and_stands_for_others():
    x = keras.Input((5, 5, 1))
    y = conv(4, name="first", activation="relu")(x)
    network = keras.Model(x, conv(2, name="second")(y))
    rng = np.random.default_rng(0)
    first, second = network.layers[1:]
    kernel = rng.normal(size=(3, 3, 1, 4))
    kernel[..., 1:] = 0
    put(second, [rng.normal(size=(3, 3, 4, 2)), np.zeros(2)])
    # One of the four is alive, two give 1 and 2, one gives 0.
    put(first, [kernel, [0.1, 1, 2, -1]])
    found = check(network)
    assert shapes(found)["second/kernel"] == (3, 3, 2, 2)
    np.testing.assert_allclose(found.network.get_layer("first").bias, [0.1, 2])
    why = found.layers[0].why
    assert why == "1 constant stays: Conv2D 'second' pads zeros"
    # Without padding, or if all of them give 0, nothing of them is needed.
    put(first, [kernel, [0.1, -1, 0, -1]])
    assert shapes(check(network))["second/kernel"] == (3, 3, 1, 2)
    inner = conv(2, name="second", padding="valid")
    network = keras.Model(x, inner(y))
    put(inner, second.get_weights())
    put(first, [kernel, [0.1, 1, 2, -1]])
    assert shapes(check(network))["second/kernel"] == (3, 3, 1, 2)


def test_channels_are_blocks_once_they_are_flat():
    x = keras.Input((4, 4, 2))
    y = L.Conv2D(3, 3, name="conv")(x)
    y = L.Dense(2, name="dense")(L.Flatten()(L.MaxPooling2D(2)(y)))
    network = keras.Model(x, y)
    kernel = np.ones((3, 3, 2, 3))
    kernel[..., 1] = 0
    put(network.get_layer("conv"), [kernel, [1, 2, 3]])
    reads = np.ones((3, 2))
    reads[2] = 0  # Nothing reads the third.
    put(network.get_layer("dense"), [reads, [0, 1]])
    found = check(network)
    assert shapes(found)["conv/kernel"] == (3, 3, 2, 1)
    assert shapes(found)["dense/kernel"] == (1, 2)
    np.testing.assert_allclose(found.network.get_layer("dense").bias, [2, 3])
    for target in ((2, 2, 3), (4, -1), (-1, 6), (3, 4)):
        network = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                L.Conv2D(3, 3, strides=2, padding="same"),
                L.Reshape((3, 3, 3)),
                L.Cropping2D(((0, 1), (0, 1))),
                L.Reshape(target),
                L.Flatten(),
                L.Dense(2),
            ]
        )
        kernel = np.random.default_rng(0).normal(size=(3, 3, 1, 3))
        kernel[..., 0] = 0
        put(network.layers[0], [kernel, [1, 0, 0]])
        found = check(network)
        expected = (12 if target == (3, 4) else 8, 2)
        assert found.network.layers[-1].kernel.shape == expected


def test_added_channels_go_together():
    x = keras.Input((3,))
    one, other = L.Dense(4, name="one"), L.Dense(4, name="other")
    last = L.Dense(2, name="last")
    network = keras.Model(x, last(L.Add()([one(x), other(x)])))
    rng = np.random.default_rng(0)
    one_kernel, other_kernel = rng.normal(size=(2, 3, 4))
    one_kernel[:, 0] = other_kernel[:, 0] = 0  # Constant in both: 1 + 10.
    one_kernel[:, 1] = 0  # In one only: it stays.
    put(one, [one_kernel, [1, 2, 3, 4]])
    put(other, [other_kernel, [10, 20, 30, 40]])
    kernel = rng.normal(size=(4, 2))
    kernel[3] = 0  # Not read.
    put(last, [kernel, [0, 0]])
    found = check(network)
    assert shapes(found)["one/kernel"] == (3, 2)
    assert shapes(found)["last/kernel"] == (2, 2)
    why = {each.path: each.why for each in found.layers}["one"]
    assert why.startswith("1 constant stays: Add ")
    assert why.endswith("merges them with what varies")
    np.testing.assert_allclose(
        found.network.get_layer("last").bias, 11 * kernel[0], rtol=1e-6
    )


def test_a_branch_that_is_constant_is_a_shift():
    x = keras.Input((3, 3, 2))
    y = L.BatchNormalization(name="norm")(conv(2, name="conv")(x))
    added = L.Add(name="sum")([x, y])
    network = keras.Model(x, L.GlobalAveragePooling2D()(added))
    put(network.get_layer("conv"), [np.zeros((3, 3, 2, 2)), [1, 2]])
    found = check(network)
    assert [type(each) for each in found.network.layers] == [
        L.InputLayer,
        L.Rescaling,
        L.GlobalAveragePooling2D,
    ]
    assert found.weights[1] == 0
    assert [each.why for each in found.layers] == ["gone: nothing reads it"] * 2


def test_concatenated_parts_go_one_by_one():
    x = keras.Input((3,))
    parts = [L.Dense(2, name=f"part{index}")(x) for index in range(3)]
    network = keras.Model(x, L.Dense(2, name="last")(L.Concatenate()(parts)))
    kernel = np.ones((6, 2))
    kernel[[1, 2, 3]] = 0
    put(network.get_layer("last"), [kernel, [0, 0]])
    found = check(network)
    assert shapes(found)["part0/kernel"] == (3, 1)
    assert "part1/kernel" not in shapes(found)
    assert shapes(found)["part2/kernel"] == (3, 2)
    assert shapes(found)["last/kernel"] == (3, 2)


class Mixing(L.Layer):
    """No layer of Keras: each channel depends on all."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Mixing, "keeps no channels apart that are known"),
        (L.LayerNormalization, "keeps no channels apart that are known"),
        (lambda: L.BatchNormalization(axis=1), "norms along another axis"),
        (lambda: L.Activation("softmax"), "mixes channels"),
    ],
)
def test_layers_that_are_not_known_stay(make, reason):
    layer = make()
    x = keras.Input((4, 4))
    y = layer(L.Dense(4, name="first")(x))
    network = keras.Model(x, L.Dense(2, name="last")(y))
    kernel = np.random.default_rng(0).normal(size=(4, 4))
    kernel[:, :2] = 0
    put(network.get_layer("first"), [kernel, [0.0, 2, 3, 4]])
    found = check(network)
    assert shapes(found)["first/kernel"] == (4, 4)
    rows = {each.path: each.why for each in found.layers}
    assert rows[layer.name] == f"stays: it {reason}"
    assert rows["first"].startswith("2 constants stay: ")


def test_a_call_as_in_training_stays():
    x = keras.Input((4,))
    norm = L.BatchNormalization(name="norm")
    y = norm(L.Dense(4, name="first")(x), training=True)
    network = keras.Model(x, L.Dense(2, name="last")(y))
    kernel = np.ones((4, 4))
    kernel[:, 1:] = 0
    put(network.get_layer("first"), [kernel, np.zeros(4)])
    rows = {each.path: each for each in compaction.compact(network).layers}
    assert rows["norm"].why == "stays: it is called as in training"
    assert rows["first"].outputs == (4, 4)


def test_a_layer_that_is_called_twice_keeps_what_either_needs():
    one, other = keras.Input((3,), name="one"), keras.Input((3,), name="other")
    shared, after = L.Dense(4, name="shared"), L.Dense(4, name="after")
    rows = [after(shared(each)) for each in (one, other)]
    network = keras.Model([one, other], L.Concatenate(name="both")(rows))
    reads = L.Dense(2, name="reads")
    network = keras.Model([one, other], reads(network.outputs[0]))
    kernel = np.ones((8, 2))
    kernel[[0, 1, 4, 6]] = 0  # Of one: 2, 3. Of the other: 1, 3.
    put(reads, [kernel, [0, 0]])
    own = np.ones((3, 4))
    own[:, 3] = 0
    put(shared, [own, [0, 0, 0, 2]])
    found = check(network)
    assert shapes(found)["shared/kernel"] == (3, 3)
    assert shapes(found)["after/kernel"] == (3, 3)
    assert [each.path for each in found.layers] == ["shared", "after", "reads"]
    # A constant that is another in the second call cannot go.
    first = L.Dense(3, name="first")
    zero = dense(3, 3, np.zeros(9), [0, 0, 0], None)
    calls = shared(first(one)), shared(zero(other))
    network = keras.Model([one, other], [L.Dense(1)(each) for each in calls])
    put(first, [np.eye(3) * [0, 1, 1], [5, 0, 0]])
    found = check(network)
    assert shapes(found)["first/kernel"] == (3, 3)


def test_nested_networks_are_laid_open_and_several_outputs_stay():
    inner_input = keras.Input((4, 4, 3))
    inner = keras.Model(
        inner_input, conv(4, name="conv")(inner_input), name="a"
    )
    x = keras.Input((4, 4, 3), name="image")
    body = keras.Sequential([inner, L.ReLU()], name="body")
    y = body(x)
    network = keras.Model(
        {"image": x},
        {
            "class": L.Dense(2, name="class")(L.GlobalMaxPooling2D()(y)),
            "size": L.Dense(1, name="size")(L.Flatten()(y)),
        },
    )
    kernel = np.ones((3, 3, 3, 4))
    kernel[..., :2] = 0
    put(inner.get_layer("conv"), [kernel, [-1, 0, 1, 1]])
    given = {"image": examples(network)}
    found = compaction.compact(network)
    assert shapes(found)["body_a_conv/kernel"] == (3, 3, 3, 2)
    assert shapes(found)["size/kernel"] == (32, 1)
    assert [each.path for each in found.layers][0] == "body.a.conv"
    outputs, smaller = network(given), found.network(given)
    assert set(smaller) == {"class", "size"}
    for name in smaller:
        np.testing.assert_allclose(outputs[name], smaller[name], rtol=1e-4)


class Own(keras.Model):
    """A call of its own."""

    def __init__(self):
        super().__init__(name="own")
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x) * 2


def test_a_call_of_its_own_is_an_error_or_stays_inside():
    own = Own()
    own(np.ones((1, 3)))
    with pytest.raises(ValueError, match="Own 'own', which has a call of its"):
        compaction.compact(own)
    x = keras.Input((4,))
    y = own(L.Dense(3, name="first")(x))
    found = check(keras.Model(x, L.Dense(2)(y)))
    assert found.layers[1].why.startswith("stays: it keeps no channels apart")
    with pytest.raises(ValueError, match="or is not built"):
        compaction.compact(keras.Sequential([L.Dense(2)]))


def test_a_network_of_zeros_is_a_thin_one():
    network = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            *(conv(5, activation="relu") for _ in range(3)),
            L.BatchNormalization(),
            L.Flatten(),
            L.Dense(7, "tanh"),
            L.Dense(3),
        ]
    )
    for variable in network.weights:
        if len(variable.shape) > 1:
            variable.assign(np.zeros(variable.shape))
    network.layers[-1].bias.assign([1, 2, 3])
    found = check(network)
    assert found.layers[-1].inputs == (7, 1)
    assert found.layers[-1].outputs == (3, 3)
    outputs = found.network(np.ones((2, 6, 6, 2)))
    np.testing.assert_array_equal(outputs, [[1, 2, 3]] * 2)


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
    "conv": lambda draw: conv(draw(5), activation="relu"),
    "valid": lambda draw: L.Conv2D(draw(5), 1, activation="tanh"),
    "strided": lambda draw: conv(draw(5), strides=1, dilation_rate=2),
    "depthwise": lambda draw: L.DepthwiseConv2D(
        **SAME, depth_multiplier=1 + draw(2)
    ),
    "separable": lambda draw: L.SeparableConv2D(
        draw(5), **SAME, depth_multiplier=1 + draw(2)
    ),
    "transposed": lambda draw: L.Conv2DTranspose(draw(5), **SAME),
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
            model = keras.Model(inner, L.Dense(3)(conv(4)(inner)))
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
    return thinned(keras.Model(x, outputs), case.density, case.seed)


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
    check(drawn(case))


@pytest.mark.slow
@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(CASES)
def test_random_networks_agree_often(case):
    check(drawn(case))


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
    found = check(thinned(network, 0.4, 0, 0.6))
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
    assert check(thinned(network, 0.4, 1)).weights[1] < 1000


def test_words_agree_under_masks():
    x = keras.Input((5,), dtype="int32")
    y = L.Embedding(7, 6, mask_zero=True, name="words")(x)
    y = L.Dense(4, "relu", name="dense")(y)
    y = L.GlobalAveragePooling1D()(y)
    network = keras.Model(x, L.Dense(2)(y))
    kernel = np.ones((6, 4))
    kernel[2] = 0
    kernel[:, 1] = 0
    put(network.get_layer("dense"), [kernel, [0, 1, 0, 0]])
    found = compaction.compact(network)
    words = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]])
    assert compaction.difference(network, found.network, [words]) < 1e-5
    assert shapes(found)["words/embeddings"] == (7, 5)
    assert shapes(found)["dense/kernel"] == (5, 4)  # A mean may be of none.


def test_what_is_saved_is_plain_keras(tmp_path):
    network = keras.Sequential(
        [keras.Input((6, 6, 2)), conv(5), L.Flatten(), L.Dense(3)]
    )
    found = check(thinned(network, 0.3, 0))
    path = str(tmp_path / "small.keras")
    found.network.save(path)
    loaded = keras.models.load_model(path)
    given = [examples(network)]
    assert compaction.difference(found.network, loaded, given) == 0


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
    network = thinned(of_registry(name), 0.1, 0, 0.3)
    given = examples(network)
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
    found = check(network)
    rows = {each.path: each for each in found.layers}
    # Half of them, and one for those whose norm gives more than 0.
    assert rows["stage2_block1_conv0"].outputs == (64, 33)
    assert rows["stage2_block1_conv1"].inputs == (64, 33)
    for layer in network.layers:
        if isinstance(layer, L.BatchNormalization):
            layer.beta.assign(np.zeros(layer.beta.shape))
    found = check(network)
    rows = {each.path: each for each in found.layers}
    assert rows["stage2_block1_conv0"].outputs == (64, 32)
    assert found.weights[1] < 0.51 * found.weights[0]
