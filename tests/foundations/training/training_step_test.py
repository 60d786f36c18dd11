"""Tests of training/training_step.py."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs, training_step
from lottery_ticket.tests import tiny


def trained(optimizer_fn, count=4, **options):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    program = programs.program(
        model, optimizer_fn, tiny.make_dataset(), jit=False, **options
    )
    return program.train(0, count, count), model.weights


def test_coupled_weight_decay_is_added_to_the_gradient_of_everything():
    weight_decay, lr = 0.1, 0.5
    _, plain = trained(lambda: keras.optimizers.SGD(lr), 1)
    _, decayed = trained(
        lambda: keras.optimizers.SGD(lr), 1, weight_decay=weight_decay
    )
    initial = tiny.Model().reset(masks=tiny.masks(), seed=1).weights
    for name, array in initial.items():
        expected = plain[name] - lr * weight_decay * array
        np.testing.assert_allclose(decayed[name], expected, atol=1e-7)


@pytest.mark.slow
def test_weight_decay_is_coupled():
    """Adam divides its gradient by its size: coupled decay hardly counts."""

    def adam(**options):
        return lambda: keras.optimizers.Adam(0.01, **options)

    weights = [
        trained(adam(), 1)[1],
        trained(adam(), 1, weight_decay=1e-6)[1],
        trained(adam(weight_decay=1.0), 1)[1],
    ]
    np.testing.assert_allclose(
        weights[1]["layer1"], weights[0]["layer1"], atol=1e-5
    )
    assert np.abs(weights[2]["layer1"] - weights[0]["layer1"]).max() > 1e-3


def test_label_smoothing_is_of_training_only():
    model = tiny.Model().reset(seed=1)
    logits = np.array([[2.0, 0, 0], [0, 1, 0]], np.float32)
    plain, _ = model.create_loss_and_accuracy([0, 2], logits)
    smooth, accuracy = model.create_loss_and_accuracy([0, 2], logits, 0.3)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = np.full((2, 3), 0.1)
    targets[[0, 1], [0, 2]] += 0.7
    np.testing.assert_allclose(
        smooth, -(targets * logs).sum(axis=1).mean(), rtol=1e-6
    )
    assert accuracy == 0.5 and smooth != plain
    evaluated = []
    for smoothing in (0.0, 0.3):
        model.reset(seed=1)
        program = programs.program(
            model,
            lambda: keras.optimizers.SGD(1e-30),
            tiny.make_dataset(batch_size=64),
            label_smoothing=smoothing,
            jit=False,
        )
        trained_loss = program.train(0, 1, 1)[0][0]
        loss, _ = program.start_evaluation("train").result()
        evaluated.append(loss)
        assert (abs(trained_loss - loss) < 1e-5) == (smoothing == 0)
    np.testing.assert_allclose(*evaluated, rtol=1e-6)


def test_a_loss_without_smoothing_needs_no_such_argument():
    class Own(tiny.Model):
        """As a user wrote it for an older release."""

        def create_loss_and_accuracy(self, labels, logits):
            return super().create_loss_and_accuracy(labels, logits)

    program = programs.program(
        Own(), lambda: keras.optimizers.SGD(0.1), tiny.make_dataset(), jit=False
    )
    assert np.isfinite(program.train(0, 2, 2)).all()


def test_variables_that_the_outputs_do_not_depend_on_stay():
    inputs = keras.Input((4,))
    unused = keras.layers.Dense(2, name="unused")
    unused.build((None, 4))

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            self.unused, self.used = unused, keras.layers.Dense(3, name="used")

        def call(self, x):
            return self.used(x)

    from lottery_ticket.foundations import keras_model

    del inputs
    data = tiny.make_dataset()
    model = keras_model.KerasModel(Network(), data.test.x[:2])
    before = model.weights
    programs.program(
        model, lambda: keras.optimizers.SGD(0.1), data, jit=False
    ).train(0, 2, 2)
    np.testing.assert_array_equal(model.weights["unused"], before["unused"])
    assert (model.weights["used"] != before["used"]).any()


def _outputs(last):
    """Trains once a network that ends in this function of its logits."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    outputs = last(keras.layers.Dense(3)(inputs), inputs)
    network = keras.Model(inputs, outputs)
    data = tiny.make_dataset()
    model = keras_model.KerasModel(network, data.train.x[:2], outputs="logits")
    sgd = keras.optimizers.SGD
    return programs.program(model, sgd, data, jit=False).train(0, 1, 1)


def test_what_no_gradient_reaches_is_named(caplog):
    ops = keras.ops
    with pytest.raises(ValueError, match="No gradient reaches any variable"):
        _outputs(lambda z, x: ops.one_hot(ops.argmax(z, -1), 3))
    assert not caplog.text
    other = keras.layers.Dense(3, name="other")
    _outputs(lambda z, x: z + ops.stop_gradient(other(x)))
    assert "No gradient reaches other/kernel, other/bias" in caplog.text


@pytest.mark.slow
def test_float16_scales_its_loss():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        half = tiny.Model()
    finally:
        keras.config.set_dtype_policy(policy)
    optimizer = training_step.scaled(keras.optimizers.SGD(), half.network)
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert training_step.scaled(optimizer, half.network) is optimizer
    plain = keras.optimizers.SGD()
    assert training_step.scaled(plain, tiny.Model().network) is plain


MIRRORED = """
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from lottery_ticket.foundations import dataset_base, model_base
from lottery_ticket.foundations.training import programs
from lottery_ticket.tests import tiny
from lottery_ticket.tests.foundations.training import batches_test

OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(1e-2, weight_decay=1e-3),
    "clipped": lambda: keras.optimizers.Adam(1e-2, global_clipnorm=1.0),
}


class Model(model_base.ModelBase):
    def __init__(self):
        super().__init__((8, 8, 3))
        x = self.conv2d_layer(
            "conv", self.inputs, 6, strides=2, padding=1, use_bias=False
        )
        x = keras.layers.ReLU()(self.norm_layer("norm", x))
        x = keras.layers.GlobalAveragePooling2D()(x)
        self.set_outputs(self.dense_layer("logits", x, 3))


def data(batch_size=8, size=22):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (size, 8, 8, 3)).astype(np.int32)
    y = rng.integers(0, 3, size)
    return dataset_base.DatasetBase(
        (x, y), batch_size, (x, y), prepare=batches_test.Scale(255.0),
        augment=batches_test.Noise(9),
    )


mask = (np.arange(162).reshape(3, 3, 3, 6) % 3 > 0).astype(np.uint8)
single = tf.distribute.get_strategy()
mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for name, hold in (("adam", 1),):
    weights, logs = [], []
    for strategy in (single, mirrored):
        with strategy.scope():
            model = Model()
        model.reset(masks={"conv": mask}, seed=3, hold=bool(hold))
        pruned = model.weights["conv"][mask == 0]
        assert pruned.any() == hold
        program = programs.program(
            model, OPTIMIZERS[name], data(),
            weight_decay=1e-3, label_smoothing=0.1,
        )
        logs.append(program.train(0, 9, 9))
        logs.append(program.start_evaluation("test").result())
        weights.append(model.weights)
        assert weights[-1]["conv"][mask == 0].tobytes() == pruned.tobytes()
        for slot in program.optimizer.variables:
            if slot.shape == mask.shape:
                assert (slot.numpy()[mask == 0] == 0).all()
                assert slot.numpy()[mask == 1].all()
    for array, other in zip(logs[:2], logs[2:]):
        np.testing.assert_allclose(array, other, atol=1e-5)
    for key, array in weights[0].items():
        np.testing.assert_allclose(array, weights[1][key], atol=2e-6)
    state = {key: v.numpy() for key, v in program.state.items()}
    before = program.train(9, 2, 9)
    for key, variable in program.state.items():
        variable.assign(state[key])
    np.testing.assert_array_equal(program.train(9, 2, 9), before)
    if hold:  # And back: two replicas put back 0.
        model.reset(masks={"conv": mask}, seed=3)
        programs.program(model, OPTIMIZERS[name], data()).train(0, 3, 3)
        assert not model.weights["conv"][mask == 0].any()
for name, dataset, message in (
    ("adam", data(batch_size=7), "share each batch evenly"),
    ("clipped", data(), "cannot clip"),
):
    try:
        programs.program(model, OPTIMIZERS[name], dataset)
    except ValueError as error:
        assert message in str(error), error
    else:
        raise AssertionError(message)
print("as one")
"""


@pytest.mark.slow
def test_two_devices_train_as_one():
    """In a process of its own: devices are set up before TensorFlow starts."""
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED], capture_output=True, text=True
    )
    assert done.stdout.strip() == "as one", done.stderr[-3000:]


@pytest.mark.parametrize("jit", [True, False])
def test_the_update_alone_can_be_compiled(jit):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    step = training_step.TrainingStep(
        model, keras.optimizers.Adam(0.01), jit=jit
    )
    data = tiny.make_dataset()
    results = [step(data.train.x, data.train.y)[0] for _ in range(3)]
    assert results[2] < results[0]
    pruned = tiny.masks()["layer0"] == 0
    np.testing.assert_array_equal(model.weights["layer0"][pruned], 0)


def images_network(*layers):
    flat = [keras.layers.Flatten(), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers, *flat])


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(2, 3),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.SeparableConv2D(2, 3),
        keras.Sequential([keras.layers.Conv2DTranspose(2, 3)]),
    ],
)
def test_convolutions_on_a_cpu_compile_their_update_only(layer):
    assert training_step.choose_policy(images_network(layer)) == (False, True)


def test_other_networks_compile_whole():
    assert training_step.choose_policy(images_network()) == (True, False)


def test_layers_that_xla_cannot_compile_are_not():
    rotation = keras.layers.RandomRotation(0.1)
    rotation.supports_jit = False
    assert training_step.choose_policy(images_network(rotation)) == (
        False,
        True,
    )


@pytest.mark.parametrize("jit", [True, False])
def test_a_user_decides_for_everything(jit):
    convolution = images_network(keras.layers.Conv2D(2, 3))
    assert training_step.choose_policy(convolution, jit) == (jit, False)
    assert training_step.choose_policy(images_network(), jit) == (jit, False)


def test_on_a_gpu_all_networks_compile_whole(monkeypatch):
    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: True)
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["a GPU"]
    )
    convolution = images_network(keras.layers.Conv2D(2, 3))
    assert training_step.choose_policy(convolution) == (True, False)
