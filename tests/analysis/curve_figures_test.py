import numpy as np
import pytest

from lottery_ticket.analysis import curve_figures, logs, results
from lottery_ticket.tests.analysis import fake_results


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def test_a_panel_per_experiment_a_line_per_level(runs):
    figure = curve_figures.curves(logs.read(runs), runs, (0, 2))
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
    _, axes = curve_figures.curves(logs.read(runs), runs).axes
    reinit, dense = axes.lines
    np.testing.assert_allclose(reinit.get_ydata(), [10, 70, 85])
    np.testing.assert_allclose(dense.get_ydata(), [10, 85, 91])
    assert dense.get_linestyle() == ":"


def test_bands_reach_from_min_to_max(runs):
    figure = curve_figures.curves(logs.read(runs), runs, (0,))
    [axes] = figure.axes
    [band] = axes.collections
    y = band.get_paths()[0].vertices[:, 1]
    assert {round(float(value), 6) for value in y} == {10, 85, 90, 92}


def test_axis_begins_where_curves_have_risen(runs):
    [axes] = curve_figures.curves(logs.read(runs), runs, (0,)).axes
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
    [axes] = curve_figures.curves(some, runs).axes
    np.testing.assert_allclose(axes.lines[0].get_xdata(), [0, 200])


def test_spread_levels(runs):
    assert curve_figures.spread_levels(runs) == [0, 1, 2]
    assert curve_figures.spread_levels(runs, 2) == [0, 2]


def test_levels_of_most_experiments_come_first(tmp_path):
    for level in range(7):
        fake_results.write_run(str(tmp_path), 1, level)
    for level in (5, 6):
        fake_results.write_run(str(tmp_path), 1, level, "reinit")
    runs = results.read(str(tmp_path)).runs
    assert curve_figures.spread_levels(runs, 3) == [0, 5, 6]
    middle = set(curve_figures.spread_levels(runs, 4)) - {0, 5, 6}
    assert middle in ({2}, {3})
    assert curve_figures.spread_levels(runs, 2) == [0, 6]
    assert curve_figures.spread_levels(runs, 9) == list(range(7))


def test_densities_that_differ_at_a_level_are_a_range(tmp_path):
    for name, level in (("dense", 0), ("sparse", 2)):
        fake_results.write_run_at(
            str(tmp_path / name), level, (0.1, 0.9), None, {}
        )
    runs = results.read(str(tmp_path)).runs
    figure = curve_figures.curves(logs.read(runs), runs)
    [text] = figure.legends[0].get_texts()
    assert text.get_text() == "100–25.0 %"


def test_unknown_levels(runs):
    with pytest.raises(ValueError, match=r"any of the levels \(9,\)"):
        curve_figures.curves(logs.read(runs), runs, (9,))
