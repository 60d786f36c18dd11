"""Tests of foundations/sweeps/probe.py."""

import json
import os
import subprocess
import sys
import tempfile

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.sweeps import argfile_lines, probe, scripts
from lottery_ticket.tests import waiting

SCRIPT = '''
import functools, os, time

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.records import plans, sealed

DONE = sealed.ResultFile("done.json")
TRIED = []


def plan(output_dir: str, *, iterations: int = 4, each_s: float = 0.1,
         start_s: float = 0.0, place: str = "", shown: bool = True,
         fail: bool = False) -> plans.Plan:
    """Trains.

    Args:
        output_dir: Folder.
        iterations: How many.
        each_s: Seconds of one.
        start_s: Seconds of the first line of a process.
        place: Another folder.
        shown: Whether progress is.
        fail: Whether it does.
    """
    part = plans.Result(place or output_dir, {"experiment": "mine"}, DONE)
    work = functools.partial(
        train, part, iterations, each_s, start_s, shown, fail
    )
    return plans.Plan(output_dir, (part,), work)


def train(part, iterations, each_s, start_s, shown, fail):
    with open(os.environ["TRIED"], "a") as file:
        file.write(f"{part.directory}\\n")
    if fail:
        raise ValueError("No such luck")
    if not TRIED:
        time.sleep(start_s)
    TRIED.append(part)
    with progress.Progress() as bar:
        if shown:
            bar.start("training", iterations)
        for iteration in range(iterations):
            time.sleep(each_s)
            if shown:
                bar.update(iteration + 1, {})
    part.write({"text": 1000 * "a"})


RUN = plan


def main(argv):
    flags.main(RUN, argv)
'''


@pytest.fixture
def measure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRIED", str(tmp_path / "tried"))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    runner = scripts.Runner(str(script), (), scripts.declared(str(script)))

    def measure_line(text, **kwargs):
        words = tuple(text.split())
        line = argfile_lines.Line(1, words, "out/a")
        return probe.measure(runner, line, devices.Slot("CPU", {}), **kwargs)

    return measure_line


@pytest.mark.parametrize(
    "place", ["--output_dir=out/a", "--output_dir out/a", "out/a"]
)
def test_a_short_line_is_run_twice_elsewhere(measure, tmp_path, place):
    found = measure(f"{place} --start_s=.5")
    assert 0.4 <= found.each_s < 1
    assert found.start_s >= 0.5
    assert 1000 < found.size < 10_000
    assert found.memory > 10**7
    tried = (tmp_path / "tried").read_text().split()
    assert len({*tried}) == 2
    for folder in tried:
        assert folder.startswith(tempfile.gettempdir())
        assert not os.path.exists(os.path.dirname(folder))
    assert {x.name for x in tmp_path.iterdir()} - {"__pycache__"} == {
        "script.py",
        "tried",
    }


def test_of_a_long_line_some_seconds_tell(measure):
    flags = "--output_dir=out/a --start_s=.5 --iterations=10000 --each_s=.02"
    found = measure(flags, steady_s=0.5)
    assert 200 <= found.each_s < 600
    assert found.start_s >= 0.5
    assert found.took_s < 60


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("--fail", "Error: No such luck"),
        ("--place=elsewhere", "it does not write below its output_dir alone"),
        ("--nonsense=1", "it does not run elsewhere: Unknown flag"),
    ],
)
def test_why_a_line_cannot_be_tried_out(measure, flags, why, tmp_path):
    with pytest.raises(probe.NoProbe, match=why):
        measure(f"--output_dir=out/a {flags}")
    assert not (tmp_path / "elsewhere").exists()


def test_a_line_that_trains_too_late_is_killed(measure, monkeypatch):
    monkeypatch.setattr(probe, "LIMIT_S", 1)
    with pytest.raises(probe.NoProbe, match="it did not train in 1 s"):
        measure("--output_dir=out/a --start_s=3600", steady_s=0)


def test_who_is_killed_leaves_no_probe_and_no_folder(tmp_path):
    (tmp_path / "script.py").write_text(
        "import time\n\n\ndef main(argv):\n    time.sleep(3600)\n"
    )
    (tmp_path / "folder/1").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-m", probe.__name__, str(tmp_path / "script.py")],
        stdin=subprocess.PIPE,
    ) as process:
        request = {"lines": [[]], "steady_s": 1}
        request["folder"] = str(tmp_path / "folder")
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.close()
        assert process.wait(waiting.LIMIT_S) == 1
    assert not (tmp_path / "folder").exists()


def test_a_runner_that_makes_no_plan_is_not_tried_out():
    line, slot = argfile_lines.Line(1, ("a",)), devices.Slot("CPU", {})
    with pytest.raises(probe.NoProbe, match="has no RUN"):
        probe.measure(scripts.Runner(sys.executable), line, slot)


def test_of_a_second_line_as_much_tells_as_there_is():
    first = [[1, 50, 50], [2, 100, 50]]
    assert probe._second([2.5, 7.5], first) == 5
    assert probe._second([2.5], [*first, [3.5, 110, 50], [4.5, 140, 50]]) == 5


def test_a_line_is_left_some_seconds_after_its_own_first_iterations(
    monkeypatch,
):
    now = [0.0]
    monkeypatch.setattr(probe.time, "monotonic", lambda: now[0])
    seen = probe._Seen(5)
    seen.add(0, 10)
    for now[0], done in ((20, 1), (24, 10), (24.5, 0)):
        seen.add(done, 10)
    seen.end()
    for now[0], done in ((26, 0), (27, 1), (32, 5)):
        seen.add(done, 10)
    now[0] = 32.1
    with pytest.raises(probe._Enough):
        seen.add(6, 10)
    assert seen.points[-1] == (32.1, 16, 10)


def _plan(*lengths):
    runs = [plans.Run(x, {"training_len": x}) for x in lengths]
    return plans.Plan("out", tuple(runs), lambda: None)


@pytest.mark.parametrize(
    ("lengths", "iterations"),
    [
        (["20it"], 100),
        (["2ep", "2ep", "1ep"], 250),
        (["2ep", "500it"], 200),  # As long as the first, for all one knows.
        ([None, None], 200),
    ],
)
def test_iterations_of_all_runs(lengths, iterations):
    assert probe._iterations(_plan(*lengths), 100) == iterations
