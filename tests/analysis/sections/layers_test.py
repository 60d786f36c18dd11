"""Tests of analysis/sections/layers.py."""

import math

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import figure_style
from lottery_ticket.analysis.sections import layers, parts
from lottery_ticket.tests.analysis import fake_results


def _summary(tmp_path, *facts):
    """Summary of a run per (experiment, trial, level, density, effective)."""
    for experiment, trial, level, density, effective in facts:
        fake_results.write_run(
            str(tmp_path),
            trial,
            level,
            experiment,
            facts={"density": density, "effective": effective},
        )
    return layers.summarize(results.read(str(tmp_path)).runs)


def test_means_over_runs_and_layers_in_order(tmp_path):
    table = _summary(
        tmp_path,
        ("same_init", 1, 1, {"z": [10, 20], "a": [1, 10]}, None),
        ("same_init", 2, 1, {"z": [12, 20], "a": [3, 10]}, None),
    )
    assert list(table.columns) == [
        *("experiment", "level", "runs", "density", "density_z", "density_a")
    ]
    assert table.to_dict("records") == [
        {
            "experiment": "same_init",
            "level": 1,
            "runs": 2,
            "density": pytest.approx(13 / 30),
            "density_z": pytest.approx(0.55),
            "density_a": pytest.approx(0.2),
        }
    ]
    assert layers.names(table) == ["z", "a"]
    assert layers.names(table, "effective") == []


def test_effective_densities_are_of_the_runs_that_know_them(tmp_path):
    density = {"a": [8, 10], "b": [5, 10]}
    table = _summary(
        tmp_path,
        ("same_init", 1, 1, density, {"a": 6, "b": 4}),
        ("same_init", 2, 1, density, None),
        ("same_init", 1, 2, density, None),
    )
    assert layers.names(table, "effective") == ["a", "b"]
    assert table["effective_density"][0] == 0.5
    assert table["effective_a"][0] == 0.6
    assert math.isnan(table["effective_b"][1])
    assert layers.to_text(table).splitlines()[-2:] == [
        "experiment  level  effective %     a     b",
        "same_init       1         50.0  60.0  40.0",
    ]


def test_text_of_other_layers(tmp_path):
    table = _summary(
        tmp_path,
        ("same_init", 1, 0, {"a": [10, 10]}, {"a": 10}),
        ("wide", 1, 0, {"a": [5, 10], "b": [0, 10]}, None),
    )
    assert layers.to_text(table).splitlines() == [
        "Weights kept in each layer, in %",
        "",
        "experiment  level  density %     a     b",
        "same_init       0        100   100     -",
        "wide            0       25.0  50.0  0.00",
    ]


@pytest.mark.parametrize(
    "x, y, effective, expected",
    [
        (1, 4, None, True),
        (1, 3, None, False),
        (0, 0, None, True),
        (1, 4, {"x": 1, "y": 4}, True),
        (1, 4, {"x": 1, "y": 3}, False),
    ],
)
def test_are_equal(tmp_path, x, y, effective, expected):
    density = {"x": [x, 2], "y": [y, 8]}
    table = _summary(tmp_path, ("a", 1, 1, density, effective))
    assert layers.are_equal(table) == expected


def test_equal_but_for_rounding(tmp_path):
    density = {"x": [500, 1000], "y": [101, 200]}
    table = _summary(tmp_path, ("a", 1, 1, density, None))
    assert layers.are_equal(table)


def test_many_layers_go_into_parts(tmp_path):
    density = {f"block{index}_conv": [1, 2] for index in range(30)}
    text = layers.to_text(_summary(tmp_path, ("a", 1, 1, density, None)))
    assert max(len(line) for line in text.splitlines()) <= 80
    parts = text.split("\n\n")[1:]
    assert len(parts) == 10
    counts = [part.count("50.0") for part in parts]
    assert sum(counts) == 30 + len(parts)


CONTROLS = ("reinit", "shuffle", "random_global", "snip")
TICKET = {"a": [20, 100], "b": [5, 10]}


def _runs(tmp_path, *rows):
    """Runs of (experiment, level, density, effective)."""
    for experiment, level, density, effective in rows:
        fake_results.write_run(
            str(tmp_path),
            1,
            level,
            experiment,
            kind="branch" if experiment in CONTROLS else "lottery_experiment",
            facts={"density": density, "effective": effective},
        )
    return results.read(str(tmp_path)).runs


def _densities(runs, *levels):
    return layers.densities(runs[runs["density"] < 1], *levels)


def _lines(axes):
    return [
        (line.get_linestyle(), line.get_ydata().tolist()) for line in axes.lines
    ]


def test_a_line_per_pruned_level(tmp_path):
    dense = {"a": [100, 100], "b": [10, 10]}
    sparse = {"a": [2, 100], "b": [1, 10]}
    runs = _runs(
        tmp_path,
        ("same_init", 0, dense, None),
        ("same_init", 1, TICKET, None),
        ("same_init", 2, sparse, None),
    )
    figure = _densities(runs)
    [axes] = figure.axes
    assert _lines(axes) == [("-", [20, 50]), ("-", [2, 10])]
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b"]
    assert axes.get_title() == "ticket"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["22.7 %", "2.73 %"]
    [axes] = _densities(runs, (2,)).axes
    assert _lines(axes) == [("-", [2, 10])]


def test_weights_on_a_path_are_dotted_where_they_are_fewer(tmp_path):
    runs = _runs(
        tmp_path,
        ("same_init", 1, TICKET, {"a": 20, "b": 5}),
        ("same_init", 2, {"a": [10, 100], "b": [2, 10]}, {"a": 4, "b": 2}),
    )
    figure = _densities(runs)
    assert _lines(figure.axes[0]) == [
        ("-", [20, 50]),
        ("-", [10, 20]),
        (":", [4, 20]),
    ]
    *_, last = figure.legends[0].get_texts()
    assert last.get_text() == "on a path to the output"


def test_controls_of_the_same_layers_have_no_panel(tmp_path):
    runs = _runs(
        tmp_path,
        ("same_init", 1, TICKET, None),
        ("same_init", 2, {"a": [10, 100], "b": [2, 10]}, None),
        ("reinit", 1, TICKET, None),
        ("shuffle", 1, TICKET, None),
        ("random_global", 1, {"a": [23, 100], "b": [2, 10]}, None),
    )
    first, second = _densities(runs).axes
    assert first.get_title() == "ticket and 2 more"
    assert second.get_title() == "random, global"
    assert _lines(second) == [("-", [23, 20])]


def test_each_experiment_is_looked_at_once_for_panels(tmp_path, monkeypatch):
    rows = [
        (name, 1, {"a": [20 + 10 * index, 100]}, None)
        for index, name in enumerate(("same_init", *CONTROLS))
    ]
    asked, profiles = [], layers._profiles

    def spy(table, experiment):
        asked.append(experiment)
        return profiles(table, experiment)

    monkeypatch.setattr(layers, "_profiles", spy)
    assert len(_densities(_runs(tmp_path, *rows)).axes) == len(rows)
    assert sorted(asked) == sorted(["same_init", *CONTROLS])


def test_empty_layers_are_crosses_below_all_others(tmp_path):
    density = {"a": [20, 100], "b": [0, 10], "c": [1, 10]}
    runs = _runs(tmp_path, ("snip", 1, density, None))
    figure = _densities(runs)
    [axes] = figure.axes
    line, cross = axes.lines
    np.testing.assert_allclose(line.get_ydata(), [20, 4, 10])
    assert cross.get_marker() == "x"
    np.testing.assert_allclose(cross.get_xydata(), [[2, 4]])
    assert axes.get_ylim()[0] < 4
    figure_style.render(figure, "png")  # Warnings are errors.


def test_many_layers_are_counted_and_other_layers_not_mixed_in(tmp_path):
    many = {f"layer{index}": [index + 1, 100] for index in range(20)}
    runs = _runs(
        tmp_path, ("same_init", 1, many, None), ("other", 1, TICKET, None)
    )
    deep, flat = _densities(runs).axes
    assert deep.get_title() == "other"
    assert _lines(deep) == [("-", [20, 50])]
    [line] = flat.lines
    np.testing.assert_allclose(line.get_ydata(), range(1, 21))
    assert "12" in [text.get_text() for text in flat.get_xticklabels()]


def test_nothing_is_pruned(tmp_path):
    _runs(tmp_path, ("same_init", 0, {"a": [9, 9]}, None))
    found = results.read(str(tmp_path))
    assert layers.figure_section(found) == parts.Section()
