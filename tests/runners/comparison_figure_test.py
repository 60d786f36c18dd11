"""Tests of runners/comparison_figure.py."""

import pandas as pd
import pytest

from lottery_ticket.experiments.reproductions import claims
from lottery_ticket.runners import comparison_figure

COMPARED = claims.Comparison(
    {"imp": "IMP", "cts": "CTS", "snip": "SNIP"},
    {"shuffle": "mask shuffled", "reinit": "weights redrawn"},
    (0.05, 0.01),
)


def found():
    """Two trials: imp with both controls, cts with a check, snip alone."""
    names = ("imp", "imp_shuffle", "imp_reinit", "cts", "snip")
    places = [
        (name, trial, density)
        for name in names
        for trial in (1, 2)
        for density in COMPARED.densities
        if (name, density) != ("snip", 0.01)
    ]
    runs = pd.DataFrame(places, columns=["experiment", "trial", "density"])
    runs["accuracy"] = 0.9 - runs["trial"] / 100 - 1 / runs.index.size
    runs["train_s"] = 2.0 * runs["trial"]
    is_iterative = runs["experiment"] == "imp"
    runs["kind"] = is_iterative.map(
        {True: "lottery_experiment", False: "prune_at_init"}
    )
    gems = runs[runs["experiment"] == "cts"].assign(
        before_accuracy=0.25,
        mask_shuffle_accuracy=0.5,
        weight_reinit_accuracy=float("nan"),
        search_s=7.0,
    )
    return claims.Found({"runs": runs, "gems": gems})


def _drawn(axes):
    """Points of each line that is drawn."""
    return [line.get_xydata() for [line, *_] in axes.containers]


def test_a_panel_shows_what_was_run_of_each_control():
    figure = comparison_figure.draw(found(), COMPARED)
    after, shuffled, redrawn = figure.axes
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["after training", "mask shuffled", "weights redrawn"]
    assert [len(points) for points in _drawn(after)] == [2, 2, 1]
    assert [len(points) for points in _drawn(shuffled)] == [2, 2]
    assert _drawn(shuffled)[1][:, 1] == pytest.approx(50)  # A check of cts.
    assert [len(points) for points in _drawn(redrawn)] == [2]
    assert [*_drawn(after)[0][:, 0]] == [5, 1]
