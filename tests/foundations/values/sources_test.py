"""Tests of foundations/values/sources.py."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.values import examples, sources

RNG = np.random.default_rng(0)
X, Y = RNG.random((10, 3), np.float32), np.arange(10) % 2
W = RNG.random(10, np.float32)
D = tf.data.Dataset


class Batches(keras.utils.PyDataset):
    """Batches of 4, 4 and 2."""

    def __init__(self, x=X, **options):
        super().__init__(**options)
        self.x = x

    def __len__(self):
        return 3

    def __getitem__(self, index):
        part = slice(4 * index, 4 * index + 4)
        return examples.take(self.x, part), Y[part]


class Endless(keras.utils.PyDataset):
    """Does not say how many batches there are."""

    def __getitem__(self, index):
        return X, Y


class Augmenting(Batches):
    """Draws anew at each access."""

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x + RNG.random(x.shape, np.float32), y


class Loader:
    """Stands for one of PyTorch, whose batches are lists."""

    def __iter__(self):
        return iter([[X[:4], Y[:4]], [X[4:], Y[4:]]])


DataLoader = type("DataLoader", (Loader,), {"__module__": "torch.utils.data"})


def batches():
    for start in range(0, 10, 4):
        yield X[start : start + 4].tolist(), Y[start : start + 4]


@pytest.mark.parametrize(
    "given",
    [
        D.from_tensor_slices((X, Y)).batch(4),
        D.from_tensor_slices((X, Y)).shuffle(9, 1, False).batch(10),
        Batches(),
        DataLoader(),
        batches,
        batches(),
        itertools.islice(itertools.cycle(batches()), 3),
        iter([(tf.constant(X), tf.constant(Y))]),
    ],
)
def test_batches_become_arrays(given, caplog):
    x, y = sources.collected(given)
    order = np.argsort(x[:, 0])
    np.testing.assert_allclose(x[order], X[np.argsort(X[:, 0])])
    np.testing.assert_array_equal(y[order], Y[np.argsort(X[:, 0])])
    assert not caplog.text
    assert "10 examples is read once into memory (0 MB)" in sources.said(
        given, x
    )


def test_several_inputs_and_weights_keep_their_places():
    given = D.from_tensor_slices(({"a": X, "b": Y}, Y, W)).batch(3)
    x, y, w = sources.collected(given)
    np.testing.assert_array_equal(x["a"], X)
    np.testing.assert_array_equal(x["b"], Y)
    np.testing.assert_array_equal(w, W)
    (first, second), _ = sources.collected(Batches((X, X[:, 0])))
    np.testing.assert_array_equal(second, X[:, 0])
    arrays = X, Y
    assert sources.collected(arrays) is arrays


def ragged():
    return D.from_tensor_slices(
        (tf.ragged.constant([[1], [1, 2], [3]]), [0, 1, 0])
    ).batch(2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (D.from_tensor_slices((X, Y)), r"one length \(.batch\(n\) makes some"),
        (D.from_tensor_slices(X).batch(3), r"batches \(x, y\) or .*ndarray"),
        (D.from_tensor_slices((X, Y)).repeat(), r"must end. .*\.take\(n\)"),
        (ragged, "dense arrays of numbers"),
        (D.from_tensor_slices((["a"], [1])).batch(1), "dense arrays of number"),
        (Endless(), "must have a __len__"),
        (iter([]), "has no batch"),
        (
            iter([(X, Y[:3])]),
            r"one length .*Received: shapes \(10, 3\), \(3,\)",
        ),
        (iter([(X, Y), (X[:, :2], Y)]), "batches that are alike but for"),
        (iter([(X, Y), ({"a": X}, Y)]), "batches that are alike but for"),
        (itertools.cycle([(X, Y)]), "more than 1e-06 GB.*itertools.islice"),
        (iter([(X, Y, W, W)]), "must give batches"),
    ],
)
def test_what_gives_no_batches_is_an_error(given, message):
    given = given() if given is ragged else given
    with pytest.raises(ValueError, match=message):
        sources.collected(given, limit_bytes=1000)


@pytest.mark.parametrize(
    "given",
    [
        D.from_tensor_slices((X, Y)).shuffle(10).batch(4),
        Augmenting(),
        D.from_tensor_slices((X, Y)).shuffle(10, seed=1).batch(4),
    ],
)
def test_batches_that_differ_at_a_second_pass_are_told(given, caplog):
    sources.collected(given)
    assert "gives other batches at a second pass" in caplog.text


def test_kinds():
    assert sources.kind(D.range(3)) == "a tf.data.Dataset"
    assert sources.kind(Batches()) == "a keras PyDataset"
    assert sources.kind(batches) == "a generator function"
    assert sources.kind(batches()) == sources.kind(iter(X)) == "an iterator"
    for value in (X, [X], (X, Y), None, "mnist", tf.constant(X), Batches):
        assert sources.kind(value) is None


def test_a_large_pydataset_is_streamed(caplog):
    x, y = sources.collected(Batches(), limit_bytes=100)
    assert examples.is_streamed(x) and len(x) == 10
    np.testing.assert_array_equal(y, Y)
    assert "10 examples is streamed" in sources.said(Batches(), x)
    assert not caplog.text
