"""Tests of foundations/values/json_values.py."""

import enum
import json
import math

import numpy as np
import pytest

from lottery_ticket.foundations.values import json_values


class Kind(enum.IntEnum):
    """Whole numbers that have names."""

    FIRST = 1


@pytest.mark.parametrize(
    "value",
    [
        {"a": (1, 2.5, "x", None, True), "b": {"c": ()}},
        [[(), {}], -0.0, 1e-300, 10**30, "ä\ud800"],
        {1: "number", None: "nothing", 2.5: {"a": (3,)}},
        {True: "truth"},
        (np.float64(0.1), Kind.FIRST, {"kind": Kind.FIRST}),
        "text",
    ],
)
def test_values_are_as_json_gives_them_back(value):
    expected = json.loads(json.dumps(value))
    found = json_values.read_back(value)
    assert found == expected
    assert repr(found) == repr(expected)  # 1 is not 1.0, nor -0.0 0.0.


def test_what_is_no_number_comes_back():
    assert math.isnan(json_values.read_back([math.nan])[0])


def test_nothing_is_shared_with_what_was_given():
    given = {"a": [1], "b": {"c": [2]}}
    found = json_values.read_back(given)
    given["a"].append(3)
    given["b"]["c"].append(3)
    assert found == {"a": [1], "b": {"c": [2]}}


@pytest.mark.parametrize("value", [{1, 2}, {"a": (np.float32(1),)}, print])
def test_what_json_cannot_hold_is_an_error(value):
    with pytest.raises(TypeError, match="not JSON serializable"):
        json_values.read_back(value)
