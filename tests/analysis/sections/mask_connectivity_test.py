"""Tests of analysis/sections/mask_connectivity.py."""

import collections
import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis.sections import mask_connectivity, parts
from lottery_ticket.experiments import mask_connectivity as experiment
from lottery_ticket.foundations.records import sealed
from lottery_ticket.tests import planned
from lottery_ticket.tests.analysis import fake_results, fake_ways
from lottery_ticket.tests.experiments import searches

Found = collections.namedtuple("Found", "points problems")


def _read(output_dir):
    return Found(*mask_connectivity.read(fake_results.read(output_dir)))


def test_points_are_means_over_draws(tmp_path):
    directory = fake_ways.write_way(
        str(tmp_path), 3, test=((0.9, 0.9), (0.5, 0.6), (0.7, 0.7))
    )
    found = _read(tmp_path)
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
    points = _read(tmp_path).points
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


@pytest.mark.usefixtures("figures")
def test_the_section_is_tables_and_figures(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    section = mask_connectivity.section(fake_results.read(tmp_path))
    assert sorted(section.files()) == [
        "mask_connectivity.csv",
        "mask_connectivity.pdf",
        "mask_connectivity.png",
        "mask_connectivity.svg",
        "mask_connectivity_loss.pdf",
        "mask_connectivity_loss.png",
        "mask_connectivity_loss.svg",
        "mask_connectivity_points.csv",
    ]
    written = section.files()
    lines = {
        name: written[name].decode().splitlines() for name in section.tables
    }
    assert len(lines["mask_connectivity.csv"]) == 1 + 4
    assert len(lines["mask_connectivity_points.csv"]) == 1 + 4 * 2 * 3
    head = lines["mask_connectivity_points.csv"][0]
    assert head == ",".join(mask_connectivity.POINTS)
    assert (section.text, section.about) == ("", "ways between masks")
    again = mask_connectivity.section(fake_results.read(tmp_path))
    assert again.files() == section.files()


def test_ways_that_are_rounded_say_so(tmp_path):
    settings = {"way": "linear", "round_masks": True}
    fake_ways.write_way(str(tmp_path), 1, settings=settings)
    points = _read(tmp_path).points
    assert set(points["way"]) == {"linear, rounded"}


def test_trials_that_differ_in_a_setting_are_a_problem(tmp_path):
    fake_ways.write_way(str(tmp_path), 1)
    fake_ways.write_way(str(tmp_path), 2, settings={"model": "conv2"})
    (problem,) = _read(tmp_path).problems
    assert "mask_connectivity: its runs differ in model" in problem


def test_damaged_ones_are_problems(tmp_path):
    good = fake_ways.write_way(str(tmp_path), 1)
    cut = fake_ways.write_way(str(tmp_path), 2)
    path = pathlib.Path(cut, "mask_connectivity.json")
    path.write_text(path.read_text()[:-9])
    fake_ways.write_way(str(tmp_path), 3, distance=[[0.0]])
    fake_ways.write_way(str(tmp_path), 4, barriers={})
    found = _read(tmp_path)
    assert set(found.points["directory"]) == {good}
    assert len(found.problems) == 3
    for problem, text in zip(
        found.problems,
        ("is not whole", "differ in length", "lacks"),
        strict=True,
    ):
        assert text in problem


def test_nothing_there(tmp_path):
    found = _read(tmp_path)
    assert found.points.empty and found.problems == []
    section = mask_connectivity.section(fake_results.read(tmp_path))
    assert section == parts.Section()


@pytest.mark.slow
def test_what_the_experiment_writes_is_read(tmp_path):
    pair = [searches.search(tmp_path / f"in/{s}", s) for s in (1, 2)]
    directory = tmp_path / "out/trial1/2/mask_connectivity"
    path = experiment.MaskPath(points=3, draws=2)
    planned.run(experiment.plan, str(directory), *pair, path, quiet=True)
    record = sealed.read(f"{directory}/mask_connectivity.json")
    found = _read(tmp_path / "out")
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


@pytest.fixture
def points(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    return _read(tmp_path).points


def _legend(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def _lines(axes):
    """Dict, line style -> points drawn."""
    return {line.get_linestyle(): line.get_xydata() for line in axes.lines}


@pytest.mark.slow
def test_accuracies_are_means_over_trials_and_draws_in_bands(points):
    figure = mask_connectivity.along_way(points, "accuracy")
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
    assert _legend(figure)[:2] == ["training set", "test set"]
    assert drawn.get_ylabel() == "Accuracy (%)"


def test_each_split_has_a_style_of_its_own_wherever_it_is_drawn(points):
    figure = mask_connectivity.along_way(points, "accuracy")
    both = _lines(figure.axes[0])
    test = points[points["split"] == "test"]
    figure = mask_connectivity.along_way(test, "accuracy")
    (alone,) = _lines(figure.axes[0])
    assert len(both) == 2 and alone in both
    np.testing.assert_array_equal(_lines(figure.axes[0])[alone], both[alone])


def test_losses_are_no_percents(points):
    figure = mask_connectivity.along_way(points, "loss")
    test = figure.axes[0].lines[1].get_ydata()
    np.testing.assert_allclose(test, [1.1, 1.5, 1.3])
    assert figure.axes[0].get_ylabel() == "Loss"


def test_panels_that_would_be_called_alike_are_told_apart(tmp_path):
    for name in ("conv2", "lenet"):
        fake_ways.write_way(str(tmp_path / name), 1)
    settings = {"norm_statistics": "recomputed"}
    fake_ways.write_way(str(tmp_path / "lenet"), 1, "anew", settings=settings)
    points = _read(tmp_path).points
    figure = mask_connectivity.along_way(points, "accuracy")
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
    points = _read(tmp_path).points
    (axes,) = mask_connectivity.along_way(points, "accuracy").axes
    for line in axes.lines:
        np.testing.assert_array_equal(line.get_xdata(), [0, 1])


def test_nothing_overlaps_or_is_clipped(points):
    one = points[points["way"] == "linear"]
    for given in (points, one):
        figure = mask_connectivity.along_way(given, "accuracy")
        renderer, page = figure._get_renderer(), figure.bbox
        legend = figure.legends[0].get_window_extent(renderer)
        for axes in figure.axes:
            box = axes.get_tightbbox(renderer)
            assert not legend.overlaps(box)
            assert page.x0 <= box.x0 and box.x1 <= page.x1
            assert page.y0 <= box.y0 and box.y1 <= page.y1


def test_another_metric_stands_for_accuracy(tmp_path):
    fake_ways.write_ways(str(tmp_path))
    fake_results.remeasure(tmp_path)
    section = mask_connectivity.section(fake_results.read(tmp_path))
    assert section.problems == []
    table = section.tables["mask_connectivity.csv"]
    assert list(table["mae_first_test"]) == [0.9] * 4
    assert "mae_min" in section.tables["mask_connectivity_points.csv"]
    figure = section.figures["mask_connectivity"]
    assert figure.axes[0].get_ylabel() == "Mae"
    assert figure.axes[0].get_ylim()[1] < 2
