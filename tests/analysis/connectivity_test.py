import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis import connectivity
from lottery_ticket.tests.analysis import fake_lines, fake_results


def test_a_row_per_line_and_per_point(tmp_path):
    fake_lines.write_lines(str(tmp_path))
    found = connectivity.read(str(tmp_path))
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
    found = connectivity.read(str(tmp_path)).barriers
    assert found["trial"].to_list() == [2, 10, 2]
    assert found["iteration"].to_list() == [500, 500, 1000]


def test_epochs_and_iterations_are_one_experiment_other_trees_are_not(
    tmp_path,
):
    fake_lines.write_line(str(tmp_path / "lenet"), 1, 0, 0)
    fake_lines.write_line(str(tmp_path / "lenet"), 1, 0, 2, "instability_ep")
    fake_lines.write_line(str(tmp_path / "conv2"), 1, 0, 0)
    found = connectivity.read(str(tmp_path)).barriers
    assert found["experiment"].to_list() == [
        "conv2/instability",
        "lenet/instability",
        "lenet/instability",
    ]


def test_a_line_alone_can_be_given(tmp_path, monkeypatch):
    directory = fake_lines.write_line(str(tmp_path), 3, 1, 500)
    monkeypatch.chdir(directory)
    for place in (directory, f"{directory}/", "."):
        [row] = connectivity.read(place).barriers.to_dict("records")
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
    found = connectivity.read(str(tmp_path))
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
    assert len(connectivity.read(str(tmp_path)).barriers) == 1


def test_links_to_a_folder_around_them_are_not_followed(tmp_path):
    fake_lines.write_line(str(tmp_path), 1, 0, 0)
    (tmp_path / "trial1/loop").symlink_to(tmp_path)
    assert len(connectivity.read(str(tmp_path)).barriers) == 1


def test_a_tree_without_lines_has_no_rows(tmp_path):
    found = connectivity.read(str(tmp_path))
    assert found.points.empty and found.barriers.empty
    assert list(found.barriers.columns) == connectivity.BARRIERS


def test_remote_roots():
    fake_lines.write_line("memory://lines_test", 2, 1, 500)
    [row] = connectivity.read("memory://lines_test").barriers.to_dict("records")
    assert (row["trial"], row["level"], row["iteration"]) == (2, 1, 500)


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="No results folder at"):
        connectivity.read(str(tmp_path / "nowhere"))


def test_lines_of_other_settings_are_named(tmp_path):
    fake_lines.write_line(str(tmp_path), 1, 0, 0, settings={"lr": 0.1})
    fake_lines.write_line(str(tmp_path), 2, 0, 0, settings={"lr": 0.2})
    [problem] = connectivity.read(str(tmp_path)).problems
    assert problem.startswith("instability: its runs differ in lr (0.1, 0.2)")
