"""Tests of foundations/integers.py."""

import numpy as np
import pytest

from lottery_ticket.foundations import integers


@pytest.mark.parametrize("value", [1, 2, 10**20])
def test_integers_pass(value):
    integers.check("draws", value, 1)


@pytest.mark.parametrize(
    "value", [0, -1, 1.0, True, "1", None, float("nan"), np.float32(2)]
)
def test_all_else_is_named(value):
    with pytest.raises(ValueError, match="draws must be an integer, at least"):
        integers.check("draws", value, 1)
