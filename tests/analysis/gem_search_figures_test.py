"""Tests of analysis/gem_search_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import gem_search_figures, gems
from lottery_ticket.tests.analysis import fake_gems, fake_results

EVENTS = [
    fake_gems.event(0, 0.5, 1.0),
    fake_gems.event(1, 0.2, 0.4, pruned=600),
    fake_gems.event(2, 0.1, 0.4),
]


def _history(tmp_path):
    found = gems.read(fake_results.read(tmp_path))
    assert found.problems == []
    return found.history


def _lines(axes):
    return [np.round(line.get_ydata(), 6).tolist() for line in axes.lines]


def _texts(figure):
    [legend] = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_density_accuracy_and_events_by_epoch(tmp_path):
    for trial, density in ((1, 0.2), (2, 0.4)):
        last = fake_gems.event(2, density, 0.4)
        events = [*EVENTS[:2], last]
        fake_gems.write_gem(str(tmp_path), trial, 1, density=0.4, events=events)
    figure = gem_search_figures.search(_history(tmp_path))
    density, accuracy = figure.axes
    assert _lines(density) == [[50, 20, 30], [20], [100, 40, 40]]
    assert _lines(accuracy) == [[20, 30, 40], [30]]
    assert density.lines[1].get_xdata().tolist() == [2]
    assert density.get_yscale() == "log"
    assert (accuracy.get_ylim()[0], accuracy.get_xlim()[0]) == (0, 0)
    assert _texts(figure) == ["40.0 % ($n$ = 2)", "pruning event", "flags keep"]
    title = figure.legends[0].get_title().get_text()
    assert title == "Gem-Miner: weights kept at the end"


def test_flags_that_never_fall_are_not_drawn(tmp_path):
    for level, density in ((1, 0.5), (2, 0.25)):
        events = [fake_gems.event(epoch, density, 1.0) for epoch in (0, 1)]
        fake_gems.write_gem(
            str(tmp_path), 1, level, "ep", density=density, events=events
        )
    figure = gem_search_figures.search(_history(tmp_path))
    shown = [line for line in _lines(figure.axes[0]) if line]
    assert shown == [[50, 50], [25, 25]]
    assert _texts(figure) == ["50.0 % ($n$ = 1)", "25.0 % ($n$ = 1)"]


def test_a_figure_per_method(tmp_path):
    fake_gems.write_gem(f"{tmp_path}/fc", 1, 1, events=EVENTS)
    fake_gems.write_gem(f"{tmp_path}/fc", 1, 1, "ep", events=EVENTS)
    fake_gems.write_gem(f"{tmp_path}/conv4", 1, 1, events=EVENTS)
    figures = gem_search_figures.figures(_history(tmp_path))
    assert list(figures) == [
        "gem_search_conv4_gem_miner",
        "gem_search_fc_gem_miner",
        "gem_search_fc_ep",
    ]


@pytest.mark.slow
def test_a_search_that_keeps_nothing_for_a_while(tmp_path):
    events = [fake_gems.event(0, 0.0, 1.0), fake_gems.event(1, 0.1, 0.5)]
    fake_gems.write_gem(str(tmp_path), 1, 1, events=events)
    figure = gem_search_figures.search(_history(tmp_path))
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < 10 < high


def test_nothing_to_draw(tmp_path):
    history = _history(tmp_path)
    assert gem_search_figures.figures(history) == {}
    with pytest.raises(ValueError, match="There is no search to draw"):
        gem_search_figures.search(history)
