"""Tests of training/programs.py: the compiled loop against plain twins."""

import itertools
import re
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids, tiny

SLOW = pytest.mark.slow
OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "sgd_decay": lambda: keras.optimizers.SGD(
        0.1, momentum=0.9, weight_decay=0.01
    ),
    "adam": lambda: keras.optimizers.Adam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01),
    "clipped": lambda: keras.optimizers.SGD(0.1, global_clipnorm=0.01),
}
GRID = [
    *((name, False) for name in OPTIMIZERS),
    *((name, True) for name in ("momentum", "adam", "clipped")),
]


@pytest.mark.parametrize(
    ("name", "jit"),
    grids.thinned(
        GRID,
        [("adam", True), ("momentum", False)],
    ),
)
def test_pruned_weights_and_their_slots_stay_exactly_0(name, jit):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    pruned = tiny.masks()["layer0"] == 0
    before = model.weights["layer0"]
    program = programs.program(
        model, OPTIMIZERS[name], tiny.make_dataset(), jit
    )
    program.train(0, 10, 10)
    after = model.weights["layer0"]
    np.testing.assert_array_equal(after[pruned], 0)
    assert (after != before)[~pruned].all()
    slots = [
        variable.numpy()
        for variable in program.optimizer.variables
        if variable.shape == pruned.shape
    ]
    assert len(slots) == {"sgd": 0, "clipped": 0, "adam": 2, "adamw": 2}.get(
        name, 1
    )
    for slot in slots:
        np.testing.assert_array_equal(slot[pruned], 0)
        assert slot[~pruned].any()


def held_start(model, seed=1):
    """Resets a model to hold odd values; returns where it is pruned."""
    pruned = tiny.masks()["layer0"] == 0
    kernel = model.draw(seed)["layer0"].copy()
    kernel[pruned] = [-0.0, 1e-45, 0.1, 3, -10, 1e-20, -2]
    model.reset({"layer0": kernel}, tiny.masks(), seed, hold=True)
    return pruned


@pytest.mark.parametrize(
    ("name", "jit"),
    grids.thinned(
        GRID,
        [("momentum", True)],
    ),
)
def test_held_weights_keep_their_bits_and_have_no_slots(name, jit):
    model = tiny.Model()
    pruned = held_start(model)
    before = model.weights["layer0"]
    data = tiny.make_dataset()
    program = programs.program(
        model, OPTIMIZERS[name], data, jit, 1e-3, label_smoothing=0.1
    )
    program.train(0, 10, 10)
    after = model.weights["layer0"]
    assert after[pruned].tobytes() == before[pruned].tobytes()
    assert (after != before)[~pruned].any()
    for variable in program.optimizer.variables:
        if variable.shape == pruned.shape:
            np.testing.assert_array_equal(variable.numpy()[pruned], 0)


def test_held_weights_act_in_the_network_as_constants():
    """A numpy twin: pruned weights count in the outputs and do not move."""
    data = tiny.make_dataset(batch_size=64)
    model = tiny.Model().reset(masks=tiny.masks(), seed=2, hold=True)
    weights = model.weights
    assert weights["layer0"][tiny.masks()["layer0"] == 0].all()
    expected = numpy_twin(
        weights, tiny.masks(), data.train.x, data.train.y, 0.1, 50
    )
    programs.program(model, OPTIMIZERS["sgd"], data, False).train(0, 50, 50)
    for name, array in model.weights.items():
        np.testing.assert_allclose(array, expected[name], atol=2e-6)


@pytest.mark.parametrize(
    ("name", "jit"),
    grids.thinned(
        itertools.product(["momentum", "adamw"], [True, False]),
        [("momentum", False)],
    ),
)
def test_a_model_goes_from_0_to_held_values_and_back(name, jit):
    """Two programs, whatever the order, and none that is stale."""
    data, model = tiny.make_dataset(), tiny.Model()
    pruned = tiny.masks()["layer0"] == 0
    finals, made = {False: [], True: []}, []
    for hold in (False, True, False, True, False):
        if hold:
            held_start(model)
        else:
            model.reset(masks=tiny.masks(), seed=3)
        before = model.weights["layer0"]
        program = programs.program(model, OPTIMIZERS[name], data, jit)
        program.train(0, 6, 6)
        made.append(program)
        after = model.weights["layer0"]
        assert after[pruned].tobytes() == before[pruned].tobytes()
        finals[hold].append(after.tobytes())
    assert len(set(finals[False])) == len(set(finals[True])) == 1
    assert made[0] is made[2] and made[1] is made[3] and made[0] is not made[1]
    for program in made[:2]:
        assert program._train.experimental_get_tracing_count() == 1


@pytest.mark.slow
def test_a_program_of_zeros_that_is_traced_late_puts_back_zeros():
    data, model = tiny.make_dataset(), tiny.Model()
    model.reset(masks=tiny.masks(), seed=3)
    programs.program(model, OPTIMIZERS["adamw"], data, False)
    held_start(model)
    programs.program(model, OPTIMIZERS["adamw"], data, False).train(0, 3, 3)
    model.reset(masks=tiny.masks(), seed=3)
    programs.program(model, OPTIMIZERS["adamw"], data, False).train(0, 3, 3)
    pruned = model.weights["layer0"][tiny.masks()["layer0"] == 0]
    assert not pruned.any() and not np.signbit(pruned).any()


def numpy_twin(weights, masks, x, y, lr, count):
    """Full-batch gradient descent on tiny.Model, in float64."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}
    for _ in range(count):
        hidden = x @ w["layer0"] + w["layer0_bias"]
        active = np.maximum(hidden, 0)
        logits = active @ w["layer1"] + w["layer1_bias"]
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        error = exponents / exponents.sum(axis=1, keepdims=True)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        back = (error @ w["layer1"].T) * (hidden > 0)
        w["layer1"] = w["layer1"] - lr * masks["layer1"] * (active.T @ error)
        w["layer1_bias"] = w["layer1_bias"] - lr * error.sum(axis=0)
        w["layer0"] = w["layer0"] - lr * masks["layer0"] * (x.T @ back)
        w["layer0_bias"] = w["layer0_bias"] - lr * back.sum(axis=0)
    return w


def test_full_batch_descent_equals_a_numpy_twin():
    data = tiny.make_dataset(batch_size=64)
    model = tiny.Model().reset(masks=tiny.masks(), seed=2)
    expected = numpy_twin(
        model.weights, tiny.masks(), data.train.x, data.train.y, 0.1, 50
    )
    programs.program(model, OPTIMIZERS["sgd"], data).train(0, 50, 50)
    for name, array in model.weights.items():
        np.testing.assert_allclose(array, expected[name], atol=2e-6)


def test_a_partial_batch_counts_its_own_examples_only():
    data = tiny.make_dataset(size=50)  # Batches of 16, 16, 16 and 2.
    model = tiny.Model().reset(seed=3)
    program = programs.program(
        model, lambda: keras.optimizers.SGD(1e-30), data, False
    )
    losses, accuracies = program.train(0, 4, 4)
    last = data.train.order(0)[48:]
    loss, accuracy = model.create_loss_and_accuracy(
        data.train.y[last], model.network(data.train.x[last])
    )
    np.testing.assert_allclose(losses[3], loss, rtol=1e-6)
    assert accuracies[3] == accuracy


def test_each_size_of_a_batch_is_compiled_once_it_is_met():
    data, model = tiny.make_dataset(size=50), tiny.Model()
    program = programs.program(model, OPTIMIZERS["sgd"], data, False)
    program.train(0, 3, 9)
    assert program._train.experimental_get_tracing_count() == 1
    losses, _ = program.train(3, 9, 9)
    assert losses.shape == (9,)
    assert program._train.experimental_get_tracing_count() == 2


@pytest.mark.slow
@pytest.mark.parametrize("jit", [True, False])
def test_chunks_make_no_difference(jit):
    finals = []
    for chunks in ([(0, 9)], [(0, 4), (4, 5)]):
        model = tiny.Model().reset(seed=3)
        program = programs.program(
            model, OPTIMIZERS["adam"], tiny.make_dataset(size=50), jit
        )
        losses = [program.train(*chunk, 9)[0] for chunk in chunks]
        finals.append((np.concatenate(losses), model.weights["layer0"]))
    np.testing.assert_array_equal(finals[0][0], finals[1][0])
    np.testing.assert_array_equal(finals[0][1], finals[1][1])


def test_levels_compile_once_and_start_with_a_fresh_optimizer():
    data, model = tiny.make_dataset(), tiny.Model()
    weights, made = [], []
    for _ in range(2):
        model.reset(masks=tiny.masks(), seed=3)
        program = programs.program(model, OPTIMIZERS["adam"], data)
        program.train(0, 6, 6)
        made.append(program)
        weights.append(model.weights["layer0"])
    np.testing.assert_array_equal(*weights)
    assert made[0] is made[1]
    assert program._train.experimental_get_tracing_count() == 1
    other = programs.program(model, OPTIMIZERS["sgd"], data)
    assert other is not program


def test_an_optimizer_that_has_been_used_is_an_error():
    used = OPTIMIZERS["adam"]()
    model = tiny.Model()
    programs.program(model, lambda: used, tiny.make_dataset())
    with pytest.raises(ValueError, match="must return a new optimizer"):
        programs.program(model, lambda: used, tiny.make_dataset())


def test_other_optimizers_shapes_and_frozen_layers_compile_anew():
    class Uphill(keras.optimizers.SGD):
        """The same settings, another rule."""

    model, data = tiny.Model(), tiny.make_dataset()
    sgd = programs.program(model, OPTIMIZERS["sgd"], data)
    assert programs.program(model, lambda: Uphill(0.1), data) is not sgd
    model.network.get_layer("layer0").trainable = False
    frozen = programs.program(model, OPTIMIZERS["sgd"], data, False)
    assert frozen is not sgd
    before = model.weights["layer0"]
    frozen.train(0, 2, 2)
    np.testing.assert_array_equal(model.weights["layer0"], before)
    assert len(model.programs) <= programs.MAX_PROGRAMS


def test_only_the_program_in_use_keeps_its_data():
    model, data = tiny.Model(), tiny.make_dataset()
    for lr in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        programs.program(model, lambda lr=lr: keras.optimizers.SGD(lr), data)
    assert len(model.programs) == programs.MAX_PROGRAMS
    loaded = [bool(each._tensors) for each in model.programs.values()]
    assert loaded == [False] * (programs.MAX_PROGRAMS - 1) + [True]


def test_the_number_of_iterations_is_not_compiled_in():
    program = programs.program(
        tiny.Model(), OPTIMIZERS["sgd"], tiny.make_dataset()
    )
    for count in (1, 2, 5):
        losses, _ = program.train(0, count, 5)
        assert len(losses) == count
    assert program._train.experimental_get_tracing_count() == 1


def test_regularisation_is_trained_but_not_logged():
    def trained(strength):
        model = tiny.Model().reset(seed=3)
        kernel = model.network.get_layer("layer0").kernel
        kernel.regularizer = keras.regularizers.L2(strength)
        program = programs.program(
            model, OPTIMIZERS["sgd"], tiny.make_dataset(), False
        )
        return program.train(0, 1, 1)[0], model.weights["layer0"]

    (loss, kernel), (same_loss, shrunk) = trained(0.0), trained(0.5)
    assert loss == same_loss
    assert np.abs(shrunk).sum() < np.abs(kernel).sum()


def test_trials_without_augmentation_share_one_program():
    model, made = tiny.Model(), []
    for seed in (1, 2):
        data = tiny.make_dataset(seed=seed)
        data.augment_seed = seed
        made.append(programs.program(model, OPTIMIZERS["adam"], data))
    assert made[0] is made[1]
    for seed in (1, 2):
        data = tiny.make_dataset(seed=seed)
        data.augment, data.augment_seed = (lambda x, seed: x), seed
        made.append(programs.program(model, OPTIMIZERS["adam"], data))
    assert len({id(program) for program in made}) == 3


def test_a_rate_whose_settings_cannot_be_told_is_an_error():
    with pytest.raises(ValueError, match="must be a LearningRateSchedule"):
        programs.program(
            tiny.Model(),
            lambda: keras.optimizers.SGD(lambda: 0.1),
            tiny.make_dataset(),
        )


@pytest.mark.parametrize("limit", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_is_named(limit):
    split = types.SimpleNamespace(batch_size=4, partial_size=0)
    programs._check_shares(2, split, keras.optimizers.SGD())
    with pytest.raises(ValueError, match=f"cannot clip.*{limit}"):
        clipping = keras.optimizers.SGD(**{limit: 1.0})
        programs._check_shares(2, split, clipping)


def twice(x):
    doubled = tf.numpy_function(lambda a: 2 * a, [x], tf.float32)
    return tf.ensure_shape(doubled, x.shape)


class OnTheHost(keras.optimizers.SGD):
    """An update that XLA cannot compile."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(twice(gradient), variable, learning_rate)


BEYOND_XLA = {
    "numpy": lambda: keras.layers.Lambda(twice),
    "bins": lambda: keras.layers.Discretization(
        [0.0, 1.0], output_mode="multi_hot"
    ),
    "text": lambda: keras.layers.Lambda(
        lambda x: tf.strings.to_number(tf.strings.as_string(x, 3))
    ),
    "python": lambda: keras.layers.Lambda(
        lambda x: tf.ensure_shape(
            tf.py_function(lambda a: a + 1, [x], tf.float32), x.shape
        )
    ),
    "counts": lambda: keras.Sequential(
        [
            keras.layers.Lambda(lambda x: tf.cast(tf.abs(x), tf.int32)),
            keras.layers.CategoryEncoding(20, output_mode="multi_hot"),
        ]
    ),
}


def beyond_xla(name):
    keras.utils.set_random_seed(2)
    network = keras.Sequential(
        [keras.Input((4,)), BEYOND_XLA[name](), keras.layers.Dense(3)]
    )
    return keras_model.KerasModel(network, tiny.make_dataset().train.x[:2])


@pytest.mark.parametrize("name", grids.thinned(BEYOND_XLA, ["numpy"]))
def test_what_xla_cannot_compile_is_trained_without_it(name, caplog):
    data, finals = tiny.make_dataset(size=50), []
    for jit in (None, False):
        model = beyond_xla(name)
        for lr in (0.1, 0.2):
            program = programs.program(
                model, lambda lr=lr: keras.optimizers.SGD(lr), data, jit
            )
            program.train(0, 5, 5)
        finals.append(model.weights)
    assert caplog.text.count("trained without XLA, as jit=False") == 1
    np.testing.assert_array_equal(finals[0]["dense"], finals[1]["dense"])


@pytest.mark.parametrize("name", grids.thinned(BEYOND_XLA, ["bins"]))
def test_xla_that_was_asked_for_and_fails_is_an_error(name):
    model = beyond_xla(name)
    program = programs.program(
        model, OPTIMIZERS["sgd"], tiny.make_dataset(), True
    )
    with pytest.raises(ValueError, match="XLA cannot compile .*set jit=False"):
        program.train(0, 1, 1)


def test_what_jit_says_is_of_one_run_alone(caplog):
    model, data = beyond_xla("numpy"), tiny.make_dataset()

    def train(jit):
        program = programs.program(model, OPTIMIZERS["sgd"], data, jit)
        program.train(0, 1, 1)

    for _ in range(2):
        with pytest.raises(ValueError, match="XLA cannot compile"):
            train(True)
        assert "trained without XLA" not in caplog.text
    train(None)
    assert caplog.text.count("trained without XLA") == 1
    with pytest.raises(ValueError, match="XLA cannot compile"):
        train(True)
    train(None)
    assert caplog.text.count("trained without XLA") == 1


def test_a_program_whose_first_launch_failed_is_not_used_again():
    model, data = beyond_xla("numpy"), tiny.make_dataset()
    failed = programs.program(model, OPTIMIZERS["sgd"], data, True)
    again = programs.program(model, OPTIMIZERS["sgd"], data, True)
    assert failed is again  # It has not begun.
    with pytest.raises(ValueError, match="XLA cannot compile"):
        failed.train(0, 1, 1)
    programs.program(model, OPTIMIZERS["sgd"], data, False)
    assert failed not in model.programs.values()


@pytest.mark.slow
def test_statistics_are_as_before_an_update_that_xla_cannot_compile(caplog):
    x = np.random.default_rng(0).random((16, 4, 4, 1), np.float32)
    data = dataset_base.DatasetBase(
        (x, np.arange(16) % 2), 16, (x, np.arange(16) % 2)
    )
    finals = []
    for jit in (None, False):
        keras.utils.set_random_seed(1)
        layers = [
            keras.layers.Conv2D(2, 2),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
        model = keras_model.KerasModel(
            keras.Sequential([keras.Input((4, 4, 1)), *layers]), x[:2]
        )
        program = programs.program(model, lambda: OnTheHost(0.1), data, jit)
        program.train(0, 3, 3)
        finals.append(model.weights)
    assert "XLA cannot compile" in caplog.text
    for name, array in finals[0].items():
        np.testing.assert_array_equal(array, finals[1][name])


def test_other_errors_of_tensorflow_are_not_xlas():
    def fail(x):
        raise RuntimeError("mine")

    layer = keras.layers.Lambda(
        lambda x: tf.ensure_shape(
            tf.numpy_function(fail, [x], tf.float32), x.shape
        )
    )
    network = keras.Sequential(
        [keras.Input((4,)), layer, keras.layers.Dense(3)]
    )
    model = keras_model.KerasModel(network)
    program = programs.program(
        model, OPTIMIZERS["sgd"], tiny.make_dataset(), False
    )
    with pytest.raises(tf.errors.OpError, match="mine"):
        program.train(0, 1, 1)


def rated(factor):
    class Rated(keras.optimizers.SGD):
        """Other code under one name and config."""

        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, factor * learning_rate)

    return Rated(0.1)


def scheduled(factor):
    class Schedule(keras.optimizers.schedules.LearningRateSchedule):
        """A rate that its config does not say."""

        def __call__(self, step):
            return 0.1 * factor

        def get_config(self):
            return {}

    return keras.optimizers.SGD(Schedule())


def patched(factor):
    optimizer = keras.optimizers.SGD(0.1)
    plain = optimizer.update_step

    def update_step(gradient, variable, learning_rate):
        plain(gradient, variable, factor * learning_rate)

    optimizer.update_step = update_step
    return optimizer


def decaying(factor):
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=1.0)
    if factor > 1:
        optimizer.exclude_from_weight_decay(var_names=["kernel", "bias"])
    return optimizer


ALIKE = {
    "code": rated,
    "schedule": scheduled,
    "patched": patched,
    "excluded": decaying,
    "inner": lambda factor: keras.optimizers.LossScaleOptimizer(
        decaying(factor)
    ),
}


@pytest.mark.parametrize("name", grids.thinned(ALIKE, ["excluded"]))
def test_a_second_optimizer_of_the_same_config_is_not_the_first(name):
    def trained(model, factor):
        model.reset(seed=3)
        program = programs.program(
            model, lambda: ALIKE[name](factor), tiny.make_dataset(), False
        )
        program.train(0, 4, 4)
        return model.weights["layer0"]

    model = tiny.Model()
    first, second = trained(model, 1.0), trained(model, 10.0)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(second, trained(tiny.Model(), 10.0))
    np.testing.assert_array_equal(first, trained(model, 1.0))


def averaging(**options):
    return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9, **options)


AVERAGES = {
    "plain": averaging,
    "overwritten": lambda: averaging(ema_overwrite_frequency=2),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(averaging()),
    "several": lambda: keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(
            keras.optimizers.SGD(0.1), {".*bias": averaging()}
        )
    ),
}


@pytest.mark.parametrize("name", grids.thinned(AVERAGES, ["plain"]))
@pytest.mark.parametrize("hold", [False, pytest.param(True, marks=SLOW)])
def test_masks_hold_in_averages(name, hold):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    if hold:
        held_start(model)
    pruned, before = tiny.masks()["layer0"] == 0, model.weights["layer0"]
    program = programs.program(
        model, AVERAGES[name], tiny.make_dataset(), False
    )
    program.train(0, 5, 5)
    raw = model.weights
    for _ in range(2):
        program.finalize()  # A run that goes on at its end does so again.
        after = model.weights
        assert after["layer0"][pruned].tobytes() == before[pruned].tobytes()
        assert (after["layer0_bias"] != raw["layer0_bias"]).any()


def test_weights_stay_where_no_averages_are_kept():
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    program = programs.program(
        model, OPTIMIZERS["adam"], tiny.make_dataset(), False
    )
    program.optimizer.finalize_variable_values = None  # Not called.
    program.finalize()


def test_a_closure_over_another_number_is_another_program():
    model, by = tiny.Model().reset(seed=1), [1.0]

    def prepare(x):
        return by[0] * x

    made = []
    for number in (1.0, 1.0, 2.0):
        by[0] = number
        data = tiny.make_dataset()
        data.prepare = prepare
        made.append(programs.program(model, OPTIMIZERS["sgd"], data))
    assert made[0] is made[1] is not made[2]


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """The loops of a GPU, on this CPU."""
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["a GPU"]
    )


@pytest.mark.parametrize("jit", [pytest.param(True, marks=SLOW), False])
def test_loops_of_constant_length_train_the_same(request, jit):
    """With a partial batch in between, which is loops of its own."""
    data, found = tiny.make_dataset(), []
    for is_on_gpu in (False, True):
        if is_on_gpu:
            request.getfixturevalue("as_on_a_gpu")
        model = tiny.Model().reset(masks=tiny.masks(), seed=1)
        program = programs.program(model, OPTIMIZERS["adam"], data, jit)
        logs = [program.train(0, 13, 20), program.train(13, 4, 20)]
        found.append((np.hstack(logs), model.weights))
    (logs, weights), (constant_logs, constant_weights) = found
    np.testing.assert_array_equal(constant_logs, logs)
    for name, array in weights.items():
        np.testing.assert_array_equal(constant_weights[name], array)


@pytest.mark.usefixtures("as_on_a_gpu")
def test_loops_of_a_gpu_are_as_long_as_few_programs_allow():
    program = programs.program(
        tiny.Model(), OPTIMIZERS["sgd"], tiny.make_dataset(), False
    )
    loops = list(program._loops([0, 82, 83], 500, [16] * 83))
    lengths = [length for _, _, length in loops]
    assert lengths == [64, 8, 8, 1, 1, 1]
    assert loops[0] == (0, 64, 64)
    assert [last for _, last, _ in loops] == [64, 72, 80, 81, 82, 83]


@pytest.mark.slow
@pytest.mark.usefixtures("as_on_a_gpu")
def test_a_loop_of_a_gpu_never_asks_the_host():
    """Its length is known to XLA; no branch is in it, and nothing twice."""
    two = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            *(keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization()),
            *(keras.layers.MaxPooling2D(), keras.layers.Conv2D(4, 3)),
            *(keras.layers.Flatten(), keras.layers.Dense(3)),
        ]
    )
    x = np.zeros((20, *two.input_shape[1:]), np.float32)
    y = np.arange(20) % two.output_shape[-1]
    data = dataset_base.DatasetBase((x, y), 8, (x, y))
    model = keras_model.KerasModel(two, x[:2])
    program = programs.program(model, OPTIMIZERS["adam"], data, True)
    numbers = np.zeros((8, 8), np.int32), np.int32(0), np.int32(8)
    compiled = program._train.experimental_get_compiler_ir(
        program._tensors["train"], *numbers
    )(stage="optimized_hlo")
    assert re.findall(r'known_trip_count":{"n":"(\d+)"}', compiled) == ["8"]
    assert " conditional(" not in compiled
    # Forwards, by the kernel, and by what goes into the second.
    assert len(re.findall(r" = \S+ convolution\(", compiled)) == 5
