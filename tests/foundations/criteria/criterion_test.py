"""Tests of foundations/criteria/criterion.py: all entries."""

import pytest

from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.tests import contracts

ARGUMENTS = {
    "weights": ("layer",),
    "network": ("given",),
    "data": ("given",),
}


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_every_criterion_takes_what_its_kind_does(kind):
    own = {n: e for n, e in criteria.CRITERIA.items() if e.kind == kind}
    contracts.check_entries(own, *ARGUMENTS[kind])


def test_every_criterion_has_a_kind():
    assert {e.kind for e in criteria.CRITERIA.values()} == set(ARGUMENTS)
