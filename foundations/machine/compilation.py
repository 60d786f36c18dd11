"""What TensorFlow is told before it loads: XLA's cache, and determinism."""

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import sys

from lottery_ticket.foundations.machine import devices, hardware

NO_CACHE = "none"
MAX_CACHE_BYTES = 2**30


def set_up(cache: str | None = None, deterministic: bool = True) -> None:
    """Sets the environment that TensorFlow reads as it is loaded.

    It has no effect in a process that has loaded it; what the environment says
    already wins.

    Args:
        cache: Folder in which XLA keeps what it has compiled, for later
            processes: one of its own in it for each version of TensorFlow, each
            CPU's features and GPU. Damaged files there are removed, and, above
            MAX_CACHE_BYTES, the oldest. None is a folder of the
            user's; "none" keeps nothing.
        deterministic: Whether a GPU computes the same bytes at each run. CPUs
            do without being told.

    Raises:
        ValueError: If a folder that is given cannot be used.
    """
    if "tensorflow" in sys.modules:
        return
    gpus = devices.nvidia_smi("-L") if devices.gpus() else ""
    if gpus and deterministic:
        os.environ.setdefault("TF_DETERMINISTIC_OPS", "1")
    if cache == NO_CACHE or "persistent_cache" in _xla_flags():
        return
    given = os.path.expanduser(cache or "")
    folder = os.path.join(given or _users(), _machine(gpus))
    try:
        _check_name(folder)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        tidy(folder)
    except (OSError, ValueError) as error:
        if cache is None:  # A home that cannot be written to stops nothing.
            return
        raise ValueError(
            f"compile_cache={cache} cannot be used: {error}"
        ) from error
    told = f"--tf_xla_persistent_cache_directory={folder}"
    os.environ["TF_XLA_FLAGS"] = f"{_xla_flags()} {told}".strip()


def tidy(folder: str) -> None:
    """Removes damaged files from a cache, and the oldest of too many.

    Other processes may do so, too, at the same time.
    """
    total = 0
    found = list(_files(folder))
    found.sort(key=lambda each: each[1].st_mtime, reverse=True)
    for path, facts in found:
        total += facts.st_size
        with contextlib.suppress(FileNotFoundError):
            if total > MAX_CACHE_BYTES or not is_whole(path):
                os.remove(path)


def is_whole(path: str) -> bool:
    """Whether a file is a serialized message (protobuf), none of it missing.

    XLA cannot tell: it gives up, and so does the run.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        while 0 <= file.tell() < size:
            tag = _varint(file)
            if tag is None or tag & 7 != 2 or not 1 <= tag >> 3 <= 15:
                return False
            length = _varint(file)
            if length is None:
                return False
            file.seek(length, os.SEEK_CUR)
        return size > 0 and file.tell() == size


def _files(folder):
    """Pairs of a file's path and `os.stat` of it."""
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):
            if entry.is_file():
                yield entry.path, entry.stat()


def _check_name(folder):
    if " " in folder:
        raise ValueError("TensorFlow takes no folder whose name has a space")


def _varint(file):
    """The number that comes next, or None."""
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            return None
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    return None


def _users():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "lottery_ticket", "xla")


def _machine(gpus):
    """Name of what compiled code is for."""
    lines = hardware.processor_lines("flags", "model name")
    processor = "".join(lines) or platform.processor()
    text = f"{platform.machine()}{gpus}{processor}"
    version = importlib.metadata.version("tensorflow")
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _xla_flags():
    return os.environ.get("TF_XLA_FLAGS", "")
