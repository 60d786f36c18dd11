"""Tests of foundations/line_record.py."""

import pathlib

import pytest

from lottery_ticket.foundations import line_record, paths

RECORD = {"settings": {"points": 5, "lr": 0.1}, "alpha": [0.0, 1.0]}


def test_its_path_is_frozen():
    assert line_record.path("out/8/instability5") == (
        "out/8/instability5/connectivity.json"
    )


def test_what_is_written_is_complete(tmp_path):
    directory = str(tmp_path / "line")
    assert line_record.read(directory) is None
    assert not line_record.is_complete(directory, RECORD["settings"])
    line_record.write(directory, RECORD)
    assert line_record.read(directory) == RECORD
    assert line_record.is_complete(directory, RECORD["settings"])


def test_other_settings_are_an_error_that_says_which(tmp_path):
    line_record.write(str(tmp_path), RECORD)
    with pytest.raises(ValueError, match="points: 5 there, 30 now"):
        line_record.is_complete(str(tmp_path), {"points": 30, "lr": 0.1})


def test_a_damaged_one_counts_as_none(tmp_path, caplog):
    line_record.write(str(tmp_path), RECORD)
    path = pathlib.Path(line_record.path(str(tmp_path)))
    path.write_text(path.read_text().replace("0.1", "0.2"))
    assert not line_record.is_complete(str(tmp_path), RECORD["settings"])
    assert "connectivity.json is damaged" in caplog.text


def test_the_folder_of_a_run_is_refused(tmp_path):
    line_record.check_free(str(tmp_path / "nothing"))
    (tmp_path / "copies").mkdir()
    line_record.check_free(str(tmp_path))
    pathlib.Path(paths.record(str(tmp_path))).touch()
    with pytest.raises(ValueError, match="folder of a run: it holds run.json"):
        line_record.check_free(str(tmp_path))
