"""What lines will cost: time, disk and memory, before any of them is run."""

import collections
import dataclasses
import heapq
import statistics
from collections.abc import Callable

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_programs,
    past_lines,
    probe,
    scripts,
)
from lottery_ticket.foundations.values import durations

PROBES = 3


@dataclasses.dataclass(frozen=True)
class Cost:
    """What lines will cost, about.

    Args:
        seconds: From the start to the end of all, on all slots. None where
            nothing tells.
        size: Bytes of the results, or None.
        memory: Bytes of the largest worker, without those of a GPU, or None.
        workers: How many slots there are.
        basis: What that is known by, in words; or why it is not.
        untold: Number of lines that are not counted, as they read what is not
            there yet.
    """

    seconds: float | None
    size: int | None
    memory: int | None
    workers: int
    basis: str
    untold: int = 0

    @property
    def text(self) -> str:
        """It in words, a line for each thing that is known."""
        if self.seconds is None:
            return f"Time, disk and memory are not known: {self.basis}"
        plural = "" if self.workers == 1 else "s"
        lines = [
            f"Time: about {durations.about(self.seconds)} with {self.workers} "
            f"worker{plural}, {self.basis}"
        ]
        if self.size is not None:
            lines.append(f"Disk: about {byte_text(self.size)}")
        if self.memory is not None:
            each, total = self.memory, self.memory * self.workers
            lines.append(
                f"Memory: about {byte_text(each)} a worker, {byte_text(total)} "
                "in all"
            )
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class _Known:
    """What a line of one program costs, and by what that is known."""

    each_s: float
    start_s: float
    size: int | None
    memory: int | None
    basis: str
    is_rough: bool = False


def estimate(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    *,
    name: str | None = None,
    complete: list[argfile_lines.Line] | tuple = (),
    probes: int = PROBES,
    say: Callable[[str], None] = lambda _: None,
) -> Cost:
    """Returns what lines will cost, if they are run here.

    Lines of the same program (network, data, lengths of training; not seeds,
    rates or densities) take alike long. What they take is known by those that
    have run here, as the journal beside the logs tells, or the records of
    complete ones. Else, or where these were short and each the first of its
    worker, one is run for some seconds in a folder that is removed. Programs
    beyond `probes` count as the others do on the mean; lines that say nothing,
    as they read what is not there yet, not at all.

    Args:
        lines: Those to run, with logs.
        slots: Where workers are to be.
        name: What a journal calls the runner; None is the runner's name.
        complete: Lines that have been run, with logs.
        probes: How many programs may be tried out.
        say: Function (text), called before that takes some seconds.
    """
    if not lines or not slots:
        return Cost(0.0, 0, None, len(slots), "as nothing is to run")
    programs = line_programs.LinePrograms(runner)
    first: dict[str, argfile_lines.Line] = {}  # Of each program.
    of_lines = []
    for line in lines:
        program = programs.of(line)
        if program is not None:
            first.setdefault(program, line)
            of_lines.append(program)
    name = runner.name if name is None else name
    past = _by_past(name, [*complete, *lines], complete, slots, programs)
    known = {program: past[program] for program in first if program in past}
    counts = collections.Counter(of_lines)
    untold = [
        first[program]
        for program, _ in counts.most_common()
        if program not in known or known[program].is_rough
    ]
    tried, why = _by_probes(runner, untold[:probes], slots[0], say)
    known |= {programs.of(line) or "": each for line, each in tried}
    if not known:
        if untold and not probes:
            why = "no line of the same program has run here"
        return Cost(None, None, None, len(slots), why)
    found = _sum(of_lines, known, len(slots))
    hidden = len(lines) - len(of_lines)
    if not hidden:
        return found
    more = f"without {hidden} lines that cannot be looked into yet"
    basis = f"{found.basis}; {more}"
    return dataclasses.replace(found, basis=basis, untold=hidden)


def _by_past(name, lines, complete, slots, programs):
    """Dict, program -> what its lines have cost."""
    past, sizes = past_lines.by_records(complete, slots, programs)
    past |= past_lines.by_journal(name, lines, slots, programs)
    return {
        program: _Known(
            each.each_s,
            each.start_s,
            sizes.get(program),
            None,
            "by the training times of complete lines"
            if each.is_of_training
            else "by lines that have run here",
            each.is_rough,
        )
        for program, each in past.items()
    }


def _by_probes(runner, lines, slot, say):
    """Lines with what they cost, those that can be tried out; why not others.

    That is of the first one.
    """
    known, whys = [], ["it cannot be told yet what lines do"]
    for number, line in enumerate(lines, start=1):
        say(
            f"Trying out program {number} of {len(lines)}: runs line "
            f"{line.number} for some seconds, in a folder that is removed"
        )
        try:
            found = probe.measure(runner, line, slot)
        except probe.NoProbe as why:
            whys.append(f"line {line.number}: {why}")
            continue
        basis = f"by a line that was tried out for {found.took_s:.0f} s"
        costs = (found.each_s, found.start_s, found.size, found.memory)
        known.append((line, _Known(*costs, basis)))
    return known, whys[1 if len(whys) > 1 else 0]


def _sum(of_lines, known, workers):
    """The cost of lines, by that of programs."""
    usual = _mean(known, collections.Counter(of_lines))
    costs = [known.get(program, usual) for program in of_lines]
    sizes = [each.size for each in costs if each.size is not None]
    memory = [x.memory for x in known.values() if x.memory is not None]
    return Cost(
        _makespan([(each.each_s, each.start_s) for each in costs], workers),
        round(statistics.mean(sizes) * len(costs)) if sizes else None,
        max(memory, default=None),
        workers,
        _basis(of_lines, known),
    )


def _mean(known, counts):
    """What a line costs of which the program was not tried out."""
    costs = [(known[x], counts[x]) for x in known]
    total = sum(count for _, count in costs)
    each_s = sum(each.each_s * count for each, count in costs) / total
    start_s = max(each.start_s for each, _ in costs)
    return _Known(each_s, start_s, None, None, "")


def _makespan(costs, workers):
    """Seconds until all lines have ended, each taken by who is free first."""
    free_at = [0.0] * workers
    begun = 0
    for each_s, start_s in costs:
        at = heapq.heappop(free_at)
        begun += 1
        heapq.heappush(free_at, at + each_s + start_s * (begun <= workers))
    return max(free_at)


def _basis(of_lines, known):
    """By what the cost is known, in words."""
    bases = "; ".join(dict.fromkeys(each.basis for each in known.values()))
    others = sum(program not in known for program in of_lines)
    if others:
        bases += f"; {others} lines of other programs count as these"
    return bases


def byte_text(count: int) -> str:
    """Returns bytes in words: '1.2 GB'."""
    number, unit = count / 1e3, "kB"
    for larger in ("MB", "GB", "TB"):
        if number >= 1000:
            number, unit = number / 1e3, larger
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
