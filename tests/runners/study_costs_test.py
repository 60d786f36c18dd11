"""Tests of runners/study_costs.py."""

from lottery_ticket.foundations.sweeps import cost
from lottery_ticket.runners import study_costs

KNOWN = cost.Cost(7200.0, 3_000_000, 10**9, 2, "by a line", untold=0)


def test_what_is_kept_is_read_by_study_and_scale(tmp_path):
    place = str(tmp_path)
    assert study_costs.kept(place, "short", "digits") is None
    study_costs.keep(KNOWN, place, "short", "digits")
    assert study_costs.kept(place, "short", "digits") == KNOWN
    assert study_costs.kept(place, "paper", "digits") is None
    nothing = cost.Cost(None, None, None, 2, "no line tells")
    study_costs.keep(nothing, place, "short", "digits")
    assert study_costs.kept(place, "short", "digits") == nothing


def test_words_are_of_all_workers_and_say_where_more_is_to_come():
    text = "2.0 h, 3.0 MB disk, 2.0 GB memory"
    assert study_costs.text(KNOWN) == text
    part = cost.Cost(7200.0, 3_000_000, None, 2, "by a line", untold=5)
    assert study_costs.text(part) == "2.0 h+, 3.0 MB+ disk"


def test_what_is_not_known_is_blank():
    nothing = cost.Cost(None, None, None, 2, "no line tells")
    assert study_costs.text(None) == study_costs.text(nothing) == ""
