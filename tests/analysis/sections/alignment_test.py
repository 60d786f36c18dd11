"""Tests of analysis/sections/alignment.py."""

import pandas as pd

from lottery_ticket.analysis.sections import alignment
from lottery_ticket.experiments import align
from lottery_ticket.foundations.records import paths, sealed
from lottery_ticket.tests.analysis import fake_results


def write(output_dir, trial, name="align", matching="activations", **changed):
    directory = paths.run(paths.trial(output_dir, trial), 8, name)
    record = {
        "settings": {
            "matching": matching,
            "first": str(trial),
            "second": str(trial + 1),
            "ticket": str(trial),
            "points": 3,
        },
        "correlation": [0.01, 0.5],
        "barriers": [
            {"train": 0.3, "test": 0.25},
            {"train": 0.03, "test": 0.05},
        ],
        "overlap": {"before": 0.02, "after": 0.07, "chance": 0.021},
        "masks": {"a": [1, 8], "b": [1, 2]},
    }
    sealed.write(f"{directory}/alignment.json", {**record, **changed})
    return directory


def test_a_row_per_alignment(tmp_path):
    directory = write(str(tmp_path), 1)
    write(str(tmp_path), 2, overlap=None)
    write(str(tmp_path), 1, "align_random", "random")
    found = alignment.section(fake_results.read(tmp_path))
    assert found.problems == []
    table = found.tables["alignment.csv"]
    assert list(table.columns) == alignment.COLUMNS
    assert list(table["trial"]) == [1, 2, 1]
    row = table.to_dict("records")[0]
    assert pd.isna(row.pop("barrier_validate_before"))
    assert pd.isna(row.pop("barrier_validate_after"))
    assert row == {
        "experiment": "align",
        "trial": 1,
        "level": 8,
        "matching": "activations",
        "density": 0.2,
        "correlation_before": 0.01,
        "correlation_after": 0.5,
        "overlap_before": 0.02,
        "overlap_after": 0.07,
        "overlap_chance": 0.021,
        "barrier_train_before": 0.3,
        "barrier_train_after": 0.03,
        "barrier_test_before": 0.25,
        "barrier_test_after": 0.05,
        "directory": directory,
    }
    assert pd.isna(table["overlap_after"][1])


def test_what_is_damaged_or_differs_is_said(tmp_path):
    directory = write(str(tmp_path), 1)
    with open(f"{directory}/alignment.json", "a") as file:
        file.write("}")
    for trial, matching in ((2, "weights"), (3, "random")):
        write(str(tmp_path), trial, matching=matching)
    found = alignment.section(fake_results.read(tmp_path))
    assert len(found.tables["alignment.csv"]) == 2
    damaged, mixed = found.problems
    assert "damaged" in damaged and directory in damaged
    assert 'differ in matching ("random", "weights")' in mixed


def test_nothing_is_said_of_nothing(tmp_path):
    found = alignment.section(fake_results.read(tmp_path))
    assert not found.tables and not found.problems


def test_the_file_is_what_align_writes():
    assert fake_results.FILES[alignment.EXPERIMENT] == align.RESULT.name
