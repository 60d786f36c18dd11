"""Tests of experiments/reproductions/frontier.py."""

import pytest

from lottery_ticket.experiments.reproductions import frontier

STEPS = frontier.STUDIES["frontier_digits"].steps["short"]


def test_levels_fall_by_about_a_fifth_and_meet_all_densities():
    kept = (1.0, *frontier.LEVELS)
    shares = [kept[i + 1] / kept[i] for i in range(23)]
    assert shares == pytest.approx([0.794] * 23, abs=0.002)
    assert set(frontier.DENSITIES) < set(frontier.LEVELS)


def test_all_methods_are_made_and_questioned():
    """Every method is of some step, and has each control by one step."""
    words = [word for step in STEPS for word in step.words]
    lists = [
        word.partition("=")[2].split(",")
        for word in words
        if word.startswith(("--criteria=", "--methods=", "--experiment_name="))
    ]
    made = [name for names in lists for name in names]
    assert {*frontier.METHODS, "wt"} == set(made)
    branches = [step for step in STEPS if step.runner == "branch"]
    asked = {step.words[0].partition("=")[2] for step in branches}
    assert asked == set(frontier.METHODS)
    for step in branches:
        method = step.words[0].partition("=")[2]
        levels = "13,17,20,23" if method in ("imp", "ltr") else "1,2,3,4"
        assert f"--levels={levels}" in step.words
        assert ("--hooks=none" in step.words) == (method in ("set", "rigl"))


def test_claims_are_orders():
    for claim in frontier.STUDIES["frontier_digits"].claims.values():
        assert (claim.bound.low, claim.bound.high) == (0, float("inf"))
