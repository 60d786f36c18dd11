"""The journal of sweeps: what began and ended when, a JSON line for each.

It lies beside the logs of the lines, in a file for each machine,
journal.HOST.jsonl, since machines that share a disk can spoil each other's
additions. Any number of sweeps may add to it, and it outlives them; a line of
it that cannot be read is left out.
"""

import dataclasses
import datetime
import hashlib
import json
import os
import platform
import re
import time
import uuid
from collections.abc import Iterable

from lottery_ticket.foundations.machine import processes
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    worker_protocol,
)

ALIVE_S = 60  # A sweep adds at least a line in so many seconds.
STARTED, BEGAN, ENDED, ALIVE, OVER = (
    "started",
    "began",
    "ended",
    "alive",
    "over",
)
_FILE = re.compile(r"journal\..*\.jsonl")
# What an event of each kind holds, beside `_ALL`.
_ALL = {"time": str, "host": str, "pid": int, "sweep": str}
_FACTS: dict[str, dict] = {
    STARTED: {
        **{"runner": str, "argfile": str, "lines": str, "total": int},
        **{"complete": int, "refused": int, "leases": str, "process": str},
    },
    BEGAN: {"line": str, "log": str, "device": str},
    ENDED: {
        **{"line": str, "log": str, "device": str, "seconds": (int, float)},
        **{"failure": (str, type(None)), "again": str, "last": str},
    },
    ALIVE: {},
    OVER: {"how": str},
}
# What older versions have not written, and what that means.
_BEFORE = {STARTED: {"leases": "", "process": ""}}


@dataclasses.dataclass(frozen=True)
class Event:
    """One line of a journal."""

    event: str  # A kind in _FACTS.
    time: datetime.datetime  # By the clock of its machine.
    host: str
    pid: int
    sweep: str  # Tells its sweep, one process, from all others.
    facts: dict


class Journal:
    """What one sweep adds to the journal; without a folder, nothing.

    A line that cannot be written, such as on a full disk, stops no sweep.

    Attributes:
        problem: Why lines are missing, "" if none is.
    """

    def __init__(self, folder: str | None):
        """Adds nothing yet; the folder must be there when it does."""
        self.problem = ""
        host = platform.node() or "unknown"
        name = f"journal.{re.sub(r'[^A-Za-z0-9.-]', '_', host)}.jsonl"
        self._path = None if folder is None else os.path.join(folder, name)
        sweep = uuid.uuid4().hex[:12]
        self._own = {"host": host, "pid": os.getpid(), "sweep": sweep}
        self._added_at = time.monotonic()

    def start(
        self,
        runner: str,
        argfile: str,
        agenda: argfile_lines.Agenda,
        leases: str | None = None,
    ) -> None:
        """Adds that a sweep starts, of a runner and an argfile by name.

        `leases` is the folder of its leases, if it has some.
        """
        refused = [line for line, _ in agenda.refused]
        lines = [*agenda.complete, *agenda.to_run, *refused]
        text = "\n".join(sorted(line.text for line in lines))
        self._add(
            STARTED,
            runner=runner,
            argfile=argfile,
            lines=hashlib.sha256(text.encode()).hexdigest()[:12],
            total=agenda.total,
            complete=len(agenda.complete),
            refused=len(refused),
            leases=leases or "",
            process=processes.identity(),
        )

    def begin(self, line: argfile_lines.Line, device: str) -> None:
        """Adds that a line begins on a device."""
        self._add(BEGAN, **_of_line(line), device=device)

    def end(self, outcome: worker_protocol.Outcome) -> None:
        """Adds how a line has ended, unless it ran in another sweep."""
        if outcome.by:
            return
        self._add(
            ENDED,
            **_of_line(outcome.line),
            device=outcome.device,
            seconds=round(outcome.seconds, 3),
            failure=outcome.failure,
            again=outcome.again,
            last=line_logs.last_line(outcome.line.log),
        )

    def tick(self) -> None:
        """Adds that the sweep is alive, where it has not added for long."""
        if time.monotonic() - self._added_at >= ALIVE_S:
            self._add(ALIVE)

    def close(self, how: str) -> None:
        """Adds that the sweep is over: "done", "stopped" or "time is up"."""
        self._add(OVER, how=how)

    def _add(self, event, **facts):
        if self._path is None:
            return
        self._added_at = time.monotonic()
        now = datetime.datetime.now(datetime.timezone.utc)
        at = now.isoformat(timespec="milliseconds")
        record = {"event": event, "time": at, **self._own, **facts}
        try:
            _append(self._path, f"{json.dumps(record)}\n".encode())
        except OSError as error:
            self.problem = f"The journal misses lines: {error}"


def failed(
    lines: list[argfile_lines.Line], runner: str
) -> list[argfile_lines.Line]:
    """Returns those lines that failed when they last ended, by the journal."""
    folders = dict.fromkeys(os.path.dirname(line.log) for line in lines)
    outcomes = last_outcomes(read(folders)[0])
    found = {
        line
        for (of, line), event in outcomes.items()
        if of == runner and event.facts["failure"] is not None
    }
    return [line for line in lines if line.text in found]


def read(folders: Iterable[str]) -> tuple[list[Event], int]:
    """Returns all events of journals, in order, and how many were damaged."""
    events, damaged = [], 0
    for path in (path for folder in folders for path in files_in(folder)):
        with open(path, "rb") as file:
            for line in filter(bytes.strip, file):
                event = _parsed(line)
                if event is None:
                    damaged += 1
                else:
                    events.append(event)
    events.sort(key=lambda event: event.time)  # Stable.
    return events, damaged


def files_in(folder: str) -> list[str]:
    """Returns the paths of the journals in a folder."""
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [os.path.join(folder, name) for name in names if _FILE.match(name)]


def last_outcomes(events: list[Event]) -> dict[tuple[str, str], Event]:
    """Returns dict, (runner, line) -> the event in which it last ended."""
    runners = {
        event.sweep: event.facts["runner"]
        for event in events
        if event.event == STARTED
    }
    return {
        (runners.get(event.sweep, ""), event.facts["line"]): event
        for event in events
        if event.event == ENDED
    }


def _of_line(line):
    return {"line": line.text, "log": os.path.basename(line.log)}


def _append(path, data):
    """Adds bytes in one piece, on a line of their own."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(file).st_size
        # Of what a full disk has cut off, no end is there.
        if size and os.pread(file, 1, size - 1) != b"\n":
            data = b"\n" + data
        if os.write(file, data) < len(data):
            raise OSError(f"{path}: No space left on device")
    finally:
        os.close(file)


def _parsed(line):
    """The event of a line, or None if it is none."""
    try:
        found = json.loads(line)
        event = found["event"]
        found = {**_BEFORE.get(event, {}), **found}
        kinds = {**_ALL, **_FACTS[event]}
        if not all(isinstance(found[name], kinds[name]) for name in kinds):
            return None
        time = datetime.datetime.fromisoformat(found["time"])
        own = {name: found[name] for name in ("host", "pid", "sweep")}
        facts = {name: found[name] for name in _FACTS[event]}
        # One without a time zone could be compared with no other.
        return Event(event, time.astimezone(), **own, facts=facts)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
