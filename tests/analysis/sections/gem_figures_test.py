"""Tests of analysis/sections/gem_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis.look import figure_style
from lottery_ticket.analysis.sections import gem_figures, gems, parts
from lottery_ticket.tests.analysis import fake_gems, fake_results

STYLE = {"color": "black", "marker": "o"}


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


def _methods(tmp_path):
    methods, _, _ = gems.read(fake_results.read(tmp_path))
    return methods


def _drawn(tmp_path):
    return gem_figures.drawable(_methods(tmp_path))


def _section(tmp_path):
    return gem_figures.section(fake_results.read(tmp_path))


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
    figure = gem_figures.accuracy(_drawn(tmp_path))
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
        "bars: lowest to highest",
    ]


def test_a_single_gem_is_drawn(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, "gem_miner", density=0.05)
    figure = gem_figures.accuracy(_drawn(tmp_path))
    [legend] = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[0].startswith("Gem-Miner")


def test_each_network_has_a_row_and_methods_one_style(tmp_path):
    _write(str(tmp_path / "conv4"))
    _write(str(tmp_path / "fc"))
    figure = gem_figures.accuracy(_drawn(tmp_path))
    assert [axes.get_title() for axes in figure.axes] == [
        "conv4: before fine-tuning",
        "conv4: after fine-tuning",
        "fc: before fine-tuning",
        "fc: after fine-tuning",
    ]
    assert _series(figure.axes[0]) == _series(figure.axes[2])
    assert len(figure.legends[0].get_texts()) == 5


@pytest.mark.usefixtures("figures")
def test_outputs_are_the_same_each_time(tmp_path):
    _write(str(tmp_path))
    events = [fake_gems.event(0, 0.5)]
    checks = {"mask_shuffle": 0.5}
    fake_gems.write_gem(str(tmp_path), 1, 1, "hc", events=events, checks=checks)
    section = _section(tmp_path)
    written = section.files()
    figures = ("gem_checks", "gem_search_hc", "gems")
    assert sorted(written) == sorted(
        ["gem_epochs.csv", "gem_runs.csv", "gems.csv", "gems.txt"]
        + [f"{name}.{kind}" for name in figures for kind in figure_style.KINDS]
    )
    assert _section(tmp_path).files() == written
    assert section.text == written["gems.txt"].decode()
    assert section.about == "searches for masks"
    assert written["gem_runs.csv"].count(b"\n") == 1 + 11
    assert written["gems.csv"].count(b"\n") == 1 + 6


def test_what_there_is_not_is_not_written(tmp_path):
    assert _section(tmp_path) == parts.Section(rank=3)
    fake_gems.write_gem(str(tmp_path), 1, 1, density=0.0)
    names = ["gem_runs.csv", "gems.csv", "gems.txt"]
    assert sorted(_section(tmp_path).files()) == names


def _text(tmp_path):
    return gem_figures.to_text(gems.summarize(_methods(tmp_path)))


def test_means_and_ranges_before_and_after(tmp_path):
    for trial in (1, 2):
        after = 0.6 + 0.1 * trial
        fake_gems.write_gem(str(tmp_path), trial, 1, before=0.4, after=after)
    fake_gems.write_gem(
        str(tmp_path), 1, 2, "ep", density=0.02, before=0.2, after=0.3, best=0.5
    )
    assert _text(tmp_path) == (
        f"{gem_figures.EXPLANATION}\n"
        "experiment  level  density %  n       before        after   best\n"
        "gem_miner       1       5.00  2        40.00        75.00      -\n"
        "                                 40.00-40.00  70.00-80.00\n"
        "ep              2       2.00  1        20.00        30.00  50.00\n"
    )


def test_a_paper_has_one_table_of_what_any_network_has(tmp_path):
    for trial in (1, 2):
        after = 0.6 + 0.1 * trial
        checks = {"mask_shuffle": 0.25}
        fake_gems.write_gem(
            str(tmp_path), trial, 1, before=0.4, after=after, checks=checks
        )
    fake_gems.write_gem(str(tmp_path), 1, 1, "ep")
    [rows] = _section(tmp_path).papers.values()
    assert rows == [
        ["experiment", "level", "density %", "n", "before", "after", "shuffle"],
        ["gem_miner", "1", "5.00", "2", "40.00", "75.00", "25.00"],
        ["", "", "", "", "40.00-40.00", "70.00-80.00", "25.00-25.00"],
        ["ep", "1", "5.00", "1", "40.00", "80.00", "-"],
    ]


def test_sanity_checks_have_a_table_of_those_that_have_any(tmp_path):
    checks = {"weight_reinit": 0.5, "mask_shuffle": 0.25}
    fake_gems.write_gem(str(tmp_path), 1, 1, checks=checks)
    fake_gems.write_gem(str(tmp_path), 1, 1, "ep")
    first, second = _text(tmp_path).split(gem_figures.CHECKS)
    assert "\nep " in first
    assert second == (
        "\n"
        "experiment  level  density %  n  after  reinit  shuffle  invert\n"
        "gem_miner       1       5.00  1  80.00   50.00    25.00       -\n"
    )


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
    drawn = _drawn(tmp_path)
    assert gem_figures.checked(drawn) == ["gem_miner", "ep"]
    figure = gem_figures.checks(drawn)
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
    figure = gem_figures.checks(_drawn(tmp_path))
    dense = [axes.lines[-2].get_ydata() for axes in figure.axes]
    assert [list(each) for each in dense] == [[90, 90], [95, 95]]


def test_no_checks_to_draw(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1)
    assert gem_figures.checked(_drawn(tmp_path)) == []


def test_means_ranges_and_lines_all_across(tmp_path):
    for trial in (1, 2):
        after = 0.5 + 0.1 * trial
        fake_gems.write_gem(str(tmp_path), trial, 1, after=after)
        more = {"density": 1.0, "algo": "wt", "after": 0.9 + 0.02 * trial}
        fake_gems.write_gem(str(tmp_path), trial, 0, "wt", **more)
    figure = gem_figures.accuracy(_drawn(tmp_path))
    _, axes = figure.axes
    points, low, high, dense, chance = (
        np.unique(line.get_ydata()) for line in axes.lines
    )
    drawn = [*points, *low, *high, *dense, *chance]
    np.testing.assert_allclose(drawn, [65, 60, 70, 93, 10])
    assert axes.lines[0].get_xdata() == pytest.approx([5])
    assert axes.get_ylim()[0] == 0
    assert axes.get_xlim()[0] < 100  # The dense network needs no room.
    assert _texts(figure)[1:] == [
        *("dense network", "chance", "bars: lowest to highest")
    ]


def test_what_is_not_known_is_not_drawn(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, num_classes=None)
    figure = gem_figures.accuracy(_drawn(tmp_path).assign(accuracy=np.nan))
    before, after = figure.axes
    assert before.lines and not after.lines
    assert _texts(figure) == ["Gem-Miner ($n$ = 1)"]


def test_networks_that_keep_nothing_have_no_place(tmp_path):
    for level, density in ((1, 0.5), (2, 0.0)):
        fake_gems.write_gem(str(tmp_path), 1, level, density=density)
    methods = _methods(tmp_path)
    drawn = gem_figures.drawable(methods)
    assert drawn["level"].to_list() == [1]
    assert drawn["network"].to_list() == ["mnist fc"]
    assert gem_figures.drawable(methods[methods["density"] == 0]).empty


def test_labels_count_the_networks_of_a_mean(tmp_path):
    for tree in ("conv4", "fc"):
        for trial in (1, 2):
            checks = {"mask_shuffle": 0.5}
            fake_gems.write_gem(f"{tmp_path}/{tree}", trial, 1, checks=checks)
    fake_gems.write_gem(f"{tmp_path}/fc", 3, 1)
    drawn = _drawn(tmp_path)
    texts = _texts(gem_figures.accuracy(drawn))
    assert texts[0] == "Gem-Miner ($n$ = 2–3)"
    assert [axes.get_title() for axes in gem_figures.checks(drawn).axes] == [
        "conv4 Gem-Miner ($n$ = 2)",
        "fc Gem-Miner ($n$ = 3)",
    ]


EVENTS = [
    fake_gems.event(0, 0.5, 1.0),
    fake_gems.event(1, 0.2, 0.4, pruned=600),
    fake_gems.event(2, 0.1, 0.4),
]


def _history(tmp_path):
    _, history, problems = gems.read(fake_results.read(tmp_path))
    assert problems == []
    return history


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
    figure = gem_figures.search(_history(tmp_path))
    density, accuracy = figure.axes
    assert _lines(density) == [[50, 20, 30], [20], [100, 40, 40]]
    assert _lines(accuracy) == [[20, 30, 40], [30]]
    assert density.lines[1].get_xdata().tolist() == [2]
    assert density.get_yscale() == "log"
    assert (accuracy.get_ylim()[0], accuracy.get_xlim()[0]) == (0, 0)
    assert _texts(figure) == [
        *("40.0 % ($n$ = 2)", "bands: lowest to highest"),
        *("pruning event", "flags keep"),
    ]
    title = figure.legends[0].get_title().get_text()
    assert title == "Gem-Miner: weights kept at the end"


def test_flags_that_never_fall_are_not_drawn(tmp_path):
    for level, density in ((1, 0.5), (2, 0.25)):
        events = [fake_gems.event(epoch, density, 1.0) for epoch in (0, 1)]
        fake_gems.write_gem(
            str(tmp_path), 1, level, "ep", density=density, events=events
        )
    figure = gem_figures.search(_history(tmp_path))
    shown = [line for line in _lines(figure.axes[0]) if line]
    assert shown == [[50, 50], [25, 25]]
    assert _texts(figure) == ["50.0 % ($n$ = 1)", "25.0 % ($n$ = 1)"]


def test_a_figure_per_method(tmp_path):
    fake_gems.write_gem(f"{tmp_path}/fc", 1, 1, events=EVENTS)
    fake_gems.write_gem(f"{tmp_path}/fc", 1, 1, "ep", events=EVENTS)
    fake_gems.write_gem(f"{tmp_path}/conv4", 1, 1, events=EVENTS)
    figures = _section(tmp_path).figures
    assert [name for name in figures if "search" in name] == [
        "gem_search_conv4_gem_miner",
        "gem_search_fc_gem_miner",
        "gem_search_fc_ep",
    ]


@pytest.mark.slow
def test_a_search_that_keeps_nothing_for_a_while(tmp_path):
    events = [fake_gems.event(0, 0.0, 1.0), fake_gems.event(1, 0.1, 0.5)]
    fake_gems.write_gem(str(tmp_path), 1, 1, events=events)
    figure = gem_figures.search(_history(tmp_path))
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < 10 < high


def test_another_metric_has_no_percent_and_no_chance(tmp_path):
    _write(str(tmp_path))
    fake_gems.write_gem(
        str(tmp_path), 1, 1, "ep", events=[fake_gems.event(0, 0.5)]
    )
    fake_results.remeasure(tmp_path)
    section = _section(tmp_path)
    before, _ = section.figures["gems"].axes
    assert before.get_ylabel() == "Test mae"
    assert 0.1 < before.get_ylim()[0] < before.get_ylim()[1] < 2
    [legend] = section.figures["gems"].legends
    assert "chance" not in [text.get_text() for text in legend.get_texts()]
    _, searched = section.figures["gem_search_ep"].axes
    assert searched.get_ylabel() == "Test mae"
    assert section.text.splitlines()[0].endswith("test mae, mean of n trials,")
    assert "before_mae_mean" in section.tables["gems.csv"]
    assert "validate_mae" in section.tables["gem_runs.csv"]
    assert "mae" in section.tables["gem_epochs.csv"]
