"""One process at a time on a run."""

import contextlib
import os
import platform
from collections.abc import Iterator

import filelock

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths


@contextlib.contextmanager
def hold(directory: str) -> Iterator[None]:
    """Holds a run's folder while the body runs; the system frees it on death.

    Remote roots have no locks: there, nothing is held. Raises RuntimeError if
    another process holds it; the error says which.
    """
    if files.is_remote(directory):
        yield
        return
    files.make_folder(directory)
    path = os.path.expanduser(paths.lock(directory))
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        holder = files.read(path).decode() or "another process"
        raise RuntimeError(
            f"{directory} is being worked on by {holder}. Wait for it, stop "
            "it, or use another output_dir."
        ) from None
    try:
        with open(path, "w") as file:
            file.write(f"process {os.getpid()} on {platform.node()}")
        yield
    finally:
        lock.release()
