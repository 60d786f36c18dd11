"""Tests of foundations/values/array_pairs.py: what two pairs are not."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.values import array_pairs

X = np.zeros((64, 8), np.float32)
Y = np.arange(64) % 2


class Batches(keras.utils.PyDataset):
    """Two batches: what could be taken for two pairs."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X, Y


def stream(count):
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(64 // count)


@pytest.mark.parametrize(
    "pair",
    [
        (X, Y),
        [X, Y],
        (X.tolist(), Y.tolist()),
        (X[:2].tolist(), [0, 1]),
        (tf.constant(X), Y),
        ({"a": X, "b": X}, Y),
        ([X, X], Y),
    ],
)
def test_two_pairs_come_back_as_they_are(pair):
    (x, y), test = array_pairs.train_and_test([pair, (X, Y)])
    assert x is pair[0] and y is pair[1]
    assert test == (X, Y)


def test_batches_may_be_in_place_of_a_pair():
    given = Batches(), stream(2)
    train, test = array_pairs.train_and_test(given)
    assert train is given[0] and test is given[1]
    assert array_pairs.train_and_test([given[0], (X, Y)]) == (given[0], (X, Y))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (stream(2), "a tf.data.Dataset: batches of one set"),
        (stream(3), "a tf.data.Dataset: batches of one set"),
        (stream(1).prefetch(1), "a tf.data.Dataset"),
        (((stream(2), None), (X, Y)), "a tf.data.Dataset"),
        (Batches(), "a keras PyDataset: batches"),
        (((X, Y) for _ in range(2)), "an iterator: batches"),
        (zip(X, Y, strict=True), "an iterator"),
        ((X, Y), r"tuple of 2: ndarray of shape \(64, 8\), ndarray of"),
        ((X[:2], Y[:2]), r"tuple of 2: ndarray of shape \(2, 8\)"),
        ((X[:2].tolist(), [0, 1]), "tuple of 2: list, list"),
        ((X, Y, X, Y), "tuple of 4: ndarray"),
        (((X, Y),) * 3, "3 pairs; examples for validation are taken from"),
        ((None, None), "tuple of 2: NoneType, NoneType"),
        (((X, None), (X, None)), r"tuple of 2: \(ndarray .*, NoneType\), \("),
        ([(X, Y), (X, 3)], r"list of 2: \(.*\), \(.*, int\)"),
        (np.zeros((2, 2, 5)), r"ndarray of shape \(2, 2, 5\)"),
        ({"train": (X, Y), "test": (X, Y)}, "Received: dict"),
        ("mnist", "Received: 'mnist'"),
        ((), "Received: tuple"),
    ],
)
def test_what_is_no_two_pairs_is_named(given, message):
    start = r"dataset must be \(\(x_train, y_train\), \(x_test, y_test\)\)"
    with pytest.raises(ValueError, match=f"{start} or a .*{message}"):
        array_pairs.train_and_test(given)


def test_weights_may_stand_behind_labels():
    for given in (((X, Y, Y), (X, Y, Y)), [(X, Y, Y), [X, Y]]):
        assert array_pairs.train_and_test(given) == tuple(given)
