"""Tests of experiments/reproductions/adnan.py."""

from lottery_ticket.experiments.reproductions import adnan

STUDY = adnan.STUDIES["alignment_digits"]


def test_draws_are_trained_before_they_are_matched():
    for own in STUDY.steps.values():
        assert [step.runner for step in own] == [
            "lottery_experiment",
            "train",
            "align",
            "train",
        ]
        _, draws, aligned, trained = own
        assert "--levels=0" in draws.words
        assert set(aligned.words) < set(trained.words)


def test_the_last_level_is_what_claims_are_about():
    tickets, *_, trained = STUDY.steps["short"]
    (densities,) = (w for w in tickets.words if w.startswith("--densities="))
    densities = densities.partition("=")[2].split(",")
    assert float(densities[-1]) == adnan.SPARSE
    assert f"--levels={len(densities)}" in trained.words


def test_claims_are_orders():
    for claim in STUDY.claims.values():
        assert (claim.bound.low, claim.bound.high) == (0, float("inf"))
