"""Tests of foundations/sweeps/level_lists.py."""

import pytest

from lottery_ticket.foundations.sweeps import level_lists


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("0", [0]),
        (8, [8]),
        ("0-2", [0, 1, 2]),
        ("0, 3-5,9", [0, 3, 4, 5, 9]),
        ("5-3,1", [1]),
    ],
)
def test_numbers_and_ranges(text, levels):
    assert level_lists.parse(text) == levels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "levels must be numbers and ranges"),
        ("3-", "levels must be numbers"),
        ("", "levels must be numbers"),
        ("-1", "levels must be numbers"),
        ("5-3", "levels must name at least one"),
    ],
)
def test_what_cannot_be_read_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        level_lists.parse(text)
