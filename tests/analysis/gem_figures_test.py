"""Tests of analysis/gem_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import (
    figure_style,
    gem_figures,
    gems,
    results,
)
from lottery_ticket.tests.analysis import fake_gems


def _write(output_dir):
    """Writes two trials of two methods at two densities, and dense ones."""
    for trial in (1, 2):
        dense = {"density": 1.0, "after": 0.98, "algo": "wt"}
        fake_gems.write_gem(output_dir, trial, 0, "wt", **dense)
        for level, density in ((1, 0.5), (2, 0.05)):
            more = 0.01 * trial - 0.1 * level
            for name, before in (("gem_miner", 0.8), ("ep", 0.5)):
                fake_gems.write_gem(
                    output_dir,
                    trial,
                    level,
                    name,
                    density=density,
                    before=before + more,
                    after=0.9 + more,
                )


def _read(tmp_path):
    return gems.read(str(tmp_path), results.read(str(tmp_path)).runs)


def _series(axes):
    """Accuracies, by colour, of the lines that go through both densities."""
    return {
        line.get_color(): line.get_ydata().tolist()
        for line in axes.lines
        if line.get_linestyle() != "None"  # The caps of bars.
        and np.allclose(line.get_xdata(), [50, 5])
    }


def test_before_and_after_are_panels_of_one_scale(tmp_path):
    _write(str(tmp_path))
    figure = gem_figures.accuracy(_read(tmp_path).methods)
    before, after = figure.axes
    blue, red = (style["color"] for style in figure_style.SERIES[:2])
    assert _series(before)[blue] == pytest.approx([71.5, 61.5])
    assert _series(before)[red] == pytest.approx([41.5, 31.5])
    assert _series(after)[blue] == pytest.approx([81.5, 71.5])
    assert before.get_ylim() == after.get_ylim()
    assert before.get_ylim()[0] == 0
    faces = [axes.lines[0].get_markerfacecolor() for axes in figure.axes]
    assert faces == ["white", blue]
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Before fine-tuning", "After fine-tuning"]
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "Gem-Miner ($n$ = 2)",
        "edge-popup ($n$ = 2)",
        "dense network",
        "chance",
    ]


def test_a_single_gem_is_drawn(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, "gem_miner", density=0.05)
    figure = gem_figures.accuracy(_read(tmp_path).methods)
    [legend] = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[0].startswith("Gem-Miner")


def test_each_network_has_a_row_and_methods_one_style(tmp_path):
    _write(str(tmp_path / "conv4"))
    _write(str(tmp_path / "fc"))
    figure = gem_figures.accuracy(_read(tmp_path).methods)
    assert [axes.get_title() for axes in figure.axes] == [
        "conv4: before fine-tuning",
        "conv4: after fine-tuning",
        "fc: before fine-tuning",
        "fc: after fine-tuning",
    ]
    assert _series(figure.axes[0]) == _series(figure.axes[2])
    assert len(figure.legends[0].get_texts()) == 4


def test_outputs_are_the_same_each_time(tmp_path):
    _write(str(tmp_path))
    events = [fake_gems.event(0, 0.5)]
    checks = {"mask_shuffle": 0.5}
    fake_gems.write_gem(str(tmp_path), 1, 1, "hc", events=events, checks=checks)
    found = _read(tmp_path)
    written = gem_figures.outputs(found)
    figures = ("gem_checks", "gem_search_hc", "gems")
    assert sorted(written) == sorted(
        ["gem_epochs.csv", "gem_runs.csv", "gems.csv", "gems.txt"]
        + [f"{name}.{kind}" for name in figures for kind in ("png", "pdf")]
    )
    assert gem_figures.outputs(found) == written
    assert written["gem_runs.csv"].count(b"\n") == 1 + 11
    assert written["gems.csv"].count(b"\n") == 1 + 6


def test_what_there_is_not_is_not_written(tmp_path):
    assert gem_figures.outputs(_read(tmp_path)) == {}
    fake_gems.write_gem(str(tmp_path), 1, 1, density=0.0)
    names = ["gem_runs.csv", "gems.csv", "gems.txt"]
    assert sorted(gem_figures.outputs(_read(tmp_path))) == names
    with pytest.raises(ValueError, match="no sparse network"):
        gem_figures.accuracy(_read(tmp_path).methods)
