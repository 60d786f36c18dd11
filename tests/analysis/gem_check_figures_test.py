"""Tests of analysis/gem_check_figures.py."""

import pytest

from lottery_ticket.analysis import gem_check_figures, gems, results
from lottery_ticket.tests.analysis import fake_gems


def _methods(tmp_path):
    return gems.read(str(tmp_path), results.read(str(tmp_path)).runs).methods


def _means(axes):
    """What is drawn with markers: the series, none of their bars."""
    return {
        round(float(line.get_ydata()[0]), 6)
        for line in axes.lines
        if line.get_marker() in ("o", "s", "^", "v")
    }


def test_a_panel_per_method_with_checks(tmp_path):
    checks = {"weight_reinit": 0.7, "mask_shuffle": 0.6}
    fake_gems.write_gem(str(tmp_path), 1, 1, checks=checks)
    fake_gems.write_gem(str(tmp_path), 1, 1, "sr", after=0.5)
    fake_gems.write_gem(
        str(tmp_path), 1, 1, "ep", after=0.4, checks={"mask_shuffle": 0.3}
    )
    methods = _methods(tmp_path)
    assert gem_check_figures.checked(methods) == ["gem_miner", "ep"]
    figure = gem_check_figures.checks(methods)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Gem-Miner ($n$ = 1)", "edge-popup ($n$ = 1)"]
    assert [_means(axes) for axes in figure.axes] == [{80, 70, 60}, {40, 30}]
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "as found",
        "weights drawn anew",
        "mask shuffled in each layer",
        "chance",
    ]


def test_the_dense_network_beside_a_method_is_of_its_tree(tmp_path):
    for tree, after in (("conv4", 0.9), ("fc", 0.95)):
        output_dir = f"{tmp_path}/{tree}"
        fake_gems.write_gem(output_dir, 1, 0, "wt", density=1.0, after=after)
        checks = {"score_inversion": 0.5}
        fake_gems.write_gem(output_dir, 1, 1, checks=checks)
    figure = gem_check_figures.checks(_methods(tmp_path))
    dense = [axes.lines[-2].get_ydata() for axes in figure.axes]
    assert [list(each) for each in dense] == [[90, 90], [95, 95]]


def test_nothing_to_draw(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1)
    methods = _methods(tmp_path)
    assert gem_check_figures.checked(methods) == []
    with pytest.raises(ValueError, match="no sanity check to draw"):
        gem_check_figures.checks(methods)
