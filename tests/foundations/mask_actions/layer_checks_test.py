"""Tests of mask_actions/layer_checks.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.mask_actions import layer_checks

MASKS = {"x": np.ones((2, 3), np.uint8)}


def test_networks_that_fit_pass_and_may_hold_more():
    fits = {"x": np.zeros((2, 3)), "x_bias": np.zeros(3)}
    layer_checks.check({"a": fits, "b": None}, MASKS)
    layer_checks.check({"a": {}}, {})


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({}, r"b must have layer 'x' .* \(2, 3\). Received: no such layer"),
        ({"x": np.zeros((3, 2))}, r"Received: \(3, 2\)"),
    ],
)
def test_what_does_not_fit_is_named(network, message):
    with pytest.raises(ValueError, match=message):
        layer_checks.check({"a": MASKS, "b": network}, MASKS)
