"""Tests of analysis/mask_figures.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import mask_figures, overlaps, sign_changes


def _overlap(*rows):
    columns = ["experiment", "against", "level", "density", "overlap", "chance"]
    frame = pd.DataFrame(rows, columns=columns)
    return overlaps.summarize(frame.assign(layer=overlaps.ALL))


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_overlap_of_trials_against_density_beside_chance():
    figure = mask_figures.overlap(
        _overlap(
            ("same_init", "same_init", 1, 0.5, 0.4, 0.33),
            ("same_init", "same_init", 1, 0.5, 0.6, 0.33),
            ("same_init", "same_init", 2, 0.25, 0.3, 0.14),
            ("same_init", "same_init", 2, 0.25, 0.3, 0.14),
            ("reinit", "reinit", 2, 0.25, 0.3, 0.14),
            ("random", "random", 2, 0.25, 0.15, 0.14),
            ("random", "random", 3, 0.0, 1.0, 1.0),
            ("random", "same_init", 2, 0.25, 0.9, 0.14),
        )
    )
    [axes] = figure.axes
    tickets, controls = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[50, 0.5], [25, 0.3]]
    )
    np.testing.assert_allclose(controls.lines[0].get_xydata(), [[25, 0.15]])
    chance = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(chance[0].get_xydata(), [[25, 0.14], [50, 0.33]])
    assert _legend(figure) == [
        "winning ticket ($n$ = 2)",
        "random masks ($n$ = 1)",
        "by chance",
    ]
    # The third of the experiments, as in the other figures.
    assert controls.lines[0].get_color() == "#009E73"


def test_without_two_trials_there_is_nothing_to_draw():
    for rows in ([], [("reinit", "same_init", 1, 0.5, 1, 0.3)]):
        with pytest.raises(ValueError, match="No two trials of an experiment"):
            mask_figures.overlap(_overlap(*rows))


def _signs(*rows):
    columns = ["experiment", "level", "density", *sign_changes.MEASURES]
    rows = [[*row, np.nan][:5] for row in rows]
    frame = pd.DataFrame(rows, columns=columns)
    return sign_changes.summarize(frame.assign(layer=overlaps.ALL))


@pytest.mark.slow
def test_signs_against_density():
    figure = mask_figures.signs(
        _signs(
            ("same_init", 0, 1, 0.9),
            ("same_init", 0, 1, 0.8),
            ("same_init", 1, 0.5, 0.7),
            ("same_init", 2, 0.0, np.nan),
        )
    )
    [axes] = figure.axes
    [tickets] = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[100, 85], [50, 70]]
    )
    [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dense.get_ydata(), [85, 85])
    assert _legend(figure) == [
        "winning ticket ($n$ = 1–2)",
        "dense network",
        "by chance",
    ]


def test_signs_of_pruned_weights_have_a_panel_beside_the_same_dense_line():
    figure = mask_figures.signs(
        _signs(
            ("same_init", 0, 1, 0.9),
            ("same_init", 1, 0.5, 0.7, 0.6),
            ("random", 1, 0.5, 0.8),
        )
    )
    kept, pruned = figure.axes
    assert (kept.get_title(), pruned.get_title()) == (
        "Kept",
        "Pruned to get there",
    )
    assert len(kept.containers) == 2
    [tickets] = pruned.containers
    np.testing.assert_allclose(tickets.lines[0].get_xydata(), [[50, 60]])
    for axes in figure.axes:
        [dense] = [line for line in axes.lines if line.get_linestyle() == ":"]
        np.testing.assert_allclose(dense.get_ydata(), [90, 90])
    assert len(_legend(figure)) == 4


def test_without_weights_there_are_no_signs_to_draw():
    with pytest.raises(ValueError, match="No run keeps a weight"):
        mask_figures.signs(_signs(("same_init", 2, 0.0, np.nan)))
