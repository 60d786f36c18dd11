r"""Looks whether what is promised of GPUs holds on this machine's.

    python -m lottery_ticket.benchmarks.gpu_check --out=check.json

A few minutes; without a GPU it looks at what needs none, and does less.
"""

import json
import os
import pathlib
import sys
import tempfile

from lottery_ticket.benchmarks.gpu_checks import (
    conditions,
    gpu_promises,
    promises,
)
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import (
    devices,
    environment,
    files,
    hardware,
)

SEND = (
    "Please send {file} with your GPU's name, whatever the verdicts: what no "
    "GPU has tried is called untried in the documentation."
)
NO_GPU = "No GPU here: what needs one is untried."
NOWHERE = "the JSON file of --out=FILE.json"


def gpu_check(
    out: str | None = None, only: tuple[str, ...] = (), quick: bool = False
) -> None:
    """Prints a verdict for each promise: held, broken or untried.

    The exit status is 1 if one is broken.

    Args:
        out: JSON file to write them to, with all that was measured, and the
            machine; it must not be there yet.
        only: Names of the promises to look at, of device, recipes, speed,
            workers, determinism, resume and memory; all if not given.
        quick: Whether to look at a few recipes, and once.

    Raises:
        ValueError: If a name is unknown, or the file is there.
    """
    chosen = promises.choose(gpu_promises.PROMISES, only)
    if out is not None and files.exists(out):
        raise ValueError(f"{out} is there already. Give --out another name")
    gpu = next(iter(devices.gpus()), None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        given = conditions.Conditions(pathlib.Path(folder), gpu, quick)
        found = promises.check(chosen, given)
    print(f"{hardware.device()}, {devices.cores()} cores, load {_load():.1f}")
    print(promises.table(chosen, found))
    if out is not None:
        files.write(out, _as_bytes(chosen, found, quick))
    print(SEND.format(file=out or NOWHERE) if gpu else NO_GPU)
    if any(each.status == promises.BROKEN for each in found.values()):
        sys.exit(1)


def _as_bytes(chosen, found, is_quick):
    record = {
        "device": hardware.device(),
        "machine": hardware.facts(),
        "versions": environment.facts(),
        "cores": devices.cores(),
        "load": _load(),
        "quick": is_quick,
        "promises": promises.as_json(chosen, found),
    }
    return json.dumps(record, indent=2).encode()


def _load():
    """Processes that want to run: whether it did something else, too."""
    return os.getloadavg()[0]


if __name__ == "__main__":
    flags.main(gpu_check)
