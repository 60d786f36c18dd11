"""Tests of analysis/untrained_figures.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import untrained, untrained_figures
from lottery_ticket.tests.analysis import fake_masked


def _write(output_dir, **more):
    for trial in (1, 2):
        gain = 0.02 * (trial - 1)
        cells = [
            fake_masked.cell(criterion, level, test + gain, test, **action)
            for action in ({}, {"mask_1_action": "signed_constant"})
            for criterion, best in (("large_final", 0.4), ("random", 0.2))
            for level, test in ((0, 0.1), (1, best), (2, 0.15))
        ]
        fake_masked.write_untrained(output_dir, trial, cells, **more)


@pytest.fixture
def cells(tmp_path):
    _write(str(tmp_path), num_classes=10)
    return untrained.read(str(tmp_path)).cells


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_panel_per_treatment_and_a_line_per_criterion(cells):
    figure = untrained_figures.accuracy(cells)
    drawn, constants = figure.axes
    assert drawn.get_title() == "Weights: as drawn ($n$ = 2)"
    assert constants.get_title() == "Weights: signed constants ($n$ = 2)"
    large, random = drawn.containers
    np.testing.assert_allclose(
        large.lines[0].get_xydata(), [[100, 11], [50, 41], [25, 16]]
    )
    np.testing.assert_allclose(random.lines[0].get_ydata(), [11, 21, 16])
    [bars] = large.lines[2]
    np.testing.assert_allclose(bars.get_paths()[1].vertices[:, 1], [40, 42])
    [chance] = [line for line in drawn.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(chance.get_ydata(), [10, 10])
    assert _legend(figure) == ["large final", "random", "chance"]
    assert drawn.get_ylim()[0] == 0
    assert drawn.get_xscale() == "log"


def test_without_classes_there_is_no_chance_level(tmp_path):
    _write(str(tmp_path))
    figure = untrained_figures.accuracy(untrained.read(str(tmp_path)).cells)
    assert _legend(figure) == ["large final", "random"]


def test_networks_are_named_where_there_are_several(tmp_path):
    for name in ("conv2", "fc"):
        _write(str(tmp_path / name))
    cells = untrained.read(str(tmp_path)).cells
    titles = [
        axes.get_title() for axes in untrained_figures.accuracy(cells).axes
    ]
    assert titles[0] == "conv2, as drawn ($n$ = 2)"
    assert titles[3] == "fc, signed constants ($n$ = 2)"
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained_figures.to_text(summary)
    assert text.count("\nconv2, weights:") == text.count("\nfc, weights:") == 2


def test_experiments_and_recipes_of_a_network_are_told_apart(tmp_path):
    _write(str(tmp_path))
    _write(str(tmp_path), name="mine_untrained")
    _write(str(tmp_path), name="other", recipe="mnist_fc")
    fake_masked.write_untrained(
        str(tmp_path), 3, [fake_masked.cell("random", 1, 0.3, 0.3)], "other"
    )
    cells = untrained.read(str(tmp_path)).cells
    titles = [
        axes.get_title() for axes in untrained_figures.accuracy(cells).axes
    ]
    assert len(set(titles)) == len(titles) == 7
    assert "mnist fc, mine_untrained, as drawn ($n$ = 2)" in titles
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained_figures.to_text(summary)
    for words in (
        "mine_untrained, weights: as drawn",
        "untrained, weights: signed constants",
        "other, mnist_fc, weights: as drawn",
        "other, mnist_fc_zhou, weights: as drawn",
    ):
        assert text.count(f"\nmnist fc, {words}\n") == 1


def test_text_has_a_table_per_treatment(cells):
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained_figures.to_text(summary)
    assert text.startswith(untrained_figures.EXPLANATION)
    parts = text.removeprefix(untrained_figures.EXPLANATION)
    first, second = parts.strip().split("\n\n")
    assert first == (
        "mnist fc, weights: as drawn\n"
        "criterion    n  test %    min    max  validation %  density %\n"
        "large final  2   41.00  40.00  42.00         40.00       50.0\n"
        "random       2   21.00  20.00  22.00         20.00       50.0"
    )
    assert second.startswith("mnist fc, weights: signed constants\n")


def test_without_validation_the_text_says_so_and_chooses_nothing(tmp_path):
    cells = [fake_masked.cell("random", level, 0.1) for level in (0, 1)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    outputs = untrained_figures.outputs(untrained.read(str(tmp_path)).cells)
    assert outputs["untrained.txt"].decode() == untrained_figures.NO_VALIDATION
    assert outputs["untrained.csv"].count(b"\n") == 1
    assert outputs["untrained.png"].startswith(b"\x89PNG")


def test_densities_of_several_trials_are_a_range():
    row = {"density_min": 0.0537, "density_max": 0.512}
    assert untrained_figures.density_text(row) == "5.37-51.2"


def test_outputs_are_the_same_each_time(cells):
    outputs = untrained_figures.outputs(cells)
    assert sorted(outputs) == [
        "untrained.csv",
        "untrained.pdf",
        "untrained.png",
        "untrained.txt",
        "untrained_cells.csv",
    ]
    assert untrained_figures.outputs(cells) == outputs
    assert outputs["untrained_cells.csv"].count(b"\n") == 1 + len(cells)


def test_nothing_to_draw(cells):
    assert untrained_figures.outputs(cells[:0]) == {}
    with pytest.raises(ValueError, match="no untrained network to draw"):
        untrained_figures.accuracy(cells.assign(density=0.0))
