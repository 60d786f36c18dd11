"""Tests of experiments/reproductions/arora_teuscher.py."""

import pytest

from lottery_ticket.experiments.reproductions import arora_teuscher

STUDY = arora_teuscher.STUDIES["cts_resnet20"]


@pytest.mark.parametrize(
    ("claim", "low", "high"),
    [
        ("cts_2", 80.0, 81.2),
        ("cts_1", 71.6, 72.8),
        ("fresh_2", 76.4, 77.6),
        ("fresh_before", 60.1, 62.1),
        ("ltr_1", 67.4, 69.4),
        ("below_ltr", -float("inf"), 0),
        ("above_ltr", 0, float("inf")),
    ],
)
def test_ranges_are_of_the_result_files(claim, low, high):
    bound = STUDY.claims[claim].bound
    assert bound.low == pytest.approx(low)
    assert bound.high == pytest.approx(high)


def test_rounds_of_a_fifth_meet_the_densities():
    *_, rounds = STUDY.steps["paper"]
    assert "--iterations=22" in rounds.words
    for level, density in ((18, 0.018), (22, 0.00738)):
        assert 0.8**level == pytest.approx(density, rel=0.01)


def test_orders_against_what_takes_no_search_are_judged_short():
    short = {n for n, x in STUDY.claims.items() if "short" in x.scales}
    assert short == {"snip_2", "random_2"}
    runners = {step.runner for step in STUDY.steps["short"]}
    assert runners == {"gem_miner", "prune_at_init"}
