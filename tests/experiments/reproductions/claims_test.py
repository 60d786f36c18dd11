"""Tests of experiments/reproductions/claims.py."""

import pandas as pd
import pytest

from lottery_ticket.experiments.reproductions import claims


def test_a_number_has_a_margin_on_both_sides():
    assert claims.near(90, 2, " %") == claims.Bound(88, 92, "90 % ± 2")
    found = claims.near(0, text="as good")
    assert found == claims.Bound(-0.5, 0.5, "as good (0 ± 0.5)")


def test_an_order_has_one_end():
    infinity = float("inf")
    assert claims.above(0, "better") == claims.Bound(0, infinity, "better")
    assert claims.below(2, "stable") == claims.Bound(-infinity, 2, "stable")


def test_a_table_without_a_row_is_missing():
    found = claims.Found({"runs": pd.DataFrame({"a": [1]})})
    assert len(found.table("runs")) == 1
    for name in ("gems", "untrained"):
        with pytest.raises(claims.Missing, match=f"no row of {name}"):
            found.table(name)
    with pytest.raises(claims.Missing):
        claims.Found({"runs": pd.DataFrame()}).table("runs")
