"""Tests of foundations/learned_masks/concrete_method.py."""

import math

import pytest

from lottery_ticket.foundations.learned_masks import concrete_method

Method = concrete_method.ConcreteMethod


def test_the_slack_is_the_sources_unless_given():
    assert Method().slack == 1.1
    assert Method(sparsity_control="lagrange").slack == 1
    assert Method(sparsity_control="lagrange", density_slack=2).slack == 2


@pytest.mark.parametrize("estimate", concrete_method.ESTIMATES)
def test_a_search_starts_at_its_density_by_either_estimate(estimate):
    method = Method(density_estimate=estimate, temperature=0.5)
    score = method.start(0.02)
    assert 1 / (1 + math.exp(-method.scale * score)) == pytest.approx(0.02)
    expected = {"median": -3.89182, "probability": -7.78364}[estimate]
    assert score == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"objective": "l2"}, "Unknown objective 'l2'"),
        ({"temperature": 0}, "temperature must be a number, above 0"),
        ({"density_slack": 0.9}, "density_slack must be a number, at least 1"),
        ({"balance_decay": 1}, "balance_decay must be a number, .* below 1"),
        ({"density_estimate": "mean"}, "Unknown density_estimate 'mean'"),
        (
            {"sparsity_control": "lagrange", "balance_decay": 0.5},
            "balance_decay is for sparsity_control=grad_balance",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        Method(**flags)
