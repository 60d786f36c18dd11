"""Tests of benchmarks/sweep_faults: it is what tests leases."""

import pytest

from lottery_ticket.benchmarks import sweep_faults


@pytest.mark.slow
def test_killed_sweeps_lose_nothing_and_do_nothing_twice(capsys):
    sweep_faults.sweep_faults(lines=40, sweeps=3, kills=8)
    said = capsys.readouterr().out
    assert said.splitlines()[1:] == [
        "lines begun twice at once: 0",
        "lines lost: 0",
        "lines of other bytes: 0",
    ]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ("a 1\na 1\nb 2\na 3\na 3\n", []),
        ("a 1\na 3\na 1\n", ["a"]),
        ("a 1\nb 2\na 3\nb 4\na 1\nb 2\n", ["a", "b"]),
    ],
)
def test_twice_at_once_is_seen(stamps, expected, tmp_path):
    study = sweep_faults._Study(tmp_path, 2)
    (tmp_path / "stamps").write_text(stamps)
    assert study.twice_at_once() == expected
    assert study.lost() == ["line0", "line1"]
