"""Tests of analysis/gem_searches.py."""

import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis import gem_searches, tree
from lottery_ticket.foundations import files
from lottery_ticket.tests.analysis import fake_gems

EVENTS = [
    fake_gems.event(0, 0.4, 1.0),
    fake_gems.event(1, 0.1, 0.2, pruned=800, regularization=1.5),
    fake_gems.event(2, 0.05, 0.2),
]


def _read(tmp_path):
    return gem_searches.read(
        tree.places(str(tmp_path), lambda _, names: "search" in names)
    )


def test_a_row_per_epoch(tmp_path):
    fake_gems.write_gem(str(tmp_path), 2, 1, density=0.2, events=EVENTS)
    frame, problems = _read(tmp_path)
    assert problems == []
    assert list(frame.columns) == gem_searches.HISTORY
    assert frame["epoch"].to_list() == [1, 2, 3]
    validate = frame["validate_accuracy"].to_numpy()
    np.testing.assert_allclose(validate, [0.2, np.nan, 0.4])
    row = frame.iloc[1].to_dict()
    assert np.isnan(row.pop("validate_accuracy"))
    assert row.pop("accuracy") == pytest.approx(0.3)
    assert row == {
        "experiment": "gem_miner",
        "trial": 2,
        "level": 1,
        "algo": "hc_iter",
        **fake_gems.SETTINGS,
        "final_density": 0.2,
        "epoch": 2,
        "iteration": 20,
        "density": 0.1,
        "flag_density": 0.2,
        "pruned": 800,
        "regularization": 1.5,
    }


def test_unfinished_searches_and_rounds_of_training_have_no_rows(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS, is_finished=False)
    files.write(f"{tmp_path}/trial1/1/ep/search/checkpoint.bin", b"state")
    files.write(f"{tmp_path}/trial1/1/imp/search/0/same_init/run.json", b"{}")
    frame, problems = _read(tmp_path)
    assert set(frame["experiment"]) == {"gem_miner"}
    assert problems == []


def test_damaged_searches_are_named(tmp_path):
    directory = fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS)
    path = pathlib.Path(directory) / "search" / "run.json"
    path.write_text(path.read_text().replace("1.5", "1.6"))
    frame, problems = _read(tmp_path)
    assert frame.empty
    assert problems == [
        f"{directory}/search: damaged (its run.json is not whole)"
    ]


def test_what_was_not_evaluated_is_not_known(tmp_path):
    directory = fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS)
    files.remove(f"{directory}/search/test.json")
    frame, _ = _read(tmp_path)
    assert frame["accuracy"].isna().all()
