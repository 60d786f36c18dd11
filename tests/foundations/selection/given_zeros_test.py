"""Tests of selection/given_zeros.py: which are masks, and what is said."""

import numpy as np
import pytest

from lottery_ticket.foundations.selection import given_zeros


def kernel(zeros, size=100, other=1.0):
    values = np.full(size, other, np.float32)
    values[:zeros] = 0
    return values.reshape(-1, 2)


@pytest.mark.parametrize(
    ("weights", "is_sparse"),
    [
        (kernel(0), False),
        (kernel(5), False),  # Exactly 5 %.
        (kernel(3, 60), False),
        (kernel(6), True),
        (kernel(99), True),
        (kernel(100), False),  # A start.
        (-kernel(10), True),  # -0 is 0.
        (kernel(10, other=1e-45), True),
        (np.eye(8), True),
        (np.zeros((0, 3)), False),
    ],
)
def test_a_kernel_of_some_zeros_has_a_mask(weights, is_sparse):
    network = {"a": weights, "a_bias": np.zeros(2), "b": np.ones((2, 2))}
    masks = {"a": np.ones(weights.shape), "b": np.ones((2, 2))}
    found = given_zeros.masks_of(network, masks)
    assert list(found) == (["a"] if is_sparse else [])
    assert given_zeros.is_sparse(network) == is_sparse
    if is_sparse:
        np.testing.assert_array_equal(found["a"], weights != 0)
        assert found["a"].dtype == np.uint8


def test_each_is_listed_or_warned_of(capsys, caplog):
    network = {"a": kernel(88), "b": kernel(50), "c": kernel(1)}
    masks = {name: np.ones((50, 2)) for name in network}
    given_zeros.say(network, {**masks, "a": network["a"]}, quiet=False)
    assert capsys.readouterr().err == (
        "a: 12.0 % of 100 weights are kept, as given (keep_zeros=False lets "
        "zeros grow)\n"
    )
    assert [each.getMessage() for each in caplog.records] == [
        "b: 50.0 % of 100 weights are not 0, as given; those that are 0 are "
        "trained, too"
    ]
    given_zeros.say(network, {**masks, "a": network["a"]}, quiet=True)
    assert capsys.readouterr().err == "" and len(caplog.records) == 2
