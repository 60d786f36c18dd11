"""Tests of foundations/training/trainee.py."""

import types

import pytest

from lottery_ticket.foundations.training import trainee
from lottery_ticket.tests import tiny


def test_what_lacks_a_word_of_the_protocol_cannot_be_made():
    class Half(trainee.Trainee):
        weights, masks, identity = {}, {}, {}

    with pytest.raises(TypeError, match="effective.*outcome.*restore"):
        Half()


def test_a_model_has_no_events_unless_it_says_so():
    model = tiny.Model()
    assert isinstance(model, trainee.Trainee) and not model.has_events
    with pytest.raises(NotImplementedError, match="Model has no event after"):
        model.event(3)


def test_of_each_kind_the_last_few_are_kept():
    model, made = types.SimpleNamespace(compiled={}), []

    def kept(*key):
        return trainee.kept(model, key, lambda: made.append(key) or key)

    model.compiled["a_function"] = None  # No kind of these.
    kept("other", 0)
    for number in (0, 1, 0, 2, 3, 4):
        assert kept("search", number) == ("search", number)
    assert made == [("other", 0), *(("search", n) for n in range(5))]
    numbers = [key[1] for key in model.compiled if key[0] == "search"]
    assert numbers == [0, 2, 3, 4]
    assert {"a_function", ("other", 0)} < model.compiled.keys()
