"""A dataset and a network small enough for any test."""

import contextlib
import dataclasses
import functools
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import model_base, trainer
from lottery_ticket.foundations.training import programs, run_settings
from lottery_ticket.foundations.values import dataset_base


class Stream:
    """Examples that are read batch by batch."""

    checksum = "of a test"

    def __init__(self, x):
        """Takes them as an array."""
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        """How many there are."""
        return len(self._x)

    def read(self, rows, seed):
        """Returns some of them; nothing is random."""
        del seed
        return tf.gather(self._x, rows)


def make_dataset(
    size=64,
    batch_size=16,
    classes=3,
    validate=True,
    seed=0,
    is_streamed=False,
):
    """Returns Gaussian blobs in 4 dimensions; 4 whole batches an epoch."""
    rng = np.random.default_rng(7)
    centers = rng.normal(size=(classes, 4)) * 2

    def blobs(count):
        y = np.arange(count) % classes
        x = centers[y] + rng.normal(size=(count, 4))
        x = x.astype(np.float32)
        return Stream(x) if is_streamed else x, y

    return dataset_base.DatasetBase(
        blobs(size),
        batch_size,
        blobs(30),
        validate=blobs(20) if validate else None,
        train_order_seed=seed,
    )


class Model(model_base.ModelBase):
    """4 -> 5 ReLU -> 3."""

    def __init__(self, presets=None, masks=None):
        """Builds it."""
        super().__init__((4,), presets=presets, masks=masks)
        x = self.dense_layer("layer0", self.inputs, 5, activation="relu")
        self.set_outputs(self.dense_layer("layer1", x, 3))


def masks():
    """Returns masks with a third of layer0 pruned."""
    mask = np.ones((4, 5), np.uint8)
    mask.flat[::3] = 0
    return {"layer0": mask, "layer1": np.ones((5, 3), np.uint8)}


def train(
    directory,
    *,
    model=None,
    optimizer_fn=None,
    dataset=None,
    training_len="40it",
    label="training",
    test_interval=10,
    validate_interval=20,
    **options,
):
    """Trains tiny networks for 40 iterations, unless told otherwise.

    Other options are fields of the settings that `trainer.train` takes.
    """
    # Tiny networks train for less time than XLA compiles.
    options = {"jit": False, **options}
    return trainer.train(
        dataset or make_dataset(),
        model or _model().reset(masks=masks(), seed=1),
        optimizer_fn or (lambda: keras.optimizers.Adam(0.01)),
        training_len,
        str(directory),
        label=label,
        course=_taken(run_settings.Course, options),
        intervals=run_settings.Intervals(test_interval, validate_interval),
        step=_taken(run_settings.Step, options),
        output=_taken(run_settings.Output, options),
        **options,  # What is left is unknown.
    )


@functools.cache
def _model():
    """One for all that need no other: it is compiled once a process."""
    return Model()


def _taken(kind, options):
    """Settings of a kind, of the options that are its fields."""
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(
        **{name: options.pop(name) for name in names if name in options}
    )


@contextlib.contextmanager
def stopping(monkeypatch, chunks):
    """What is trained within is killed as it launches a chunk after so many."""
    real, calls = programs.Program.launch, []

    def killed_later(self, *arguments):
        if len(calls) == chunks:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", killed_later)
        with pytest.raises(KeyboardInterrupt):
            yield


def result_bytes(directory):
    """Weights, masks and logs below a folder, by their path."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(pathlib.Path(directory).rglob("*"))
        if path.suffix in (".npy", ".json") and path.name != "run.json"
    }
