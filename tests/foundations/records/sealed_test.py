"""Tests of foundations/records/sealed.py."""

import pathlib

import pytest

from lottery_ticket.foundations.records import sealed

FILE = sealed.ResultFile("findings.json")
RESULTS = {"settings": {"levels": [0, 1], "lr": 0.1}, "cells": [0.5]}
RECORD = {"b": [1, 2.5, None], "a": {"x": "y"}}


def test_what_is_written_is_read(tmp_path):
    path = str(tmp_path / "deep" / "record.json")
    assert sealed.read(path) is None
    sealed.write(path, RECORD)
    assert sealed.read(path) == RECORD
    assert list(sealed.read(path)) == ["b", "a"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("2.5", "2.6"),
        lambda text: text[:-10],
        lambda text: "",
        lambda text: "[]",
        lambda text: '{"a": 1}',
        lambda text: "[" * 100_000,
    ],
)
def test_what_is_damaged_counts_as_none_and_is_named(tmp_path, caplog, change):
    path = pathlib.Path(tmp_path / "record.json")
    sealed.write(str(path), RECORD)
    path.write_text(change(path.read_text()))
    assert sealed.read(str(path)) is None
    assert "record.json is damaged" in caplog.text


def test_its_path_is_its_name_in_the_folder():
    assert FILE.path("out/trial1") == "out/trial1/findings.json"


def test_what_is_written_is_complete(tmp_path):
    directory = str(tmp_path / "results")
    assert FILE.read(directory) is None
    assert FILE.read_own(directory, RESULTS["settings"]) is None
    FILE.write(directory, RESULTS)
    assert FILE.read(directory) == RESULTS
    assert FILE.read_own(directory, RESULTS["settings"]) == RESULTS
    assert sealed.ResultFile("other.json").read_own(directory, {}) is None


def test_other_settings_are_an_error_that_says_which(tmp_path):
    FILE.write(str(tmp_path), RESULTS)
    with pytest.raises(ValueError, match=r"levels: \[0, 1\] there, \[2\]"):
        FILE.read_own(str(tmp_path), {"levels": [2], "lr": 0.1})


def test_a_damaged_one_counts_as_none(tmp_path, caplog):
    FILE.write(str(tmp_path), RESULTS)
    path = pathlib.Path(FILE.path(str(tmp_path)))
    path.write_text(path.read_text().replace("0.5", "0.6"))
    assert FILE.read_own(str(tmp_path), RESULTS["settings"]) is None
    assert "findings.json is damaged" in caplog.text


@pytest.mark.parametrize("name", ["code", "dataset_code"])
def test_results_of_before_code_was_recorded_match_any(
    monkeypatch, caplog, name
):
    monkeypatch.setattr(sealed, "_lacking_code", [])
    for directory in ("first", "second"):
        sealed.check_same({"lr": 1}, {"lr": 1, name: "a"}, directory)
    assert caplog.text.count("first was made before the code of") == 1
    assert "second" not in caplog.text
    for recorded in ({name: "a"}, {"lr": 2}):
        with pytest.raises(ValueError, match="never mixed"):
            sealed.check_same(recorded, {"lr": 1, name: "b"}, "out")
    with pytest.raises(ValueError, match=f"{name}: the code of .* is another"):
        sealed.check_same({name: "a"}, {name: "b"}, "out")
    with pytest.raises(ValueError, match=f"{name}: the code of .* is another"):
        sealed.check_same({name: "a"}, {}, "out")


def test_the_code_that_0_1_0_recorded_counts_where_there_is_no_other():
    new = {"model_code": "docstrings edited", "code": "a"}
    sealed.check_same({"model_code": "x", "code": "a"}, new, "out")
    sealed.check_same({"model_code": "docstrings edited"}, new, "out")
    with pytest.raises(ValueError, match="model_code: 'x' there"):
        sealed.check_same({"model_code": "x"}, new, "out")
