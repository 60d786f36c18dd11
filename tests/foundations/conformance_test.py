"""Every kind of maskable kernel, against what a mask promises."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.networks import kernels, mask_constraint
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids

L = keras.layers
ITERATIONS = 6


@keras.saving.register_keras_serializable("lottery_ticket_tests")
class Untied(L.Layer):
    """Logits from the transposed weights of an embedding."""

    def __init__(self, embedding, **options):
        super().__init__(**options)
        self.embedding = embedding

    def call(self, x):
        return keras.ops.matmul(
            x, keras.ops.transpose(self.embedding.embeddings)
        )


def shared():
    layer = L.Dense(6, activation="tanh")
    return [L.Dense(6), layer, layer]


def tied():
    embedding = L.Embedding(7, 4)
    return [embedding, L.GlobalAveragePooling1D(), Untied(embedding)]


# Name -> (input shape, function () -> layers). Inputs of rank 0 are tokens.
KINDS = {
    "dense": ((6,), lambda: [L.Dense(5, activation="tanh")]),
    "einsum_dense": (
        (4, 3),
        lambda: [L.EinsumDense("abc,cd->abd", (4, 5)), L.Flatten()],
    ),
    "embedding": (
        (5, "tokens"),
        lambda: [L.Embedding(7, 4), L.GlobalAveragePooling1D()],
    ),
    "conv1d": ((8, 3), lambda: [L.Conv1D(4, 3, strides=2), L.Flatten()]),
    "conv2d": ((6, 6, 2), lambda: [L.Conv2D(4, 3), L.Flatten()]),
    "conv3d": ((4, 4, 4, 2), lambda: [L.Conv3D(3, 2), L.Flatten()]),
    "conv1d_transpose": (
        (5, 3),
        lambda: [L.Conv1DTranspose(4, 3), L.Flatten()],
    ),
    "conv2d_transpose": (
        (3, 3, 2),
        lambda: [L.Conv2DTranspose(3, 2), L.Flatten()],
    ),
    "conv3d_transpose": (
        (2, 2, 2, 2),
        lambda: [L.Conv3DTranspose(3, 2), L.Flatten()],
    ),
    "depthwise_conv1d": ((8, 3), lambda: [L.DepthwiseConv1D(3), L.Flatten()]),
    "depthwise_conv2d": (
        (6, 6, 3),
        lambda: [L.DepthwiseConv2D(3), L.Flatten()],
    ),
    "separable_conv1d": (
        (8, 3),
        lambda: [L.SeparableConv1D(4, 3), L.Flatten()],
    ),
    "separable_conv2d": (
        (6, 6, 3),
        lambda: [L.SeparableConv2D(4, 3), L.Flatten()],
    ),
    "attention": (
        (4, 6),
        lambda: [SelfAttention(), L.GlobalAveragePooling1D()],
    ),
    "with_batch_norm": (
        (6, 6, 2),
        lambda: [
            L.Conv2D(4, 3, use_bias=False),
            L.BatchNormalization(),
            L.Flatten(),
        ],
    ),
    "nested": (
        (6,),
        lambda: [
            keras.Sequential([L.Dense(5), keras.Sequential([L.Dense(4)])]),
        ],
    ),
    "simple_rnn": ((4, 3), lambda: [L.SimpleRNN(4)]),
    "lstm": ((4, 3), lambda: [L.LSTM(4)]),
    "gru": ((4, 3), lambda: [L.GRU(4)]),
    "bidirectional": (
        (4, 3),
        lambda: [
            L.Bidirectional(L.LSTM(3, return_sequences=True)),
            L.Bidirectional(L.GRU(3), merge_mode="sum"),
        ],
    ),
    "stacked_cells": (
        (4, 3),
        lambda: [L.RNN([L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(3)])],
    ),
    "conv_lstm1d": ((3, 5, 2), lambda: [L.ConvLSTM1D(3, 2), L.Flatten()]),
    "conv_lstm2d": ((3, 4, 4, 2), lambda: [L.ConvLSTM2D(2, 2), L.Flatten()]),
    "registered": ((4, 3), lambda: [Gated(), L.Flatten()]),
    "shared": ((6,), shared),
    "tied": ((5, "tokens"), tied),
}
USUAL = [
    *("dense", "conv2d", "with_batch_norm", "tied"),
]
OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.01),
}


class SelfAttention(L.Layer):
    """Attention of a sequence to itself."""

    def __init__(self):
        super().__init__(name="attention")
        # The gradient of a key bias is 0 but for rounding, which Adam enlarges.
        self.heads = L.MultiHeadAttention(2, 3, use_bias=False)

    def call(self, x):
        return self.heads(x, x)


class Gated(L.Layer):
    """A layer of somebody's own, of two kernels and a scale."""

    def build(self, shape):
        self.value = self.add_weight(shape=(shape[-1], 9), name="value")
        self.gate = self.add_weight(shape=(shape[-1], 9), name="gate")
        self.scale = self.add_weight(shape=(9,), name="scale")

    def call(self, x):
        gate = keras.ops.sigmoid(x @ self.gate)
        return gate * (x @ self.value) * (1 + self.scale)


kernels.register_kernels(Gated, "value", "gate")


def build(kind):
    shape, layers = KINDS[kind]
    is_tokens = "tokens" in shape
    inputs = keras.Input(
        shape[:1] if is_tokens else shape, dtype="int32" if is_tokens else None
    )
    x = inputs
    for layer in layers():
        x = layer(x)
    return keras.Model(inputs, x if kind == "tied" else L.Dense(3)(x))


def dataset(kind):
    rng = np.random.default_rng(5)
    shape, _ = KINDS[kind]
    if "tokens" in shape:
        x = rng.integers(0, 7, (24, shape[0])).astype(np.int32)
    else:
        x = rng.normal(size=(24, *shape)).astype(np.float32)
    y = rng.integers(0, 3, 24)
    return dataset_base.DatasetBase((x, y), 8, (x, y))


def masked(kind, hold=False):
    """A model with about half of each kernel pruned."""
    model = keras_model.KerasModel(build(kind), dataset(kind).test.x[:2])
    rng = np.random.default_rng(6)
    masks = {
        name: (rng.random(mask.shape) < 0.5).astype(np.uint8)
        for name, mask in model.masks.items()
    }
    return model.reset(masks=masks, hold=hold)


def check_pruned(model, optimizer, held=None):
    """Pruned weights, and slots of the optimizer, are exactly 0.

    Or, with `held`, those weights have its very bits.
    """
    named = {
        kernel.path.replace("/", "_"): mask
        for kernel, mask in zip(
            model._kernels.values(), model.masks.values(), strict=True
        )
    }
    slots = 0
    for name, mask in model.masks.items():
        found = model.weights[name]
        expected = np.zeros_like(found) if held is None else held[name]
        is_pruned = mask == 0
        assert found[is_pruned].tobytes() == expected[is_pruned].tobytes()
        assert np.count_nonzero(found[mask == 1])
    for slot in optimizer.variables:
        for path, mask in named.items():
            if f"/{path}_" in slot.path and slot.shape == mask.shape:
                slots += 1
                np.testing.assert_array_equal(slot.numpy()[mask == 0], 0)
    assert slots >= len(named)


def twin(model, data, optimizer, iterations):
    """Trains with kernels times masks in the forward pass, one by one.

    What is pruned counts as a constant that is added.
    """
    network = model.network
    trained = network.trainable_variables
    masks = {
        id(kernel): mask.astype(np.float32)
        for kernel, mask in zip(
            model._kernels.values(), model.masks.values(), strict=True
        )
    }
    constants = {
        id(kernel): kernel.numpy() * (1 - masks[id(kernel)])
        for kernel in model._kernels.values()
    }
    for kernel in model._kernels.values():
        kernel.constraint = None
    import tensorflow as tf

    for iteration in range(iterations):
        rows, _ = data.train.batches(iteration, 1)
        with tf.GradientTape() as tape:
            values = [
                v.value * masks.get(id(v), 1.0) + constants.get(id(v), 0.0)
                for v in trained
            ]
            pairs = list(zip(trained, values, strict=True))
            with keras.StatelessScope(state_mapping=pairs) as scope:
                outputs = network(data.train.x[rows[0]], training=True)
            loss, _ = model.create_loss_and_accuracy(
                data.train.y[rows[0]], outputs
            )
        gradients = tape.gradient(loss, [v.value for v in trained])
        gradients = [tf.convert_to_tensor(each) for each in gradients]
        for variable in network.non_trainable_variables:
            moved = scope.get_current_value(variable)
            if moved is not None:
                variable.assign(moved)
        optimizer.apply(gradients, trained)


@pytest.mark.parametrize(
    ("kind", "name", "hold"),
    grids.thinned(
        [
            *((kind, "momentum", False) for kind in KINDS),
            *((kind, "adam", False) for kind in USUAL),
            *((kind, "momentum", True) for kind in USUAL),
        ],
        [
            *((kind, "momentum", False) for kind in USUAL),
            ("conv2d", "momentum", True),
        ],
    ),
)
def test_kept_weights_train_as_with_kernel_times_mask(kind, name, hold):
    keras.utils.set_random_seed(0)  # Of some draws most paths are cut.
    data, model, reference = dataset(kind), masked(kind, hold), masked(kind)
    reference.reset(presets=model.weights, masks=model.masks, hold=hold)
    masks, before = model.masks, model.weights
    program = programs.program(model, OPTIMIZERS[name], data, jit=False)
    program.train(0, ITERATIONS, ITERATIONS)
    check_pruned(model, program.optimizer, before if hold else None)
    optimizer = OPTIMIZERS[name]()
    optimizer.build(reference.network.trainable_variables)
    twin(reference, data, optimizer, ITERATIONS)
    for key, expected in reference.weights.items():
        kept = masks.get(key, np.ones(expected.shape)) == 1
        np.testing.assert_allclose(
            model.weights[key][kept], expected[kept], atol=3e-5, err_msg=key
        )
        if key in masks:
            # But for some that are kept in a path that is cut elsewhere.
            assert (before[key][kept] != expected[kept]).mean() > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["embedding", "conv2d", "lstm", "gru"])
def test_xla_trains_the_same(kind):
    weights = []
    for jit in (False, True, None):
        model, data = masked(kind), dataset(kind)
        weights.append(model)
        model.reset(presets=weights[0]._built_values, masks=model.masks)
        program = programs.program(model, OPTIMIZERS["adam"], data, jit=jit)
        program.train(0, ITERATIONS, ITERATIONS)
        check_pruned(model, program.optimizer)
    for other in weights[1:]:
        for name, array in weights[0].weights.items():
            np.testing.assert_allclose(other.weights[name], array, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "hold"),
    grids.thinned(
        [(kind, False) for kind in USUAL] + [("dense", True)],
        [("dense", True)],
    ),
)
def test_plain_fit_keeps_pruned_weights_and_slots_of_0(kind, hold):
    data, model = dataset(kind), masked(kind, hold)
    held = model.weights if hold else None
    optimizer = mask_constraint.mask_gradients(OPTIMIZERS["adam"]())
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.network.compile(optimizer, loss)
    model.network.fit(data.train.x, data.train.y, 8, epochs=2, verbose=0)
    check_pruned(model, optimizer, held)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dtype", "hold"),
    [
        ("dense", "mixed_bfloat16", False),
        ("dense", "mixed_float16", True),
        ("with_batch_norm", "mixed_bfloat16", True),
        ("with_batch_norm", "mixed_float16", False),
    ],
)
def test_mixed_precision(kind, dtype, hold):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        model, data = masked(kind, hold), dataset(kind)
    finally:
        keras.config.set_dtype_policy(before)
    weights = model.weights
    program = programs.program(
        model, OPTIMIZERS["adam"], data, weight_decay=1e-3
    )
    program.train(0, ITERATIONS, ITERATIONS)
    optimizer = program.optimizer
    is_scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert is_scaled == (dtype == "mixed_float16")
    check_pruned(model, optimizer, weights if hold else None)
    for name, mask in model.masks.items():
        assert model.weights[name].dtype == np.float32
        kept = mask == 1
        assert (model.weights[name] != weights[name])[kept].mean() > 0.9
    loss, _ = program.start_evaluation("test").result()
    assert np.isfinite(loss)


@pytest.mark.parametrize(
    "kind", grids.thinned(USUAL, ["with_batch_norm", "tied"])
)
def test_reset_save_and_restore(kind, tmp_path):
    model, data = masked(kind), dataset(kind)
    masks, initial = model.masks, model.weights
    programs.program(model, OPTIMIZERS["adam"], data, jit=False).train(0, 2, 2)
    for name, network in {"masks": masks, "final": model.weights}.items():
        save_restore.save_network(str(tmp_path / name), network)
    trained = model.weights
    model.reset(presets=initial)
    assert all(mask.all() for mask in model.masks.values())
    read = [
        save_restore.restore_network(str(tmp_path / name))
        for name in ("final", "masks")
    ]
    other = masked(kind).reset(*read)
    for name, array in other.weights.items():
        np.testing.assert_array_equal(array, trained[name])
    for name, mask in other.masks.items():
        np.testing.assert_array_equal(mask, masks[name])


@pytest.mark.slow
def test_every_class_that_has_kernels_is_tried_here():
    built = [build(kind) for kind in KINDS]
    classes = {
        type(layer)
        for network in built
        for layer in network._flatten_layers(include_self=False)
    }
    assert set(kernels.KERNELS) <= classes


class Built(model_base.ModelBase):
    """With each builder once."""

    def __init__(self):
        super().__init__((6, 6, 2))
        x = self.conv2d_layer("conv", self.inputs, 4, strides=2, padding=1)
        x = self.norm_layer("norm", x)
        x = self.norm_layer("plain", x, affine=False)
        x = self.depthwise_conv2d_layer("depthwise", x, use_bias=False)
        x = L.Reshape((9, 4))(x)
        x = self.attention_layer("attention", x, 2, 3)
        x = self.lstm_layer("lstm", x, 4, return_sequences=True)
        self.set_outputs(self.dense_layer("logits", L.Flatten()(x), 3))


def test_builders_mask_kernels_and_save_everything():
    model = Built()
    assert {name: mask.shape for name, mask in model.masks.items()} == {
        "conv": (3, 3, 2, 4),
        "depthwise": (3, 3, 4, 1),
        "attention.query": (4, 2, 3),
        "attention.key": (4, 2, 3),
        "attention.value": (4, 2, 3),
        "attention.attention_output": (2, 3, 4),
        "lstm.lstm_cell_kernel": (4, 16),
        "lstm.lstm_cell_recurrent_kernel": (4, 16),
        "logits": (36, 3),
    }
    assert set(model.weights) - set(model.masks) == {
        "conv_bias",
        "logits_bias",
        "lstm.lstm_cell_bias",
        *(
            f"attention.{n}_bias"
            for n in ("query", "key", "value", "attention_output")
        ),
        *(f"norm_{n}" for n in ("gamma", "beta")),
        *(
            f"{n}_moving_{m}"
            for n in ("norm", "plain")
            for m in ("mean", "variance")
        ),
    }
    model.reset(seed=1)
    drawn = model.weights
    np.testing.assert_array_equal(drawn["norm_moving_variance"], 1)
    np.testing.assert_array_equal(drawn["conv_bias"], 0)
    assert drawn["depthwise"].std() > 0
    programs.program(
        model, OPTIMIZERS["adam"], dataset("conv2d"), jit=False
    ).train(0, 3, 3)
    assert (model.weights["norm_moving_mean"] != 0).all()
    model.reset(presets=drawn)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, drawn[name])
