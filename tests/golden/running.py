r"""Runs the kept commands, all in one process with one thread.

    python -m lottery_ticket.tests.golden.running FOLDER [KEY ...]

in FOLDER: all of them, or those with the given keys; see `commands.key`.
"""

import hashlib
import importlib
import importlib.metadata
import os
import pathlib
import pkgutil
import re
import shlex
import sys

for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[_name] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

from lottery_ticket.foundations.command_line import (  # noqa: E402
    flags as flags_lib,
)
from lottery_ticket.foundations.sweeps import scripts  # noqa: E402
from lottery_ticket.tests.golden import commands  # noqa: E402

PACKAGES = ("tensorflow", "keras", "numpy")


def run(name: str, words: list[str]) -> None:
    """Runs one command; its exit is an error."""
    script = f"lottery_ticket.runners.{name}"
    try:
        scripts.run(script, words)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{name} {shlex.join(words)} failed") from end


def machine() -> dict:
    """Returns what bytes depend on, beside the code."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    cpu = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text, re.MULTILINE))
    return {
        "cpu": f"{cpu['model name']}, {cpu['cpu family']}, {cpu['model']}",
        "cpu_flags": hashlib.sha256(cpu["flags"].encode()).hexdigest(),
        "threads": 1,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def flags() -> dict:
    """Returns the flags of each runner and argfile, and their defaults."""
    found = {}
    for kind, attribute in {"runners": "RUN", "argfiles": "lines"}.items():
        package = importlib.import_module(f"lottery_ticket.{kind}")
        for module in pkgutil.iter_modules(package.__path__):
            name = f"lottery_ticket.{kind}.{module.name}"
            run = getattr(importlib.import_module(name), attribute, None)
            if run is None:
                continue
            found[module.name] = {
                flag: "required"
                if parameter.default is parameter.empty
                else repr(parameter.default)
                for flag, parameter in flags_lib.as_command(
                    run
                ).parameters.items()
            }
    return found


def main() -> None:
    """Runs what the command line names."""
    folder, *wanted = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    for name, words in commands.COMMANDS:
        if not wanted or commands.key(words) in wanted:
            run(name, words)


if __name__ == "__main__":
    main()
