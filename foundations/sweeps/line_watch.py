"""Whether a line that runs still gets on: what its processes write and compute.

Progress is a log that grows, and a file in the line's folder that is new or
changed; where other lines write below that, too, in the folders that its plan
writes. Remote folders are not looked at: the log alone counts. A process that
computes, as while it compiles, is granted COMPUTING_LIMIT times as long without
either: longer, it turns in circles. The first line of a worker has START_S to
load what it needs before it writes.
"""

import contextlib
import dataclasses
import glob
import itertools
import os
import time

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.sweeps import argfile_lines

COMPUTING_LIMIT = 10
START_S = 120
COMPUTING_SHARE = 0.1  # Of a core, from here on it computes.
LOOKS = 50  # In the time after which a line without progress is stopped.


def marked(lines: list[argfile_lines.Line]) -> list[argfile_lines.Line]:
    """Returns all lines of a sweep, those marked that have neighbours."""
    known = [line.output_dir or f"unknown{line.number}" for line in lines]
    paths = [f"{argfile_lines.full_path(folder)}/" for folder in known]
    pairs = itertools.pairwise(sorted(paths))
    shared = {one for one, other in pairs if other.startswith(one)}
    return [
        dataclasses.replace(line, has_neighbours=path in shared)
        for line, path in zip(lines, paths, strict=True)
    ]


class LineWatch:
    """Watches one line from when it begins."""

    def __init__(
        self,
        line: argfile_lines.Line,
        group: int,
        timeout_s: float,
        is_first: bool = False,
    ):
        """Takes a line that a group of processes has just begun.

        Args:
            line: Line with a log.
            group: Number of the group.
            timeout_s: Seconds that it may spend without progress.
            is_first: Whether the group has run no other.
        """
        self._line = line
        self._group = group
        self._timeout_s = timeout_s
        self._seen = self._files()
        self._cpu_s = _cpu_s(group)
        self._looked_at = time.monotonic()
        self._written_at = self._computed_at = self._looked_at
        self._start_s = START_S if is_first else 0

    def is_stuck(self) -> bool:
        """Whether there was no progress for so long; it may look again."""
        now = time.monotonic()
        if now - self._looked_at >= self._timeout_s / LOOKS:
            self._look(now)
        idle_s = now - self._written_at
        if idle_s <= max(self._timeout_s, self._start_s):
            return False
        is_computing = now - self._computed_at <= self._timeout_s
        return not is_computing or idle_s > COMPUTING_LIMIT * self._timeout_s

    def _look(self, now):
        seen = self._files()
        if seen != self._seen:
            self._seen, self._written_at, self._start_s = seen, now, 0
        cpu_s = _cpu_s(self._group)
        if cpu_s - self._cpu_s > COMPUTING_SHARE * (now - self._looked_at):
            self._computed_at = now
        self._cpu_s, self._looked_at = cpu_s, now

    def _files(self):
        """What changes with each file that is written."""
        size = 0
        with contextlib.suppress(OSError):  # A log that has vanished.
            size = os.path.getsize(self._line.log)
        folders = self._line.folders or (self._line.output_dir or "",)
        newest = [
            _newest(os.path.expanduser(folder))
            for folder in folders
            if folder and not files.is_remote(folder)
        ]
        return size, max(newest, default=0)


def _newest(folder):
    """When a folder, or something in it, was last changed; 0 for none."""
    newest = 0
    with contextlib.suppress(OSError):  # What has just vanished.
        newest = os.stat(folder).st_mtime_ns
    for directory, _, names in os.walk(folder):
        for name in (".", *names):
            with contextlib.suppress(OSError):
                changed = os.stat(os.path.join(directory, name)).st_mtime_ns
                newest = max(newest, changed)
    return newest


def _cpu_s(group):
    """Processor time of a group's processes and what they waited for.

    It is 0 where there is no /proc, as on macOS: only files count there.
    """
    ticks = 0
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            # Behind the name: state, parent, group; 11 to 14 are times.
            words = file.read().rpartition(")")[2].split()
            if int(words[2]) == group:
                ticks += sum(map(int, words[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
