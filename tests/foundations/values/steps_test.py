"""Tests of foundations/values/steps.py."""

import pytest

from lottery_ticket.foundations.values import steps


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("500it", ("iterations", 500)),
        ("20ep", ("epochs", 20)),
        ("50_000it", ("iterations", 50000)),
        (("epochs", 3), ("epochs", 3)),
        (("iterations", 4), ("iterations", 4)),
        (" 7 epochs ", ("epochs", 7)),
    ],
)
def test_parse(length, expected):
    assert steps.parse(length) == expected


@pytest.mark.parametrize(
    "length",
    ["500", "it", "-5it", "1.5ep", "5min", "5_it", 500, None],
)
def test_parse_refuses(length):
    with pytest.raises(ValueError, match="'500it' or '20ep'"):
        steps.parse(length)


def test_epochs_count_in_iterations():
    assert steps.iterations("3ep", per_epoch=20) == 60
    assert steps.iterations("3it", per_epoch=20) == 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [("10 it", "10it"), ("1_000iterations", "1000it"), (("epochs", 2), "2ep")],
)
def test_a_length_is_written_in_one_way(given, expected):
    assert steps.text(given) == expected
