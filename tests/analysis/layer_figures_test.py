"""Tests of analysis/layer_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import figure_style, layer_figures, results
from lottery_ticket.tests.analysis import fake_results

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
    figure = layer_figures.layer_densities(runs)
    [axes] = figure.axes
    assert _lines(axes) == [("-", [20, 50]), ("-", [2, 10])]
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["a", "b"]
    assert axes.get_title() == "winning ticket"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["22.7 %", "2.73 %"]
    [axes] = layer_figures.layer_densities(runs, (2,)).axes
    assert _lines(axes) == [("-", [2, 10])]


def test_weights_on_a_path_are_dotted_where_they_are_fewer(tmp_path):
    runs = _runs(
        tmp_path,
        ("same_init", 1, TICKET, {"a": 20, "b": 5}),
        ("same_init", 2, {"a": [10, 100], "b": [2, 10]}, {"a": 4, "b": 2}),
    )
    figure = layer_figures.layer_densities(runs)
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
    first, second = layer_figures.layer_densities(runs).axes
    assert first.get_title() == "winning ticket and 2 more"
    assert second.get_title() == "random, global"
    assert _lines(second) == [("-", [23, 20])]


def test_empty_layers_are_crosses_below_all_others(tmp_path):
    density = {"a": [20, 100], "b": [0, 10], "c": [1, 10]}
    runs = _runs(tmp_path, ("snip", 1, density, None))
    figure = layer_figures.layer_densities(runs)
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
    deep, flat = layer_figures.layer_densities(runs).axes
    assert deep.get_title() == "other"
    assert _lines(deep) == [("-", [20, 50])]
    [line] = flat.lines
    np.testing.assert_allclose(line.get_ydata(), range(1, 21))
    assert "12" in [text.get_text() for text in flat.get_xticklabels()]


def test_nothing_is_pruned(tmp_path):
    runs = _runs(tmp_path, ("same_init", 0, {"a": [9, 9]}, None))
    with pytest.raises(ValueError, match="levels None is pruned"):
        layer_figures.layer_densities(runs)
    with pytest.raises(ValueError, match=r"levels \(7,\) is pruned"):
        layer_figures.layer_densities(runs, (7,))
