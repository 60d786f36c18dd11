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


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (99.9, "100 s"),
        (100, "1.7 min"),
        (5999, "100 min"),
        (6000, "1.7 h"),
        (1e6, "12 days"),
    ],
)
def test_seconds_in_words(duration_s, text):
    assert durations.about(duration_s) == text
