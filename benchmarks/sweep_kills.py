r"""Counts what kills do to a sweep of short real trainings.

    python -m lottery_ticket.benchmarks.sweep_kills

Trials of the digits are run by an undisturbed sweep, and by one of which
workers, and now and then the sweep itself, are killed (SIGKILL) at random and
the sweep is started again. Runs that are lost, of other bytes or done again,
and processes that outlive their sweep, must be 0.
"""

import contextlib
import glob
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.sweeps import (
    local_workers,
)

FLAGS = "--training_len=20it --iterations=1 --save_summaries=False --quiet"
MARK = "LOTTERY_TICKET_SWEEP_KILLS"  # Variable of all processes of a sweep.
# Of run.json, what is so in every run of the same settings.
SAME = ("settings", "inputs", "iterations", "density", "effective", "checksums")
POLL_S = 0.2  # The longest time between two looks at what is complete.
END_S = 10  # After which no process of a killed sweep may be there.


def sweep_kills(
    lines: int = 200,
    kills: int = 50,
    parents: int = 5,
    retries: int = 3,
    workers: int = 2,
    seed: int = 0,
) -> None:
    """Prints runs that are lost, of other bytes or done again, and orphans.

    Args:
        lines: Trials, of two levels each.
        kills: Kills of workers.
        parents: Kills of the sweep itself.
        retries: How often the sweep tries a line again that fails.
        workers: Worker processes.
        seed: Of the times and the victims. The kills come as the runs get
            complete, evenly, so that a fast machine does not outrun them.
    """
    with tempfile.TemporaryDirectory() as folder:
        study = _Study(pathlib.Path(folder), lines, workers, retries)
        began_at = time.monotonic()
        study.run_alone()
        middle_at = time.monotonic()
        study.run_disturbed(kills, parents, random.Random(seed))
        print(
            f"{lines} lines, {study.killed[0]} workers and {study.killed[1]} "
            f"sweeps killed, {study.started} commands until all was done"
        )
        print(
            f"{middle_at - began_at:.0f} s undisturbed, "
            f"{time.monotonic() - middle_at:.0f} s disturbed"
        )
        print(f"runs lost: {len(study.lost())}")
        print(f"runs of other bytes: {len(study.differing())}")
        print(f"complete runs done again: {len(study.done_again())}")
        print(f"processes that outlived their sweep: {study.orphans}")
        print(f"files left over: {len(study.left_over())}")


class _Study:
    """One argfile that is run undisturbed, and disturbed, in a folder."""

    def __init__(self, folder, count, workers, retries):
        self._folder = folder
        self._count = count
        self._words = [f"--devices=cpu*{workers}", f"--retries={retries}"]
        self._seen = {}  # Run -> when its record was written first.
        self.killed = [0, 0]
        self.started = 0
        self.orphans = 0
        for where in ("alone", "killed"):
            texts = [
                f"--output_dir={where}/trial{n} --seed={n} {FLAGS}"
                for n in range(count)
            ]
            (folder / f"{where}.txt").write_text("\n".join(texts))

    def run_alone(self):
        """Runs all lines in one sweep, as they are compared with."""
        if self._start("alone").wait():
            raise RuntimeError("The undisturbed sweep failed")

    def run_disturbed(self, kills, parents, rng):
        """Runs all lines, with kills, and the same command until all is done.

        The kills of sweeps lie evenly between those of workers, and all kills
        evenly between the runs that get complete.
        """
        left = ["worker"] * kills
        for number in range(parents):
            left.insert((number + 1) * kills // (parents + 1), "sweep")
        runs, parts = len(self._runs("alone")), len(left) + 1
        while True:
            mark = uuid.uuid4().hex
            sweep = self._start("killed", mark)
            self.started += 1
            while sweep.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    sweep.wait(rng.uniform(0.01, POLL_S))
                self._note()
                due = runs * (parts - len(left)) / parts
                is_due = len(self._seen) >= due
                if left and is_due and sweep.poll() is None:
                    self._kill(left, sweep, mark, rng)
            self._count_orphans(mark)
            if sweep.returncode == 0:
                return
            if self.started > 10 * (parents + 1):
                raise RuntimeError((self._folder / "said").read_text()[-2000:])

    def lost(self):
        """Runs that are not there."""
        return sorted({*self._runs("alone")} - {*self._runs("killed")})

    def differing(self):
        """Runs of which a file, or what the record says, is another."""
        return [
            run
            for run in self._runs("killed")
            if self._content("alone", run) != self._content("killed", run)
        ]

    def done_again(self):
        """Runs whose record has been written again."""
        return [x for x, at in self._seen.items() if self._written(x) != at]

    def left_over(self):
        """Files of the disturbed sweep that the other one does not have."""
        alone, killed = (
            {
                path.relative_to(self._folder / where)
                for path in (self._folder / where).rglob("*")
                if "logs" not in path.parts
            }
            for where in ("alone", "killed")
        )
        return sorted(killed - alone)

    def _kill(self, left, sweep, mark, rng):
        """Kills what comes next; a sweep, while it has workers."""
        workers = _workers(sweep.pid)
        if not workers:
            return
        what = left.pop(0)
        victim = sweep.pid if what == "sweep" else rng.choice(workers)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            self.killed[what == "sweep"] += 1
        if what == "sweep":
            sweep.wait()

    def _count_orphans(self, mark):
        """Waits until no process of a sweep is left, and counts those."""
        end = time.monotonic() + END_S
        while _marked(mark) and time.monotonic() < end:
            time.sleep(0.1)
        self.orphans += len(_marked(mark))

    def _note(self):
        for run in self._runs("killed"):
            self._seen.setdefault(run, self._written(run))

    def _written(self, run):
        return (self._folder / "killed" / run / "run.json").stat().st_mtime_ns

    def _runs(self, where):
        found = (self._folder / where).glob("*/*/*/run.json")
        return [x.parent.relative_to(self._folder / where) for x in found]

    def _content(self, where, run):
        """The bytes of a run's files by name, and what its record says."""
        folder = self._folder / where / run
        found = {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name not in ("run.json", ".lock")
        }
        record = json.loads((folder / "run.json").read_text())
        return found, {name: record[name] for name in SAME}

    def _start(self, where, mark=""):
        module = "lottery_ticket.runners.argfile_runner"
        words = ["lottery_experiment", f"{where}.txt", *self._words]
        with open(self._folder / "said", "ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=self._folder,
                env={**os.environ, MARK: mark},
                stderr=said,
            )


def _workers(parent):
    """Numbers of the workers of a sweep."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path) as file:
            state, of = file.read().rpartition(")")[2].split()[:2]
            name = pathlib.Path(path).with_name("cmdline").read_bytes()
            is_worker = f"{local_workers.__package__}.worker".encode() in name
            if int(of) == parent and state != "Z" and is_worker:
                found.append(int(path.split("/")[2]))
    return sorted(found)


def _marked(mark):
    """Numbers of processes that have a mark in their environment."""
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if f"{MARK}={mark}".encode() in file.read().split(b"\0"):
                found.append(int(path.split("/")[2]))
    return found


if __name__ == "__main__":
    flags.main(sweep_kills)
