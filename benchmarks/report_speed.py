r"""Times a report on many runs, its page included: seconds and memory.

    python -m lottery_ticket.benchmarks.report_speed

Runs with logs as long as those of MNIST in Frankle & Carbin 2019: tickets of 20
prunings in each trial, and three reinitializations of each; no weights, which a
report does not open.
"""

import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import tqdm

from lottery_ticket.analysis.page import page
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
)

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


def report_speed(runs: int = 5_000, directory: str | None = None) -> None:
    """Prints seconds, megabytes, and how large the page is.

    Args:
        runs: How many to report; the last trial may have fewer than others.
        directory: Folder to make them in, which stays; None takes one that
            goes.
    """
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
