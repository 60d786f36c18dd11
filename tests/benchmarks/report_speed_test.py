"""Tests of benchmarks/report_speed.py."""

import fsspec
import pytest

from lottery_ticket.benchmarks import report_speed
from lottery_ticket.foundations.machine import files


@pytest.fixture
def asked(monkeypatch):
    found = []
    fsspec.register_implementation("slow", report_speed.SlowStore, clobber=True)
    monkeypatch.setattr(report_speed.SlowStore, "asked", found)
    return found


def test_a_slow_store_has_what_is_in_memory_and_counts(asked):
    for name in ("b/1.json", "b/2.json"):
        files.write(f"memory://slow_store/{name}", b"text")
    root = "slow://slow_store"
    assert files.read(f"{root}/b/1.json") == b"text"
    assert files.names(f"{root}/b") == ["1.json", "2.json"]
    assert asked == ["cat_file", "isdir", "ls"]
    with files.listed(root):
        assert files.sizes(f"{root}/b", ["1.json", "3.json"]) == {"1.json": 4}
    assert asked[3:] == ["exists", "find"]
    with pytest.raises(FileNotFoundError, match="No file at slow://"):
        files.read(f"{root}/b/3.json")


def test_a_long_listing_is_several_requests(asked, monkeypatch):
    monkeypatch.setattr(report_speed, "PAGE_FILES", 2)
    for number in range(5):
        files.write(f"memory://slow_pages/{number}", b"")
    with files.listed("slow://slow_pages"):
        assert asked == ["exists", "find", "find", "find"]


@pytest.mark.parametrize("given", [{"request_ms": -1}, {"directory": "x"}])
def test_what_cannot_be_timed_is_refused(given):
    with pytest.raises(ValueError, match="request_ms"):
        report_speed.report_speed(runs=1, **{"request_ms": 1, **given})


@pytest.mark.slow
def test_a_report_on_a_remote_root_asks_four_times_a_run(asked, capsys):
    report_speed.report_speed(runs=30, request_ms=0)
    said = capsys.readouterr().out
    assert "30 runs, 0 ms a request" in said
    assert 3 <= len(asked) / 30 <= 4.2  # And the root's own.
