"""Tests of benchmarks/sweep_kills."""

import json
import sys

import pytest

from lottery_ticket.benchmarks import sweep_kills

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@LINUX
@pytest.mark.slow
def test_a_killed_sweep_of_real_runs_loses_nothing(capsys):
    sweep_kills.sweep_kills(lines=8, kills=3, parents=1)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("8 lines, 3 workers and 1 sweeps killed, ")
    assert said[2:] == [
        "runs lost: 0",
        "runs of other bytes: 0",
        "complete runs done again: 0",
        "processes that outlived their sweep: 0",
        "files left over: 0",
    ]


def _write(folder, where, run, text="1", **facts):
    path = folder / where / run
    path.mkdir(parents=True)
    record = {**dict.fromkeys(sweep_kills.SAME), **facts}
    (path / "run.json").write_text(json.dumps(record))
    (path / "train.json").write_text(text)


def test_what_went_wrong_is_seen(tmp_path):
    study = sweep_kills._Study(tmp_path, 1, 1, 0)
    for name in "abcd":
        _write(tmp_path, "alone", f"trial1/0/{name}")
    _write(tmp_path, "killed", "trial1/0/a", started="later")
    _write(tmp_path, "killed", "trial1/0/b", text="2")
    _write(tmp_path, "killed", "trial1/0/c", inputs=3)
    study._note()
    assert [str(x) for x in study.lost()] == ["trial1/0/d"]
    assert sorted(map(str, study.differing())) == ["trial1/0/b", "trial1/0/c"]
    assert not study.done_again() and not study.left_over()
    (tmp_path / "killed/trial1/0/a/run.json").touch()
    (tmp_path / "killed/trial1/0/a/x.tmp").touch()
    assert [str(x) for x in study.done_again()] == ["trial1/0/a"]
    assert [x.name for x in study.left_over()] == ["x.tmp"]
