"""Tests of analysis/sections/untrained.py."""

import collections
import math
import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis.sections import untrained
from lottery_ticket.foundations.machine import files
from lottery_ticket.tests.analysis import fake_masked, fake_results

Found = collections.namedtuple("Found", "cells problems")


def _read(output_dir):
    return Found(*untrained.read(fake_results.read(output_dir)))


CELLS = [
    fake_masked.cell("random", 0, 0.1, 0.12),
    fake_masked.cell("random", 1, 0.3, 0.11),
    fake_masked.cell("large_final", 0, 0.1, 0.12),
    fake_masked.cell("large_final", 1, 0.4, 0.45),
    fake_masked.cell("large_final", 2, 0.5, 0.44),
]


def test_a_row_per_network(tmp_path):
    directory = fake_masked.write_untrained(
        str(tmp_path), 2, CELLS, num_classes=10
    )
    fake_masked.write_untrained(str(tmp_path), 1, CELLS[:1])
    found = _read(tmp_path)
    assert found.problems == []
    assert list(found.cells.columns) == untrained.CELLS
    assert found.cells["trial"].to_list() == [1] + [2] * 5
    assert found.cells.iloc[-1].to_dict() == {
        "experiment": "untrained",
        "trial": 2,
        **fake_masked.SETTINGS,
        "mask_1_action": "rewind",
        "criterion": "large_final",
        "level": 2,
        "density": 0.25,
        "accuracy": 0.5,
        "loss": 2.0,
        "validate_accuracy": 0.44,
        "validate_loss": 1.0,
        "num_classes": 10,
        "directory": directory,
        "granularity": "weight",
    }
    assert math.isnan(found.cells["num_classes"][0])


def test_granularities_are_told_apart(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    fake_masked.write_untrained(str(tmp_path), 2, CELLS, granularity="unit")
    found = _read(tmp_path)
    summary = untrained.summarize(untrained.choose(found.cells))
    assert list(summary.columns)[-1] == "granularity"
    assert set(summary["granularity"]) == {"weight", "unit"}
    assert (summary["runs"] == 1).all()
    text = untrained.to_text(summary)
    assert "by weight, weights: as drawn" in text and "by unit, " in text


def test_levels_are_chosen_on_validation(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    chosen = untrained.choose(_read(tmp_path).cells)
    found = chosen.set_index("criterion")[["level", "accuracy"]]
    # Both have a better level on the test set.
    assert found.loc["random"].to_list() == [0, 0.1]
    assert found.loc["large_final"].to_list() == [1, 0.4]


def test_equal_accuracies_are_told_apart_by_loss_then_by_level(tmp_path):
    for trial, losses in ((1, (2.0, 1.0, 1.5)), (2, (1.0, 1.0, 2.0))):
        cells = [
            fake_masked.cell("movement", level, 0.1, 0.5, validate_loss=loss)
            for level, loss in enumerate(losses)
        ]
        fake_masked.write_untrained(str(tmp_path), trial, cells)
    chosen = untrained.choose(_read(tmp_path).cells)
    assert chosen["level"].to_list() == [1, 0]


def test_summary_is_of_trials_best_on_validation_first(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    other = [
        fake_masked.cell("large_final", 2, 0.6, 0.7),
        fake_masked.cell("random", 1, 0.9, 0.2),
        fake_masked.cell("random", 3, 0.2, 0.1, mask_1_action="reinit"),
    ]
    fake_masked.write_untrained(str(tmp_path), 2, other)
    cells = _read(tmp_path).cells
    table = untrained.summarize(untrained.choose(cells))
    places = table[["mask_1_action", "criterion", "runs"]]
    assert places.to_numpy().tolist() == [
        ["rewind", "large_final", 2],
        ["rewind", "random", 2],
        ["reinit", "random", 1],
    ]
    first = table.iloc[0]
    assert first["accuracy_mean"] == pytest.approx(0.5)
    assert (first["accuracy_min"], first["accuracy_max"]) == (0.4, 0.6)
    assert first["density_mean"] == pytest.approx(3 / 8)
    assert (first["density_min"], first["density_max"]) == (0.25, 0.5)
    assert first["validate_accuracy"] == pytest.approx((0.45 + 0.7) / 2)


def test_without_validation_nothing_is_chosen(tmp_path):
    cells = [fake_masked.cell("random", level, 0.1) for level in (0, 1)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    found = _read(tmp_path).cells
    assert found["validate_accuracy"].isna().all()
    assert untrained.choose(found).empty
    assert untrained.summarize(untrained.choose(found)).empty


def test_damaged_unfinished_and_unlike_files_are_named(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    fake_masked.write_untrained(str(tmp_path), 2, CELLS, rounding="legacy")
    fake_masked.write_untrained(str(tmp_path), 5, CELLS, rounding="exact")
    lacking = fake_masked.write_untrained(
        str(tmp_path), 3, [{"criterion": "random"}]
    )
    damaged = fake_masked.write_untrained(str(tmp_path), 4, CELLS)
    path = pathlib.Path(damaged) / "untrained.json"
    path.write_text(path.read_text().replace("0.45", "0.99"))
    begun = f"{tmp_path}/trial6/0/untrained"
    files.write(f"{begun}/untrained_part.json", b"{}")
    found = _read(tmp_path)
    assert sorted(set(found.cells["trial"])) == [1, 2, 5]
    assert found.problems == [
        f"{lacking}: damaged (its untrained.json lacks 'mask_1_action')",
        f"{damaged}: damaged (its untrained.json is not whole)",
        f"{begun}: unfinished (no untrained.json; still going, or stopped)",
        'untrained: its runs differ in rounding ("exact", "legacy"), and '
        "means mix them",
    ]


def test_unlike_grids_are_told_apart_by_their_last_level(tmp_path):
    for trial, last in ((1, 2), (2, 500)):
        fake_masked.write_untrained(
            str(tmp_path), trial, CELLS, levels=list(range(last + 1))
        )
    assert _read(tmp_path).problems == [
        "untrained: its runs differ in iterations (2, 500), and means mix them"
    ]


def test_nothing_there(tmp_path):
    assert _read(tmp_path).cells.empty
    section = untrained.section(fake_results.read(tmp_path))
    assert (section.files(), section.problems) == ({}, [])


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
    return _read(tmp_path).cells


def _legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_panel_per_treatment_and_a_line_per_criterion(cells):
    figure = untrained.accuracy(cells)
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
    assert _legend(figure) == [
        *("large final", "random", "chance"),
        "bars: lowest to highest",
    ]
    assert drawn.get_ylim()[0] == 0
    assert drawn.get_xscale() == "log"


def test_without_classes_there_is_no_chance_level(tmp_path):
    _write(str(tmp_path))
    figure = untrained.accuracy(_read(tmp_path).cells)
    assert "chance" not in _legend(figure)


def test_networks_are_named_where_there_are_several(tmp_path):
    for name in ("conv2", "fc"):
        _write(str(tmp_path / name))
    cells = _read(tmp_path).cells
    titles = [axes.get_title() for axes in untrained.accuracy(cells).axes]
    assert titles[0] == "conv2, as drawn ($n$ = 2)"
    assert titles[3] == "fc, signed constants ($n$ = 2)"
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained.to_text(summary)
    assert text.count("\nconv2, weights:") == text.count("\nfc, weights:") == 2


@pytest.mark.slow
def test_experiments_and_recipes_of_a_network_are_told_apart(tmp_path):
    _write(str(tmp_path))
    _write(str(tmp_path), name="mine_untrained")
    _write(str(tmp_path), name="other", recipe="mnist_fc")
    fake_masked.write_untrained(
        str(tmp_path), 3, [fake_masked.cell("random", 1, 0.3, 0.3)], "other"
    )
    cells = _read(tmp_path).cells
    titles = [axes.get_title() for axes in untrained.accuracy(cells).axes]
    assert len(set(titles)) == len(titles) == 7
    assert "mnist fc, mine_untrained, as drawn ($n$ = 2)" in titles
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained.to_text(summary)
    for words in (
        "mine_untrained, weights: as drawn",
        "untrained, weights: signed constants",
        "other, mnist_fc, weights: as drawn",
        "other, mnist_fc_zhou, weights: as drawn",
    ):
        assert text.count(f"\nmnist fc, {words}\n") == 1


def test_text_has_a_table_per_treatment(cells):
    summary = untrained.summarize(untrained.choose(cells))
    text = untrained.to_text(summary)
    assert text.startswith(untrained.EXPLANATION)
    parts = text.removeprefix(untrained.EXPLANATION)
    first, second = parts.strip().split("\n\n")
    assert first == (
        "mnist fc, weights: as drawn\n"
        "criterion    n  test %    min    max  validation %  density %\n"
        "large final  2   41.00  40.00  42.00         40.00       50.0\n"
        "random       2   21.00  20.00  22.00         20.00       50.0"
    )
    assert second.startswith("mnist fc, weights: signed constants\n")


def test_a_paper_has_one_table_of_all_treatments(tmp_path, cells):
    summary = untrained.summarize(untrained.choose(cells))
    heads, first, *_, last = untrained.in_one(summary)
    assert heads == ["network", "weights", *untrained.HEADS]
    assert first == [
        *("mnist fc", "as drawn", "large final", "2", "41.00", "40.00"),
        *("42.00", "40.00", "50.0"),
    ]
    assert last[:3] == ["mnist fc", "signed constants", "random"]
    fake_masked.write_untrained(
        str(tmp_path), 1, [fake_masked.cell("random", 1, 0.1, 0.2)]
    )
    made = untrained.section(fake_results.read(tmp_path))
    assert [*made.papers] == ["untrained"]


def test_without_validation_the_text_says_so_and_chooses_nothing(tmp_path):
    cells = [fake_masked.cell("random", level, 0.1) for level in (0, 1)]
    fake_masked.write_untrained(str(tmp_path), 1, cells)
    section = untrained.section(fake_results.read(tmp_path))
    outputs = section.files()
    assert outputs["untrained.txt"].decode() == untrained.NO_VALIDATION
    assert outputs["untrained.csv"].count(b"\n") == 1
    assert outputs["untrained.png"].startswith(b"\x89PNG")


def test_densities_of_several_trials_are_a_range(tmp_path):
    for trial, level in ((1, 1), (2, 3)):
        cells = [fake_masked.cell("random", level, 0.1, 0.2)]
        fake_masked.write_untrained(str(tmp_path), trial, cells)
    section = untrained.section(fake_results.read(tmp_path))
    assert section.text.endswith(" 12.5-50.0\n")


@pytest.mark.usefixtures("figures")
def test_the_section_is_tables_and_the_figure(tmp_path):
    _write(str(tmp_path))
    section = untrained.section(fake_results.read(tmp_path))
    outputs = section.files()
    assert sorted(outputs) == [
        "untrained.csv",
        "untrained.pdf",
        "untrained.png",
        "untrained.svg",
        "untrained.txt",
        "untrained_cells.csv",
    ]
    again = untrained.section(fake_results.read(tmp_path))
    assert again.files() == outputs
    assert outputs["untrained_cells.csv"].count(b"\n") == 1 + 24
    assert section.text == outputs["untrained.txt"].decode()
    fake_results.write_run(str(tmp_path), 1, 0)
    untold = untrained.section(fake_results.read(tmp_path))
    assert untold.text == "" and not untold.papers


def test_a_tree_is_read_once(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    found = fake_results.read(tmp_path)
    assert untrained.read(found) is untrained.read(found)
    fake_masked.write_untrained(str(tmp_path), 2, CELLS)
    assert len(_read(tmp_path).cells) == 2 * len(CELLS)


def test_nothing_to_draw(cells):
    with pytest.raises(ValueError, match="no untrained network to draw"):
        untrained.accuracy(cells.assign(density=0.0))


def test_the_lowest_is_chosen_where_lower_is_better(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS, num_classes=10)
    fake_results.remeasure(tmp_path)
    cells = _read(tmp_path).cells
    chosen = untrained.choose(cells).set_index("criterion")["level"]
    assert chosen.to_dict() == {"random": 1, "large_final": 0}
    section = untrained.section(fake_results.read(tmp_path))
    lines = section.text.splitlines()
    assert lines[0].startswith("Untrained networks under a mask: test mae at")
    assert lines[1].endswith("n trials. Lowest validation mean first.")
    assert lines[4].split()[2:6] == ["test", "validation", "density", "%"]
    assert [line.split()[0] for line in lines[5:7]] == ["random", "large"]
    assert lines[5].split()[2:5] == ["0.3", "0.11", "50.0"]
    assert "validate_mae" in section.tables["untrained_cells.csv"]
    axes = section.figures["untrained"].axes[0]
    assert axes.get_ylabel() == "Test mae" and axes.get_ylim()[1] < 1
