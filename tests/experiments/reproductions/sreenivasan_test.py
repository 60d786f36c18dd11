"""Tests of experiments/reproductions/sreenivasan.py."""

from lottery_ticket.experiments.reproductions import sreenivasan

STUDIES = sreenivasan.STUDIES


def test_densities_of_claims_are_run():
    [step] = STUDIES["gems_resnet20"].steps["paper"]
    assert "--densities=.0372,.0144,.0059" in step.words
    for claim in STUDIES["gems_resnet20"].claims.values():
        assert any(x in claim.text for x in ("3.72%", "1.44%", "0.59%"))


def test_digits_are_judged_by_orders_alone():
    for claim in STUDIES["gems_digits"].claims.values():
        assert (claim.bound.low, claim.bound.high) == (0, float("inf"))
