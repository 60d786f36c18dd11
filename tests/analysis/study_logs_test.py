"""Tests of analysis/study_logs.py."""

import pathlib

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import study_logs
from lottery_ticket.tests.analysis import fake_results


def test_what_is_written_is_read_but_for_weights_and_places(tmp_path):
    fake_results.write_experiment(str(tmp_path / "results"))
    tables, facts = study_logs.read(str(tmp_path / "results"), {})
    assert set(tables) == {"runs"}
    assert facts["runs"] == len(tables["runs"]) == 12
    logs = str(tmp_path / "logs")
    study_logs.write(logs, tables, facts)
    found, told = study_logs.read_written(logs)
    assert told == facts
    kept = [*found["runs"].columns]
    assert not {"directory", "density_layer0"} & {*kept}
    wanted = ("trial", "density", "effective_density", "accuracy")
    assert {*wanted, "early_stop_iteration"} < {*kept}
    for name in ("experiment", "run", "trial", "level", "recipe"):
        own, kept_there = found["runs"][name], tables["runs"][name]
        assert [*own.dropna()] == [*kept_there.dropna()]
    for name in ("density", "accuracy", "loss", "early_stop_iteration"):
        np.testing.assert_allclose(
            found["runs"][name], tables["runs"][name], rtol=1e-5
        )


def test_what_is_written_stands_in_place_of_all_that_was_there(tmp_path):
    table = pd.DataFrame({"trial": [1]})
    logs = str(tmp_path)
    study_logs.write(logs, {"runs": table, "gems": table}, {})
    study_logs.write(logs, {"runs": table}, {"runs": 1})
    tables, facts = study_logs.read_written(logs)
    assert {*tables} == {"runs"}
    assert facts == {"runs": 1}


def test_names_stay_names_and_whole_numbers_whole(tmp_path):
    """Also where they look like none, and where some are not known."""
    table = pd.DataFrame(
        {
            "experiment": ["NA", "None", "007"],
            "run": ["", "1", ""],
            "recipe": ["null", None, "lenet"],
            "seed": [1234567890, None, 1],
            "accuracy": [0.123456789, None, 1],
            "loss": [1e30, float("inf"), None],
        }
    )
    study_logs.write(str(tmp_path), {"runs": table}, {})
    found = study_logs.read_written(str(tmp_path))[0]["runs"]
    for name in ("experiment", "run"):
        assert [*found[name]] == [*table[name]]
    assert [*found["recipe"].fillna("")] == ["null", "", "lenet"]
    assert [*found["seed"].fillna(0)] == [1234567890, 0, 1]
    assert [*found["accuracy"].fillna(0)] == [0.123457, 0, 1]
    assert [*found["loss"].fillna(0)] == [1e30, float("inf"), 0]


def test_what_is_written_again_is_the_same(tmp_path):
    table = pd.DataFrame({"experiment": ["None"], "seed": [float("nan")]})
    table["zero"], table["share"] = -0.0, 0.25
    study_logs.write(str(tmp_path), {"runs": table}, {"runs": 1})
    before = (tmp_path / "runs.csv").read_bytes()
    study_logs.write(str(tmp_path), *study_logs.read_written(str(tmp_path)))
    assert (tmp_path / "runs.csv").read_bytes() == before


@pytest.mark.parametrize("read", [study_logs.read, study_logs.read_written])
def test_where_nothing_is_nothing_is_found(tmp_path, read):
    options = ({},) if read is study_logs.read else ()
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert read(str(folder), *options) == ({}, {})


def test_facts_are_of_all_machines_and_of_runs_that_are_whole(tmp_path):
    """A damaged record says nothing, and hides no other's."""
    for trial, name in enumerate(["Old", "New", "New", "Lost"], start=1):
        environment = {"processor": name, "numpy": "2.0", "host": "private"}
        written = fake_results.write_run(
            str(tmp_path), trial, 0, facts={"environment": environment}
        )
    record = pathlib.Path(written, "run.json")
    record.write_bytes(record.read_bytes()[:-20])
    tables, facts = study_logs.read(str(tmp_path), {})
    assert facts["processor"] == ["Old", "New"]
    assert facts["numpy"] == ["2.0"]
    assert not {"keras", "host"} & {*facts}
    assert facts["runs"] == len(tables["runs"]) == 3
