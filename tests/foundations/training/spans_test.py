"""Tests of training/spans.py: where a run halts."""

import hypothesis
from hypothesis import strategies as st

from lottery_ticket.foundations.training import spans


def halts(span, intervals, capacity):
    """All iterations at which a run halts, after its start."""
    found = [span.start]
    while found[-1] < span.end:
        found.append(span.next_halt(found[-1], intervals, capacity))
    return found[1:]


def test_a_run_halts_at_all_that_is_due():
    span = spans.Span(5, 40, saved=(13,), events=(8, 16, 40))
    assert halts(span, (10, 20), 100) == [8, 10, 13, 16, 20, 30, 40]
    assert halts(spans.Span(0, 7), (), 3) == [3, 6, 7]


@st.composite
def runs(draw):
    start = draw(st.integers(0, 50))
    end = start + draw(st.integers(1, 60))
    inside = st.lists(st.integers(start + 1, end), max_size=5).map(sorted)
    span = spans.Span(start, end, tuple(draw(inside)), tuple(draw(inside)))
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
    span = spans.Span(5, 33)
    due = [each for each in range(5, 34) if span.is_due(each, 10)]
    assert due == [5, 10, 20, 30, 33]
