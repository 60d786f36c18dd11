"""Tests of foundations/supermasks/search_variables.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.supermasks import search_variables


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (search_variables.integers, "int64"),
        (search_variables.floats, "float32"),
        (search_variables.booleans, "bool"),
    ],
)
def test_variables_are_of_their_kind_and_not_trained(make, dtype):
    found = make(np.ones((2, 3)), "own")
    assert found.dtype == dtype and found.name == "own"
    assert not found.trainable
    np.testing.assert_array_equal(found.numpy(), np.ones((2, 3), dtype))
    found.assign(np.zeros((2, 3), dtype))
    assert not found.numpy().any()
