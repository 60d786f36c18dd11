"""Tests of foundations/records/sealed.py."""

import pathlib

import pytest

from lottery_ticket.foundations.records import sealed

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
