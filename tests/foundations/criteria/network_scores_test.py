"""Tests of foundations/criteria/network_scores.py."""

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations.criteria import network_scores
from lottery_ticket.foundations.values import dataset_base, dataset_split
from lottery_ticket.tests.foundations.criteria import criteria_gradients_test


def streamable(wrap=lambda x: x):
    x = np.arange(20, dtype=np.uint8).reshape(10, 2)
    pair = wrap(x), np.arange(10) % 2
    return dataset_base.DatasetBase(
        pair, 4, pair, prepare=lambda x: tf.cast(x, tf.float32) / 10
    )


@hypothesis.given(
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    per_class=st.integers(1, 12),
    seed=st.integers(0, 5),
)
def test_each_class_gives_as_many_as_it_has(labels, per_class, seed):
    split = dataset_split.DatasetSplit((np.zeros((len(labels), 1)), labels))
    rows = network_scores.choose_examples(split, per_class, seed)
    assert len(set(rows)) == len(rows) and (np.diff(rows) > 0).all()
    for label in set(labels):
        given = np.count_nonzero(split.y[rows] == label)
        assert given == min(per_class, labels.count(label))
    again = network_scores.choose_examples(split, per_class, seed)
    np.testing.assert_array_equal(rows, again)


def test_every_example_can_be_chosen():
    split = dataset_split.DatasetSplit((np.zeros((6, 1)), [0, 1, 0, 1, 0, 1]))
    chosen = [
        network_scores.choose_examples(split, 1, seed) for seed in range(40)
    ]
    assert set(np.concatenate(chosen)) == set(range(6))


def test_at_least_one_example_of_each_class():
    with pytest.raises(ValueError, match="examples_per_class.*Received: 0"):
        network_scores.choose_examples(streamable().train, 0, 0)


@pytest.mark.parametrize(
    "wrap", [lambda x: x, criteria_gradients_test.Streamed]
)
def test_chunks_are_prepared_and_bounded_in_memory(wrap, monkeypatch):
    monkeypatch.setattr(network_scores, "CHUNK_NUMBERS", 5)
    data, rows = streamable(wrap), np.array([1, 4, 9], np.int32)
    chunks = list(network_scores.example_chunks(data, rows))
    np.testing.assert_allclose(chunks[0][0], [[0.2, 0.3], [0.8, 0.9]])
    np.testing.assert_array_equal(chunks[0][1], [1, 0])
    np.testing.assert_allclose(chunks[1][0], [[1.8, 1.9]])
    if wrap is criteria_gradients_test.Streamed:
        assert data.train.x.asked == [[1, 4], [9]]


def test_an_example_larger_than_a_chunk_is_one(monkeypatch):
    monkeypatch.setattr(network_scores, "CHUNK_NUMBERS", 1)
    chunks = list(network_scores.example_chunks(streamable(), np.array([1, 4])))
    assert [len(y) for _, y in chunks] == [1, 1]
