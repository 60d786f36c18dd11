"""Tests of foundations/criteria/criterion.py: all entries."""

from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.tests import contracts

KINDS = {"weights", "network", "data"}


def test_every_criterion_takes_a_layer_or_what_networks_are_given():
    contracts.check_entries(criteria.CRITERIA, "layer or given")


def test_every_criterion_has_a_kind():
    assert {e.kind for e in criteria.CRITERIA.values()} == KINDS
