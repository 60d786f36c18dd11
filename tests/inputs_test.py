"""Every kind of examples: as `fit` trains, and to the same bytes when stopped.

Tiny networks of two inputs, on sequences with masking, volumes and tables; from
arrays, a tf.data.Dataset, a generator and a streamed PyDataset.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.experiments import find_ticket
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import programs, resumable_run
from lottery_ticket.foundations.values import (
    dataset_base,
    examples,
    sources,
)
from lottery_ticket.tests import tiny

L = keras.layers
SIZE, BATCH = 24, 8
RNG = np.random.default_rng(0)
Y = np.arange(SIZE) % 2
TABLE = RNG.normal(size=(SIZE, 4)).astype(np.float32)
TOKENS = RNG.integers(1, 9, (SIZE, 5)) * (RNG.random((SIZE, 5)) < 0.7)
VOLUMES = RNG.random((SIZE, 4, 4, 4, 1), np.float32)


def named(**shapes):
    return {
        name: keras.Input(shape, name=name, dtype=dtype)
        for name, (shape, dtype) in shapes.items()
    }


def merged(inputs, parts):
    x = L.Dense(6, activation="relu")(L.Concatenate()(parts))
    return keras.Model(inputs, L.Dense(2)(x))


def dict_network():
    inputs = named(table=((4,), None), tokens=((5,), "int32"))
    return merged(inputs, [inputs["table"], words(inputs["tokens"])])


def list_network():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    return merged(inputs, inputs)


def words(tokens):
    x = L.Embedding(9, 3, mask_zero=True)(tokens)
    return L.GlobalAveragePooling1D()(x)


class Subclassed(keras.Model):
    """Takes a dict of two tables."""

    def __init__(self):
        super().__init__()
        self.left, self.right = L.Dense(4), L.Dense(4)
        self.top = L.Dense(2)

    def call(self, inputs):
        both = self.left(inputs["left"]), self.right(inputs["right"])
        return self.top(keras.ops.relu(both[0] + both[1]))


def sequential(shape, *layers, dtype=None):
    return keras.Sequential(
        [keras.Input(shape, dtype=dtype), *layers, L.Dense(2)]
    )


# Name -> (examples, network of them).
KINDS = {
    "table": (TABLE, lambda: sequential((4,), L.Dense(6, activation="relu"))),
    "tokens": (
        TOKENS,
        lambda: sequential(
            (None,),
            L.Embedding(9, 3, mask_zero=True),
            L.GlobalAveragePooling1D(),
            dtype="int32",
        ),
    ),
    "volumes": (
        VOLUMES,
        lambda: sequential(
            (4, 4, 4, 1), L.Conv3D(2, 2, activation="relu"), L.Flatten()
        ),
    ),
    "dict": ({"table": TABLE, "tokens": TOKENS}, dict_network),
    "list": ([TABLE, TABLE[:, ::-1].copy()], list_network),
    "subclassed": ({"right": TABLE, "left": TABLE * 2}, Subclassed),
}


class Batches(keras.utils.PyDataset):
    """Batches of some examples."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = tupled(x), y

    def __len__(self):
        return SIZE // 6

    def __getitem__(self, index):
        part = slice(6 * index, 6 * index + 6)
        return examples.take(self.x, part), self.y[part]


def tupled(x):
    return tuple(x) if isinstance(x, list) else x


def arrays(x):
    return x, Y


def as_dataset(x):
    return tf.data.Dataset.from_tensor_slices((tupled(x), Y)).batch(5)


def as_generator(x):
    return (Batches(x, Y)[index] for index in range(SIZE // 6))


def as_stream(x):
    return Batches(x, Y)


def made(kind):
    keras.utils.set_random_seed(1)
    return KINDS[kind][1]()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            kind, marks=() if kind in ("dict", "tokens") else pytest.mark.slow
        )
        for kind in KINDS
    ],
)
def test_training_is_as_in_fit(kind):
    x, ours, kerass = KINDS[kind][0], made(kind), made(kind)
    dataset = dataset_base.DatasetBase((x, Y), SIZE, (x, Y))
    wrapped = keras_model.KerasModel(ours, examples.take(dataset.train.x, [0]))
    kerass(examples.take(dataset.train.x, [0]))
    kerass.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    kerass.fit(x, Y, batch_size=SIZE, epochs=3, verbose=0)
    program = programs.program(
        wrapped, lambda: keras.optimizers.SGD(0.1), dataset
    )
    program.train(0, 3, 3)
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=1e-6)


class Killed(Exception):
    """Stands for a kill."""


def find(directory, kind, give):
    return find_ticket.find_ticket(
        made(kind),
        (give(KINDS[kind][0]), arrays(KINDS[kind][0])),
        str(directory),
        recipes.Recipe(
            "own_model",
            training_len="7it",
            train_batch_size=BATCH,
            test_interval=3,
            validate_interval=3,
            jit=False,
        ),
        iterations=1,
        quiet=True,
        save_summaries=False,
    )


@pytest.mark.parametrize(
    ("kind", "give"),
    [
        ("dict", as_stream),
        *(
            pytest.param(kind, give, marks=pytest.mark.slow)
            for kind, give in [
                *((kind, arrays) for kind in KINDS),
                ("tokens", as_stream),
                ("volumes", as_stream),
                ("list", as_stream),
                ("table", as_dataset),
                ("dict", as_dataset),
                ("list", as_generator),
            ]
        ),
    ],
)
def test_a_ticket_is_found_and_goes_on_to_the_same_bytes(
    kind, give, tmp_path, monkeypatch
):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    if give is as_stream:
        collected = sources.collected
        monkeypatch.setattr(
            sources, "collected", lambda given: collected(given, 100)
        )
    ticket = find(tmp_path / "whole", kind, give)
    kernels = [w for w in ticket.get_weights() if w.ndim > 1 and w.size > 7]
    assert all((kernel == 0).any() for kernel in kernels)
    real, calls = programs.Program.launch, []

    def killed_later(self, *arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise Killed
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", killed_later)
        with pytest.raises(Killed):
            find(tmp_path / "stopped", kind, give)
    find(tmp_path / "stopped", kind, give)
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )


@pytest.mark.slow
def test_what_is_read_once_trains_as_arrays_do(tmp_path):
    for give in (arrays, as_dataset):
        find(tmp_path / give.__name__, "dict", give)
    assert tiny.result_bytes(tmp_path / "arrays") == tiny.result_bytes(
        tmp_path / "as_dataset"
    )
