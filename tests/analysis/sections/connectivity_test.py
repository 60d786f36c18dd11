"""Tests of analysis/sections/connectivity.py."""

import collections
import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis.look import points
from lottery_ticket.analysis.sections import connectivity, parts
from lottery_ticket.foundations.values import headline
from lottery_ticket.tests.analysis import fake_lines, fake_results

Found = collections.namedtuple("Found", "points barriers problems")


def _read(output_dir):
    return Found(*connectivity.read(fake_results.read(output_dir)))


def test_a_row_per_line_and_per_point(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    found = _read(tmp_path)
    assert found.problems == []
    assert list(found.barriers.columns) == connectivity.BARRIERS
    assert list(found.points.columns) == connectivity.POINTS
    assert len(found.barriers) == 8
    assert len(found.points) == 8 * 2 * 3
    row = found.barriers.iloc[-1]
    assert row[:5].to_list() == ["instability", 2, 1, 0.5, 500]
    assert row["barrier_test"] == pytest.approx(0.1)
    assert row["barrier_train"] == 0.25
    assert np.isnan(row["barrier_validate"])
    assert (row["is_stable"], row["norm_examples"]) == (False, 128)
    assert row["directory"] == f"{tmp_path}/trial2/1/instability500"
    points = found.points[found.points["split"] == "test"].iloc[-3:]
    assert points["alpha"].to_list() == [0, 0.5, 1]
    assert points["error"].to_list() == pytest.approx([0.1, 0.22, 0.3])
    assert points["loss"].to_list() == [1, 2, 1.5]


def test_lines_are_in_order(tmp_path):
    for trial, iteration in ((10, 500), (2, 500), (2, 1000)):
        fake_lines.write_line(str(tmp_path), trial, 0, iteration)
    found = _read(tmp_path).barriers
    assert found["trial"].to_list() == [2, 10, 2]
    assert found["iteration"].to_list() == [500, 500, 1000]


def test_epochs_and_iterations_are_one_experiment_other_trees_are_not(
    tmp_path,
):
    fake_lines.write_line(str(tmp_path / "lenet"), 1, 0, 0)
    fake_lines.write_line(str(tmp_path / "lenet"), 1, 0, 2, "instability_ep")
    fake_lines.write_line(str(tmp_path / "conv2"), 1, 0, 0)
    found = _read(tmp_path).barriers
    assert found["experiment"].to_list() == [
        "conv2/instability",
        "lenet/instability",
        "lenet/instability",
    ]


def test_a_line_alone_can_be_given(tmp_path, monkeypatch):
    directory = fake_lines.write_line(str(tmp_path), 3, 1, 500)
    monkeypatch.chdir(directory)
    for place in (directory, f"{directory}/", "."):
        [row] = _read(place).barriers.to_dict("records")
        assert (row["experiment"], row["trial"]) == ("instability", 3)
        assert (row["level"], row["iteration"]) == (1, 500)


def test_damaged_and_unfinished_lines_are_named(tmp_path):
    whole = fake_lines.write_line(str(tmp_path), 1, 0, 0)
    damaged = pathlib.Path(fake_lines.write_line(str(tmp_path), 1, 0, 5))
    path = damaged / "connectivity.json"
    path.write_text(path.read_text().replace("0.25", "0.5"))
    lacking = fake_lines.write_line(str(tmp_path), 1, 0, 6, splits={"test": {}})
    uneven = fake_lines.write_line(str(tmp_path), 1, 0, 7, alpha=[0.0])
    (tmp_path / "trial1/0/instability9/copies/first").mkdir(parents=True)
    found = _read(tmp_path)
    assert found.barriers["directory"].to_list() == [whole]
    assert set(found.points["iteration"]) == {0}
    first, second, third, fourth = found.problems
    assert first == (f"{damaged}: damaged (its connectivity.json is not whole)")
    assert second == (
        f"{lacking}: damaged (its connectivity.json lacks 'error')"
    )
    assert third == f"{uneven}: damaged (its columns differ in length)"
    assert fourth.startswith(f"{tmp_path}/trial1/0/instability9: unfinished")


def test_runs_are_no_lines_and_copies_are_not_looked_into(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    directory = fake_lines.write_line(str(tmp_path), 1, 0, 0)
    fake_lines.write_line(f"{directory}/copies", 1, 0, 0)
    assert len(_read(tmp_path).barriers) == 1


def test_links_to_a_folder_around_them_are_not_followed(tmp_path):
    fake_lines.write_line(str(tmp_path), 1, 0, 0)
    (tmp_path / "trial1/loop").symlink_to(tmp_path)
    assert len(_read(tmp_path).barriers) == 1


def test_a_tree_without_lines_has_no_rows(tmp_path):
    found = _read(tmp_path)
    assert found.points.empty and found.barriers.empty
    assert list(found.barriers.columns) == connectivity.BARRIERS


def test_remote_roots():
    fake_lines.write_line("memory://lines_test", 2, 1, 500)
    [row] = _read("memory://lines_test").barriers.to_dict("records")
    assert (row["trial"], row["level"], row["iteration"]) == (2, 1, 500)


def test_lines_of_other_settings_are_named(tmp_path):
    fake_lines.write_line(str(tmp_path), 1, 0, 0, settings={"lr": 0.1})
    fake_lines.write_line(str(tmp_path), 2, 0, 0, settings={"lr": 0.2})
    [problem] = _read(tmp_path).problems
    assert problem.startswith("instability: its runs differ in lr (0.1, 0.2)")


@pytest.fixture
def found(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    return _read(tmp_path)


def _legend(figure):
    [legend] = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_errors_are_means_over_trials_in_bands(found):
    figure = connectivity.error_along_line(found.points)
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
    assert _legend(figure) == [
        *("0", "500", "test error", "training error"),
        "bands: lowest to highest",
    ]
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
    points = _read(tmp_path).points
    [axes] = connectivity.error_along_line(points).axes
    for line in axes.lines:
        np.testing.assert_array_equal(line.get_xdata(), [0, 1])


def test_points_of_barriers_name_their_lines(found, tmp_path):
    test, _ = connectivity.barriers(found.barriers).axes
    dense, _ = test.containers
    _, last = points.told(dense.lines[0]).of
    assert last["n"] == 2
    directory = f"{tmp_path}/trial1/0/instability500"
    first = {"trial": 1, "folder": directory, "value": pytest.approx(10)}
    assert last["each"][0] == first


def test_barriers_against_iterations_evenly_spaced(found):
    figure = connectivity.barriers(found.barriers)
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
        "bars: lowest to highest",
    ]


def test_several_experiments_are_named(tmp_path):
    for name in ("conv2", "lenet"):
        fake_lines.write_line(str(tmp_path / name), 1, 0, 0)
    figure = connectivity.barriers(_read(tmp_path).barriers)
    assert _legend(figure)[:2] == [
        "conv2/instability, 100 % kept ($n$ = 1)",
        "lenet/instability, 100 % kept ($n$ = 1)",
    ]


def test_many_iterations_have_few_ticks(tmp_path):
    for iteration in range(20):
        fake_lines.write_line(str(tmp_path), 1, 0, iteration)
    frame = _read(tmp_path).barriers
    axes, _ = connectivity.barriers(frame).axes
    ticks = axes.get_xticklabels()
    assert len(ticks) <= connectivity.ITERATION_TICKS
    assert ticks[1].get_text() == "3"


@pytest.mark.usefixtures("figures")
def test_the_section_is_tables_and_figures(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    (tmp_path / "trial3/0/instability0/copies").mkdir(parents=True)
    section = connectivity.section(fake_results.read(tmp_path))
    assert sorted(section.files()) == [
        "barriers.pdf",
        "barriers.png",
        "barriers.svg",
        "connectivity.csv",
        "connectivity_points.csv",
        "error_along_line.pdf",
        "error_along_line.png",
        "error_along_line.svg",
    ]
    rows = section.files()["connectivity.csv"].decode().splitlines()
    assert len(rows) == 9
    assert rows[0] == ",".join(connectivity.BARRIERS)
    [problem] = section.problems
    assert "unfinished" in problem
    assert (section.text, section.about) == ("", "copies and lines")
    again = connectivity.section(fake_results.read(tmp_path))
    assert again.files() == section.files()


def test_without_a_line_there_is_nothing_to_write(tmp_path):
    section = connectivity.section(fake_results.read(tmp_path))
    assert section == parts.Section()


def test_nothing_overlaps_or_is_clipped(found):
    for figure in (
        connectivity.error_along_line(found.points),
        connectivity.barriers(found.barriers),
    ):
        renderer, page = figure._get_renderer(), figure.bbox
        legend = figure.legends[0].get_window_extent(renderer)
        for axes in figure.axes:
            assert not legend.overlaps(axes.get_tightbbox(renderer))
            box = axes.get_tightbbox(renderer)
            assert page.x0 <= box.x0 and box.x1 <= page.x1
            assert page.y0 <= box.y0 and box.y1 <= page.y1


@pytest.mark.parametrize(
    ("kind", "label"),
    [(fake_results.MAE, "mae"), (headline.Headline("r2"), "1 - r2")],
)
def test_errors_of_another_metric_have_its_name(tmp_path, kind, label):
    fake_lines.write_lines(str(tmp_path))
    fake_results.remeasure(tmp_path, kind)
    section = connectivity.section(fake_results.read(tmp_path))
    along, barriers = section.figures.values()
    assert along.axes[0].get_ylabel() == label
    assert along.axes[0].get_ylim()[1] < 1
    assert barriers.axes[0].get_ylabel() == f"Barrier ({label})"
    texts = [text.get_text() for text in barriers.legends[0].get_texts()]
    assert not any("stable" in text for text in texts)
