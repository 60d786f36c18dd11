"""Leases: which of several sweeps works on a line, in files that all can see.

The leases of a line are numbered files, NAME.1.json, NAME.2.json and so on, and
the last one tells: a sweep has the line ("taken"), or it is "done", "failed" or
"left" for anybody. Each is made only if it is not there yet, so that of many
who want a line, or its end, one wins. None is ever removed or renamed.

A lease that is taken is renewed: its file is written again, with other words
in it. One that has not changed for STALE_S seconds by the clock of whoever
looks, or of which nothing can be read for so long, is as good as left. Clocks
of different machines are never compared. So is, after GONE_S, one of a process
of this very machine that is there no more.
"""

import contextlib
import dataclasses
import datetime
import json
import logging
import os
import platform
import re
import time
import uuid
from collections.abc import Collection

from lottery_ticket.foundations.machine import files, processes

STALE_S = 300  # Without a change, whoever had the line is gone.
# Whose process is gone has left it: its workers end as soon as they notice.
GONE_S = 10
RENEW_S = 30
# Who could not renew for so long has lost the line, before others take it.
LOST_S = 240
RETRY_S = 5
TAKEN, DONE, FAILED, LEFT = "taken", "done", "failed", "left"
_STATES = (TAKEN, DONE, FAILED, LEFT)
_FILE = re.compile(r"(.+)\.([1-9]\d*)\.json")
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Lease:
    """The last lease of a line, as it was read."""

    number: int = 0  # 0: the line never had one.
    state: str = LEFT
    line: str = ""  # As its sweep was given it.
    by: str = ""  # The sweep: process and machine.
    reason: str = ""  # Why the line failed.
    is_stale: bool = False
    process: str = ""  # As processes.identity has it.


@dataclasses.dataclass
class _Seen:
    """A lease that somebody else made, and since when it is as it is."""

    lease: Lease
    data: bytes
    since: float
    is_named: bool = False  # In a warning.


@dataclasses.dataclass
class _Own:
    """A lease that this sweep has."""

    number: int
    line: str
    renewed_at: float
    due_at: float
    renewals: int = 0


class Leases:
    """The leases of one sweep, by names of lines, and what it sees of others'.

    Call `look` and `renew` often enough: at least every RENEW_S seconds.
    """

    def __init__(self, folder: str):
        """Takes the folder of the files, which all sweeps must share.

        Raises ValueError if it lies where two could make the same file, and
        OSError if it cannot be written.
        """
        self.by = f"process {os.getpid()} on {platform.node()}"
        self._id = uuid.uuid4().hex  # Processes may have the same number.
        self._process = processes.identity()
        self._folder = folder
        self._seen: dict[str, _Seen] = {}
        self._own: dict[str, _Own] = {}
        self._check_folder()

    def look(self, names: Collection[str]) -> dict[str, Lease]:
        """Returns the last lease of each line; own ones may be lost by it.

        One listing of the folder; only files are read that are new or taken.
        """
        with files.listed(self._folder):
            numbers = _last_numbers(files.names(self._folder))
            for name, own in list(self._own.items()):
                if numbers.get(name, 0) > own.number:
                    del self._own[name]
            to_read = [
                name
                for name in names
                if self._is_news(name, numbers.get(name, 0))
            ]
            paths = [self._path(name, numbers[name]) for name in to_read]
            found = list(files.each(_read, paths))
        for name, data in zip(to_read, found, strict=True):
            self._note(name, numbers[name], data)
        return {name: self._last(name) for name in names}

    def take(self, name: str, line: str) -> bool:
        """Takes a line that was left, as far as seen; returns whether it could.

        Raises OSError if the lease cannot be written.
        """
        number = self._last(name).number + 1
        now = time.monotonic()
        own = _Own(number, line, now, now + RENEW_S)
        if files.create(self._path(name, number), self._taken(own)):
            self._own[name] = own
            return True
        return False

    def renew(self) -> None:
        """Renews own leases that are due; in vain for LOST_S, one is lost."""
        for name, own in list(self._own.items()):
            now = time.monotonic()
            if now - own.renewed_at >= LOST_S:
                del self._own[name]
            elif now >= own.due_at:
                self._renew(name, own)

    def has(self, name: str) -> bool:
        """Whether this sweep has a line."""
        return name in self._own

    def end(self, name: str, state: str, reason: str = "") -> None:
        """Ends an own lease as DONE, FAILED or LEFT; a lost one is not ours."""
        own = self._own.pop(name, None)
        if own is None:
            return
        data = self._words(state=state, line=own.line, reason=reason)
        try:
            files.create(self._path(name, own.number + 1), data)
        except OSError as error:  # Then it gets stale.
            _log.warning("The lease of %s is not ended: %s", name, error)

    def _check_folder(self):
        """Makes sure that of two who make a file, the second is refused."""
        probe = files.join(self._folder, "probe")
        if files.can_create(self._folder):
            files.create(probe, b"")
            if not files.create(probe, self._id.encode()):
                return
        raise ValueError(
            "Leases need a store that refuses to make a file twice: a disk, "
            f"s3://, gs:// or abfs://, with up-to-date packages. Received: "
            f"{self._folder}"
        )

    def _renew(self, name, own):
        own.renewals += 1
        own.due_at = time.monotonic() + RETRY_S
        try:
            files.write(self._path(name, own.number), self._taken(own))
        except OSError as error:
            _log.warning("The lease of %s is not renewed: %s", name, error)
            return
        own.renewed_at = time.monotonic()
        own.due_at = own.renewed_at + RENEW_S

    def _is_news(self, name, number):
        """Whether the last file of a line is to be read, again or at all."""
        seen = self._seen.get(name)
        if seen is None or number > seen.lease.number:
            return number > 0
        return number == seen.lease.number and seen.lease.state == TAKEN

    def _note(self, name, number, data):
        """Takes in what a file holds; None if it could not be read."""
        if data is None:
            return
        seen = self._seen.get(name)
        lease = _parsed(number, data)
        if seen is None or (seen.lease.number, seen.data) != (number, data):
            known = lease or Lease(number, TAKEN)
            self._seen[name] = _Seen(known, data, time.monotonic())
        elif lease is None and not seen.is_named:  # At first, it may be new.
            seen.is_named = True
            _log.warning(
                "%s is no lease: its line waits until that is %d s old",
                self._path(name, number),
                STALE_S,
            )

    def _last(self, name):
        """The last lease of a line, as far as seen."""
        seen = self._seen.get(name)
        if seen is None:
            return Lease()
        age_s = time.monotonic() - seen.since
        is_stale = seen.lease.state == TAKEN and (
            age_s >= STALE_S
            or (age_s >= GONE_S and processes.is_gone(seen.lease.process))
        )
        return dataclasses.replace(seen.lease, is_stale=is_stale)

    def _path(self, name, number):
        return files.join(self._folder, f"{name}.{number}.json")

    def _taken(self, own):
        return self._words(state=TAKEN, line=own.line, renewals=own.renewals)

    def _words(self, **facts):
        at = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        own = {"by": self.by, "id": self._id, "process": self._process}
        facts = {**facts, **own, "at": at}
        return json.dumps(facts, indent=1).encode()


def _last_numbers(names):
    """Returns dict, name of a line -> number of its last lease."""
    found = {}
    for match in filter(None, map(_FILE.fullmatch, names)):
        name, number = match[1], int(match[2])
        found[name] = max(number, found.get(name, 0))
    return found


def _read(path):
    try:
        return files.read(path)
    except OSError:
        return None


def _parsed(number, data):
    """The lease that a file holds; None if that is something else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("state") not in _STATES:
        return None
    line, by, reason, process = (
        str(found.get(key, "")) for key in ("line", "by", "reason", "process")
    )
    return Lease(number, found["state"], line, by, reason, process=process)


def held(folder: str) -> dict[str, tuple[str, datetime.datetime]]:
    """Returns dict, name of a line -> (who has it, when that was renewed).

    The time is by the clock of who has it. Changes nothing, and leaves out what
    is no lease.
    """
    found = {}
    with files.listed(folder):
        numbers = _last_numbers(files.names(folder))
        paths = [
            files.join(folder, f"{x}.{n}.json") for x, n in numbers.items()
        ]
        read = list(files.each(_read, paths))
    for (name, number), data in zip(numbers.items(), read, strict=True):
        lease = _parsed(number, data) if data is not None else None
        if lease is not None and lease.state == TAKEN:
            at = str(json.loads(data or b"{}").get("at"))
            with contextlib.suppress(ValueError):
                renewed = datetime.datetime.fromisoformat(at).astimezone()
                found[name] = (lease.by, renewed)
    return found
