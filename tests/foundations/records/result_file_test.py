"""Tests of foundations/records/result_file.py."""

import pathlib

import pytest

from lottery_ticket.foundations.records import result_file

FILE = result_file.ResultFile("findings.json")
RECORD = {"settings": {"levels": [0, 1], "lr": 0.1}, "cells": [0.5]}


def test_its_path_is_its_name_in_the_folder():
    assert FILE.path("out/trial1") == "out/trial1/findings.json"


def test_what_is_written_is_complete(tmp_path):
    directory = str(tmp_path / "results")
    assert FILE.read(directory) is None
    assert not FILE.is_complete(directory, RECORD["settings"])
    FILE.write(directory, RECORD)
    assert FILE.read(directory) == RECORD
    assert FILE.read_own(directory, RECORD["settings"]) == RECORD
    assert FILE.is_complete(directory, RECORD["settings"])
    assert not result_file.ResultFile("other.json").is_complete(directory, {})


def test_other_settings_are_an_error_that_says_which(tmp_path):
    FILE.write(str(tmp_path), RECORD)
    for ask in (FILE.is_complete, FILE.read_own):
        with pytest.raises(ValueError, match=r"levels: \[0, 1\] there, \[2\]"):
            ask(str(tmp_path), {"levels": [2], "lr": 0.1})


def test_a_damaged_one_counts_as_none(tmp_path, caplog):
    FILE.write(str(tmp_path), RECORD)
    path = pathlib.Path(FILE.path(str(tmp_path)))
    path.write_text(path.read_text().replace("0.5", "0.6"))
    assert not FILE.is_complete(str(tmp_path), RECORD["settings"])
    assert "findings.json is damaged" in caplog.text
