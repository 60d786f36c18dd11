"""Tests of foundations/schedules.py."""

import pytest

from lottery_ticket.foundations import schedules


def test_the_default_is_a_constant_rate():
    assert schedules.Schedule().is_constant
    assert not schedules.Schedule(warmup="1it").is_constant
    assert not schedules.Schedule("cosine").is_constant


def test_lengths_become_iterations():
    schedule = schedules.Schedule(
        "piecewise", drops=("80ep", "42000it"), drop_factor=0.5, warmup="2ep"
    )
    assert schedules.in_iterations(schedule, 352, 56320) == {
        "schedule": "piecewise",
        "drops": [28160, 42000],
        "drop_factor": 0.5,
        "warmup": 704,
        "training_iterations": 56320,
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "cosin"}, "Unknown schedule 'cosin'. Did you mean 'cosine'"),
        ({"name": "piecewise"}, "needs lr_drops"),
        ({"drops": ("9it",)}, "the others have none. Received: constant"),
        ({"warmup": "5"}, "A length must be"),
        ({"name": "piecewise", "drops": ("5",)}, "A length must be"),
        ({"drop_factor": 0.0}, "factor of a drop must be above 0"),
    ],
)
def test_settings_that_do_not_fit_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        schedules.Schedule(**given)


def test_a_warmup_may_be_as_long_as_training_but_no_longer():
    schedule = schedules.Schedule(warmup="2ep")
    schedules.in_iterations(schedule, 10, 20)
    with pytest.raises(ValueError, match="A warmup of 2ep is longer than"):
        schedules.in_iterations(schedule, 10, 19)


@pytest.mark.parametrize("drops", [("2ep", "10it"), ("2ep", "20it")])
def test_drops_ascend(drops):
    schedule = schedules.Schedule("piecewise", drops)
    with pytest.raises(ValueError, match="must ascend. Received: 2ep, "):
        schedules.in_iterations(schedule, 10, 100)


@pytest.mark.parametrize("drop", ["0it", "5it"])
def test_no_drop_comes_before_the_warmup_ends(drop):
    schedule = schedules.Schedule("piecewise", drops=(drop,), warmup="6it")
    with pytest.raises(ValueError, match="cannot drop at"):
        schedules.in_iterations(schedule, 10, 20)
