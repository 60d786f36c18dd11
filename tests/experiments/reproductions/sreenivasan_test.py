"""Tests of experiments/reproductions/sreenivasan.py."""

import pytest

from lottery_ticket.experiments.reproductions import sreenivasan

STUDIES = sreenivasan.STUDIES


@pytest.mark.parametrize(
    ("name", "densities", "texts"),
    [
        ("gems_resnet20", ".0372,.0144", ("3.72 %", "1.44 %")),
        ("gem_steps_resnet20", ".0059", ("0.59 %",)),
    ],
)
def test_densities_of_claims_are_run(name, densities, texts):
    [step] = STUDIES[name].steps["paper"]
    assert f"--densities={densities}" in step.words
    for claim in STUDIES[name].claims.values():
        assert any(x in claim.text for x in texts)


def test_both_columns_of_table_3_are_claims():
    bounds = {
        name: (claim.bound.low + claim.bound.high) / 2
        for name, claim in STUDIES["gem_steps_resnet20"].claims.items()
    }
    table = {
        "ep": (19.57, 24.47),
        "global_ep": (22.22, 34.42),
        "gradual": (31.56, 63.54),
        "gradual_l2": (19.67, 63.72),
        "gem": (45.30, 66.15),
    }
    assert bounds == pytest.approx(
        {
            f"{method}_{when}": number
            for method, row in table.items()
            for when, number in zip(("before", "after"), row, strict=True)
        }
    )


def test_digits_are_judged_by_orders_alone():
    for claim in STUDIES["gems_digits"].claims.values():
        assert (claim.bound.low, claim.bound.high) == (0, float("inf"))
