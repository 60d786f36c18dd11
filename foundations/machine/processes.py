"""Processes of this machine, told apart from all that ever had their number."""

import functools
import os
import re

_BOOT = "/proc/sys/kernel/random/boot_id"
_NAME = re.compile(r"(\S+) (\S+) (\d+) (\d+)")


def identity(process: int | None = None) -> str:
    """Returns what no other process is, or "" where the system does not tell.

    It names the boot of the machine and the process's namespace, in which
    containers have numbers of their own, its number and when it began. Source:
    `man 5 proc_pid_stat`, fields 1 and 22; `man 7 pid_namespaces`.

    Args:
        process: Its number; None is this one.
    """
    process = os.getpid() if process is None else process
    began = _began(process)
    if not _place() or began is None:
        return ""
    return f"{_place()} {process} {began}"


def is_gone(name: str) -> bool:
    """Whether a process that had such an identity has ended for certain.

    False of other machines, of other containers, and of what is none.
    """
    match = _NAME.fullmatch(name)
    if match is None or f"{match[1]} {match[2]}" != _place():
        return False
    return _began(int(match[3])) != int(match[4])


@functools.cache
def _place():
    """The boot of this machine and the namespace of its processes, or ""."""
    try:
        with open(_BOOT) as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _began(process):
    """When a process began, in ticks of the boot; None if it does not live."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            # Behind the name: state, then field 4 and on.
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if words[0] in (b"Z", b"X") else int(words[19])
