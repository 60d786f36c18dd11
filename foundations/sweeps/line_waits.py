"""Lines that wait: what they read is written by other lines of their sweep.

A plan that reads a run which is not there raises Unready, which names its
folder. The line waits for that folder, and is looked up again once the folder
holds a finished run, or the line that writes it has ended.
"""

import collections
import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Collection, Iterable, Iterator

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths, unready
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    scripts,
    worker_protocol,
)

POLL_S = 2
REMOTE_POLL_S = 30  # Each folder costs a request.


class Writers:
    """Which line of a sweep writes a folder.

    The folder lies in the line's output_dir, and its plan says so, if one can
    be made.
    """

    def __init__(
        self, runner: scripts.Runner, lines: Iterable[argfile_lines.Line]
    ):
        """Takes the lines."""
        self._runner = runner
        # Lines that read of the same one mostly stand together.
        self._written = functools.lru_cache(maxsize=64)(self._folders)
        self._at = collections.defaultdict(list)  # By output_dir.
        for line in lines:
            if line.output_dir:
                self._at[argfile_lines.full_path(line.output_dir)].append(line)

    def of(
        self, folder: str, reader: argfile_lines.Line
    ) -> argfile_lines.Line | None:
        """Returns the line that writes what a line reads, or None."""
        folder = place = argfile_lines.full_path(folder)
        while place:
            for line in self._at.get(place, ()):
                if line.number != reader.number and self._writes(line, folder):
                    return line
            place = place.rpartition("/")[0]
        return None

    def _writes(self, line, folder):
        if not (line.runner or self._runner).can_skip:
            return True  # As far as can be told.
        try:
            return not self._written(line).isdisjoint(_runs(folder))
        except (ValueError, OSError):  # It waits itself, or is refused.
            return True

    def _folders(self, line):
        """All folders that a line's plan writes."""
        written = argfile_lines.plan(self._runner, line).writes
        return {argfile_lines.full_path(part.directory) for part in written}


def place(
    agenda: argfile_lines.Agenda,
    writers: Writers,
    elsewhere: Collection[int] = (),
) -> argfile_lines.Agenda:
    """Returns an agenda in which lines wait that others make ready.

    Those stay refused that read what no line to run writes: be it complete,
    refused, in a circle, or of another shard.

    Args:
        agenda: The agenda, in which they are refused.
        writers: All lines of the sweep, those of other shards too.
        elsewhere: Numbers of the lines of other shards.
    """
    if not agenda.lacking:
        return agenda
    lines = {line.number: line for line, _ in agenda.refused}
    wanted = {}
    for number, error in agenda.lacking.items():
        writer = writers.of(error.folder, lines[number])
        if writer is not None:
            wait = argfile_lines.Wait(error.folder, writer.number)
            wanted[number] = wait
    waits = _in_reach({line.number for line in agenda.to_run}, wanted)
    complete = {line.number for line in agenda.complete}
    refused = []
    for line, why in agenda.refused:
        wait = wanted.get(line.number)
        if line.number in waits:
            continue
        if wait is not None and wait.by not in complete:
            why = _why_never(wait, wait.by in elsewhere)
        refused.append((line, why))
    to_run = [*agenda.to_run, *(lines[number] for number in waits)]
    to_run.sort(key=lambda line: line.number)
    return dataclasses.replace(
        agenda, to_run=to_run, refused=refused, waits=waits, lacking={}
    )


def _in_reach(to_run, wanted):
    """Those waits that end: with lines to run, or with others of them."""
    readers = collections.defaultdict(list)
    for number, wait in wanted.items():
        readers[wait.by].append(number)
    found, ends = {}, collections.deque(to_run)
    while ends:
        for number in readers.pop(ends.popleft(), ()):
            found[number] = wanted[number]
            ends.append(number)
    return found


def _why_never(wait, is_elsewhere):
    if is_elsewhere:
        return (
            f"what it reads, {wait.folder}, is made by a line of another "
            "shard: run this shard again once that is there, or share the "
            "sweep by --shard=leases"
        )
    return (
        f"not run: what it reads, {wait.folder}, is made by no line that runs"
    )


class LineWaits:
    """The lines that wait, from the start of a sweep to its end."""

    def __init__(
        self,
        looked_up: Callable[
            [argfile_lines.Line],
            tuple[argfile_lines.Line, argfile_lines.Answer],
        ],
        agenda: argfile_lines.Agenda,
        writers: Writers,
    ):
        """Takes what looks a line up, and says what it compiles."""
        self._looked_up = looked_up
        self._writers = writers
        self._waits = dict(agenda.waits)
        self._lines = {
            line.number: line
            for line in agenda.to_run
            if line.number in self._waits
        }
        # Who is waited for -> who waits.
        self._readers: dict[int, list[int]] = collections.defaultdict(list)
        for number, wait in self._waits.items():
            self._readers[wait.by].append(number)
        # Lines that have not ended yet, or will be tried again.
        self._to_end = {line.number for line in agenda.to_run}
        self._left: set[int] = set()  # Those that will be.
        self._freed: set[int] = set()
        self._news: list[worker_protocol.Outcome] = []
        self._polled_at = float("-inf")

    def __len__(self):
        """Number of the lines that wait."""
        return len(self._waits)

    def has(self, line: argfile_lines.Line) -> bool:
        """Whether a line waits."""
        return line.number in self._waits

    def lines(self) -> list[argfile_lines.Line]:
        """Returns the lines that wait, and those that `freed` is to yield."""
        numbers = sorted({*self._waits, *self._freed})
        return [self._lines[number] for number in numbers]

    def end(
        self,
        line: argfile_lines.Line,
        failure: str | None,
        is_left: bool = False,
    ) -> None:
        """Takes in that a line has ended; if it is left, it is tried again."""
        self._freed.discard(line.number)  # It ran elsewhere, in the meantime.
        if not self._waits:
            return
        if is_left:
            self._left.add(line.number)
            return
        self._left.discard(line.number)
        self._waits.pop(line.number, None)  # It ran elsewhere.
        self._go_on([(line.number, failure)])

    def poll(self, running: Iterable[int]) -> None:
        """Looks, from time to time, at what lines that run are to write."""
        if not self._waits or self._age_s() < POLL_S:
            return
        readers = {
            reader: self._waits[reader].folder
            for number in running
            for reader in self._readers.get(number, ())
            if reader in self._waits
        }
        is_remote = any(map(files.is_remote, readers.values()))
        if not readers or (is_remote and self._age_s() < REMOTE_POLL_S):
            return
        there = set(filter(_is_there, dict.fromkeys(readers.values())))
        self._go_on(
            self._look_at(
                [x for x, folder in readers.items() if folder in there]
            )
        )
        self._polled_at = time.monotonic()

    def freed(self, among: Collection[int]) -> list[argfile_lines.Line]:
        """Returns lines that do not wait any more, and are to run, once."""
        numbers = sorted(number for number in self._freed if number in among)
        self._freed.difference_update(numbers)
        return [self._lines[number] for number in numbers]

    def news(self) -> Iterator[worker_protocol.Outcome]:
        """Yields outcomes of lines that waited and are not run at all."""
        while self._news:
            yield self._news.pop()

    def give_up(self) -> None:
        """Ends all lines that wait for none that is left to be tried again."""
        kept = _in_reach(self._left, self._waits)
        for number in [x for x in self._waits if x not in kept]:
            if number in self._waits:
                folder = self._waits[number].folder
                why = f"not run: nothing makes what it reads, {folder}"
                self._go_on(self._end(number, why, is_in_vain=True))

    def _age_s(self):
        """Seconds since it was polled."""
        return time.monotonic() - self._polled_at

    def _go_on(self, ended):
        """Looks again at what waits for [(number, failure)], and so on."""
        ended = collections.deque(ended)
        while ended:
            number, failure = ended.popleft()
            self._to_end.discard(number)
            readers = self._readers.pop(number, ())
            ended += self._look_at(readers, failure is not None)

    def _look_at(self, numbers, has_failed=False):
        """Looks lines up whose writer may have failed.

        Returns [(number, failure)] of those that have ended by that.
        """
        waiting = [x for x in dict.fromkeys(numbers) if x in self._waits]
        folders = {self._waits[number].folder for number in waiting}
        with files.listed(*folders):  # As they are by now.
            return [x for n in waiting for x in self._look(n, has_failed)]

    def _look(self, number, has_failed):
        """As `_look_at`, of one line."""
        line, answer = self._looked_up(self._lines[number])
        if answer is False:
            del self._waits[number]
            self._lines[number] = line
            self._freed.add(number)
            return []
        if isinstance(answer, unready.Unready):
            if self._waits_on(number, answer.folder):
                return []
            folder = self._waits[number].folder
            if has_failed:
                why = f"not run: what it reads, {folder}, failed"
                return self._end(number, why, is_in_vain=True)
            answer = str(answer)
        return self._end(number, None if answer is True else answer)

    def _waits_on(self, number, folder):
        """Whether a line waits, or goes on to wait, for what is to come."""
        writer = self._writers.of(folder, self._lines[number])
        if writer is None or writer.number not in self._to_end:
            return False
        by = self._waits[number].by
        self._waits[number] = argfile_lines.Wait(folder, writer.number)
        if by != writer.number:
            self._readers[writer.number].append(number)
        return True

    def _end(self, number, failure, is_in_vain=False):
        del self._waits[number]
        line = self._lines[number]
        self._news.append(
            worker_protocol.Outcome(line, failure, is_in_vain=is_in_vain)
        )
        return [(number, failure)]


def no_waits(runner: scripts.Runner) -> LineWaits:
    """Returns what lines wait for that are all ready: nothing."""
    looked_up = functools.partial(argfile_lines.looked_up, runner)
    agenda = argfile_lines.Agenda([], [], [])
    return LineWaits(looked_up, agenda, Writers(runner, []))


def _is_there(folder):
    """Whether a folder holds a run that is finished, as far as one read tells.

    Listings of stores may be old.
    """
    for run in _runs(folder):
        with contextlib.suppress(OSError):
            if files.read(paths.record(run), 1):
                return True
    return False


def _runs(folder):
    """The folder that is read, and the run's that it may be a part of."""
    return folder, folder.rpartition("/")[0]
