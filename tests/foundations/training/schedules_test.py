"""Tests of foundations/training/schedules.py."""

import pytest

from lottery_ticket.foundations.training import schedules
from lottery_ticket.tests import contracts


def test_every_schedule_says_what_it_is():
    contracts.check_entries(schedules.SCHEDULES, "step", "settings")


def test_the_default_is_a_constant_rate():
    assert schedules.Schedule().is_constant
    assert not schedules.Schedule(warmup="1it").is_constant
    assert not schedules.Schedule("cosine").is_constant
    assert not schedules.Schedule("cosine_by_epoch").is_constant


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
        ({"name": "cosin"}, "Unknown name 'cosin'. Did you mean 'cosine'"),
        ({"name": "piecewise"}, "needs lr_drops"),
        ({"drops": ("9it",)}, "the others have none. Received: constant"),
        ({"name": "cosine_by_epoch", "drops": ("9it",)}, "the others have non"),
        ({"warmup": "5"}, "A length must be"),
        ({"name": "piecewise", "drops": ("5",)}, "A length must be"),
        ({"drop_factor": 0.0}, "drop_factor must be a number, above 0"),
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


def test_only_the_cosine_by_epoch_needs_the_iterations_of_one():
    schedule = schedules.Schedule("cosine_by_epoch", warmup="2ep")
    settings = schedules.in_iterations(schedule, 391, 58650)
    cosine = schedules.Schedule("cosine", warmup="2ep")
    assert settings == {
        **schedules.in_iterations(cosine, 391, 58650),
        "schedule": "cosine_by_epoch",
        "per_epoch": 391,
    }


def test_a_cosine_by_epoch_warms_up_over_whole_epochs():
    schedule = schedules.Schedule("cosine_by_epoch", warmup="20it")
    schedules.in_iterations(schedule, 10, 30)
    with pytest.raises(ValueError, match="epochs. Received: 20it, with 9 iter"):
        schedules.in_iterations(schedule, 9, 30)


@pytest.mark.parametrize(
    ("epochs", "drops"),
    [
        (1, []),
        (2, [1]),
        (3, [1, 2]),
        (4, [2]),
        (5, [2, 3]),
        (6, [3]),
        (50, [25, 33]),
        (88, [44, 58]),
        (100, [50, 80]),
        (150, [80, 120]),
        (160, [80, 120]),
        (200, [100, 150]),
        (300, [150, 250]),
        (301, [150, 200]),
    ],
)
def test_published_drops(epochs, drops):
    found = schedules.published_drops(epochs)
    assert found == tuple(f"{drop}ep" for drop in drops)
    if drops:
        schedule = schedules.Schedule("piecewise", found)
        schedules.in_iterations(schedule, 391, 391 * epochs)


@pytest.mark.parametrize("epochs", [0, -6, 2.5])
def test_drops_are_published_for_whole_epochs(epochs):
    with pytest.raises(ValueError, match=f"at least 1. Received: {epochs}"):
        schedules.published_drops(epochs)


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
