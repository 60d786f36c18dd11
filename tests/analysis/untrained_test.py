"""Tests of analysis/untrained.py."""

import math
import pathlib

import pytest

from lottery_ticket.analysis import untrained
from lottery_ticket.foundations import files
from lottery_ticket.tests.analysis import fake_masked

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
    found = untrained.read(str(tmp_path))
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
    }
    assert math.isnan(found.cells["num_classes"][0])


def test_levels_are_chosen_on_validation(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    chosen = untrained.choose(untrained.read(str(tmp_path)).cells)
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
    chosen = untrained.choose(untrained.read(str(tmp_path)).cells)
    assert chosen["level"].to_list() == [1, 0]


def test_summary_is_of_trials_best_on_validation_first(tmp_path):
    fake_masked.write_untrained(str(tmp_path), 1, CELLS)
    other = [
        fake_masked.cell("large_final", 2, 0.6, 0.7),
        fake_masked.cell("random", 1, 0.9, 0.2),
        fake_masked.cell("random", 3, 0.2, 0.1, mask_1_action="reinit"),
    ]
    fake_masked.write_untrained(str(tmp_path), 2, other)
    cells = untrained.read(str(tmp_path)).cells
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
    found = untrained.read(str(tmp_path)).cells
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
    found = untrained.read(str(tmp_path))
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
    assert untrained.read(str(tmp_path)).problems == [
        "untrained: its runs differ in iterations (2, 500), and means mix them"
    ]


def test_nothing_there(tmp_path):
    assert untrained.read(str(tmp_path)).cells.empty
    with pytest.raises(FileNotFoundError, match="No results folder"):
        untrained.read(str(tmp_path / "nowhere"))
