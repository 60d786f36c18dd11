"""Tests of experiments/reproductions/zhou.py."""

import pytest

from lottery_ticket.experiments.reproductions import zhou

STUDIES = zhou.STUDIES


@pytest.mark.parametrize(
    ("claim", "lowest", "highest"),
    [  # Best of all densities of five seeds, from the lowest to the highest.
        ("large_final", 35.4, 45.0),
        ("random", 14.7, 21.6),
        ("same_sign", 76.3, 81.9),
    ],
)
def test_the_spread_of_the_rerun_is_the_margin(claim, lowest, highest):
    found = STUDIES["untrained_masks"].claims[claim]
    half = (highest - lowest) / 2
    assert (found.bound.high - found.bound.low) / 2 == pytest.approx(
        half, abs=0.06
    )


@pytest.mark.parametrize(
    ("name", "learned", "drawn", "signed"),
    [
        ("masks_conv2", 66.0, None, 37),
        ("masks_conv4", 72.5, None, None),
        ("masks_conv6", 76.5, 24, 41),
    ],
)
def test_what_is_known_of_table_1_is_claimed(name, learned, drawn, signed):
    study = STUDIES[name]
    cells = {"rewind": drawn, "signed_constant": signed, "learned": learned}
    known = {key: number for key, number in cells.items() if number}
    assert study.claims.keys() == known.keys()
    for key, number in known.items():
        bound = study.claims[key].bound
        assert (bound.low + bound.high) / 2 == pytest.approx(number)
    runners = [step.runner for step in study.steps["paper"]]
    assert ("untrained" in runners) == (signed is not None)
    assert runners[-1] == "supermask"


def test_untrained_masks_have_ten_trials():
    assert STUDIES["untrained_masks"].trials == 10
