"""run.json: what a run was, and whether its files are whole."""

import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import subprocess

from lottery_ticket.foundations import files, paths

PACKAGES = ("tensorflow", "keras", "numpy")
_log = logging.getLogger(__name__)


def write(directory: str, record: dict) -> None:
    """Writes run.json, with a checksum of itself; the run is now complete.

    Args:
        directory: Folder of the run.
        record: JSON values. "settings" and "inputs" say what the run was made
            with, "checksums" maps each file's path below the folder to its
            SHA-256, "sizes" to its bytes.
    """
    sealed = {**record, "checksum": _seal(record)}
    data = json.dumps(sealed, indent=1, sort_keys=True).encode()
    files.write(paths.record(directory), data)


def read(directory: str) -> dict | None:
    """Returns the record of a run, or None where there is none that is whole.

    A damaged run.json is named in a warning and counts as none.
    """
    path = paths.record(directory)
    if not files.exists(path):
        return None
    try:
        record = json.loads(files.read(path))
        seal = record.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError):
        record, seal = None, None
    if record is None or seal != _seal(record):
        _log.warning("%s is damaged: its run counts as not done", path)
        return None
    return record


def is_complete(directory: str, settings: dict) -> bool:
    """Whether a run with these settings is done; reads no array.

    Looks at run.json and at the sizes of the files it lists. `damaged_files`
    reads them all.

    Raises:
        ValueError: If the folder holds a run made with other settings.
    """
    record = read(directory)
    if record is None:
        return False
    check_same(record["settings"], settings, directory)
    return all(
        files.size(files.join(directory, name)) == size
        for name, size in record["sizes"].items()
    )


def damaged_files(directory: str, record: dict) -> list[str]:
    """Paths of a run's files that are missing or whose bytes have changed."""
    listed = {
        files.join(directory, name): checksum
        for name, checksum in record["checksums"].items()
    }
    return [
        path
        for path, checksum in listed.items()
        if not files.exists(path)
        or hashlib.sha256(files.read(path)).hexdigest() != checksum
    ]


def sizes(directory: str, checksums: dict[str, str]) -> dict[str, int | None]:
    """Size in bytes of each file that a record lists."""
    return {
        name: files.size(files.join(directory, name)) for name in checksums
    }


def check_same(recorded: dict, requested: dict, directory: str) -> None:
    """Raises if a folder's results were made with other settings.

    Raises:
        ValueError: Naming each setting that differs, and both its values.
    """
    requested = json.loads(json.dumps(requested))
    differing = [
        f"{name}: {recorded.get(name)!r} there, {requested.get(name)!r} now"
        for name in sorted({*recorded, *requested})
        if recorded.get(name) != requested.get(name)
    ]
    if differing:
        raise ValueError(
            f"{directory} holds results made with other settings, which are "
            f"never mixed or overwritten ({'; '.join(differing)}). Use "
            "another output_dir, or the same settings."
        )


def environment() -> dict:
    """Versions, machine and git commit that a run is made with."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor_count": os.cpu_count(),
        "git_commit": _git_commit(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _git_commit():
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "rev-parse", "HEAD", "--show-prefix"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    commit, prefix = done.stdout.split("\n")[:2]
    # An installed copy may lie inside somebody else's repository.
    return commit if prefix == "foundations/" else None


def _seal(record):
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
