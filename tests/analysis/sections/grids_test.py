"""Tests of analysis/sections/grids.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.sections import grids
from lottery_ticket.tests.analysis import fake_results


def _write(output_dir, experiment, last=(0.9, 0.92, 0.91), trials=(1, 2), **s):
    """Levels of an experiment; the second trial reaches .02 more."""
    for trial in trials:
        for level, accuracy in enumerate(last):
            reached = (0.1, accuracy + 0.02 * (trial - 1), 0.5)
            more = {"accuracy": reached, "validate_loss": (2.0, 0.5, 0.75)}
            fake_results.write_run(
                output_dir, trial, level, experiment, **{**more, **s}
            )


def _runs(tmp_path):
    return results.read(str(tmp_path)).runs


def _grid(tmp_path, setting="criterion"):
    return grids.grid(grids.comparable(_runs(tmp_path), setting), setting)


def _figures(tmp_path):
    return grids.section(results.read(str(tmp_path))).figures


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_criteria_at_early_stop_beside_the_dense_network(tmp_path):
    _write(str(tmp_path), "same_init")
    _write(str(tmp_path), "random", (0.9, 0.88, 0.89), criterion="random")
    figure = _grid(tmp_path)
    [axes] = figure.axes
    random, large = axes.containers
    np.testing.assert_allclose(
        random.lines[0].get_xydata(), [[100, 91], [50, 89], [25, 90]]
    )
    np.testing.assert_allclose(large.lines[0].get_ydata(), [91, 93, 92])
    [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dense.get_ydata(), [91, 91])
    assert axes.get_ylabel() == "Test accuracy at early stop (%)"
    assert axes.get_xlabel() == "Weights kept (%)"
    assert _legend(figure) == [
        *("large final", "random", "dense network"),
        "bars: lowest to highest",
    ]
    assert figure.legends[0].get_title().get_text() == "Criterion ($n$ = 2)"
    assert random.lines[0].get_color() == "#808080"


def test_without_validation_accuracy_is_that_at_the_end(tmp_path):
    _write(str(tmp_path), "same_init")
    more = {"criterion": "random", "validate_loss": None}
    _write(str(tmp_path), "random", **more)
    [axes] = _grid(tmp_path).axes
    np.testing.assert_allclose(axes.containers[0].lines[0].get_ydata(), 50)
    assert axes.get_ylabel() == "Test accuracy (%)"


@pytest.mark.slow
def test_only_what_differs_in_one_rule_is_compared(tmp_path):
    _write(str(tmp_path), "large_final")
    _write(str(tmp_path), "random", criterion="random")
    _write(str(tmp_path), "mask_1_reinit", mask_1_action="reinit")
    _write(str(tmp_path), "mask_0_freeze_init", mask_0_action="freeze_init")
    _write(str(tmp_path), "oneshot", one_shot=True)
    _write(str(tmp_path), "reinit", kind="reinitialize", criterion="snip")
    _write(str(tmp_path), "supermask", kind="supermask", mask_1_action="other")
    runs = _runs(tmp_path)
    names = {
        setting: set(grids.comparable(runs, setting)["experiment"])
        for setting in grids.SETTINGS
    }
    assert names == {
        "criterion": {"large_final", "random"},
        "mask_1_action": {"large_final", "mask_1_reinit"},
        "mask_0_action": {"large_final", "mask_0_freeze_init"},
    }
    assert [*_figures(tmp_path)] == [
        name for name, _ in grids.SETTINGS.values()
    ]
    figure = _grid(tmp_path, "mask_1_action")
    assert _legend(figure)[:3] == ["rewind", "fresh draw", "dense network"]
    title = figure.legends[0].get_title().get_text()
    assert title == "Kept weights start from ($n$ = 2)"


def test_dense_networks_alone_and_one_value_are_no_comparison(tmp_path):
    _write(str(tmp_path), "large_final", (0.9,))
    _write(str(tmp_path), "random", (0.9,), criterion="random")
    _write(str(tmp_path / "a"), "large_final")
    assert _figures(tmp_path) == {}


def test_the_best_have_a_panel_where_others_are_far_below(tmp_path):
    _write(str(tmp_path), "large_final")
    _write(str(tmp_path), "small_final", (0.9, 0.4, 0.1), criterion="small")
    everything, best = _grid(tmp_path).axes
    assert best.get_title() == "The best of these"
    low, high = best.get_ylim()
    assert 90 < low < 91 and 94 < high < 95
    assert everything.get_ylim()[0] < 11


def test_networks_have_panels_with_their_names(tmp_path):
    for name in ("conv2", "fc"):
        _write(str(tmp_path / name), "large_final", recipe=f"{name}_zhou")
        _write(
            str(tmp_path / name),
            "random",
            trials=(1,),
            recipe=f"{name}_zhou",
            criterion="random",
        )
    figure = _grid(tmp_path)
    assert [axes.get_title() for axes in figure.axes] == ["conv2", "fc"]
    assert _legend(figure) == [
        "large final ($n$ = 2)",
        "random ($n$ = 1)",
        "dense network",
        "bars: lowest to highest",
    ]


def test_two_experiments_of_one_value_are_told_apart(tmp_path):
    _write(str(tmp_path), "large_final", lr=0.1)
    _write(str(tmp_path), "slow", lr=0.01)
    _write(str(tmp_path), "random", criterion="random")
    figure = _grid(tmp_path)
    assert _legend(figure) == [
        "large final",
        "random",
        "large final (slow)",
        "dense network",
        "bars: lowest to highest",
    ]
    [axes] = figure.axes
    looks = {
        (bars.lines[0].get_color(), bars.lines[0].get_marker())
        for bars in axes.containers
    }
    assert len(looks) == 3


def test_trials_of_one_name_that_differ_in_the_setting_are_apart(tmp_path):
    _write(str(tmp_path), "same_init", trials=(1,))
    _write(str(tmp_path), "same_init", trials=(2,), criterion="random")
    _write(str(tmp_path), "movement", trials=(1,), criterion="movement")
    runs = _runs(tmp_path)
    found = grids.comparable(runs, "criterion")
    assert found.groupby("line")["trial"].unique().map(list).to_dict() == {
        "large final": [1],
        "movement": [1],
        "random": [2],
    }
    figure = _grid(tmp_path)
    assert len(figure.axes[0].containers) == 3
    assert _legend(figure)[:3] == ["large final", "movement", "random"]


def test_nothing_overlaps_or_is_clipped(tmp_path):
    for criterion in ("large_final", "large_final_same_sign", "small_final"):
        last = (0.9, 0.4, 0.1) if "small" in criterion else (0.9, 0.92, 0.91)
        _write(str(tmp_path), criterion, last, criterion=criterion)
    figure = _grid(tmp_path)
    renderer, page = figure._get_renderer(), figure.bbox
    legend = figure.legends[0].get_window_extent(renderer)
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert not legend.overlaps(box)
        assert page.x0 <= box.x0 and box.x1 <= page.x1
        assert page.y0 <= box.y0 and box.y1 <= page.y1


def test_the_best_are_the_lowest_where_lower_is_better(tmp_path):
    _write(str(tmp_path), "large_final", (0.1, 0.08, 0.09))
    _write(str(tmp_path), "small_final", (0.1, 0.6, 0.9), criterion="small")
    fake_results.remeasure(tmp_path)
    everything, best = _grid(tmp_path).axes
    low, high = best.get_ylim()
    assert 0.07 < low < 0.08 and 0.11 < high < 0.12
    assert everything.get_ylim()[1] > 0.9
    assert everything.get_ylabel() == "Test mae at early stop"
