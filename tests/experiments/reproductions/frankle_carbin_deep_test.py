"""Tests of experiments/reproductions/frankle_carbin_deep.py."""

from lottery_ticket.experiments.reproductions import frankle_carbin_deep
from lottery_ticket.experiments.settings import recipes

STUDIES = frankle_carbin_deep.STUDIES


def test_at_a_high_rate_there_is_no_ticket_and_at_others_there_is():
    for network in ("resnet20", "vgg19"):
        claim = STUDIES[network].claims["reinit"]
        assert (claim.bound.low, claim.bound.high) == (-0.5, 0.5)
        for rate in ("low_lr", "warmup"):
            claim = STUDIES[f"{network}_{rate}"].claims["reinit"]
            assert (claim.bound.low, claim.bound.high) == (0, float("inf"))


def test_the_recipes_are_those_of_the_paper():
    for name, study in STUDIES.items():
        for steps in study.steps.values():
            assert steps[0].words[0] == f"--recipe=cifar10_{name}"
            assert f"cifar10_{name}" in recipes.RECIPES
