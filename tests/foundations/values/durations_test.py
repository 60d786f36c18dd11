"""Tests of foundations/values/durations.py."""

import pytest

from lottery_ticket.foundations.values import durations


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("90s", 90), ("55min", 3300), ("2h", 7200), (" 1 h ", 3600)],
)
def test_seconds(duration, expected):
    assert durations.seconds(duration) == expected


@pytest.mark.parametrize(
    "duration",
    ["90", 90, "", "min", "-5min", "1.5h", "2d", "55m", "0s", "0min", "h2"],
)
def test_what_is_no_duration_is_refused(duration):
    with pytest.raises(ValueError, match="such as '90s', '55min' or '2h'"):
        durations.seconds(duration)
