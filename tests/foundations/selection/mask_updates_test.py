"""Tests of foundations/selection/mask_updates.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import mask_updates
from lottery_ticket.tests import contracts

BY_PAPER = mask_updates.Schedule(0.3, 100, 0.75 * 2000)


def array(*values):
    return np.array(values, np.float32)


def mask(text):
    return np.array([int(each) for each in text], bool)


def test_methods_keep_their_promises():
    contracts.check_entries(mask_updates.METHODS, "gradient", "uniform")


def test_a_cosine_ends_at_three_quarters_of_training():
    found = [BY_PAPER.at(part * 2000 // 4) for part in range(4)]
    np.testing.assert_allclose(found, [0.3, 0.225, 0.075, 0], atol=1e-15)


def test_counts_are_whole_and_of_what_the_cosine_means():
    # .3, .225 and .075; the second is 27 - 4e-15 by floating-point numbers.
    assert BY_PAPER.at(500) * 120 < 27
    assert [BY_PAPER.count(at, 120) for at in (0, 500, 1000)] == [36, 27, 9]
    assert BY_PAPER.count(500, 44) == 9 and BY_PAPER.count(500, 45) == 10


def test_the_first_update_is_after_an_interval_and_none_at_the_end():
    assert BY_PAPER.iterations(0, 2000) == tuple(range(100, 1500, 100))
    assert BY_PAPER.iterations(500, 700) == (600,)
    assert BY_PAPER.iterations(500, 600) == ()
    late = mask_updates.Schedule(0.3, 4, 12.5)
    assert late.iterations(0, 100) == (4, 8, 12)
    assert mask_updates.Schedule(0.3, 4, 12).iterations(3, 100) == (4, 8)


@pytest.mark.parametrize(
    ("numbers", "named"),
    [((0, 1, 1), "fraction"), ((1.5, 1, 1), "fraction")]
    + [((1, 0, 1), "interval"), ((1, 1, 0), "end")],
)
def test_numbers_must_be_in_range(numbers, named):
    with pytest.raises(ValueError, match=named):
        mask_updates.Schedule(*numbers)


def test_the_lowest_go_and_the_highest_of_all_others_come():
    found = mask_updates.update(
        mask("111000"), 2, array(3, 1, 2, 0, 0, 0), array(9, 1, 5, 4, 6, 0)
    )
    # 1 and 2 are dropped; of 1 to 5, 4 and, back again, 2 are grown.
    np.testing.assert_array_equal(found.kept, mask("101010"))
    np.testing.assert_array_equal(found.stays, mask("101000"))
    assert found.counts == {"dropped": 2, "grown": 1, "grown_back": 1}


def test_of_ties_the_earlier_goes_and_comes():
    found = mask_updates.update(
        mask("011100"), 1, array(0, 1, 1, 1, 0, 0), np.zeros(6, np.float32)
    )
    np.testing.assert_array_equal(found.kept, mask("101100"))
    # All that was dropped comes back, if nothing else scores.
    again = mask_updates.update(
        mask("111000"), 3, array(1, 2, 3, 0, 0, 0), np.zeros(6, np.float32)
    )
    assert again.counts == {"dropped": 3, "grown": 0, "grown_back": 3}


def test_nothing_moves_by_a_count_of_0():
    given = mask("10")
    found = mask_updates.update(given, 0, array(1, 0), array(0, 9))
    np.testing.assert_array_equal(found.kept, given)
    assert found.counts == {"dropped": 0, "grown": 0, "grown_back": 0}


def twin(given, count, drop, grow):
    """The same by sorting."""
    places = np.arange(given.size)
    kept = [i for i in np.lexsort((places, drop)) if given[i]]
    left = given.copy()
    left[kept[:count]] = False
    free = [i for i in np.lexsort((places, -grow)) if not left[i]]
    left[free[:count]] = True
    return left


@hypothesis.given(st.data())
def test_densities_stay_as_a_plain_twin_has_them(data):
    size = data.draw(st.integers(1, 30))
    numbers = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
    given = np.array(data.draw(numbers)) > 0
    drop, grow = (array(*data.draw(numbers)) for _ in range(2))
    count = data.draw(st.integers(0, int(given.sum())))
    before = given.copy()
    found = mask_updates.update(given, count, drop, grow)
    assert found.kept.sum() == given.sum()
    assert found.dropped == count == found.grown + found.grown_back
    np.testing.assert_array_equal(found.kept, twin(given, count, drop, grow))
    np.testing.assert_array_equal(found.stays, found.kept & given)
    assert (found.kept & ~given).sum() == found.grown
    np.testing.assert_array_equal(given, before)
