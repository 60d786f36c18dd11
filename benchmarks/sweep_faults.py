r"""Counts what goes wrong in a sweep that is shared by leases and disturbed.

    python -m lottery_ticket.benchmarks.sweep_faults

Three sweeps at a time share lines of a runner that trains nothing, while one of
them, or one of their workers, is killed every now and then and started again.
Lines begun twice at once and lines lost must be 0, and the results the bytes of
a sweep that nobody disturbs. Leases get stale within seconds here.
"""

import collections
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from lottery_ticket.foundations.command_line import flags

RUNNER = r'''
import functools, os, time
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed

DONE = sealed.ResultFile("done.json")


def plan(output_dir: str, *, work_s: float = 0.2) -> plans.Plan:
    """Does nothing, for a while.

    Args:
        output_dir: Folder.
        work_s: Seconds.
    """
    name = os.path.basename(output_dir)
    part = plans.Result(output_dir, {"experiment": "mine", "name": name}, DONE)
    do = functools.partial(work, part, work_s)
    return plans.Plan(output_dir, (part,), do)


def work(part, work_s):
    end = time.monotonic() + work_s
    while time.monotonic() < end:
        stamp(part)
        time.sleep(0.02)
    stamp(part)
    part.write({})


def stamp(part):
    """Says that this process works on a line; short writes are atomic."""
    words = f"{part.settings['name']} {os.getpid()}\n"
    file = os.open(os.environ["STAMPS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, words.encode())
    os.close(file)


RUN = plan

if __name__ == "__main__":
    flags.main(RUN)
'''
# As argfile_runner, but for seconds in place of minutes.
SWEEP = """
from lottery_ticket.foundations.sweeps import leases, shared_lines
from lottery_ticket.runners import argfile_runner

leases.STALE_S, leases.RENEW_S, leases.LOST_S, shared_lines.POLL_S = {times}
leases.GONE_S = leases.STALE_S  # As on another machine.
argfile_runner.main()
"""
TIMES_S = (4, 0.5, 3, 0.3)
PAUSE_S = (0.3, 1.5)  # Between two kills.


def sweep_faults(
    lines: int = 200, sweeps: int = 3, kills: int = 50, seed: int = 0
) -> None:
    """Prints lines begun twice at once, lost, and of other bytes.

    Args:
        lines: Lines of the argfile.
        sweeps: Sweeps that share them.
        kills: Kills of sweeps and workers, in turn.
        seed: Of the times and the victims.
    """
    with tempfile.TemporaryDirectory() as folder:
        study = _Study(pathlib.Path(folder), lines)
        study.run_alone()
        killed = study.run_disturbed(sweeps, kills, random.Random(seed))
        print(f"{lines} lines, {sweeps} sweeps, {killed} kills")
        print(f"lines begun twice at once: {len(study.twice_at_once())}")
        print(f"lines lost: {len(study.lost())}")
        print(f"lines of other bytes: {len(study.differing())}")


class _Study:
    """One argfile that is run undisturbed, and disturbed, in a folder."""

    def __init__(self, folder, count):
        self._folder = folder
        self._names = [f"line{number}" for number in range(count)]
        self._stamps = folder / "stamps"
        (folder / "runner.py").write_text(RUNNER)
        for where in ("alone", "shared"):
            texts = [f"--output_dir={where}/{name}" for name in self._names]
            (folder / f"{where}.txt").write_text("\n".join(texts))

    def run_alone(self):
        """Runs all lines in one sweep, as they are compared with."""
        sweep = self._start("alone", os.devnull, "--quiet")
        if sweep.wait():
            raise RuntimeError("The undisturbed sweep failed")

    def run_disturbed(self, count, kills, rng):
        """Runs all lines in several sweeps; returns the number of kills."""
        sweeps = [self._start_shared() for _ in range(count)]
        killed = 0
        while any(sweep.poll() is None for sweep in sweeps):
            time.sleep(rng.uniform(*PAUSE_S))
            victim = rng.randrange(count)
            if killed < kills and sweeps[victim].poll() is None:
                processes = (sweeps[victim].pid, self._last_worker())
                killed += _kill(processes[killed % 2])
            if sweeps[victim].poll() is not None and self.lost():
                sweeps[victim] = self._start_shared()
        self._start_shared().wait()  # Lines whose workers were killed last.
        return killed

    def twice_at_once(self):
        """Names of lines that a process went on with after another began."""
        stamps = collections.defaultdict(list)
        for line in self._stamps.read_text().splitlines():
            name, process = line.split()
            if stamps[name][-1:] != [process]:
                stamps[name].append(process)
        return [n for n, found in stamps.items() if len(found) > len({*found})]

    def lost(self):
        """Names of lines that have no result."""
        done = {
            path.parent.name for path in self._folder.glob("shared/*/done.json")
        }
        return sorted({*self._names} - done)

    def differing(self):
        """Names of lines whose results are not those of the sweep alone."""
        return [x for x in self._names if len({*self._results(x)}) > 1]

    def _results(self, name):
        for where in ("alone", "shared"):
            path = self._folder / where / name / "done.json"
            yield path.read_bytes() if path.exists() else b""

    def _last_worker(self):
        """Process of the worker that has said something last, or None."""
        stamps = self._stamps.read_text() if self._stamps.exists() else ""
        return int(stamps.split()[-1]) if stamps else None

    def _start_shared(self):
        return self._start("shared", self._stamps, "--shard=leases")

    def _start(self, where, stamps, *words):
        program = SWEEP.format(times=TIMES_S)
        words = ["runner.py", f"{where}.txt", "--devices=cpu*2", *words]
        with open(self._folder / "said", "ab") as said:
            return subprocess.Popen(
                [sys.executable, "-c", program, *words],
                cwd=self._folder,
                env={**os.environ, "STAMPS": str(stamps)},
                stderr=said,
            )


def _kill(process):
    """Kills a process, if it is there; returns whether it was."""
    if process is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
        return True
    return False


if __name__ == "__main__":
    flags.main(sweep_faults)
