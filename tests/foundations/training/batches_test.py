"""Tests of training/batches.py: a stream trains like memory does."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
    optimizers,
    programs,
    schedules,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids, tiny


@dataclasses.dataclass(frozen=True)
class Noise:
    """Adds noise of a strength."""

    strength: int

    def __call__(self, x, seed):
        low, high = -self.strength, self.strength + 1
        noise = tf.random.stateless_uniform(
            tf.shape(x), seed, low, high, tf.int32, alg="philox"
        )
        return x + tf.cast(noise, x.dtype)


@dataclasses.dataclass(frozen=True)
class Scale:
    """Divides by a number."""

    by: float

    def __call__(self, x):
        return tf.cast(x, tf.float32) / self.by


class Streamed:
    """An array that is read in batches."""

    dtype = np.dtype(np.int32)
    checksum = "streamed"

    def __init__(self, x):
        self.x, self.shape = x, x.shape
        self.seeds = []

    def __len__(self):
        return len(self.x)

    def read(self, rows, seed):
        self.seeds.append(seed)
        return tf.gather(tf.constant(self.x), rows)


class Model(model_base.ModelBase):
    """With batch norm and dropout, to have all kinds of state."""

    def __init__(self):
        super().__init__((2, 3))
        x = keras.layers.Flatten()(self.inputs)
        x = self.norm_layer(
            "norm0", self.dense_layer("layer0", x, 5, use_bias=False)
        )
        x = keras.layers.Dropout(0.2)(keras.layers.ReLU()(x))
        self.set_outputs(self.dense_layer("layer1", x, 3))


def dataset(wrap=lambda x: x, size=22, **options):
    rng = np.random.default_rng(0)

    def split(count):
        x = rng.integers(0, 100, (count, 2, 3)).astype(np.int32)
        return wrap(x), rng.integers(0, 3, count)

    given = {"prepare": Scale(50.0), "augment": Noise(20), "augment_seed": 3}
    return dataset_base.DatasetBase(
        split(size), 8, split(10), split(5), **given | options
    )


@pytest.mark.parametrize("shape", [(3, 2, 2), (5, 5, 3), (7,), (1,), ()])
def test_what_gpus_take_by_words_are_the_same_bytes(shape, monkeypatch):
    x = np.random.default_rng(0).integers(0, 256, (300, *shape), np.uint8)
    x[:4] = 0xFF  # As floats, they are NaN; others are subnormal.
    x[4:8] = 1
    rows = np.array([5, 299, 0, 0, 17], np.int32)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [1])
    for kind in (np.uint8, np.int32, np.float32):
        own = x.astype(kind)
        take = batches.taker(tf.constant(own))
        for chosen in (rows, rows[:1], rows[:0]):
            np.testing.assert_array_equal(take(chosen), own[chosen])
        take = tf.function(take, autograph=False)
        np.testing.assert_array_equal(take(rows), own[rows])


@pytest.mark.slow
def test_what_is_copied_ahead_trains_the_same(monkeypatch):
    """To a CPU that stands for a GPU."""
    found = []
    for devices in ([], tf.config.list_logical_devices("CPU")):
        with monkeypatch.context() as patch:
            patch.setattr(
                tf.config, "list_logical_devices", lambda kind, x=devices: x
            )
            program = programs.program(
                Model().reset(seed=1),
                lambda: keras.optimizers.Adam(0.01),
                dataset(Streamed),
                jit=False,
            )
            logs = program.train(0, 4, 5), program.train(4, 3, 5)
            evaluated = program.start_evaluation("test").result()
        found.append([*logs, evaluated])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("size", grids.thinned([22, 24], [22]))
def test_a_stream_trains_and_evaluates_like_memory(size, monkeypatch):
    monkeypatch.setattr(network_evaluation, "BATCH_SIZE", 4)
    results = []
    for wrap in (lambda x: x, Streamed):
        data, model = dataset(wrap, size), Model().reset(seed=1)
        program = programs.program(
            model, lambda: keras.optimizers.Adam(0.01), data, jit=False
        )
        logs = [program.train(0, 4, 5), program.train(4, 3, 5)]
        program.train(0, 2, 5)  # Starts over, as after a reset.
        evaluated = program.start_evaluation("test").result()
        results.append((np.concatenate(logs, axis=1), evaluated, model.weights))
    (memory, tested, weights), (stream, streamed, others) = results
    np.testing.assert_allclose(memory, stream, rtol=1e-5)
    np.testing.assert_allclose(tested, streamed, rtol=1e-5)
    for name, array in weights.items():
        np.testing.assert_allclose(array, others[name], atol=1e-5)


def test_augmentation_is_of_training_batches_only_and_known_by_its_seed():
    data = dataset()
    x = tf.constant(data.train.x[:8])
    plain = batches.prepared(data.prepare, x)
    np.testing.assert_allclose(plain, data.train.x[:8] / 50)
    first = batches.augmented(data, x, tf.constant(4))
    again = batches.augmented(data, x, tf.constant(4))
    np.testing.assert_array_equal(first, again)
    others = [
        batches.augmented(data, x, tf.constant(5)),
        batches.augmented(dataset(augment_seed=4), x, tf.constant(4)),
    ]
    for other in others:
        assert (first.numpy() != other.numpy()).mean() > 0.5


def test_only_training_batches_are_read_with_a_seed():
    data = dataset(Streamed)
    next(iter(batches.training_stream(data, 5)))
    list(batches.evaluation_stream(data.test, 4))
    assert all(seed is not None for seed in data.train.x.seeds)
    assert data.test.x.seeds and set(data.test.x.seeds) == {None}


def test_a_stream_is_in_the_order_of_memory():
    data = dataset(Streamed, augment=None)
    stream = iter(batches.training_stream(data, 2))
    for iteration in range(2, 8):
        x, y = next(stream)
        rows, sizes = data.train.batches(iteration, 1)
        rows = rows[0, : sizes[0]]
        np.testing.assert_array_equal(x, data.train.x.x[rows])
        np.testing.assert_array_equal(y, data.train.y[rows])


@pytest.mark.slow
def test_killed_runs_go_on_to_the_same_bytes(tmp_path, monkeypatch):
    """Batch norm, dropout, augmentation, schedule and stream go on."""
    optimizer_fn = optimizers.optimizer_fn(
        "nesterov",
        0.05,
        schedules.Schedule("cosine", warmup="10it"),
        per_epoch=3,
        training_iterations=40,
    )

    def train(folder, wrap):
        tiny.train(
            folder,
            model=Model().reset(seed=1),
            dataset=dataset(wrap),
            optimizer_fn=optimizer_fn,
            weight_decay=1e-4,
            label_smoothing=0.1,
        )

    for kind, wrap in {"memory": lambda x: x, "stream": Streamed}.items():
        folders = [tmp_path / f"{kind}{n}" for n in range(2)]
        train(folders[0], wrap)
        trained = programs.Program.launch

        def interrupted(self, start, *rest, trained=trained):
            if start == 20:
                raise KeyboardInterrupt
            return trained(self, start, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(programs.Program, "launch", interrupted)
            patch.setattr(
                "lottery_ticket.foundations.training.resumable_run"
                ".CHECKPOINT_INTERVAL_S",
                -1,
            )
            with pytest.raises(KeyboardInterrupt):
                train(folders[1], wrap)
        train(folders[1], wrap)
        whole, resumed = (tiny.result_bytes(each) for each in folders)
        assert whole.keys() == resumed.keys()
        assert all(whole[name] == resumed[name] for name in whole)


def test_the_extremes_of_several_inputs_are_those_of_their_indices():
    x = {
        "table": np.arange(6.0).reshape(3, 2),
        "word": np.array([[4], [9], [1]]),
    }
    test = {"table": -x["table"][:1], "word": np.array([[17]])}
    y = np.arange(3) % 2
    made = dataset_base.DatasetBase((x, y), 2, (test, y[:1]))
    found = batches.extremes(made)
    assert found["word"].numpy().tolist() == [[1], [17]]
    assert found["table"].numpy().tolist() == [[0, 1], [0, 1]]
    del x["word"], test["word"]
    made = dataset_base.DatasetBase((x, y), 2, (test, y[:1]))
    assert batches.extremes(made) is None
