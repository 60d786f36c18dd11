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


def test_untrained_masks_have_ten_trials():
    assert STUDIES["untrained_masks"].trials == 10
