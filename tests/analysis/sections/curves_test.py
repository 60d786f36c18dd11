"""Tests of analysis/sections/curves.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import logs, results
from lottery_ticket.analysis.sections import curves
from lottery_ticket.tests.analysis import fake_results


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def _curves(runs, *levels):
    shown = runs[runs["level"].isin(levels)] if levels else runs
    return curves.curves(logs.read(shown, ("test",)), shown)


def test_a_panel_per_experiment_a_line_per_level(runs):
    figure = _curves(runs, 0, 2)
    tickets, reinits = figure.axes
    assert tickets.get_title() == "winning ticket ($n$ = 2)"
    assert reinits.get_title() == "random reinit ($n$ = 6)"
    dense, sparse = tickets.lines
    np.testing.assert_allclose(
        dense.get_xydata(), [[0, 10], [100, 85], [200, 91]]
    )
    np.testing.assert_allclose(sparse.get_ydata(), [10, 85, 93])
    assert tickets.get_xlabel() == "Training iteration"
    assert tickets.get_ylabel() == "Test accuracy (%)"
    [legend] = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["100 %", "25.0 %"]
    assert legend.get_title().get_text() == "Weights kept"


def test_control_is_drawn_beside_the_dense_network(runs):
    _, axes = _curves(runs).axes
    reinit, dense = axes.lines
    np.testing.assert_allclose(reinit.get_ydata(), [10, 70, 85])
    np.testing.assert_allclose(dense.get_ydata(), [10, 85, 91])
    assert dense.get_linestyle() == ":"


def test_bands_reach_from_min_to_max(runs):
    figure = _curves(runs, 0)
    [axes] = figure.axes
    [band] = axes.collections
    y = band.get_paths()[0].vertices[:, 1]
    assert {round(float(value), 6) for value in y} == {10, 85, 90, 92}


def test_axis_begins_where_curves_have_risen(runs):
    [axes] = _curves(runs, 0).axes
    low, high = axes.get_ylim()
    assert 84 < low < 85  # Not 10, the accuracy at iteration 0.
    assert 92 < high < 93
    assert axes.get_xlim() == (0, 200)


def test_iterations_that_not_all_runs_have_are_left_out(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 2, 0)
    runs = results.read(str(tmp_path)).runs
    test_logs = logs.read(runs, ("test",))
    some = test_logs.drop(index=1)
    [axes] = curves.curves(some, runs).axes
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [0, 200])


def test_without_a_log_there_is_nothing_to_draw(runs):
    with pytest.raises(ValueError, match="No run has a test log to draw"):
        _curves(runs, 9)


def test_curves_of_another_metric_are_in_no_percent(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    fake_results.remeasure(tmp_path)
    figure = _curves(results.read(str(tmp_path)).runs, 0)
    [axes] = figure.axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.1, 0.85, 0.91])
    np.testing.assert_allclose(axes.get_ylim(), [0.8465, 0.9235])
    assert axes.get_ylabel() == "Test mae"
