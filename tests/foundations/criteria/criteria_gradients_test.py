"""Tests of foundations/criteria/criteria_gradients.py."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.criteria import (
    criteria_gradients,
    network_scores,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import model_vgg
from lottery_ticket.tests import grids, tiny

L = keras.layers
ROWS = np.arange(0, 50, 2, dtype=np.int32)


def trained_like(seed=1):
    """Weights of the tiny model, its biases not 0."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=array.shape).astype(np.float32)
        for name, array in tiny.Model().weights.items()
    }


def masked(weights, masks):
    return {**weights, **{n: weights[n] * mask for n, mask in masks.items()}}


def twin_gradients(weights, temperature=1.0):
    """Of the tiny model's mean loss over the rows, by its kernels, in numpy."""
    split = tiny.make_dataset().train
    x, labels = split.x[ROWS].astype(float), split.y[ROWS]
    w = {name: array.astype(float) for name, array in weights.items()}
    before = x @ w["layer0"] + w["layer0_bias"]
    hidden = np.maximum(before, 0)
    logits = (hidden @ w["layer1"] + w["layer1_bias"]) / temperature
    by_logits = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    by_logits[np.arange(len(x)), labels] -= 1
    by_logits /= len(x) * temperature
    by_hidden = by_logits @ w["layer1"].T * (before > 0)
    return {"layer0": x.T @ by_hidden, "layer1": hidden.T @ by_logits}


def twin_grasp(weights, masks, temperature=200.0, step=1e-4):
    """The Hessian-vector product from gradients on both sides of weights."""
    weights = {n: a.astype(float) for n, a in masked(weights, masks).items()}
    gradients = twin_gradients(weights, temperature)
    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
    step /= norm

    def moved(sign):
        along = {n: sign * step * gradients[n] * masks[n] for n in masks}
        there = {n: weights[n] + along.get(n, 0) for n in weights}
        return twin_gradients(there, temperature)

    ahead, behind = moved(1), moved(-1)
    return {n: weights[n] * (ahead[n] - behind[n]) / (2 * step) for n in masks}


def scores(function, model, masks=None, weights=None, dataset=None):
    """By a function of gradients, at the model's weights unless others."""
    if function is criteria_gradients.synflow:
        rest = ()
    else:
        rest = dataset or tiny.make_dataset(), ROWS
    masks = model.masks if masks is None else masks
    given = model, weights or model.weights, masks, model.input_shape, *rest
    return function(network_scores.Given(*given))


def assert_close(actual, expected, rtol):
    """Relative to the largest entry: small ones are sums that cancel."""
    assert list(actual) == list(expected)
    for name, array in expected.items():
        largest = np.abs(array).max()
        assert largest > 0
        np.testing.assert_allclose(actual[name], array, atol=rtol * largest)


ALL = [
    criteria_gradients.snip,
    criteria_gradients.grad,
    criteria_gradients.grasp,
    criteria_gradients.grasp_magnitude,
    criteria_gradients.synflow,
]
OF_DATA = ALL[:4]
BY_HESSIANS = (
    criteria_gradients.grasp,
    criteria_gradients.grasp_magnitude,
)


@pytest.mark.parametrize("masks", [tiny.masks(), None])
def test_snip_is_weight_times_gradient(masks):
    model, weights = tiny.Model(), trained_like()
    masks = masks or model.masks
    kept = masked(weights, masks)
    gradients = twin_gradients(kept)
    expected = {n: np.abs(kept[n] * gradients[n]) for n in masks}
    actual = scores(criteria_gradients.snip, model, masks, weights)
    assert {score.dtype for score in actual.values()} == {np.dtype("float32")}
    assert_close(actual, expected, 1e-5)


@pytest.mark.parametrize("masks", [tiny.masks(), None])
def test_grad_is_the_gradient(masks):
    model, weights = tiny.Model(), trained_like()
    masks = masks or model.masks
    gradients = twin_gradients(masked(weights, masks))
    expected = {n: np.abs(gradients[n] * masks[n]) for n in masks}
    actual = scores(criteria_gradients.grad, model, masks, weights)
    assert {score.dtype for score in actual.values()} == {np.dtype("float32")}
    assert_close(actual, expected, 1e-5)


@pytest.mark.parametrize("masks", [tiny.masks(), None])
def test_grasp_is_weight_times_hessian_times_gradient(masks):
    model, weights = tiny.Model(), trained_like()
    masks = masks or model.masks
    actual = scores(criteria_gradients.grasp, model, masks, weights)
    assert_close(actual, twin_grasp(weights, masks), 1e-4)
    other = twin_grasp(weights, masks, temperature=1.0)
    assert np.abs(other["layer0"]).max() > 100 * actual["layer0"].max()


@pytest.mark.parametrize("masks", [tiny.masks(), None])
def test_grasp_magnitude_is_its_size_at_a_temperature_of_1(masks):
    model, weights = tiny.Model(), trained_like()
    masks = masks or model.masks
    function = criteria_gradients.grasp_magnitude
    actual = scores(function, model, masks, weights)
    twin = twin_grasp(weights, masks, temperature=1.0)
    assert any((score < 0).any() for score in twin.values())
    expected = {name: np.abs(score) for name, score in twin.items()}
    assert_close(actual, expected, 1e-3)


@pytest.mark.parametrize("function", grids.thinned(OF_DATA, OF_DATA[:1]))
def test_chunks_give_what_all_examples_give(function, monkeypatch):
    weights = trained_like()
    whole = scores(function, tiny.Model(), weights=weights)
    monkeypatch.setattr(network_scores, "CHUNK_NUMBERS", 4 * 7)  # 25 in 4s.
    assert_close(scores(function, tiny.Model(), weights=weights), whole, 1e-5)


@pytest.mark.parametrize("function", ALL)
def test_pruned_weights_score_0_and_count_as_0(function):
    model, weights = tiny.Model(), trained_like()
    actual = scores(function, model, tiny.masks(), weights)
    zeros = masked(weights, tiny.masks())
    assert_close(scores(function, model, tiny.masks(), zeros), actual, 1e-6)
    dense = scores(function, model, weights=weights)
    for name, mask in tiny.masks().items():
        assert not actual[name][mask == 0].any()
        assert (actual[name] != dense[name]).any()


@pytest.mark.parametrize("function", grids.thinned(ALL, ALL[-2:]))
def test_a_kernel_that_no_mask_names_is_whole(function):
    model, only = tiny.Model(), {"layer0": tiny.masks()["layer0"]}
    both = scores(function, model, tiny.masks())
    alone = scores(function, model, only)
    assert list(alone) == ["layer0"]
    if function not in BY_HESSIANS:  # H and g leave layer1 out.
        np.testing.assert_array_equal(alone["layer0"], both["layer0"])


@pytest.mark.parametrize("function", ALL)
def test_scores_compile_once_and_leave_the_model_as_it_is(function):
    model = tiny.Model(masks=tiny.masks())
    identity = model.identity
    scores(function, model)
    assert model.identity == identity
    policies = {e.dtype_policy.name for e in model.network._flatten_layers()}
    assert policies == {"float32"}
    traces = tracing_counts(model)
    scores(function, model, tiny.masks(), trained_like())
    scores(function, model.reset(seed=3))
    assert tracing_counts(model) == traces and set(traces.values()) == {1}


def tracing_counts(model):
    return {
        name: function.experimental_get_tracing_count()
        for name, function in model.compiled.items()
    }


class Streamed:
    """An array that is read in batches, with the rows that were."""

    checksum = "streamed"

    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype
        self.asked = []

    def __len__(self):
        return len(self.x)

    def read(self, rows, seed):
        assert seed is None
        self.asked.append(rows.numpy().tolist())
        return tf.gather(tf.constant(self.x), rows)


@pytest.mark.parametrize("function", grids.thinned(OF_DATA, OF_DATA[:1]))
def test_examples_are_prepared_streamed_or_not_and_never_augmented(function):
    def fail(x, seed):
        raise RuntimeError("augmented")

    data = tiny.make_dataset()
    results = []
    for wrap in (np.asarray, Streamed):
        pair = wrap(4 * data.train.x), data.train.y
        doubled = dataset_base.DatasetBase(
            pair, 8, pair, prepare=lambda x: x / 4, augment=fail
        )
        results.append(scores(function, tiny.Model(), dataset=doubled))
    expected = scores(function, tiny.Model(), dataset=data)
    for result in results:
        assert_close(result, expected, 1e-6)


def wrapped(activation=None, kind=keras_model.KerasModel, **options):
    """The tiny network as a Keras model of another make."""
    layers = [L.Dense(5, activation="relu", **options), L.Dense(3, **options)]
    if activation:
        layers.append(L.Activation(activation, **options))
    network = keras.Sequential([keras.Input((4,)), *layers])
    names = ("dense", "dense_bias", "dense_1", "dense_1_bias")
    presets = dict(zip(names, trained_like().values(), strict=True))
    return kind(network, tiny.make_dataset().test.x, presets=presets)


def unwrapped(result):
    return dict(zip(("layer0", "layer1"), result.values(), strict=True))


OPTIONS = [
    {"activation": "softmax"},
    {"dtype": "mixed_bfloat16"},
    {"dtype": "mixed_float16", "activation": "softmax"},
]


@pytest.mark.parametrize(
    ("options", "function"),
    grids.thinned(
        itertools.product(OPTIONS, ALL),
        [
            (OPTIONS[1], criteria_gradients.snip),
        ],
    ),
)
def test_softmax_and_mixed_precision_score_like_logits_in_float32(
    function, options
):
    model = wrapped(**options)
    assert model.gives_probabilities == ("activation" in options)
    expected = scores(function, tiny.Model(), weights=trained_like())
    assert_close(unwrapped(scores(function, model)), expected, 1e-5)


@pytest.mark.parametrize(
    ("function", "activation"),
    grids.thinned(
        itertools.product(OF_DATA, [None, "softmax"]),
        [
            (criteria_gradients.snip, None),
            (criteria_gradients.grasp, "softmax"),
        ],
    ),
)
def test_a_loss_that_is_overridden_is_the_one_that_counts(function, activation):
    class Doubled(keras_model.KerasModel):
        """Its loss is twice as high."""

        def create_loss_and_accuracy(self, labels, logits, label_smoothing=0.0):
            loss, accuracy = super().create_loss_and_accuracy(labels, logits)
            return 2 * loss, accuracy

    plain = scores(function, wrapped(activation))
    actual = scores(function, wrapped(activation, Doubled))
    factor = 4 if function in BY_HESSIANS else 2
    expected = {n: factor * score for n, score in plain.items()}
    assert_close(actual, expected, 1e-5)


class Conv(model_base.ModelBase):
    """Three layers in series without biases, norms and max pooling between."""

    def __init__(self, affine=True):
        super().__init__((8, 8, 2))
        x = self.conv2d_layer("conv0", self.inputs, 4, use_bias=False)
        x = self.norm_layer("norm0", x, affine=affine)
        x = L.MaxPooling2D(2)(L.ReLU()(x))
        x = self.conv2d_layer(
            "conv1", x, 5, strides=2, activation="relu", use_bias=False
        )
        x = L.Flatten()(x)
        self.set_outputs(self.dense_layer("logits", x, 3, use_bias=False))


class Dense(model_base.ModelBase):
    """Four dense layers in series, without biases."""

    def __init__(self):
        super().__init__((6,))
        x = self.inputs
        for index, units in enumerate((7, 5, 9)):
            x = self.dense_layer(
                f"layer{index}", x, units, "relu", use_bias=False
            )
        self.set_outputs(self.dense_layer("logits", x, 3, use_bias=False))


def random_masks(model, density, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: (rng.random(mask.shape) < density).astype(np.uint8)
        for name, mask in model.masks.items()
    }


def flow(model, masks):
    """R, from a forward pass in numpy's or Keras's float32."""
    positive = {n: np.abs(array) for n, array in model.weights.items()}
    model.reset(presets=positive, masks=masks)
    ones = np.ones((1, *model.input_shape), np.float32)
    return np.sum(model.network(ones, training=False))


class Saturated(model_base.ModelBase):
    """Dense layers in series, with activations that a flow saturates."""

    def __init__(self):
        super().__init__((6,))
        x = self.dense_layer("layer0", self.inputs, 7, "tanh", use_bias=False)
        x = self.dense_layer("layer1", x, 9, use_bias=False)
        x = L.ReLU(max_value=0.1)(x)
        x = self.dense_layer("layer2", x, 5, "relu6", use_bias=False)
        self.set_outputs(self.dense_layer("logits", x, 3, use_bias=False))


def test_synflow_is_of_the_network_without_activations():
    model = Saturated().reset(seed=2)
    result = scores(criteria_gradients.synflow, model, model.masks)
    product = np.ones((1, 6))
    for kernel in model.weights.values():
        product = product @ np.abs(kernel.astype(float))
    for score in result.values():
        np.testing.assert_allclose(score.sum(), product.sum(), rtol=1e-6)


@pytest.mark.parametrize("density", grids.thinned([1.0, 0.5], [0.5]))
@pytest.mark.parametrize("build", [Dense, Conv])
def test_synflow_conserves_flow_over_layers_in_series(build, density):
    model = build().reset(seed=2)
    masks = random_masks(model, density)
    result = scores(criteria_gradients.synflow, model, masks)
    sums = [score.sum() for score in result.values()]
    assert {score.dtype for score in result.values()} == {np.dtype("float64")}
    assert sums[0] > 0
    np.testing.assert_allclose(sums, sums[0], rtol=1e-12)
    np.testing.assert_allclose(sums[0], flow(model, masks), rtol=1e-5)


def test_synflow_of_two_dense_layers_in_numpy():
    weights = {n: w for n, w in trained_like().items() if "bias" not in n}
    weights |= {"layer0_bias": np.full(5, -0.5, np.float32)}
    weights |= {"layer1_bias": np.zeros(3, np.float32)}
    first, last = (np.abs(weights[f"layer{i}"].astype(float)) for i in (0, 1))
    hidden = first.sum(0) + 0.5
    expected = {
        "layer0": first * last.sum(1),
        "layer1": last * hidden[:, np.newaxis],
    }
    actual = scores(criteria_gradients.synflow, tiny.Model(), weights=weights)
    for name, score in expected.items():
        np.testing.assert_allclose(actual[name], score, rtol=1e-12)


def test_synflow_is_positive_whatever_the_moving_means():
    model = Conv().reset(seed=2)
    masks = random_masks(model, 0.5)
    expected = scores(criteria_gradients.synflow, model, masks)
    moved = {"norm0_moving_mean": np.array([3.0, -1, 0.5, 2])}
    weights = {**model.weights, **moved}
    actual = scores(criteria_gradients.synflow, model, masks, weights)
    for name, score in expected.items():
        np.testing.assert_array_equal(actual[name], score)


class Unused(keras.Model):
    """With a layer that its outputs do not depend on."""

    def __init__(self):
        super().__init__()
        self.used, self.unused = L.Dense(3), L.Dense(3)

    def call(self, x):
        self.unused(x)
        return self.used(x)


@pytest.mark.parametrize("function", ALL)
def test_a_kernel_that_no_output_depends_on_scores_0(function):
    model = keras_model.KerasModel(Unused(), tiny.make_dataset().test.x)
    used, unused = scores(function, model).values()
    assert used.all() and not unused.any()


@pytest.mark.slow
def test_synflow_of_vgg_19_is_finite():
    model = model_vgg.ModelVgg(depth=19)
    dense = scores(criteria_gradients.synflow, model)
    sums = np.array([score.sum() for score in dense.values()])
    assert sums[0] > 0
    np.testing.assert_allclose(sums, sums[0], rtol=1e-10)
    masks = random_masks(model, 1e-3)
    for name, score in scores(criteria_gradients.synflow, model, masks).items():
        assert np.isfinite(score).all() and (score >= 0).all(), name


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_synflow_needs_a_network_of_floats(dtype):
    x = np.zeros((4, 6), np.int32)
    layers = [L.Embedding(9, 2), L.Flatten(), L.Dense(3)]
    network = keras.Sequential([keras.Input((6,), dtype=dtype), *layers])
    model = keras_model.KerasModel(network, x)
    with pytest.raises(ValueError, match="inputs must be floats"):
        scores(criteria_gradients.synflow, model)
    pair = x, np.array([0, 1, 2, 0])
    data = dataset_base.DatasetBase(pair, 4, pair)
    networks = model.weights, model.masks
    for function in OF_DATA:
        given = network_scores.Given(model, *networks, (6,), data, [0, 1])
        result = function(given)
        assert result["embedding"][0].any()
        assert not result["embedding"][1:].any()


@pytest.mark.parametrize("function", ALL)
def test_a_layer_used_twice_has_one_score(function):
    """Its gradient is that of both uses."""
    shared = L.Dense(4, use_bias=False, name="shared")
    inner = keras.Sequential([shared, L.ReLU(), shared], name="inner")
    network = keras.Sequential([keras.Input((4,)), inner, L.Dense(3)])
    model = keras_model.KerasModel(network, tiny.make_dataset().test.x)
    result = scores(function, model)
    assert [name.rpartition(".")[2] for name in result] == ["shared", "dense"]
    if function is criteria_gradients.synflow:
        once, last = (score.sum() for score in result.values())
        np.testing.assert_allclose(once, 2 * last, rtol=1e-12)


@pytest.mark.parametrize("function", ALL)
def test_scores_that_are_not_finite_name_layer_and_criterion(function):
    weights = trained_like()
    weights["layer1"] = np.full((5, 3), np.inf, np.float32)
    with pytest.raises(
        FloatingPointError, match=rf"Scores of {function.__name__}.*'layer[01]'"
    ):
        scores(function, tiny.Model(), weights=weights)
