"""Tests of gpu_checks/promises: made-up ones, kept and broken."""

import pytest

from lottery_ticket.benchmarks.gpu_checks import promises


def promise(name, check):
    return promises.Promise(name, f"The promise {name}", check)


def fail(error):
    def check(_):
        raise error

    return check


KEPT = promise("kept", lambda _: promises.judged(True, "2 of 2", ratio=2.0))
MISSED = promise("missed", lambda _: promises.judged(False, "1 of 2"))
LATER = promise("later", lambda _: promises.untried("no GPU"))
ALL = (KEPT, MISSED, LATER)


def statuses(chosen, conditions=None):
    found = promises.check(chosen, conditions)
    return {name: verdict.status for name, verdict in found.items()}


def test_each_promise_has_its_verdict():
    assert statuses(ALL) == {
        "kept": "held",
        "missed": "broken",
        "later": "untried",
    }


@pytest.mark.parametrize(
    ("error", "measured"),
    [
        (RuntimeError("No kernel\nat 0x7f"), "RuntimeError: No kernel"),
        (KeyError("train_s"), "KeyError: 'train_s'"),
        (OSError(28, "No space left"), "OSError: [Errno 28] No space left"),
        (AssertionError(), "AssertionError: "),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_check_that_raises_is_broken_and_stops_no_other(error, measured):
    found = promises.check((promise("raises", fail(error)), KEPT), None)
    assert found["raises"].status == promises.BROKEN
    assert found["raises"].measured == measured
    assert found["kept"].status == promises.HELD


def test_ctrl_c_is_no_verdict():
    with pytest.raises(KeyboardInterrupt):
        promises.check((promise("stopped", fail(KeyboardInterrupt())),), None)


def test_checks_are_handed_the_conditions():
    seen = []

    def check(conditions):
        seen.append(conditions)
        return promises.untried("")

    statuses([promise("looks", check)], "the conditions")
    assert seen == ["the conditions"]


def test_promises_are_chosen_by_name_in_their_order():
    assert promises.choose(ALL, ()) == list(ALL)
    assert promises.choose(ALL, ("later", "kept")) == [KEPT, LATER]


@pytest.mark.parametrize("name", ["keep", "", "held"])
def test_unknown_names_are_refused_with_the_list(name):
    with pytest.raises(ValueError, match="Known: kept, missed, later"):
        promises.choose(ALL, ("kept", name))


def test_the_table_has_a_row_for_each():
    text = promises.table(ALL, promises.check(ALL, None))
    assert text.splitlines() == [
        "promise  verdict  what it says: what was measured",
        "kept     held     The promise kept: 2 of 2",
        "missed   broken   The promise missed: 1 of 2",
        "later    untried  The promise later: no GPU",
    ]


def test_long_rows_go_on_below():
    verdict = promises.judged(True, "word " * 40)
    text = promises.table((KEPT,), {"kept": verdict})
    assert all(len(line) < 80 for line in text.splitlines())
    assert text.splitlines()[2].startswith(" " * 18 + "word")


def test_json_holds_sentence_verdict_and_numbers():
    found = promises.as_json(ALL, promises.check(ALL, None))
    assert found["kept"] == {
        "sentence": "The promise kept",
        "verdict": "held",
        "measured": "2 of 2",
        "numbers": {"ratio": 2.0},
    }
