"""Tests of training/run_settings.py."""

import contextlib

import pytest

from lottery_ticket.foundations import progress
from lottery_ticket.foundations.training import run_settings, spans


def test_a_course_is_counted_in_iterations():
    course = run_settings.Course("2ep", ("3ep", "13it", ("iterations", 13)))
    assert course.span("10ep", 4) == spans.Span(8, 40, (12, 13), ())
    assert run_settings.Course().span("7it", 4) == spans.Span(0, 7)


def test_events_are_sorted_each_once():
    course = run_settings.Course("4it", ("5it",), (9, 5, 9))
    assert course.span("9it", 1) == (4, 9, (5,), (5, 9))


@pytest.mark.parametrize("iteration", [0, 4, 10])
def test_events_outside_of_training_are_errors(iteration):
    course = run_settings.Course("4it", event_iterations=(5, iteration))
    with pytest.raises(ValueError, match=f"iteration {iteration}: .* 4 to 9"):
        course.span("9it", 1)


@pytest.mark.parametrize(
    ("course", "message"),
    [
        (run_settings.Course("9it"), "cannot start at iteration 9: it ends"),
        (run_settings.Course("3ep"), "cannot start at iteration 12"),
        (
            run_settings.Course("2it", ("2it",)),
            "of iteration 2 cannot be saved",
        ),
        (run_settings.Course("2it", ("9it",)), "from iteration 2 to 9"),
    ],
)
def test_what_is_not_within_training_is_named(course, message):
    with pytest.raises(ValueError, match=message):
        course.span("9it", 4)
    with pytest.raises(ValueError, match="training_len must be at least 1"):
        course.span("0it", 4)


def test_intervals_are_of_the_splits_there_are():
    intervals = run_settings.Intervals(test=10, validate=20)
    assert intervals.of(("train", "test")) == {"test": 10}
    with pytest.raises(ValueError, match="validate_interval must be at least"):
        run_settings.Intervals(validate=0)


def test_a_run_has_its_own_bar_or_shares_one():
    shared = progress.Progress(2, quiet=True)
    with run_settings.Output(bar=shared).open_bar() as bar:
        assert bar is shared
    with run_settings.Output(quiet=True).open_bar() as bar:
        assert bar is not shared and isinstance(bar, progress.Progress)
    opened = run_settings.Output(bar=shared).open_bar()
    assert isinstance(opened, contextlib.nullcontext)
