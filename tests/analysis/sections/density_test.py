"""Tests of analysis/sections/density.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import options
from lottery_ticket.analysis.sections import density, parts
from lottery_ticket.runners import report as runner
from lottery_ticket.tests.analysis import (
    fake_masked,
    fake_results,
    fake_trials,
)


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def _bars(container):
    """(low, high) of each error bar."""
    [collection] = container.lines[2]
    return [path.vertices[:, 1] for path in collection.get_paths()]


def _legend(figure):
    [legend] = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_accuracy_against_density(runs):
    figure = density.figure(runs, "accuracy")
    [axes] = figure.axes
    tickets, reinits = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[100, 91], [50, 92], [25, 93]]
    )
    np.testing.assert_allclose(_bars(tickets), [[90, 92], [91, 93], [92, 94]])
    np.testing.assert_allclose(reinits.lines[0].get_xydata(), [[25, 85]])
    np.testing.assert_allclose(_bars(reinits), [[83, 87]])
    assert axes.get_xscale() == "log"
    assert axes.xaxis_inverted()
    assert axes.get_xlabel() == "Weights kept (%)"
    assert axes.get_ylabel() == "Test accuracy (%)"
    assert _legend(figure) == [
        "ticket ($n$ = 2)",
        "random reinit ($n$ = 6)",
        "bars: lowest to highest",
        "dense network",
    ]


def test_dense_mean_is_a_dotted_line(runs):
    [axes] = density.figure(runs, "accuracy").axes
    [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dense.get_ydata(), [91, 91])


def test_accuracy_at_early_stop(runs):
    [axes] = density.figure(runs, "early_stop_accuracy").axes
    tickets, _ = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata()[:, 1], [91, 85, 85]
    )
    assert axes.get_ylabel() == "Test accuracy at early stop (%)"


def test_each_tree_has_its_dense_line(tmp_path):
    for name in ("conv2", "conv4"):
        fake_results.write_experiment(str(tmp_path / name))
    runs = results.read(str(tmp_path)).runs
    figure = density.figure(runs, "accuracy")
    lines = figure.axes[0].lines
    dense = [line for line in lines if line.get_linestyle() == ":"]
    assert [line.get_color() for line in dense] == ["#0072B2", "#009E73"]
    assert len(_legend(figure)) == 6


def test_each_model_of_a_tree_has_its_dense_line(tmp_path):
    for name, model, levels in (
        ("a_vgg", "vgg16", {0: [0.5]}),
        ("same_init", "fc", {0: [0.9], 1: [0.8]}),
        ("same_init_2", "fc", {0: [0.7], 1: [0.8]}),
    ):
        fake_trials.write(
            tmp_path, {name: levels}, dataset="mnist", model=model
        )
    runs = results.read(str(tmp_path)).runs
    lines = density.figure(runs, "accuracy").axes[0].lines
    dense = [line for line in lines if line.get_linestyle() == ":"]
    heights = [line.get_ydata()[0] for line in dense]
    np.testing.assert_allclose(heights, [50, 90])


def test_runs_without_any_weight_are_left_out(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 7)  # 64 >> 7 is 0.
    runs = results.read(str(tmp_path)).runs
    [axes] = density.figure(runs, "accuracy").axes
    np.testing.assert_allclose(
        axes.containers[0].lines[0].get_xydata(), [[100, 90]]
    )


def test_nothing_overlaps_or_is_clipped(runs):
    figure = density.figure(runs, "accuracy")
    [axes] = figure.axes
    renderer = figure._get_renderer()
    page = figure.bbox
    boxes = [
        label.get_window_extent(renderer) for label in axes.get_xticklabels()
    ]
    legend = figure.legends[0].get_window_extent(renderer)
    assert not legend.overlaps(axes.get_window_extent(renderer))
    for box in [*boxes, legend, axes.get_tightbbox(renderer)]:
        assert page.x0 <= box.x0 and box.x1 <= page.x1
        assert page.y0 <= box.y0 and box.y1 <= page.y1
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


def test_an_experiment_that_is_dense_alone_is_only_the_dotted_line(runs):
    is_dense = runs["density"] == 1
    runs.loc[is_dense, "experiment"] = "dense"
    assert _legend(density.figure(runs, "accuracy"))[-1] == "dense network"
    assert "dense ($n$ = 2)" not in _legend(density.figure(runs, "accuracy"))
    alone = density.figure(runs[is_dense], "accuracy")
    assert "dense ($n$ = 2)" in _legend(alone)


@pytest.mark.slow
def test_more_than_ten_experiments_have_a_wide_figure(tmp_path):
    for name in "abcdefghijk":
        fake_results.write_run(str(tmp_path), 1, 1, name)
    runs = results.read(str(tmp_path)).runs
    wide = density.figure(runs, "accuracy")
    usual = density.figure(runs[runs["experiment"] != "a"], "accuracy")
    assert wide.get_figwidth() > usual.get_figwidth()


def test_early_stopping_against_density(runs):
    [axes] = density.figure(runs, density.STOP).axes
    tickets, reinits = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[100, 200], [50, 100], [25, 100]]
    )
    np.testing.assert_allclose(reinits.lines[0].get_xydata(), [[25, 200]])
    assert axes.get_ylim() == (0, 210)
    assert axes.get_ylabel() == "Early-stop iteration"


def test_stops_at_the_end_are_hollow_and_the_end_is_a_line(runs):
    figure = density.figure(runs, density.STOP)
    [axes] = figure.axes
    hollow = [
        line.get_xydata().tolist()
        for line in axes.lines
        if line.get_markerfacecolor() == "white" and len(line.get_xydata())
    ]
    assert hollow == [[[100, 200]], [[25, 200]]]
    [end] = [line for line in axes.lines if [*line.get_ydata()] == [200, 200]][
        -1:
    ]
    assert end.get_color() == density.CAP["color"]
    assert _legend(figure)[-2:] == [
        *("at least (minimum at the end)", "end of training")
    ]
    known = runs.assign(early_stop_censored=False)
    legend = _legend(density.figure(known, density.STOP))
    assert "end of training" not in legend


def test_winning_tickets_have_a_ring(tmp_path):
    experiments = {
        "same_init": {0: [0.9] * 3, 1: [0.9] * 3, 2: [0.7] * 3},
        "reinit": {1: [0.8, 0.81, 0.82]},
    }
    runs = fake_trials.read(tmp_path, experiments)
    figure = density.figure(runs, "accuracy")
    assert _legend(figure)[-1] == "winning ticket"
    rings = [
        line.get_xydata().tolist()
        for line in figure.axes[0].lines
        if line.get_markersize() == density.RING["markersize"]
    ]
    assert [each for each in rings if each] == [[[50, 90]]]
    two = density.figure(runs[runs["trial"] < 3], "accuracy")
    assert "winning ticket" not in _legend(two)


def test_labels_and_ends_of_the_axis_may_be_given(runs):
    wanted = options.Options(labels=("reinit=fresh",), ylim=(80, 95))
    figure = density.figure(runs, "accuracy", wanted)
    assert _legend(figure)[1] == "fresh ($n$ = 6)"
    assert figure.axes[0].get_ylim() == (80, 95)
    stops = density.figure(runs, density.STOP, wanted)
    assert stops.axes[0].get_ylim()[0] == 0


def test_without_validation_there_is_nothing_to_draw(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    runs = results.read(str(tmp_path)).runs
    with pytest.raises(ValueError, match="No run has the early_stop_iteration"):
        density.figure(runs, density.STOP)


def test_a_note_says_why_there_is_none(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    section = density.stop_section(results.read(str(tmp_path)))
    assert section.figures == {}
    assert section.text == density.NOTHING
    assert section.rank == parts.NOTES_RANK


def test_stops_of_learned_masks_are_not_drawn(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    fake_masked.write_supermask(str(tmp_path), 1)
    section = density.stop_section(results.read(str(tmp_path)))
    assert (section.figures, section.text) == ({}, "")
    fake_results.write_run(str(tmp_path), 1, 1)
    section = density.stop_section(results.read(str(tmp_path)))
    assert [*section.figures] == ["early_stopping", "early_stop_accuracy"]


def test_another_metric_is_drawn_as_it_is(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    fake_results.remeasure(tmp_path)
    found = results.read(str(tmp_path))
    assert [*density.section(found).figures] == ["mae"]
    [axes] = density.figure(found.runs, "early_stop_accuracy").axes
    tickets, _ = axes.containers
    heights = tickets.lines[0].get_xydata()[:, 1]
    np.testing.assert_allclose(heights, [0.91, 0.85, 0.85])
    assert axes.get_ylabel() == "Test mae at early stop"


@pytest.mark.usefixtures("unrendered")
def test_a_metric_that_is_nan_in_all_runs_leaves_out_its_figures(
    tmp_path, capsys
):
    nan = (float("nan"),) * 3
    for level in (0, 1):
        facts = {"positions": {"layer0": 1}, "ticket_bytes": 100 >> level}
        fake_results.write_run(
            str(tmp_path), 1, level, accuracy=nan, facts=facts
        )
    runner.RUN(str(tmp_path))
    printed = capsys.readouterr().out
    for name in ("accuracy", "early_stop_accuracy", "curves"):
        assert density.NO_NUMBER.format(name) in printed
        assert not (tmp_path / f"report/{name}.png").exists()
    assert (tmp_path / "report/early_stopping.png").exists()
    assert (tmp_path / "report/report.html").exists()
