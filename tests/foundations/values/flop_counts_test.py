"""Tests of values/flop_counts.py."""

from lottery_ticket.foundations.values import flop_counts


def test_two_for_each_multiply_add():
    positions = {"conv": 100, "dense": 1}
    assert flop_counts.flops(positions, {"conv": 9, "dense": 50}) == 1_900
    assert flop_counts.flops(positions, {"conv": 0}) == 0


def test_not_known_where_one_layer_is_not():
    assert flop_counts.flops({"conv": 100}, {"conv": 9, "own": 50}) is None
    assert flop_counts.flops({}, {"conv": 9}) is None
