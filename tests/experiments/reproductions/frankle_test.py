"""Tests of experiments/reproductions/frankle.py."""

from lottery_ticket.experiments.reproductions import frankle

STUDIES = frankle.STUDIES


def test_a_network_is_stable_below_two_points():
    stable = STUDIES["stable_resnet20"].claims
    assert stable["at_0"].bound.low == stable["at_2000"].bound.high == 2
    assert stable["at_0"].bound.high == float("inf")


def test_tickets_part_where_they_are_rewound_to():
    tickets, copies = STUDIES["stable_tickets_resnet20"].steps["paper"]
    assert "--rewind_iteration=500it" in tickets.words
    assert "--iterations=500it" in copies.words


def test_checks_of_masks_are_to_make_no_difference():
    claims = STUDIES["at_init_digits"].claims
    assert len(claims) == 4
    assert {(x.bound.low, x.bound.high) for x in claims.values()} == {
        (-0.5, 0.5)
    }
