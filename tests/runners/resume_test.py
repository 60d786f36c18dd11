"""Kills commands at random moments; the bytes stay the same."""

import random
import signal
import subprocess
import sys

import pytest

from lottery_ticket.tests import tiny

# Checkpoints at every log point, so that kills land between them; a kill
# after that many seconds of the CPU's, so that a busy machine changes nothing,
# and a Ctrl-C after the first checkpoint.
RUN = """
import signal, sys, time
from lottery_ticket.foundations.records import checkpoint
from lottery_ticket.foundations.training import resumable_run
resumable_run.CHECKPOINT_INTERVAL_S = -1
from lottery_ticket.runners import main
number, seconds = int(sys.argv[1]), float(sys.argv[2])
if number == signal.SIGINT:
    save = checkpoint.save
    def save_and_stop(*arguments):
        save(*arguments)
        signal.raise_signal(number)
    checkpoint.save = save_and_stop
start = time.process_time()
signal.setitimer(signal.ITIMER_PROF, seconds)
main.main(sys.argv[3:])
print(time.process_time() - start)
"""
LOTTERY = [
    *("lottery_experiment", "--iterations=2", "--training_len=200it"),
    *("--test_interval=10", "--jit=False"),
]
SIGNED = [
    *("gem_miner", "--algo=signed", "--recipe=digits_fc_signed"),
    *("--training_len=20ep", "--lr_drops=9ep,18ep", "--fine_tune_len=9ep"),
    *("--test_interval=10", "--jit=False"),
]
# Ends a process like SIGKILL, at once.
KILL = signal.SIGPROF


def run(directory, number=KILL, seconds=0.0, command=LOTTERY):
    """Runs until the end, or is killed after so many CPU seconds."""
    words = [str(int(number)), str(seconds), *command]
    return subprocess.run(
        [sys.executable, "-c", RUN, *words, f"--output_dir={directory}"],
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [LOTTERY, SIGNED], ids=lambda each: each[0])
def test_kills_at_random_moments_change_no_byte(tmp_path, command):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    ended = run(whole, command=command)
    assert ended.returncode == 0, ended.stderr
    whole_s = float(ended.stdout.split()[-1])
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    half_s = whole_s / 2
    ended = run(killed, seconds=half_s, command=command)
    assert ended.returncode == -KILL, ended.stderr
    for _ in range(1):
        seconds = rng.uniform(0, whole_s) + 0.01
        ended = run(killed, seconds=seconds, command=command)
        if ended.returncode == 0:
            break
        assert ended.returncode == -KILL, ended.stderr
    ended = run(killed, command=command)
    assert ended.returncode == 0, ended.stderr
    own, theirs = (tiny.result_bytes(each) for each in (killed, whole))
    for found in (own, theirs):
        found.pop("gem.json", None)  # It has the day in it.
    assert own == theirs, seed
    assert not list(killed.rglob("checkpoint.bin"))


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(tmp_path):
    ended = run(tmp_path / "trial1", signal.SIGINT)
    assert ended.returncode == 130, ended.stderr
    assert "The same command goes on from here." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((tmp_path / "trial1").rglob("checkpoint.bin"))
    ended = run(tmp_path / "trial1")
    assert ended.returncode == 0, ended.stderr
