"""Tests of analysis/reading/spreads.py."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import spreads
from lottery_ticket.tests.analysis import fake_results


# Source: any table of Student's t, two-sided 95 %.
@pytest.mark.parametrize(
    "count, quantile", [(2, 12.706), (3, 4.303), (5, 2.776), (31, 2.042)]
)
def test_half_width_is_that_of_tables(count, quantile):
    half = spreads.half_width(2.0, count)
    assert half == pytest.approx(quantile * 2 / math.sqrt(count), rel=1e-3)


def test_one_value_has_no_interval():
    assert np.isnan(spreads.half_width(np.array([1.0, 1.0]), [1, 0])).all()
    mean, *others = spreads.interval([0.5, np.nan])
    assert mean == 0.5 and np.isnan(others).all()
    assert np.isnan(spreads.interval([])).all()


@hypothesis.settings(max_examples=30, deadline=None)
@hypothesis.given(
    strategies.lists(strategies.floats(-1, 1), min_size=2, max_size=9)
)
def test_interval_is_that_of_scipy(values):
    from scipy import stats

    mean, std, low, high = spreads.interval(values)
    assert mean == pytest.approx(np.mean(values))
    assert std == pytest.approx(np.std(values, ddof=1))
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    if error > 0:
        ends = stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
        assert (low, high) == pytest.approx(ends, abs=1e-12)
    else:
        assert low == high == mean


def test_trials_count_once(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    runs = results.read(str(tmp_path)).runs
    table = spreads.between_trials(runs, ["experiment", "level"])
    row = table.loc["reinit", 2]  # .83 and .85, means of .01 to .03 more.
    half = 12.706 * 0.02 / 2  # std / sqrt(2) is half the difference.
    assert row["accuracy_std"] == pytest.approx(0.02 / math.sqrt(2))
    assert row["accuracy_low95"] == pytest.approx(0.85 - half, abs=1e-5)
    assert row["accuracy_high95"] == pytest.approx(0.85 + half, abs=1e-5)
    assert row["early_stop_censored"] == 6
    assert math.isnan(row["early_stop_iteration_std"])
    row = table.loc["same_init", 1]
    assert row["early_stop_iteration_std"] == 0
    assert row["early_stop_censored"] == 0


def test_stops_at_the_end_are_censored(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 1, validate_loss=(2, 0.1, 1))
    fake_results.write_run(str(tmp_path), 1, 2, validate_loss=None)
    runs = results.read(str(tmp_path)).runs
    assert [*spreads.is_censored(runs)] == [True, False, False]
