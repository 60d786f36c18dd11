"""Tests of analysis/reading/records.py."""

import pathlib

import pytest

from lottery_ticket.analysis.reading import records, tree
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import sealed

NAME = "findings.json"


def test_a_record_that_is_whole(tmp_path):
    sealed.write(f"{tmp_path}/{NAME}", {"lr": 0.1})
    assert records.read(str(tmp_path), NAME) == {"lr": 0.1}


def test_what_is_wrong_with_a_record(tmp_path, caplog):
    with pytest.raises(ValueError, match=r"unfinished \(no findings.json; st"):
        records.read(str(tmp_path), NAME)
    with pytest.raises(ValueError, match="^findings.json is not there yet$"):
        records.read(str(tmp_path), NAME, "{name} is not there yet")
    path = pathlib.Path(tmp_path / NAME)
    sealed.write(str(path), {"lr": 0.1})
    path.write_text(path.read_text().replace("0.1", "0.2"))
    with pytest.raises(ValueError, match=r"damaged \(its findings.json is not"):
        records.read(str(tmp_path), NAME, "{name} is not there yet")
    assert not caplog.messages  # Whoever reads it says so, once.


def test_what_cannot_be_understood_is_named_and_left_out(tmp_path):
    things = [
        ("first", lambda: 1),
        ("second", lambda: {"a": 1}["b"]),
        ("third", lambda: len(None)),
        ("third", lambda: int("x")),
        ("fourth", lambda: files.read(f"{tmp_path}/nothing")),
        ("last", lambda: 2),
    ]
    found, problems = records.understand(NAME, things, lambda thing: thing())
    assert found == [1, 2]
    assert problems[0] == "second: damaged (its findings.json lacks 'b')"
    assert problems[1].startswith("third: damaged (its findings.json lacks ")
    assert problems[2].startswith("third: invalid literal")
    assert problems[3] == f"fourth: No file at {tmp_path}/nothing"
    assert len(problems) == 4


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        records.understand(NAME, [("first", 0)], lambda thing: 1 / thing)


def test_counts_of_all_layers():
    assert records.count({"a": [1, 10], "b": [5, 5]}) == (6, 15)
    assert records.count({}) == (0, 0)


def test_records_of_places(tmp_path):
    for name in ("one", "two"):
        sealed.write(f"{tmp_path}/{name}/{NAME}", {"lr": name})
    sealed.write(f"{tmp_path}/three/{NAME}", {})
    places = [place for place in tree.walk(str(tmp_path)) if place.holds(NAME)]
    found, problems = records.of_places(
        NAME, places, lambda place, record: (place.experiment, record["lr"])
    )
    assert found == [("one", "one"), ("two", "two")]
    message = f"damaged (its {NAME} lacks 'lr')"
    assert problems == [f"{tmp_path}/three: {message}"]
