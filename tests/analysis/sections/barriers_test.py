"""Tests of analysis/sections/barriers.py."""

import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis.sections import barriers, parts
from lottery_ticket.tests.analysis import (
    fake_barriers,
    fake_lines,
    fake_results,
)


def read(output_dir):
    return barriers.read(fake_results.read(output_dir))


def test_a_row_per_line_and_per_point(tmp_path):
    fake_barriers.write_barriers(str(tmp_path))
    points, lines, problems = read(tmp_path)
    assert problems == []
    assert list(points.columns) == barriers.POINTS
    assert list(lines.columns) == barriers.BARRIERS
    assert (len(lines), len(points)) == (6, 6 * 2 * 3)
    row = lines.iloc[1]
    assert row[:4].to_list() == ["norm_barrier", 2, 1, 0.5]
    assert row["barrier_test"] == pytest.approx(0.32)
    assert row["barrier_train"] == 0.25
    assert np.isnan(row["barrier_validate"])
    assert (row["is_stable"], row["norm_examples"]) == (False, 128)
    assert row["directory"] == f"{tmp_path}/trial2/1/norm_barrier"
    assert lines.iloc[-1]["experiment"] == "transfers"
    assert lines.iloc[-1]["is_stable"]
    own = points[points["split"] == "test"].iloc[3:6]
    assert own["error"].to_list() == pytest.approx([0.1, 0.52, 0.3])
    assert own["loss"].to_list() == [1, 2, 1.5]


def test_damaged_and_unfinished_lines_are_named(tmp_path):
    whole = fake_barriers.write_barrier(str(tmp_path), 1, 1)
    damaged = fake_barriers.write_barrier(str(tmp_path), 2, 1)
    path = pathlib.Path(damaged) / "barrier.json"
    path.write_text(path.read_text().replace("0.25", "0.5"))
    lacking = fake_barriers.write_barrier(
        str(tmp_path), 3, 1, splits={"test": {}}
    )
    fake_lines.write_line(str(tmp_path), 1, 0, 0)  # Of another experiment.
    _, lines, problems = read(tmp_path)
    assert lines["directory"].to_list() == [whole]
    assert problems == [
        f"{damaged}: damaged (its barrier.json is not whole)",
        f"{lacking}: damaged (its barrier.json lacks 'error')",
    ]


def test_lines_of_other_settings_are_named(tmp_path):
    for trial, lr in ((1, 0.1), (2, 0.2)):
        fake_barriers.write_barrier(
            str(tmp_path), trial, 1, settings={"lr": lr}
        )
    [problem] = read(tmp_path)[-1]
    assert problem.startswith("norm_barrier: its runs differ in lr (0.1, 0.2)")


@pytest.mark.usefixtures("figures")
def test_the_section_is_tables_and_a_figure(tmp_path):
    assert barriers.section(fake_results.read(tmp_path)) == parts.Section()
    fake_barriers.write_barriers(str(tmp_path))
    section = barriers.section(fake_results.read(tmp_path))
    assert sorted(section.files()) == [
        "barrier.csv",
        "barrier_lines.pdf",
        "barrier_lines.png",
        "barrier_lines.svg",
        "barrier_points.csv",
    ]
    again = barriers.section(fake_results.read(tmp_path))
    assert again.files() == section.files()


def test_errors_are_means_over_trials_in_bands(tmp_path):
    fake_barriers.write_barriers(str(tmp_path))
    points, *_ = read(tmp_path)
    figure = barriers.along_lines(points)
    assert [axes.get_title() for axes in figure.axes] == [
        "norm_barrier, 50.0 % kept ($n$ = 2)",
        "norm_barrier, 25.0 % kept ($n$ = 2)",
        "transfers, 25.0 % kept ($n$ = 2)",
    ]
    test, train = figure.axes[0].lines
    np.testing.assert_allclose(test.get_xydata(), [[0, 10], [0.5, 51], [1, 30]])
    np.testing.assert_allclose(train.get_xydata(), [[0, 0], [0.5, 25], [1, 0]])
    assert (test.get_linestyle(), train.get_linestyle()) == ("-", "--")
    assert test.get_color() != train.get_color()
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        *("test error", "training error", "bands: lowest to highest")
    ]
    renderer, page = figure._get_renderer(), figure.bbox
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert not legend.get_window_extent(renderer).overlaps(box)
        assert page.x0 <= box.x0 and box.x1 <= page.x1


def test_errors_of_another_metric_have_its_name(tmp_path):
    fake_barriers.write_barrier(str(tmp_path), 1, 1)
    fake_results.remeasure(tmp_path, fake_results.MAE)
    [figure] = barriers.section(fake_results.read(tmp_path)).figures.values()
    assert figure.axes[0].get_ylabel() == "mae"
    assert figure.axes[0].get_title() == "50.0 % kept ($n$ = 1)"
