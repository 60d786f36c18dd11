"""Tests of foundations/training/trainee.py."""

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
