"""Sweeps as a user runs them: a process of argfile_runner."""

import subprocess
import sys

from lottery_ticket.tests import waiting


def command(*words: str) -> list[str]:
    """Returns the command of argfile_runner with some words behind it."""
    module = "lottery_ticket.runners.argfile_runner"
    return [sys.executable, "-m", module, *words]


def run(*words: str) -> subprocess.CompletedProcess:
    """Runs it in the current folder; returns how it ended, with its texts."""
    return subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=waiting.LIMIT_S,
    )
