"""Tests of sweeps of several steps, as a user runs them."""

import pathlib
import subprocess

import pytest
import yaml

from lottery_ticket.runners import argfile_runner
from lottery_ticket.tests import sweep_commands, tiny, waiting

# Writes runs 0 and 1; between them it waits for a file.
TICKET = '''
import functools
import os
import time

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed

DONE = sealed.ResultFile("run.json")


def plan(output_dir: str, *, until: str = ".", fail: str = "") -> plans.Plan:
    """Trains.

    Args:
        output_dir: Folder.
        until: What it waits for.
        fail: A file that makes it fail.
    """
    own = {"experiment": "mine"}
    parts = [plans.Result(f"{output_dir}/{n}", own, DONE) for n in (0, 1)]
    work = functools.partial(train, parts, until, fail)
    return plans.Plan(output_dir, tuple(parts), work)


def train(parts, until, fail):
    parts[0].write({})
    while not os.path.exists(until):
        time.sleep(0.02)
    if os.path.exists(fail or "-"):
        raise RuntimeError("It failed")
    parts[1].write({})


RUN = plan

if __name__ == "__main__":
    flags.main(RUN)
'''
# Reads a run, and writes one.
BRANCH = '''
import os

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed, unready

DONE = sealed.ResultFile("run.json")


def plan(output_dir: str, ticket: str) -> plans.Plan:
    """Trains again.

    Args:
        output_dir: Folder.
        ticket: Folder of a run.
    """
    if not os.path.exists(f"{ticket}/run.json"):
        raise unready.Unready(f"{ticket} is not there", ticket)
    part = plans.Result(output_dir, {"experiment": "mine"}, DONE)
    return plans.Plan(output_dir, (part,), lambda: part.write({}))


RUN = plan

if __name__ == "__main__":
    flags.main(RUN)
'''
SWEEP = """
- runner: ticket.py
  argfile: tickets.txt
- runner: branch.py
  argfile: branches.txt
"""

DRY = ("--dry_run", "--print_lines", "--probes=0")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ticket.py").write_text(TICKET)
    (tmp_path / "branch.py").write_text(BRANCH)
    (tmp_path / "tickets.txt").write_text(
        "out/a --until=out/b/run.json --fail=bad\nout/a --until=out/b/run.json"
        " --fail=bad\n"
    )
    (tmp_path / "branches.txt").write_text(
        "out/c --ticket=out/a/1\nout/b --ticket=out/a/0\n"
    )
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path


def test_a_line_begins_before_the_one_it_reads_of_has_ended(folder):
    """Else the first one would wait for ever."""
    ended = sweep_commands.run("sweep.yaml", "--devices=cpu*2")
    assert ended.returncode == 0, ended.stderr
    title, *_ = ended.stderr.splitlines()
    assert title.startswith(
        "3 lines: 0 complete, 3 to run (2 once what they read is there), "
        "1 duplicate in 2 worker processes"
    )
    assert "3 done, 0 skipped (complete), 0 failed." in ended.stderr
    found = sorted(path.parent.name for path in folder.rglob("run.json"))
    assert found == ["0", "1", "b", "c"]
    again = sweep_commands.run("sweep.yaml", "--devices=cpu*2")
    assert "3 lines: 3 complete, 0 to run" in again.stderr


def test_what_a_failed_line_was_to_write_is_not_waited_for(folder):
    (folder / "bad").touch()
    ended = sweep_commands.run("sweep.yaml", "--devices=cpu*2")
    assert ended.returncode == 1
    assert "1 done, 0 skipped (complete), 2 failed." in ended.stderr
    why = f"not run: what it reads, {'out/a/1'}, failed"
    assert why in ended.stderr
    journal = next(folder.glob("out/logs/journal.*.jsonl")).read_text()
    assert why in journal
    (folder / "bad").unlink()
    again = sweep_commands.run(
        "sweep.yaml", "--devices=cpu*2", "--rerun_failed"
    )
    assert again.returncode == 0, again.stderr
    assert "2 lines: 0 complete, 2 to run (1 once" in again.stderr
    assert "2 done, 0 skipped" in again.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_sweeps_that_share_steps_wait_for_each_other():
    sweeps = [
        subprocess.Popen(
            sweep_commands.command(
                "sweep.yaml", "--devices=cpu*1", "--shard=leases"
            ),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=waiting.LIMIT_S)[1] for each in sweeps]
    assert [each.returncode for each in sweeps] == [0, 0], said
    done = sum(
        int(line.split(" done")[0])
        for text in said
        for line in text.splitlines()
        if " failed." in line
    )
    assert done == 3


def test_a_dry_run_says_what_is_waited_for(folder, capsys):
    argfile_runner.main(["sweep.yaml", *DRY, "--devices=cpu*1"])
    said = capsys.readouterr().out
    assert f"waits: {folder}/branch.py out/c --ticket=out/a/1" in said
    assert "    for: out/a/1\n    log: out/logs/c.log" in said
    assert said.count("to run: ") == 1


def test_a_shard_without_what_it_reads_says_who_makes_it(folder, capsys):
    with pytest.raises(SystemExit):
        argfile_runner.main(["sweep.yaml", *DRY, "--shard=2/3"])
    said = capsys.readouterr().out
    assert "out/a/1, is made by a line of another shard: run this" in said


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["sweep.yaml", "--lr=1"], "Step 1, .*takes? none"),
        (["sweep.yaml", "lines.txt"], "A sweep file names its runners and"),
        (["ticket.py", "sweep.yaml"], "Received: ticket.py and sweep.yaml"),
        (["none.yaml"], "No file at none.yaml"),
        (["ticket.py"], "--argfile is missing"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_command_lines(words, error, capsys):
    with pytest.raises(SystemExit) as end:
        argfile_runner.main(words)
    assert end.value.code == 2
    with pytest.raises(ValueError, match=error):
        raise ValueError(capsys.readouterr().err)


@pytest.mark.slow
def test_steps_in_one_command_are_as_two(folder, monkeypatch):
    """The file of docs/sweeps.md, shortened."""
    page = pathlib.Path(__file__).parents[2] / "docs/sweeps.md"
    text = page.read_text().split("```yaml\n", 1)[1].split("```")[0]
    (folder / "study.yaml").write_text(text)
    short = "--training_len=20it --quiet --save_summaries=False"
    short += " --trials=1 --devices=cpu*2"
    one = sweep_commands.run("study.yaml", "--output_dir=one", *short.split())
    assert one.returncode == 0, one.stderr
    for step in yaml.safe_load(text):
        flags_ = [f"--{name}={x}" for name, x in step["flags"].items()]
        words = [step["runner"], step["argfile"], *flags_]
        two = sweep_commands.run(*words, "--output_dir=two", *short.split())
        assert two.returncode == 0, two.stderr
    found = tiny.result_bytes("one")
    assert found == tiny.result_bytes("two")
    assert len({pathlib.PurePath(path).parts[:3] for path in found}) == 11


@pytest.mark.slow
def test_the_sweep_of_the_page_of_methods_can_be_run(tmp_path, capsys):
    """Those of 2020 to 2025 with a recipe of one's own."""
    docs = pathlib.Path(argfile_runner.__file__).parents[1] / "docs"
    page = (docs / "frontier" / "comparison.md").read_text()
    path = tmp_path / "frontier.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0])
    argfile_runner.argfile_runner(
        str(path),
        None,
        dry_run=True,
        probes=0,
        argfile_flags=f"--output_dir={tmp_path}/results --trials=1",
    )  # Ends where a line is refused.
    assert "76 lines: 0 complete, 76 to run" in capsys.readouterr().out
