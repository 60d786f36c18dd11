"""Tests of experiments/reproductions/adnan.py."""

import pytest

from lottery_ticket.experiments.reproductions import adnan

each_study = pytest.mark.parametrize(
    ("name", "scale", "density"),
    [
        ("alignment_digits", "short", 0.01),
        ("alignment_resnet20", "paper", 0.03),
    ],
)


@each_study
def test_draws_are_trained_before_they_are_matched(name, scale, density):
    steps = adnan.STUDIES[name].steps
    for own in (steps[scale], steps["smoke"]):
        assert [step.runner for step in own] == [
            "lottery_experiment",
            "train",
            "align",
            "train",
        ]
        _, draws, aligned, trained = own
        assert "--levels=0" in draws.words
        assert set(aligned.words) < set(trained.words)


@each_study
def test_the_last_level_is_what_claims_are_about(name, scale, density):
    tickets, *_, trained = adnan.STUDIES[name].steps[scale]
    (densities,) = (w for w in tickets.words if w.startswith("--densities="))
    densities = densities.partition("=")[2].split(",")
    assert float(densities[-1]) == density
    assert f"--levels={len(densities)}" in trained.words
    for claim in adnan.STUDIES[name].claims.values():
        assert claim.text.startswith(f"accuracy at {100 * density:g} % of ")
        assert (claim.bound.low, claim.bound.high) == (0, float("inf"))
