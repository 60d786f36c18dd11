import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import connectivity, connectivity_figures
from lottery_ticket.tests.analysis import fake_lines


@pytest.fixture
def found(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    return connectivity.read(str(tmp_path))


def _legend(figure):
    [legend] = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_errors_are_means_over_trials_in_bands(found):
    figure = connectivity_figures.error_along_line(found.points)
    dense, pruned = figure.axes
    assert dense.get_title() == "100 % kept ($n$ = 2)"
    assert pruned.get_title() == "50.0 % kept ($n$ = 2)"
    drawn = {
        (line.get_color(), line.get_linestyle()): line.get_xydata()
        for line in map(_hashable, dense.lines)
    }
    (first, last) = sorted({color for color, _ in drawn}, key=_brightness)
    np.testing.assert_allclose(drawn[first, "-"], [[0, 10], [0.5, 51], [1, 30]])
    np.testing.assert_allclose(drawn[last, "-"], [[0, 10], [0.5, 21], [1, 30]])
    np.testing.assert_allclose(drawn[first, "--"], [[0, 0], [0.5, 25], [1, 0]])
    band = dense.collections[0].get_paths()[0].vertices
    middle = band[band[:, 0] == 0.5][:, 1]
    assert sorted(set(middle.round(9))) in ([25], [50, 52])
    assert _legend(figure) == ["0", "500", "test error", "training error"]
    assert dense.get_ylabel() == "Error (%)"
    assert dense.get_ylim()[0] == 0


def _hashable(line):
    line.set_color(tuple(line.get_color()))
    return line


def _brightness(color):
    return sum(color)


def test_points_that_only_some_trials_have_are_left_out(tmp_path):
    fake_lines.write_line(str(tmp_path), 1, 0, 0)
    fake_lines.write_line(
        str(tmp_path),
        2,
        0,
        0,
        test=(0.1, 0.3),
        train=(0.0, 0.0),
        alpha=[0.0, 1.0],
    )
    points = connectivity.read(str(tmp_path)).points
    [axes] = connectivity_figures.error_along_line(points).axes
    for line in axes.lines:
        np.testing.assert_array_equal(line.get_xdata(), [0, 1])


def test_barriers_against_iterations_evenly_spaced(found):
    figure = connectivity_figures.barriers(found.barriers)
    test, train = figure.axes
    assert (test.get_title(), train.get_title()) == ("Test set", "Training set")
    dense, pruned = test.containers
    np.testing.assert_allclose(dense.lines[0].get_xydata(), [[0, 31], [1, 10]])
    np.testing.assert_allclose(
        train.containers[1].lines[0].get_xydata(), [[0, 25], [1, 25]]
    )
    [bars] = dense.lines[2]
    low_high = [path.vertices[:, 1] for path in bars.get_paths()]
    np.testing.assert_allclose(low_high[0], [30, 32])
    assert [text.get_text() for text in test.get_xticklabels()] == ["0", "500"]
    [limit] = [line for line in test.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(limit.get_ydata(), [2, 2])
    assert _legend(figure) == [
        "100 % kept ($n$ = 2)",
        "50.0 % kept ($n$ = 2)",
        "stable below 2 points",
    ]


def test_several_experiments_are_named(tmp_path):
    for name in ("conv2", "lenet"):
        fake_lines.write_line(str(tmp_path / name), 1, 0, 0)
    figure = connectivity_figures.barriers(
        connectivity.read(str(tmp_path)).barriers
    )
    assert _legend(figure)[:2] == [
        "conv2/instability, 100 % kept ($n$ = 1)",
        "lenet/instability, 100 % kept ($n$ = 1)",
    ]


def test_many_iterations_have_few_ticks(tmp_path):
    for iteration in range(20):
        fake_lines.write_line(str(tmp_path), 1, 0, iteration)
    frame = connectivity.read(str(tmp_path)).barriers
    axes, _ = connectivity_figures.barriers(frame).axes
    ticks = axes.get_xticklabels()
    assert len(ticks) <= connectivity_figures.ITERATION_TICKS
    assert ticks[1].get_text() == "3"


def test_outputs_are_tables_and_figures_and_the_same_each_time(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    (tmp_path / "trial3/0/instability0/copies").mkdir(parents=True)
    written, problems = connectivity_figures.outputs(str(tmp_path))
    assert sorted(written) == [
        "barriers.pdf",
        "barriers.png",
        "connectivity.csv",
        "connectivity_points.csv",
        "error_along_line.pdf",
        "error_along_line.png",
    ]
    rows = written["connectivity.csv"].decode().splitlines()
    assert len(rows) == 9
    assert rows[0] == ",".join(connectivity.BARRIERS)
    [problem] = problems
    assert "unfinished" in problem
    assert connectivity_figures.outputs(str(tmp_path))[0] == written


def test_without_a_line_there_is_nothing_to_write(tmp_path):
    assert connectivity_figures.outputs(str(tmp_path)) == ({}, [])
    nothing = pd.DataFrame(columns=connectivity.BARRIERS)
    for draw in (
        connectivity_figures.barriers,
        connectivity_figures.error_along_line,
    ):
        with pytest.raises(ValueError, match="no finished line to draw"):
            draw(nothing)


def test_nothing_overlaps_or_is_clipped(found):
    for figure in (
        connectivity_figures.error_along_line(found.points),
        connectivity_figures.barriers(found.barriers),
    ):
        renderer, page = figure._get_renderer(), figure.bbox
        legend = figure.legends[0].get_window_extent(renderer)
        for axes in figure.axes:
            assert not legend.overlaps(axes.get_tightbbox(renderer))
            box = axes.get_tightbbox(renderer)
            assert page.x0 <= box.x0 and box.x1 <= page.x1
            assert page.y0 <= box.y0 and box.y1 <= page.y1
