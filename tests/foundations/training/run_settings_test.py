"""Tests of training/run_settings.py."""

import contextlib

import hypothesis
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.training import run_settings


def test_a_course_is_counted_in_iterations():
    course = run_settings.Course("2ep", ("3ep", "13it", ("iterations", 13)))
    assert course.span("10ep", 4) == run_settings.Span(8, 40, (12, 13), ())
    assert run_settings.Course().span("7it", 4) == run_settings.Span(0, 7)


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
            "of iteration 2 cannot be saved: .* whose ends are saved anyway",
        ),
        (run_settings.Course("2it", ("9it",)), "2 to 9, whose ends are saved"),
        (run_settings.Course("2it", ("10it",)), "from iteration 2 to 9$"),
    ],
)
def test_what_is_not_within_training_is_named(course, message):
    with pytest.raises(ValueError, match=message):
        course.span("9it", 4)
    with pytest.raises(
        ValueError, match="training_len must be an integer, at least 1"
    ):
        course.span("0it", 4)


def test_intervals_are_of_the_splits_there_are():
    intervals = run_settings.Intervals(test=10, validate=20)
    assert intervals.of(("train", "test")) == {"test": 10}
    with pytest.raises(
        ValueError, match="validate_interval must be an integer, at"
    ):
        run_settings.Intervals(validate=0)


def test_a_run_has_its_own_bar_or_shares_one():
    shared = progress.Progress(2, quiet=True)
    with run_settings.Output(bar=shared).open_bar() as bar:
        assert bar is shared
    with run_settings.Output(quiet=True).open_bar() as bar:
        assert bar is not shared and isinstance(bar, progress.Progress)
    opened = run_settings.Output(bar=shared).open_bar()
    assert isinstance(opened, contextlib.nullcontext)


def halts(span, intervals, capacity):
    """All iterations at which a run halts, after its start."""
    found = [span.start]
    while found[-1] < span.end:
        found.append(span.next_halt(found[-1], intervals, capacity))
    return found[1:]


def test_a_run_halts_at_all_that_is_due():
    span = run_settings.Span(5, 40, saved=(13,), events=(8, 16, 40))
    assert halts(span, (10, 20), 100) == [8, 10, 13, 16, 20, 30, 40]
    assert halts(run_settings.Span(0, 7), (), 3) == [3, 6, 7]


@st.composite
def runs(draw):
    start = draw(st.integers(0, 50))
    end = start + draw(st.integers(1, 60))
    inside = st.lists(st.integers(start + 1, end), max_size=5).map(sorted)
    span = run_settings.Span(
        start, end, tuple(draw(inside)), tuple(draw(inside))
    )
    intervals = draw(st.lists(st.integers(1, 40), max_size=2))
    return span, intervals, draw(st.integers(1, 30))


@hypothesis.given(runs())
def test_halts_are_those_that_are_due_and_no_longer_apart(run):
    span, intervals, capacity = run
    due = {*span.saved, *span.events, span.end}
    for interval in intervals:
        within = range(span.start + 1, span.end + 1)
        due |= {each for each in within if each % interval == 0}
    found = halts(span, intervals, capacity)
    assert due <= set(found)
    for before, halt in zip([span.start, *found], found, strict=False):
        assert 0 < halt - before <= capacity
        assert halt in due or halt - before == capacity


def test_evaluations_are_due_at_the_start_the_end_and_each_interval():
    span = run_settings.Span(5, 33)
    due = [each for each in range(5, 34) if span.is_due(each, 10)]
    assert due == [5, 10, 20, 30, 33]


def test_weights_are_saved_after_every_so_many():
    course = run_settings.Course("1ep", ("every:2ep", "9it"))
    assert course.span("6ep", 4).saved == (8, 9, 16)
    assert course.settings() == {"save_iterations": ["every:2ep", "9it"]}
    assert run_settings.Course("1ep").settings() == {}


def test_inputs_may_have_to_be_those_of_another_run():
    output = run_settings.Output(expected={"iterations": 5, "saved": [1, 2]})
    output.check_inputs({"iterations": 5, "saved": (1, 2), "more": 1})
    with pytest.raises(
        ValueError, match="asked for: iterations 5 there, 6 now"
    ):
        output.check_inputs({"iterations": 6, "saved": [1, 2]})
    with pytest.raises(ValueError, match=r"saved \[1, 2\] there, None now"):
        output.check_inputs({"iterations": 5})
    run_settings.Output().check_inputs({"iterations": 6})
