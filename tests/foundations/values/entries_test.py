"""Tests of foundations/values/entries.py, and of what checks all entries."""

import dataclasses

import pytest

from lottery_ticket.foundations.values import entries
from lottery_ticket.tests import contracts

GOOD = entries.Entry(abs, "abs", "the magnitude", entries.HERE, family=0)


def test_an_entry_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        GOOD.label = "other"


@pytest.mark.parametrize(
    "changes",
    [
        {"label": ""},
        {"help": "A sentence."},
        {"help": "two\nlines"},
        {"source": "somewhere"},
        {"variant": 1},
        {"is_reference": True},
    ],
)
def test_what_breaks_the_contract_is_found(changes):
    contracts.check_entries({"good": GOOD}, 1)
    with pytest.raises(AssertionError):
        contracts.check_entries({"x": dataclasses.replace(GOOD, **changes)}, 1)
    with pytest.raises(AssertionError):
        contracts.check_entries({"good": GOOD, "twin": GOOD}, 1)


def test_a_function_takes_what_the_registry_says():
    with pytest.raises(TypeError):
        contracts.check_entries({"good": GOOD}, 1, 2)
