r"""Times a report on many runs, its page included: seconds and memory.

    python -m lottery_ticket.benchmarks.report_speed

Runs with logs as long as those of MNIST in Frankle & Carbin 2019: tickets of 20
prunings in each trial, and three reinitializations of each; no weights, which a
report does not open. With --request_ms=50 they lie in memory, behind a store
that takes so long for each request.
"""

import contextlib
import math
import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time

import fsspec
import numpy as np
import tqdm
from fsspec.implementations import memory

from lottery_ticket.analysis.page import page
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.values import fields
from lottery_ticket.runners import report

LEVELS, REINITS = 20, 3  # Of a trial.
ITERATIONS, INTERVAL = 50_000, 100
LAYERS = {"layer0": 235_200, "layer1": 30_000, "layer2": 1_000}
# Of a recipe; as many as a run.json has, so that reading it takes as long.
SETTINGS = {
    **{"recipe": "mnist_fc", "dataset": "mnist", "model": "fc"},
    **{"optimizer": "adam", "lr": 0.0012, "training_len": f"{ITERATIONS}it"},
    **{f"setting_{number}": None for number in range(50)},
}
_MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10  # Of ru_maxrss.
PAGE_FILES = 1_000  # That stores name in one answer to a listing.


class SlowStore(memory.MemoryFileSystem):
    """What is in memory://, as a remote store that counts requests.

    Attributes:
        request_s: Seconds that each takes.
        asked: What it was asked: a name for each request.
    """

    protocol = "slow"
    request_s = 0.0
    asked: list[str] = []

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).removeprefix("slow://"))

    def exists(self, path, **options):
        """Whether a file or folder is there."""
        return self._answer("exists", path, options)

    def isdir(self, path):
        """Whether a folder is there."""
        return self._answer("isdir", path, {})

    def ls(self, path, detail=True, **options):
        """What a folder holds."""
        return self._answer("ls", path, {"detail": detail, **options})

    def cat_file(self, path, start=None, end=None, **options):
        """Bytes of a file."""
        own = {"start": start, "end": end}
        return self._answer("cat_file", path, {**own, **options})

    def find(
        self, path, maxdepth=None, withdirs=False, detail=False, **options
    ):
        """All files below a folder; each thousand takes one request."""
        own = {"maxdepth": maxdepth, "withdirs": withdirs, "detail": detail}
        found = self._answer("find", path, {**own, **options})
        for _ in range(math.ceil(len(found) / PAGE_FILES) - 1):
            self._request("find")
        return found

    def _answer(self, name, path, options):
        """What memory:// itself answers, some time later."""
        self._request(name)
        return getattr(fsspec.filesystem("memory"), name)(path, **options)

    def _request(self, name):
        self.asked.append(name)
        time.sleep(self.request_s)


def report_speed(
    runs: int = 5_000,
    directory: str | None = None,
    request_ms: float | None = None,
) -> None:
    """Prints seconds, megabytes, and how large the page is.

    Of a remote root it is seconds, those of CPU, and requests a run.

    Args:
        runs: How many to report; the last trial may have fewer than others.
        directory: Folder to make them in, which stays; None takes one that
            goes.
        request_ms: Milliseconds that a remote root takes for each request; the
            runs are on one then. None has them on a local disk.

    Raises ValueError if request_ms is below 0, or given with a directory.
    """
    if request_ms is not None:
        fields.check("request_ms", request_ms, float, at_least=0)
        if directory is not None:
            raise ValueError("request_ms is for runs in memory: no directory")
        _time_remote(runs, request_ms)
        return
    if directory is not None:
        _time(directory, runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        _time(folder, runs)


def make(directory: str, runs: int) -> None:
    """Writes so many complete runs, without weights, below a folder."""
    rng = np.random.default_rng(0)
    places = _places()
    for _ in tqdm.trange(runs, desc="making runs"):
        _write(directory, *next(places), rng)


def _time(directory, runs):
    make(directory, runs)
    command = [sys.executable, "-m", "lottery_ticket.runners.report"]
    started = time.perf_counter()
    subprocess.run(
        [*command, f"--output_dir={directory}"],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    seconds = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    size = pathlib.Path(directory, "report", page.NAME).stat().st_size
    print(
        f"{platform.processor() or platform.machine()}, {devices.cores()} "
        f"cores; {runs} runs: {seconds:.1f} s, {usage / _MEGABYTE:.0f} MB, "
        f"{page.NAME} {size / 1e6:.2f} MB"
    )


def _time_remote(runs, request_ms):
    """Reports from a slow store, in this process, which has its memory."""
    make("memory://runs", runs)
    fsspec.register_implementation("slow", SlowStore, clobber=True)
    SlowStore.request_s = request_ms / 1000
    SlowStore.asked.clear()
    started, cpu_started = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as none:
        with contextlib.redirect_stdout(none):
            report.RUN("slow://runs", report_dir=folder)
    seconds = time.perf_counter() - started
    cpu_s = time.process_time() - cpu_started
    print(
        f"{devices.cores()} cores; {runs} runs, {request_ms:g} ms a request: "
        f"{seconds:.1f} s, of which CPU {cpu_s:.1f} s; "
        f"{len(SlowStore.asked) / runs:.2f} requests a run"
    )


def _places():
    """Yields trial, level, experiment and run id, trial after trial."""
    trial = 0
    while True:
        trial += 1
        for level in range(LEVELS + 1):
            yield trial, level, "same_init", ""
            for number in range(REINITS if level else 0):
                yield trial, level, "reinit", str(number + 1)


def _write(directory, trial, level, experiment, run_id, rng):
    folder = paths.run(paths.trial(directory, trial), level, experiment, run_id)
    checksums = {}
    for name in ("test", "validate"):
        log = _log(level, experiment == "reinit", rng)
        checksums |= save_restore.write_log(folder, name, log)
    kind = "branch" if run_id else "lottery_experiment"
    counts = {
        name: [round(total * 0.8**level), total]
        for name, total in LAYERS.items()
    }
    record = {
        "settings": {**SETTINGS, "experiment": kind, "level": level},
        "inputs": {},
        "started": f"2026-01-01T{trial % 24:02d}:{level:02d}:00+00:00",
        "train_s": 30 + float(rng.random()),
        "device": "CPU, 1 threads",
        "iterations": ITERATIONS,
        "density": counts,
        "effective": {name: kept for name, (kept, _) in counts.items()},
        "checksums": checksums,
    }
    run_record.write(folder, record)


def _log(level, is_control, rng):
    """A log that rises, stays, and scatters."""
    iterations = np.arange(0, ITERATIONS + 1, INTERVAL)
    best = 0.982 - 0.002 * level * (1 + is_control)
    noise = rng.normal(scale=0.001, size=len(iterations))
    accuracy = best - (best - 0.1) * np.exp(-iterations / 800) + noise
    loss = 0.06 + 2.2 * np.exp(-iterations / 600) + noise + iterations / 1e6
    return {
        "iteration": iterations.tolist(),
        "accuracy": np.float32(accuracy).round(6).tolist(),
        "loss": np.float32(loss).round(6).tolist(),
    }


if __name__ == "__main__":
    flags.main(report_speed)
