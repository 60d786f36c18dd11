"""Tests of analysis/gem_axes.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import figure_style, gem_axes, gems, results
from lottery_ticket.tests.analysis import fake_gems

STYLE = {"color": "black", "marker": "o"}


def _methods(tmp_path):
    return gems.read(str(tmp_path), results.read(str(tmp_path)).runs).methods


def _draw(methods, column="accuracy"):
    series = [(name, column, STYLE) for name in methods["experiment"].unique()]
    with figure_style.drawing() as (_, [axes]):
        gem_axes.draw(axes, methods, series)
        gem_axes.finish([axes], methods, 1)
    return axes


def test_means_ranges_and_lines_all_across(tmp_path):
    for trial in (1, 2):
        after = 0.5 + 0.1 * trial
        fake_gems.write_gem(str(tmp_path), trial, 1, after=after)
        more = {"density": 1.0, "algo": "wt", "after": 0.9 + 0.02 * trial}
        fake_gems.write_gem(str(tmp_path), trial, 0, "wt", **more)
    methods = _methods(tmp_path)
    axes = _draw(methods)
    points, low, high, dense, chance = (
        np.unique(line.get_ydata()) for line in axes.lines
    )
    drawn = [*points, *low, *high, *dense, *chance]
    np.testing.assert_allclose(drawn, [65, 60, 70, 93, 10])
    assert axes.lines[0].get_xdata() == pytest.approx([5])
    assert axes.get_ylim()[0] == 0
    assert axes.get_xlim()[0] < 100  # The dense network needs no room.
    names = [each.get_label() for each in gem_axes.line_entries(methods)]
    assert names == ["dense network", "chance"]


def test_what_is_not_known_is_not_drawn(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, num_classes=None)
    methods = _methods(tmp_path)
    assert not _draw(methods, "best_accuracy").lines
    assert gem_axes.line_entries(methods) == []


def test_networks_that_keep_nothing_have_no_place(tmp_path):
    for level, density in ((1, 0.5), (2, 0.0)):
        fake_gems.write_gem(str(tmp_path), 1, level, density=density)
    methods = _methods(tmp_path)
    drawn = gem_axes.drawn(methods)
    assert drawn["level"].to_list() == [1]
    assert drawn["network"].to_list() == ["mnist fc"]
    with pytest.raises(ValueError, match="no sparse network that keeps a"):
        gem_axes.drawn(methods[methods["density"] == 0])


def test_labels_count_the_networks_of_a_mean(tmp_path):
    for tree in ("conv4", "fc"):
        for trial in (1, 2):
            fake_gems.write_gem(f"{tmp_path}/{tree}", trial, 1)
    fake_gems.write_gem(f"{tmp_path}/fc", 3, 1)
    methods = _methods(tmp_path)
    assert gem_axes.label("gem_miner", methods) == "Gem-Miner ($n$ = 2–3)"
    own = methods[methods["experiment"] == "fc/gem_miner"]
    assert gem_axes.label("fc/gem_miner", own) == "fc Gem-Miner ($n$ = 3)"
