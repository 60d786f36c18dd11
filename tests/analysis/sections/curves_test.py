"""Tests of analysis/sections/curves.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import logs, results
from lottery_ticket.analysis.reading import options
from lottery_ticket.analysis.sections import curves
from lottery_ticket.tests.analysis import fake_results, fake_trials

KEYS = ("experiment", "trial", "level", "run", "density")


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
    assert tickets.get_title() == "ticket ($n$ = 2)"
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
    assert texts == ["100 %", "25.0 %", "bands: lowest to highest"]
    assert legend.get_title().get_text() == "Weights kept"


def test_control_is_drawn_beside_the_dense_network(runs):
    _, axes = _curves(runs).axes
    reinit, dense = axes.lines
    np.testing.assert_allclose(reinit.get_ydata(), [10, 70, 85])
    np.testing.assert_allclose(dense.get_ydata(), [10, 85, 91])
    assert dense.get_linestyle() == ":"


def test_dense_networks_of_another_model_are_not_a_controls(tmp_path):
    fake_trials.write(
        tmp_path, {"a_vgg": {0: [0.5]}}, dataset="mnist", model="vgg16"
    )
    own = {"same_init": {0: [0.9]}, "reinit": {1: [0.8]}}
    fake_trials.write(tmp_path, own, dataset="mnist", model="fc")
    figure = _curves(results.read(str(tmp_path)).runs)
    [axes] = [
        each
        for each in figure.axes
        if each.get_title().startswith("random reinit")
    ]
    _, dense = axes.lines
    np.testing.assert_allclose(dense.get_ydata(), [10, 50, 90])


def test_bands_reach_from_min_to_max(runs):
    figure = _curves(runs, 0)
    [axes] = figure.axes
    [band] = axes.collections
    y = band.get_paths()[0].vertices[:, 1]
    assert {round(float(value), 6) for value in y} == {10, 85, 90, 92}


def _long(runs, values, metric="accuracy"):
    """The figure of one run, with these values every 10 iterations."""
    runs = runs.iloc[:1]
    log = pd.DataFrame(
        {"iteration": 10 * np.arange(len(values)), metric: values}
    )
    keys = {name: runs[name].iloc[0] for name in KEYS}
    [axes] = curves.curves(log.assign(**keys), runs).axes
    return axes


def test_axis_begins_where_curves_have_risen(runs):
    axes = _long(runs, [0.1, 0.5, *np.linspace(0.8, 0.9, 17)])
    low, high = axes.get_ylim()
    assert 79 < low < 80  # Not 10, the accuracy at iteration 0.
    assert 90 < high < 91
    assert axes.get_xlim() == (0, 180)
    assert axes.lines[0].get_marker() == "None"


def test_what_is_best_is_in_view_however_early(tmp_path, runs):
    early = [0.5, 0.95, *np.linspace(0.8, 0.9, 27)]
    assert 95 < _long(runs, early).get_ylim()[1] < 97
    fake_results.remeasure(tmp_path)
    runs = results.read(str(tmp_path)).runs
    early = [0.5, 0.1, *np.linspace(0.3, 0.2, 27)]
    low, high = _long(runs, early, "mae").get_ylim()
    assert 0.08 < low < 0.1 and 0.3 < high < 0.32


@pytest.mark.parametrize("count", [1, 2, 4])
def test_short_curves_are_in_view_and_marked(runs, count):
    axes = _long(runs, [0.1, 0.8, 0.9, 0.95][:count])
    assert axes.get_ylim()[0] < 10
    assert axes.lines[0].get_marker() == "."


def test_the_axis_may_be_given(runs):
    shown = runs[runs["level"] == 0]
    wanted = options.Options(ylim=(50, 99))
    figure = curves.curves(logs.read(shown, ("test",)), shown, wanted)
    assert figure.axes[0].get_ylim() == (50, 99)


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
    np.testing.assert_allclose(axes.get_ylim(), [0.059, 0.961])
    assert axes.get_ylabel() == "Test mae"


def test_curves_that_are_nan_once_they_should_rise_are_drawn(tmp_path):
    nan = float("nan")
    fake_results.write_run(str(tmp_path), 1, 0, accuracy=(0.1, nan, nan))
    [axes] = curves.section(fake_results.read(tmp_path)).figures["curves"].axes
    low, high = axes.get_ylim()
    assert low < 10 < high
