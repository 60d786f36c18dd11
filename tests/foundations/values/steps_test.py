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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("every: 5 ep", "every:5ep"),
        (" every:1_000iterations", "every:1000it"),
        (("epochs", 2), "2ep"),
    ],
)
def test_points_are_written_in_one_way(given, expected):
    assert steps.point_text(given) == expected


def test_points_of_a_way_lie_between_its_ends():
    assert steps.points("every:2ep", 4, 0, 24) == [8, 16]
    assert steps.points("every:5it", 4, 10, 21) == [15, 20]
    for longer in ("every:6ep", "every:24it", "every:9ep"):
        assert steps.points(longer, 4, 0, 24) == []
    assert steps.points("every:10it", 4, 20, 24) == []
    assert steps.points("3ep", 4, 0, 10) == [12]  # Whoever takes it looks.


@pytest.mark.parametrize("point", ["every:0it", "every:0ep", "every: 0 ep"])
def test_points_that_are_none_are_named(point):
    with pytest.raises(ValueError, match=f"^save_iterations .*'{point}'"):
        steps.points(point, 4, 0, 24)


@pytest.mark.parametrize(
    "point", ["every:", "every:5", "each:5ep", "every5ep", "5"]
)
def test_what_is_no_point_is_named(point):
    with pytest.raises(ValueError, match=f"^save_iterations must.*'{point}'"):
        steps.point_text(point)
