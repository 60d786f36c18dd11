"""The log file of each line of an argfile: where it is, how it begins, ends."""

import collections
import dataclasses
import datetime
import itertools
import os
import shlex

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.sweeps import argfile_lines

TAIL_BYTES = 8192


def place(
    lines: list[argfile_lines.Line], log_dir: str | None
) -> list[argfile_lines.Line]:
    """Returns the lines with the files their logs go to.

    A log is named by what the line's output_dir does not share with those of
    the others (`trial1-3-reinit2.log`), or by the line's number. Without a
    log_dir, which must be local, logs go to `logs` in the deepest folder that
    all output_dirs lie in, or here if they are remote or unknown.
    """
    output_dirs = [line.output_dir for line in lines if line.output_dir]
    shared = argfile_lines.shared_folder(lines)
    log_dir = log_dir or _default_log_dir(output_dirs, shared)
    if files.is_remote(log_dir):
        raise ValueError(f"log_dir must be a local folder. Received: {log_dir}")
    placed, uses = [], collections.Counter()
    for line in lines:
        name = _name(line, shared)
        uses[name] += 1
        while uses[name] > 1:  # The name with a number may be taken, too.
            name = f"{name}_{uses[name]}"
            uses[name] += 1
        log = os.path.join(os.path.expanduser(log_dir), f"{name}.log")
        placed.append(dataclasses.replace(line, log=log))
    return placed


def make_folder(log: str) -> None:
    """Makes the folder of a log; raises ValueError if that cannot be done."""
    try:
        os.makedirs(os.path.dirname(log) or ".", exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"The logs have no folder to go to: {endings.in_words(error)}, "
            "such as --log_dir=logs"
        ) from error


def add_start(log: str, device: str, command: list[str]) -> None:
    """Adds the line that begins each attempt: date, device and command."""
    now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
    add(log, f"# {now}, {device}: {shlex.join(command)}")


def add(log: str, text: str) -> None:
    """Adds a line to a log, after whatever is there.

    Raises OSError, which names the log, if it cannot be written.
    """
    try:
        with open(log, "ab") as file:
            file.write(f"{text}\n".encode())
    except OSError as error:
        error.filename = log  # A full disk does not say where.
        raise


def last_line(log: str) -> str:
    """Returns the last line of output in a log, or "" where there is none."""
    return "".join(last_lines(log, 1))


def last_lines(log: str, count: int) -> list[str]:
    """Returns the last lines of output in a log, or fewer where it has fewer.

    They are of one attempt, and have no spaces around them.
    """
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.path.getsize(log) - TAIL_BYTES))
            tail = file.read().decode(errors="replace")
    except OSError:
        return []
    lines = [line for line in map(str.strip, tail.splitlines()) if line]
    while lines and lines[-1].startswith("# "):  # How an attempt ended.
        lines.pop()
    output = itertools.takewhile(lambda x: x[:2] != "# ", reversed(lines))
    return list(itertools.islice(output, count))[::-1]


def _default_log_dir(output_dirs, shared):
    folder = "/".join(shared)
    if not folder or any(map(files.is_remote, output_dirs)):
        return "logs"
    nearby = os.path.relpath(folder)
    if not nearby.startswith(".."):
        folder = nearby
    return os.path.normpath(os.path.join(folder, "logs"))


def _name(line, shared):
    if not line.output_dir:
        return f"line{line.number}"
    parts = argfile_lines.full_path(line.output_dir).split("/")
    return "-".join(parts[len(shared) :])
