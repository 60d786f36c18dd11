"""Tests of gpu_checks/conditions: sweeps by workers on the device."""

import pytest

from lottery_ticket.benchmarks.gpu_checks import children, conditions


@pytest.mark.parametrize(
    ("gpu", "flags"),
    [
        (None, ("--devices=cpu*4",)),
        ("0", ("--devices=0", "--workers_per_device=4")),
        ("MIG-c6d4", ("--devices=MIG-c6d4", "--workers_per_device=4")),
    ],
)
def test_lines_go_to_the_command_line_of_sweeps(
    monkeypatch, tmp_path, gpu, flags
):
    started = []
    monkeypatch.setattr(
        children, "run", lambda *words, may_fail: started.append(words)
    )
    given = conditions.Conditions(tmp_path, gpu)
    logs = given.run_lines("trials", "train", ["--seed=1", "--seed=2"], 4)
    ((words,),) = started
    at = words.index("argfile_runner")
    command, runner, argfile, log_dir, quiet, *devices = words[at:]
    assert (command, runner, quiet) == ("argfile_runner", "train", "--quiet")
    assert log_dir == f"--log_dir={logs}"
    assert tuple(devices) == flags
    with open(argfile) as file:
        assert file.read() == "--seed=1\n--seed=2"
