"""Tests of analysis/look/mean_plots.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis.look import figure_style, mean_plots

FRAME = pd.DataFrame(
    [(0, 0.1, 0.0, 0.5), (0, 0.3, 0.2, 0.4), (5, 0.6, 0.6, 0.7)],
    columns=["iteration", "accuracy", "lowest", "highest"],
)


def test_means_lowest_and_highest_in_percent():
    table = mean_plots.means(FRAME, "iteration", "accuracy")
    assert list(table.columns) == ["mean", "low", "high"]
    assert list(table.index) == [0, 5]
    np.testing.assert_allclose(table, [[20, 10, 30], [60, 60, 60]])


def test_ends_may_be_of_other_columns_and_no_percents():
    table = mean_plots.means(
        FRAME, "iteration", "accuracy", low="lowest", high="highest", scale=1
    )
    np.testing.assert_allclose(table, [[0.2, 0, 0.5], [0.6, 0.6, 0.7]])


def test_a_curve_is_where_most_repetitions_are():
    curve = mean_plots.curve(FRAME, "iteration", "accuracy", scale=10)
    assert list(curve.index) == [0]
    np.testing.assert_allclose(curve, [[2, 1, 3]])
    assert mean_plots.curve(FRAME[:0], "iteration", "accuracy").empty


def test_a_band_is_around_a_line():
    curve = mean_plots.means(FRAME, "iteration", "accuracy")
    with figure_style.drawing() as (_, [axes]):
        mean_plots.draw_band(axes, curve, "red", alpha=0.5, linestyle="--")
    [line], [band] = axes.lines, axes.collections
    np.testing.assert_allclose(line.get_xydata(), [[0, 20], [5, 60]])
    assert (line.get_color(), line.get_linestyle()) == ("red", "--")
    assert band.get_alpha() == 0.5
    ends = band.get_paths()[0].vertices
    assert {*ends[ends[:, 0] == 0][:, 1]} == {10, 30}


@pytest.mark.parametrize("count", [1, 2])
def test_bars_reach_from_low_to_high_and_not_beyond_the_mean(count):
    mean = np.array([1.0, 0.3])[:count]
    low, high = np.array([0.5, 0.3 + 1e-17]), np.array([3.0, 0.3 - 1e-17])
    with figure_style.drawing() as (_, [axes]):
        ends = mean, low[:count], high[:count]
        mean_plots.draw_bars(axes, [1, 2][:count], ends, {})
    [container] = axes.containers
    [bars] = container.lines[2]
    ends = [path.vertices[:, 1] for path in bars.get_paths()]
    np.testing.assert_allclose(ends, [[0.5, 3.0], [0.3, 0.3]][:count])


TABLE = pd.DataFrame(
    [("a", 1.0, 0.9, 2), ("a", 0.5, 0.8, 3), ("b/c", 1.0, 0.7, 1)],
    columns=["experiment", "density", "x_mean", "runs"],
).assign(x_min=0.5, x_max=1.0)
SERIES = {"a": {"color": "red"}, "b/c": {"color": "blue"}}


def test_experiments_are_series_with_entries():
    with figure_style.drawing() as (_, [axes]):
        entries = mean_plots.draw_experiments(axes, TABLE, "x", 10, SERIES)
    first, second = axes.containers
    np.testing.assert_allclose(first.lines[0].get_xydata(), [[100, 9], [50, 8]])
    np.testing.assert_allclose(second.lines[0].get_xydata(), [[100, 7]])
    assert entries == [
        ("a ($n$ = 2–3)", SERIES["a"]),
        ("b c ($n$ = 1)", SERIES["b/c"]),
        mean_plots.BARS,
    ]


def test_marks_are_over_some_points_and_bars_stand_side_by_side():
    table = TABLE.assign(is_low=[False, True, True])
    marks = {"is_low": {"markerfacecolor": "white", "linestyle": ""}}
    with figure_style.drawing() as (_, [axes]):
        axes.set_xscale("log")
        mean_plots.draw_experiments(axes, table, "x", 10, SERIES, marks=marks)
        figure_style.density_axis(axes, [100, 50])
    marked = [line for line in axes.lines if line.get_linestyle() == "None"]
    marked = [line for line in marked if line.get_markerfacecolor() == "white"]
    assert [line.get_xydata().tolist() for line in marked] == [
        *([[50, 8]], [[100, 7]])
    ]
    shifts = [
        container.lines[0].get_transform().transform([[50, 8]])[0]
        - axes.transData.transform([[50, 8]])[0]
        for container in axes.containers
    ]
    points = 72 / axes.get_figure().dpi * np.array(shifts)
    half = mean_plots.DODGE_POINTS / 2
    np.testing.assert_allclose(points, [[-half, 0], [half, 0]], atol=1e-6)
    low, high = axes.get_ylim()
    assert 4 < low < 5 and 10 < high < 11


def test_single_runs_have_no_bars_and_stand_where_they_are():
    with figure_style.drawing() as (_, [axes]):
        table = TABLE.assign(runs=1)
        entries = mean_plots.draw_experiments(axes, table, "x", 10, SERIES)
    assert mean_plots.BARS not in entries
    at = axes.containers[0].lines[0].get_transform().transform([[50, 8]])
    np.testing.assert_allclose(at, axes.transData.transform([[50, 8]]))


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_many_bars_stay_near_their_density(count):
    with figure_style.drawing() as (figure, [axes]):
        ends = [
            mean_plots.dodged(axes, {}, index, count)["transform"]
            for index in (0, count - 1)
        ]
    first, last = (each.transform([[1, 1]])[0][0] for each in ends)
    points = 72 / figure.dpi * (last - first)
    assert points <= mean_plots.WIDEST_POINTS + 1e-6
    assert points >= min(count - 1, 1) * mean_plots.DODGE_POINTS - 1e-6


def test_dense_networks_are_lines_that_tell_apart_whose_they_are():
    how = ("x", 10, SERIES, {"a": "fc", "b/c": "vgg16"})
    with figure_style.drawing() as (_, [axes]):
        assert len(mean_plots.draw_dense(axes, TABLE, *how)) == 1
        assert not mean_plots.draw_dense(axes, TABLE[1:2], *how)
    assert [line.get_color() for line in axes.lines] == ["red", "blue"]
    assert [line.get_ydata()[0] for line in axes.lines] == [9, 7]


def test_a_dense_network_is_drawn_once():
    networks = {"a": "fc", "b/c": "fc"}
    with figure_style.drawing() as (_, [axes]):
        mean_plots.draw_dense(axes, TABLE, "x", 10, SERIES, networks)
    [line] = axes.lines
    assert line.get_ydata()[0] == 9
