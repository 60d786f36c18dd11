"""Tests of foundations/learned_masks/score_orders.py: exact thresholds."""

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations.learned_masks import score_orders

# Ties, zeros of both signs, numbers that devices may take for 0, infinities.
SPECIAL = [0.0, -0.0, 1e-45, -1e-45, 1e-40, 1.0, -1.0, 0.5, np.inf, -np.inf]
ANY = arrays.arrays(
    np.float32,
    6,  # One shape, compiled once.
    elements=st.one_of(
        st.sampled_from(np.array(SPECIAL, np.float32).tolist()),
        st.floats(width=32, allow_nan=False),
    ),
)


def kept_by_numpy(scores, count):
    """Above the n-th smallest magnitude, all where n is 0."""
    flat = np.concatenate([np.abs(each).ravel() for each in scores])
    if not count:
        return [np.ones(each.shape, bool) for each in scores]
    cutoff = np.sort(flat)[count - 1]
    return [np.abs(each) > cutoff for each in scores]


def kept(scores, groups, counts):
    orders = score_orders.magnitudes([tf.constant(each) for each in scores])
    grouped = [[orders[index] for index in group] for group in groups]
    lowest = score_orders.nth_smallest(grouped, tf.constant(counts))
    found = [None] * len(scores)
    for group, own in zip(groups, lowest, strict=True):
        for index in group:
            found[index] = (orders[index] > own).numpy()
    return found


@pytest.fixture(params=["CPU", "GPU"], scope="module")
def device(request):
    """The form of the search for either; a GPU's runs on a CPU as well."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "GPU":
            patch.setattr(tf.config, "list_physical_devices", lambda kind: [1])
        yield


@pytest.mark.usefixtures("device")
@hypothesis.given(ANY, ANY, st.integers(0, 12))
def test_several_tensors_have_one_threshold(one, other, count):
    found = kept([one, other], [[0, 1]], [count])
    expected = kept_by_numpy([one, other], count)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("device")
@hypothesis.given(ANY, ANY, st.integers(0, 6), st.integers(0, 6))
def test_groups_have_their_own(one, other, first, second):
    found = kept([one, other], [[0], [1]], [first, second])
    expected = [
        kept_by_numpy([one], first)[0],
        kept_by_numpy([other], second)[0],
    ]
    np.testing.assert_array_equal(found, expected)


def test_no_count_keeps_zeros_too():
    scores = [np.zeros((2, 3), np.float32)]
    assert kept(scores, [[0]], [0])[0].all()
    assert not kept(scores, [[0]], [1])[0].any()


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("count", [1, 500, 999, 1000])
def test_exactly_so_many_go_where_none_tie(count):
    rng = np.random.default_rng(3)
    scores = [rng.normal(size=(20, 25)).astype("f4") for _ in range(2)]
    found = kept(scores, [[0, 1]], [count])
    assert sum(each.sum() for each in found) == 1000 - count


@pytest.mark.slow
def test_the_same_within_xla_and_without():
    rng = np.random.default_rng(4)
    scores = [tf.constant(rng.normal(size=300), tf.float32)]

    def lowest(count):
        orders = score_orders.magnitudes(scores)
        return score_orders.nth_smallest([orders], count)

    for count in (0, 17, 300):
        counts = tf.constant([count], tf.int64)
        results = [
            tf.function(lowest, autograph=False, jit_compile=jit)(counts)
            for jit in (True, False)
        ]
        np.testing.assert_array_equal(*results)
        np.testing.assert_array_equal(results[0], lowest(counts))


def test_positive_parts_are_ordered_and_the_rest_is_one():
    scores = np.array([-2, -0.0, 0.0, 1e-45, 0.5, 1, 2], np.float32)
    (orders,) = score_orders.positive_parts([tf.constant(scores)])
    orders = orders.numpy()
    assert (orders[:3] == 0).all() and (np.diff(orders[2:]) > 0).all()
