"""Kills the lottery experiment at random moments; the bytes stay the same."""

import random
import signal
import subprocess
import sys
import time

import pytest

from lottery_ticket.tests import tiny

# Checkpoints at every log point, so that kills land between them.
RUN = """
import sys
from lottery_ticket.foundations.training import resumable_run
resumable_run.CHECKPOINT_INTERVAL_S = -1
from lottery_ticket.runners import main
main.main(["lottery_experiment", *sys.argv[1:]])
"""
FLAGS = ["--iterations=2", "--training_len=600it", "--test_interval=20"]


def start(directory):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, f"--output_dir={directory}", *FLAGS],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_sigkill_at_random_moments_changes_no_byte(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with start(whole) as process:
        assert process.wait() == 0
    rng = random.Random(time.time_ns())
    kills = 0
    for _ in range(20):
        with start(killed) as process:
            while not killed.exists() and process.poll() is None:
                time.sleep(0.01)
            try:
                process.wait(timeout=rng.uniform(0, 2.5))
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                kills += 1
    with start(killed) as process:
        assert process.wait() == 0, process.stderr.read()
    assert kills >= 1
    assert tiny.result_bytes(killed) == tiny.result_bytes(whole)
    assert not list(killed.rglob("checkpoint.bin"))


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(tmp_path):
    with start(tmp_path / "trial1") as process:
        while not (tmp_path / "trial1").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        status, text = process.wait(), process.stderr.read()
    assert status == 130, text
    assert "The same command goes on from here." in text
    assert "Traceback" not in text
    with start(tmp_path / "trial1") as process:
        assert process.wait() == 0
