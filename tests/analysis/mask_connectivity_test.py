"""Tests of analysis/mask_connectivity.py."""

import pathlib

import pytest

from lottery_ticket.analysis import mask_connectivity
from lottery_ticket.experiments import mask_connectivity as experiment
from lottery_ticket.experiments import mask_path
from lottery_ticket.tests.analysis import fake_ways
from lottery_ticket.tests.experiments import searches


def test_points_are_means_over_draws(tmp_path):
    directory = fake_ways.write_way(
        str(tmp_path), 3, test=((0.9, 0.9), (0.5, 0.6), (0.7, 0.7))
    )
    found = mask_connectivity.read(str(tmp_path))
    assert found.problems == []
    assert list(found.points.columns) == [
        *mask_connectivity.POINTS,
        *("hamming_z", "hamming_a"),
    ]
    assert len(found.points) == 2 * 3
    (row,) = found.points.query("split == 'test' & alpha == .5").to_dict(
        "records"
    )
    assert row == {
        "experiment": "mask_connectivity",
        "trial": 3,
        "level": 1,
        "way": "probabilistic",
        "norm_statistics": "interpolated",
        "draws": 2,
        "split": "test",
        "alpha": 0.5,
        "accuracy": pytest.approx(0.55),
        "accuracy_min": 0.5,
        "accuracy_max": 0.6,
        "loss": pytest.approx(1.45),
        "loss_min": 1.4,
        "loss_max": 1.5,
        "distance": 0.125,
        "density": pytest.approx(0.055),
        "hamming": 0.25,
        "barrier": pytest.approx(0.25),
        "hamming_z": 0.75,
        "hamming_a": 0,
        "directory": directory,
    }


def test_a_row_per_way_has_both_ends(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    points = mask_connectivity.read(str(tmp_path)).points
    table = mask_connectivity.summarize(points)
    assert list(table["experiment"].unique()) == [
        "mask_connectivity",
        "mask_connectivity_linear",
    ]
    assert list(table["trial"]) == [1, 2, 1, 2]
    assert table["barrier_test"].tolist() == pytest.approx(
        [0.25, 0.35, 0.1, 0.1]
    )
    row = table.to_dict("records")[0]
    assert row["accuracy_first_test"] == 0.9
    assert row["accuracy_second_test"] == 0.7
    assert row["accuracy_first_train"] == 1
    assert row["density_first"] == 0.05
    assert row["density_second"] == pytest.approx(0.06)
    assert (row["hamming"], row["hamming_z"]) == (0.25, 0.75)


def test_tables_are_files(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    written = mask_connectivity.to_csv(
        mask_connectivity.read(str(tmp_path)).points
    )
    lines = {name: data.decode().splitlines() for name, data in written.items()}
    assert len(lines["mask_connectivity.csv"]) == 1 + 4
    assert len(lines["mask_connectivity_points.csv"]) == 1 + 4 * 2 * 3
    head = lines["mask_connectivity_points.csv"][0]
    assert head == ",".join(mask_connectivity.POINTS)


def test_ways_that_are_rounded_say_so(tmp_path):
    settings = {"way": "linear", "round_masks": True}
    fake_ways.write_way(str(tmp_path), 1, settings=settings)
    points = mask_connectivity.read(str(tmp_path)).points
    assert set(points["way"]) == {"linear, rounded"}


def test_trials_that_differ_in_a_setting_are_a_problem(tmp_path):
    fake_ways.write_way(str(tmp_path), 1)
    fake_ways.write_way(str(tmp_path), 2, settings={"model": "conv2"})
    (problem,) = mask_connectivity.read(str(tmp_path)).problems
    assert "mask_connectivity: its runs differ in model" in problem


def test_damaged_ones_are_problems(tmp_path):
    good = fake_ways.write_way(str(tmp_path), 1)
    cut = fake_ways.write_way(str(tmp_path), 2)
    path = pathlib.Path(cut, "mask_connectivity.json")
    path.write_text(path.read_text()[:-9])
    fake_ways.write_way(str(tmp_path), 3, distance=[[0.0]])
    fake_ways.write_way(str(tmp_path), 4, barriers={})
    found = mask_connectivity.read(str(tmp_path))
    assert set(found.points["directory"]) == {good}
    assert len(found.problems) == 3
    for problem, text in zip(
        found.problems,
        ("is not whole", "differ in length", "lacks"),
        strict=True,
    ):
        assert text in problem


def test_nothing_there(tmp_path):
    found = mask_connectivity.read(str(tmp_path))
    assert found.points.empty and found.problems == []
    with pytest.raises(FileNotFoundError, match="No results folder"):
        mask_connectivity.read(str(tmp_path / "nowhere"))


def test_what_the_experiment_writes_is_read(tmp_path):
    pair = [searches.search(tmp_path / f"in/{s}", s) for s in (1, 2)]
    directory = tmp_path / "out/trial1/2/mask_connectivity"
    path = mask_path.MaskPath(points=3, draws=2)
    experiment.evaluate(str(directory), *pair, path, quiet=True)
    record = experiment.FILE.read(str(directory))
    found = mask_connectivity.read(str(tmp_path / "out"))
    assert found.problems == []
    assert set(found.points["level"]) == {2}
    (row,) = found.points.query("split == 'test' & alpha == .5").to_dict(
        "records"
    )
    values = record["splits"]["test"]["accuracy"][1]
    assert row["accuracy"] == pytest.approx(sum(values) / 2)
    assert row["hamming"] == record["hamming"]["all"]
    table = mask_connectivity.summarize(found.points)
    assert table["barrier_test"][0] == record["barriers"]["test"]
