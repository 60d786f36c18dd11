"""Tests of analysis/mask_connectivity_figures.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import (
    mask_connectivity,
    mask_connectivity_figures,
)
from lottery_ticket.tests.analysis import fake_ways


@pytest.fixture
def points(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    return mask_connectivity.read(str(tmp_path)).points


def _legend(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def _lines(axes):
    """Dict, line style -> points drawn."""
    return {line.get_linestyle(): line.get_xydata() for line in axes.lines}


def test_accuracies_are_means_over_trials_and_draws_in_bands(points):
    figure = mask_connectivity_figures.along_way(points)
    drawn, linear = figure.axes
    assert drawn.get_title() == (
        "probabilistic ($n$ = 2)\n5.00–6.00 % kept, masks differ in 25.0 %"
    )
    assert linear.get_title().startswith("linear ($n$ = 2)\n")
    train, test = (line.get_xydata() for line in drawn.lines)
    np.testing.assert_allclose(train[:, 1], 100)
    np.testing.assert_allclose(test, [[0, 90], [0.5, 50], [1, 70]])
    band = drawn.collections[1].get_paths()[0].vertices
    middle = band[band[:, 0] == 0.5][:, 1]
    assert sorted(set(middle.round(9))) == [40, 60]
    np.testing.assert_allclose(
        linear.lines[1].get_xydata(), [[0, 90], [0.5, 80], [1, 70]]
    )
    assert _legend(figure) == ["training set", "test set"]
    assert drawn.get_ylabel() == "Accuracy (%)"


def test_each_split_has_a_style_of_its_own_wherever_it_is_drawn(points):
    figure = mask_connectivity_figures.along_way(points)
    both = _lines(figure.axes[0])
    test = points[points["split"] == "test"]
    figure = mask_connectivity_figures.along_way(test)
    (alone,) = _lines(figure.axes[0])
    assert len(both) == 2 and alone in both
    np.testing.assert_array_equal(_lines(figure.axes[0])[alone], both[alone])


def test_losses_are_no_percents(points):
    figure = mask_connectivity_figures.along_way(points, "loss")
    test = figure.axes[0].lines[1].get_ydata()
    np.testing.assert_allclose(test, [1.1, 1.5, 1.3])
    assert figure.axes[0].get_ylabel() == "Loss"


def test_panels_that_would_be_called_alike_are_told_apart(tmp_path):
    for name in ("conv2", "lenet"):
        fake_ways.write_way(str(tmp_path / name), 1)
    settings = {"norm_statistics": "recomputed"}
    fake_ways.write_way(str(tmp_path / "lenet"), 1, "anew", settings=settings)
    points = mask_connectivity.read(str(tmp_path)).points
    figure = mask_connectivity_figures.along_way(points)
    assert sorted(a.get_title().split(" ($n")[0] for a in figure.axes) == [
        "conv2/mask_connectivity, probabilistic, statistics interpolated",
        "lenet/mask_connectivity, probabilistic, statistics interpolated",
        "probabilistic, statistics recomputed",
    ]


def test_points_that_only_some_trials_have_are_left_out(tmp_path):
    fake_ways.write_way(str(tmp_path), 1)
    fake_ways.write_way(
        str(tmp_path), 2, test=((0.9,), (0.7,)), alphas=(0.0, 1.0)
    )
    points = mask_connectivity.read(str(tmp_path)).points
    (axes,) = mask_connectivity_figures.along_way(points).axes
    for line in axes.lines:
        np.testing.assert_array_equal(line.get_xdata(), [0, 1])


def test_outputs_are_tables_and_figures_and_the_same_each_time(points):
    written = mask_connectivity_figures.outputs(points)
    assert sorted(written) == [
        "mask_connectivity.csv",
        "mask_connectivity.pdf",
        "mask_connectivity.png",
        "mask_connectivity_loss.pdf",
        "mask_connectivity_loss.png",
        "mask_connectivity_points.csv",
    ]
    assert mask_connectivity_figures.outputs(points) == written


def test_without_a_way_there_is_nothing():
    nothing = pd.DataFrame(columns=mask_connectivity.POINTS)
    assert mask_connectivity_figures.outputs(nothing) == {}
    with pytest.raises(ValueError, match="no way between masks to draw"):
        mask_connectivity_figures.along_way(nothing)


def test_nothing_overlaps_or_is_clipped(points):
    one = points[points["way"] == "linear"]
    for given in (points, one):
        figure = mask_connectivity_figures.along_way(given)
        renderer, page = figure._get_renderer(), figure.bbox
        legend = figure.legends[0].get_window_extent(renderer)
        for axes in figure.axes:
            box = axes.get_tightbbox(renderer)
            assert not legend.overlaps(box)
            assert page.x0 <= box.x0 and box.x1 <= page.x1
            assert page.y0 <= box.y0 and box.y1 <= page.y1
