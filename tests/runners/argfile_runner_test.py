"""Tests of runners/argfile_runner, most of them as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from lottery_ticket.foundations.records import sealed
from lottery_ticket.runners import argfile_runner, main
from lottery_ticket.tests import sweep_commands, waiting

# Counts what it is told to do, in files; does not know what is complete.
PLAIN_RUNNER = """
import os, sys, time

def main(argv):
    flags = dict(word[2:].split("=") for word in argv)
    os.makedirs(flags["output_dir"], exist_ok=True)
    device = os.environ["CUDA_VISIBLE_DEVICES"]
    with open(flags["output_dir"] + "/done", "w") as file:
        file.write(f"{os.getpid()} {device}")
    while not os.path.exists(flags.get("after", ".")):
        time.sleep(0.02)
    print("Nearly there")
    if "kill" in flags:
        os.kill(os.getpid(), 9)
    if not os.path.exists(flags.get("until", ".")):
        sys.exit(4)
    sys.exit(int(flags.get("exit", 0)))
"""
# As ours are.
RUNNER = '''
import functools
import os

from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.command_line import flags

DONE = sealed.ResultFile("done.json")


def plan(
    output_dir: str, *, lr: float = 0.1, sleep: float = 0.0
) -> plans.Plan:
    """Trains.

    Args:
        output_dir: Folder.
        lr: Learning rate.
        sleep: Seconds.
    """
    settings = {"experiment": "mine", "lr": lr}
    part = plans.Result(output_dir, settings, DONE)
    work = functools.partial(train, part, sleep)
    return plans.Plan(output_dir, (part,), work)


def train(part, sleep):
    import time

    os.makedirs(part.directory, exist_ok=True)
    with open(part.directory + "/started", "w") as file:
        file.write(str(os.getpid()))
    time.sleep(sleep)
    part.write({})


RUN = plan

if __name__ == "__main__":
    flags.main(RUN)
'''
ARGFILE = """
import sys
count, *others = [word.split("=")[1] for word in sys.argv[1:]]
for trial in range(int(count)):
    print(f"--output_dir=out/trial{trial}", *(f"--lr={lr}" for lr in others))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    (tmp_path / "plain.py").write_text(PLAIN_RUNNER)
    (tmp_path / "runner.py").write_text(RUNNER)
    (tmp_path / "argfile.py").write_text(ARGFILE)
    return tmp_path


DRY = ("--dry_run", "--print_lines", "--probes=0")
UNKNOWN = (
    "Time, disk and memory are not known: no line of the same program has run "
    "here"
)


def _done(folder):
    """Content of each line's file, by name of its folder."""
    found = folder.glob("out/*/done")
    return {path.parent.name: path.read_text() for path in found}


def test_lines_run_on_all_gpus_in_workers_that_are_reused(folder):
    lines = [f"--output_dir=out/{name}" for name in "abcdef"]
    lines[0] += " --after=out/b/done"  # So both workers have one.
    (folder / "lines.txt").write_text("\n".join(lines))
    ended = sweep_commands.run("plain.py", "lines.txt")
    assert ended.returncode == 0, ended.stderr
    done = _done(folder)
    assert sorted(done) == list("abcdef")
    assert {text.split()[1] for text in done.values()} == {"5", "7"}
    assert len(set(done.values())) == 2
    assert "6 to run in 2 worker processes on GPU 5, GPU 7" in ended.stderr
    assert "6 done, 0 skipped (complete), 0 failed." in ended.stderr
    log = (folder / "out/logs/a.log").read_text()
    assert log.startswith("# ") and log.endswith("Nearly there\n")


def test_no_shell_sees_a_line(folder):
    lines = ["a;touch hacked", "$(touch hacked)", "`touch hacked`", "d>hacked"]
    text = "\n".join(f"'--output_dir=out/{line}'" for line in lines)
    (folder / "lines.txt").write_text(text)
    ended = sweep_commands.run("plain.py", "lines.txt", "--devices=7")
    assert ended.returncode == 0, ended.stderr
    assert sorted(_done(folder)) == sorted(lines)
    assert not [*folder.rglob("hacked")]


def test_failures_are_reported_and_stop_no_other(folder):
    lines = ["a --exit=3", "b --kill=1", "c", "d"]
    text = "\n".join(f"--output_dir=out/{line}" for line in lines)
    (folder / "lines.txt").write_text(text)
    ended = sweep_commands.run(
        "plain.py", "lines.txt", "--devices=7", "--quiet"
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "2 done, 0 skipped (complete), 2 failed.",
        "Failed: --output_dir=out/a --exit=3",
        "    exit status 3",
        "    out/logs/a.log ends with: Nearly there",
        "Failed: --output_dir=out/b --kill=1",
        "    worker killed by signal 9 (Killed; out of memory?)",
        "    out/logs/b.log ends with: Nearly there",
    ]
    assert sorted(_done(folder)) == list("abcd")


def test_the_lines_that_failed_can_be_run_again(folder, capfd):
    lines = ["a", "b --until=ok", "c"]
    text = "\n".join(f"--output_dir=out/{line}" for line in lines)
    (folder / "lines.txt").write_text(text)
    command = ["plain.py", "lines.txt", "--devices=7"]
    with pytest.raises(SystemExit):
        argfile_runner.main(command)
    assert "2 done, 0 skipped (complete), 1 failed." in capfd.readouterr().err
    main.main(["sweep_status", "out"])
    shown = capfd.readouterr().out
    assert "plain.py lines.txt\n  2 of 3 done, 0 running, 1 failed" in shown
    assert "  --output_dir=out/b --until=ok\n      exit status 4\n" in shown
    (folder / "ok").touch()
    argfile_runner.main([*command, "--rerun_failed"])
    assert "1 done, 0 skipped (complete), 0 failed." in capfd.readouterr().err
    argfile_runner.main([*command, "--rerun_failed"])
    assert capfd.readouterr().err == "No line failed when it last ran.\n"


@pytest.mark.slow
def test_lines_are_tried_again_and_stopped_without_progress(folder):
    lines = ["a --until=out/b/done", "b", "c --after=never", "d --kill=1", "e"]
    text = "\n".join(f"--output_dir=out/{line}" for line in lines)
    (folder / "lines.txt").write_text(text)
    ended = sweep_commands.run(
        *("plain.py", "lines.txt", "--devices=7"),
        *("--retries=1", "--timeout=2s"),
    )
    assert ended.returncode == 1
    before, after = ended.stderr.split("3 done, 0 skipped (complete), 2 failed")
    assert before.count("to be tried again, 1 of 1") == 2
    assert before.count("to be tried again alone, at the end") == 1
    assert after.count("Failed:") == 2
    assert "/c --after=never\n    no progress for 2s\n" in after
    assert "# no progress for 2s\n" in (folder / "out/logs/c.log").read_text()


@pytest.mark.slow
def test_the_same_command_goes_on_where_it_stopped(folder):
    command = ["runner.py", "argfile.py", "--trials=3", "--devices", "cpu*1"]
    assert sweep_commands.run(*command).returncode == 0
    (folder / "out/trial1/done.json").unlink()
    ended = sweep_commands.run(*command)
    assert ended.returncode == 0
    assert "2 complete, 1 to run in 1 worker process on CPU" in ended.stderr
    assert "1 done, 2 skipped (complete), 0 failed." in ended.stderr
    other = sweep_commands.run(*command, "--lr=0.2")
    assert other.returncode == 1
    assert "0 done, 0 skipped (complete), 3 failed." in other.stderr
    assert "out/trial2 holds results made with other" in other.stderr


def test_wrong_lines_stop_everything_before_any_work(folder, capfd):
    text = "--output_dir=out/a --lr=x\n--output_dir=out/b --lrr=1\n"
    (folder / "lines.txt").write_text(text)
    with pytest.raises(SystemExit) as end:
        argfile_runner.main(["runner.py", "lines.txt"])
    assert end.value.code == 2
    first, second = capfd.readouterr().err.splitlines()
    assert first.startswith("Error: Line 1, --output_dir=out/a --lr=x: --lr")
    assert second.startswith("Line 2, --output_dir=out/b --lrr=1: ")
    assert "Unknown flag 'lrr'. Did you mean --lr?" in second
    assert not (folder / "out").exists()


@pytest.mark.slow
def test_a_wrong_line_fails_alone(folder):
    text = "--output_dir=out/a\n--output_dir=out/b --lrr=1\n"
    (folder / "lines.txt").write_text(text)
    ended = sweep_commands.run("runner.py", "lines.txt", "--devices=7")
    assert ended.returncode == 1
    assert "2 lines: 0 complete, 1 refused, 1 to run" in ended.stderr
    assert "Failed: --output_dir=out/b --lrr=1" in ended.stderr
    assert "Unknown flag 'lrr'. Did you mean --lr?" in ended.stderr
    assert "1 done, 0 skipped (complete), 1 failed." in ended.stderr
    assert not (folder / "out/b").exists()


def test_a_dry_run_lists_every_line_out_of_range(folder, capfd):
    text = "--output_dir=a --lr=-1\n--output_dir=b\n--output_dir=c --lr=-2\n"
    (folder / "lines.txt").write_text(text)
    with pytest.raises(SystemExit) as end:
        argfile_runner.main(["train", "lines.txt", "--dry_run", "--probes=0"])
    assert end.value.code == 1
    printed = capfd.readouterr().out
    assert "3 lines: 0 complete, 2 refused, 1 to run" in printed
    for line, value in (("--output_dir=a --lr=-1", -1), ("--output_dir=c", -2)):
        assert f"refused: {line}" in printed
        assert f"lr must be a number, above 0. Received: {value}.0" in printed


@pytest.mark.slow
def test_a_log_that_cannot_be_written_ends_its_line_alone(folder):
    (folder / "out/logs/a.log").mkdir(parents=True)
    names = ["a", "b", "c" * 254]  # At most 255 bytes with the .log.
    lines = [f"--output_dir=out/{name}" for name in names]
    (folder / "lines.txt").write_text("\n".join(lines))
    ended = sweep_commands.run("plain.py", "lines.txt", "--devices=7")
    assert ended.returncode == 1
    assert sorted(_done(folder)) == ["b"]
    assert "1 done, 0 skipped (complete), 2 failed." in ended.stderr
    assert "its log cannot be written: out/logs/a.log: a folder" in ended.stderr
    assert "the name is too long. Give a shorter one" in ended.stderr


@pytest.mark.slow
def test_modules_of_the_current_folder_do_not_stand_in_for_pythons(folder):
    (folder / "queue.py").write_text("raise RuntimeError('not this one')")
    (folder / "lines.txt").write_text("--output_dir=out/a")
    if sys.version_info < (3, 11):
        pytest.skip("Python 3.10 has no -P")
    code = "from lottery_ticket.runners import argfile_runner as a; a.main()"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code, "plain.py", "lines.txt"],
        capture_output=True,
        text=True,
        timeout=waiting.LIMIT_S,
    )
    assert ended.returncode == 0, ended.stderr


def test_a_dry_run_shows_what_would_run(folder, capsys):
    for trial, lr in {0: 0.1, 1: 0.2}.items():
        settings = {"experiment": "mine", "lr": lr}
        done = sealed.ResultFile("done.json")
        done.write(f"out/trial{trial}", {"settings": settings})
    with pytest.raises(SystemExit) as end:
        argfile_runner.main(["runner.py", "argfile.py", "--n=3", *DRY])
    assert end.value.code == 1
    runner = folder / "runner.py"
    why = (
        "out/trial1 holds results made with other settings, which are never "
        "mixed or overwritten (lr: 0.2 there, 0.1 now). Use another "
        "output_dir, or the same settings."
    )
    assert capsys.readouterr().out.splitlines() == [
        "3 lines: 1 complete, 1 refused, 1 to run in 1 worker process on GPU 5",
        "refused: --output_dir=out/trial1",
        f"    {why}",
        "complete: --output_dir=out/trial0",
        "to run: --output_dir=out/trial2",
        "    log: out/logs/trial2.log",
        f"    command: {sys.executable} {runner} --output_dir=out/trial2",
        UNKNOWN,
    ]
    assert not (folder / "out/trial2").exists()
    assert not (folder / "out/logs").exists()


def test_a_shard_has_the_same_lines_and_logs_whatever_is_complete(
    folder, capsys, monkeypatch
):
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    monkeypatch.setenv("JOB_COMPLETIONS", "3")
    settings = {"experiment": "mine", "lr": 0.1}
    for trial in (0, 1):
        done = sealed.ResultFile("done.json")
        done.write(f"out/trial{trial}", {"settings": settings})
    words = ["runner.py", "argfile.py", "--n=6", *DRY, "--shard=auto"]
    argfile_runner.main(words)
    lines = capsys.readouterr().out.splitlines()
    counts = "2 lines: 1 complete, 1 to run in 1 worker process on GPU 5"
    shard = "shard 2 of 3 by JOB_COMPLETION_INDEX"
    assert lines[0] == f"{shard}: {counts}"
    assert lines[1:4] == [
        "complete: --output_dir=out/trial1",
        "to run: --output_dir=out/trial4",
        "    log: out/logs/trial4.log",
    ]


def test_a_dry_run_says_what_lines_cost_and_lists_them_if_asked(folder, capsys):
    argfile_runner.main(["runner.py", "argfile.py", "--n=6", "--dry_run"])
    out, error = capsys.readouterr()
    counts, time, disk, memory = out.splitlines()
    assert counts.startswith("6 lines: 0 complete, 6 to run in 2 worker")
    by = r"by a line that was tried out for \d s"
    assert re.fullmatch(rf"Time: about .* s with 2 workers, {by}", time)
    assert disk.startswith("Disk: about ") and memory.startswith("Memory: ")
    assert "Trying out program 1 of 1" in error
    assert not (folder / "out").exists()


def test_a_dry_run_says_why_a_cost_is_not_known(capsys):
    argfile_runner.main(["plain.py", "argfile.py", "--n=1", "--dry_run"])
    out, error = capsys.readouterr()
    assert out.splitlines()[1] == (
        "Time, disk and memory are not known: it cannot be told yet what lines "
        "do"
    )
    assert not error


@pytest.mark.slow
def test_a_dry_run_lets_its_reader_go(folder):
    command = sweep_commands.command(
        "runner.py", "argfile.py", "--n=2000", *DRY
    )
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as dry_run:
        dry_run.stdout.readline()
        dry_run.stdout.close()
        assert dry_run.stderr.read() == b""
    assert dry_run.returncode == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "--runner is missing"),
        (["runner.py"], "--argfile is missing"),
        (["runner.py", "lines.tx"], "Unknown argfile, file or module"),
        (["report_", "argfile.py"], "Unknown runner.*Did you mean 'report'"),
        (["runner.py", "argfile.py", "--devices=1"], "Unknown device '1'"),
        (["runner.py", "argfile.py", "--workers_per_device=x"], "integer"),
        (["runner.py", "argfile.py", "--timeout=3"], "A duration must be"),
        (["runner.py", "argfile.py", "--timeout=-1min"], "A duration must be"),
        (["runner.py", "argfile.py", "--timeout=soon"], "A duration must be"),
        (["runner.py", "argfile.py", "--retries=-1"], "at least 0"),
        (["runner.py", "argfile.py", "--retries=x"], "must be an integer"),
        (["runner.py", "argfile.py"], "argfile.py ended with exit status 1"),
        (["runner.py", "argfile.py", "--shard=9/8"], "--shard must be I/N"),
        (["runner.py", "argfile.py", "--shard=auto"], "neither SLURM_ARRAY"),
        (["plain.py", "argfile.py", "--n=1", "--shard=leases"], "needs a run"),
        (["runner.py", "argfile.py", "--stop_after=90"], "such as '90s'"),
    ],
)
def test_wrong_command_lines(words, error, capfd):
    with pytest.raises(SystemExit) as end:
        argfile_runner.main(words)
    assert end.value.code in (1, 2)
    assert re.search(f"Error: .*{error}", capfd.readouterr().err)


def test_own_flags_may_stand_anywhere(capsys):
    own = ["--workers_per_device", "2", "--log_dir=logs"]
    argfile_runner.main(
        [*DRY, "--n=9", "runner.py", *own[:2], "argfile.py", own[2]]
    )
    out = capsys.readouterr().out
    assert "9 to run in 4 worker processes on GPU 5, GPU 7\n" in out
    assert "log: logs/trial0.log" in out


def test_argfile_flags_in_one_text(capsys):
    flags = ["--argfile_flags=--n=1 --quiet=7", *DRY]
    argfile_runner.main(["runner.py", "argfile.py", *flags])
    assert "--output_dir=out/trial0 --lr=7" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["--argfile_flags=--n=1"], ["--argfile-flags=--n=1"]]
)
def test_argfile_flags_in_one_text_stand_with_others(words, capsys):
    argfile_runner.main(["runner.py", "argfile.py", *words, "--x=7", *DRY])
    assert "--output_dir=out/trial0 --lr=7" in capsys.readouterr().out


def test_a_config_is_of_the_runner_of_lines_itself(folder, capsys):
    (folder / "own.yaml").write_text("dry_run: True\nprint_lines: True\n")
    words = ["runner.py", "argfile.py", "--n=1", "--config=own.yaml"]
    argfile_runner.main(words)
    assert "--output_dir=out/trial0" in capsys.readouterr().out
    (folder / "lines.yaml").write_text("optimizer: sgd\n")
    with pytest.raises(SystemExit) as end:
        argfile_runner.main([*words[:-1], "--config=lines.yaml"])
    error = capsys.readouterr().err
    assert end.value.code == 2
    assert error.startswith("Error: lines.yaml, line 1: A --config here has")
    assert "are given one by one. Unknown flag 'optimizer'." in error


def test_a_grid_is_one_of_the_runner(capsys):
    grid = ["--output_dir=out", "--criterion=snip,synflow", "--density=.1"]
    argfile_runner.main(["prune_at_init", "grid_argfile", *grid, *DRY])
    out = capsys.readouterr().out
    assert "2 lines: 0 complete, 2 to run" in out
    assert "=out/criterion=snip/trial1/0/prune_at_init --seed=1" in out


def test_help_is_the_manual_and_needs_no_tensorflow(capsys):
    argfile_runner.main(["--help"])
    text = capsys.readouterr().out
    assert "argfile_runner RUNNER ARGFILE" in text
    assert "--workers_per_device" in text
    assert "cpu*4 for four of them" in text
    program = (
        "import sys; from lottery_ticket.runners import argfile_runner as a; "
        "a.main(['--help']); sys.exit('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_the_flags_of_an_argfile_can_be_asked_for(capfd):
    words = ["train", "prune_at_init_argfile", "--help"]
    with pytest.raises(SystemExit) as stop:
        argfile_runner.main(words)
    assert stop.value.code == 0
    text = capfd.readouterr().out
    assert "--first_trial" in text and "--workers_per_device" not in text


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_it_started(folder, number):
    lines = ["a", "b --sleep=-1", "c --sleep=3600"]
    text = "\n".join(f"--output_dir=out/{line}" for line in lines)
    (folder / "lines.txt").write_text(text)
    started = folder / "out/c/started"
    command = sweep_commands.command("runner.py", "lines.txt", "--devices=7")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as runner:
        # Of one worker: the news of line a is older than that of b.
        while "Failed: --output_dir=out/b" not in runner.stderr.readline():
            assert runner.poll() is None
        waiting.wait_for(lambda: started.exists() and started.read_text())
        runner.send_signal(number)
        _, stderr = runner.communicate(timeout=waiting.LIMIT_S)
    assert runner.returncode == 130
    stopped = "Stopped: 1 of 3 lines done, 1 failed. The same command goes on"
    assert stopped in stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def _last_lease(folder, name):
    *_, last = sorted((folder / "out/leases").glob(f"{name}.*.json"))
    return json.loads(last.read_text())


@pytest.mark.slow
def test_the_line_of_a_killed_sweep_is_taken_over(folder):
    (folder / "long.txt").write_text("--output_dir=out/a --sleep=3600")
    (folder / "short.txt").write_text("--output_dir=out/a")
    started = folder / "out/a/started"
    words = ["--devices=7", "--shard=leases"]
    with subprocess.Popen(
        sweep_commands.command("runner.py", "long.txt", *words)
    ) as gone:
        waiting.wait_for(lambda: started.exists() and started.read_text())
        gone.kill()
    assert _last_lease(folder, "a")["state"] == "taken"
    program = (
        "from lottery_ticket.foundations.sweeps import leases, shared_lines; "
        "from lottery_ticket.runners import argfile_runner as a; "
        "leases.STALE_S, shared_lines.POLL_S = 2, 0.2; a.main()"
    )
    command = [sys.executable, "-c", program, "runner.py", "short.txt", *words]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=waiting.LIMIT_S
    )
    assert ended.returncode == 0, ended.stderr
    assert "shared by leases: 1 lines: 0 complete, 1 to run" in ended.stderr
    assert "1 done, 0 skipped (complete), 0 failed." in ended.stderr
    assert _last_lease(folder, "a")["state"] == "done"


@pytest.mark.slow
def test_when_time_is_up_lines_are_left(folder):
    text = "--output_dir=out/a --sleep=3600\n--output_dir=out/b"
    (folder / "lines.txt").write_text(text)
    flags = ["--devices=7", "--shard=leases", "--stop_after=20s"]
    ended = sweep_commands.run("runner.py", "lines.txt", *flags)
    assert ended.returncode == 75
    stopped = "Time is up: 0 of 2 lines done. The same command goes on from"
    assert stopped in ended.stderr
    assert _last_lease(folder, "a")["state"] == "left"
    assert not (folder / "out/b").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "out/a/started").read_text()), 0)


@pytest.mark.slow
def test_a_sweep_that_ends_in_time_has_not_failed(folder):
    (folder / "lines.txt").write_text("--output_dir=out/a")
    ended = sweep_commands.run("runner.py", "lines.txt", "--stop_after=1h")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_a_signal_leaves_lines_to_other_sweeps(folder):
    (folder / "lines.txt").write_text("--output_dir=out/a --sleep=3600")
    started = folder / "out/a/started"
    command = sweep_commands.command("runner.py", "lines.txt", "--shard=leases")
    with subprocess.Popen(command) as runner:
        waiting.wait_for(lambda: started.exists() and started.read_text())
        runner.send_signal(signal.SIGTERM)
    assert runner.returncode == 130
    assert _last_lease(folder, "a")["state"] == "left"
