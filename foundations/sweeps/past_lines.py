"""What lines that have been run took: by the journal, or their records."""

import collections
import dataclasses
import os
import platform
import shlex
import statistics
from collections.abc import Iterable

from lottery_ticket.foundations.machine import devices, files, hardware
from lottery_ticket.foundations.records import plans, run_record
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    journal,
    line_programs,
)

LONG_S = 600  # Beside this, it does not matter what a worker's start takes.
SAMPLES = 20  # Complete lines of a program that are looked into.


@dataclasses.dataclass(frozen=True)
class Past:
    """What lines of one program took here.

    Args:
        each_s: Seconds of a line on the mean.
        start_s: Seconds that the first one of a worker took beyond that.
        is_rough: Whether the start is in each_s, and not small beside it.
        is_of_training: Whether it is the time of their training alone.
    """

    each_s: float
    start_s: float
    is_rough: bool = False
    is_of_training: bool = False


def by_journal(
    name: str,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    programs: line_programs.LinePrograms,
) -> dict[str, Past]:
    """Returns dict, program -> what its lines took on this machine's devices.

    The journal is that beside the logs of the lines, and of sweeps of a runner
    that it calls by that name. A line that was begun
    before, and so did only what was left, says nothing.
    """
    events, _ = journal.read({os.path.dirname(line.log): 0 for line in lines})
    known = {line.text: line for line in lines}
    first, others = _seconds(events, name, slots)
    found = collections.defaultdict(lambda: ([], []))
    for kind, seconds in enumerate((first, others)):
        for text, each in seconds.items():
            line = known.get(text) or _line(text)
            program = line and programs.of(line)
            if program:
                found[program][kind].append(each)
    return {program: _past(*each) for program, each in found.items()}


def by_records(
    lines: Iterable[argfile_lines.Line],
    slots: list[devices.Slot],
    programs: line_programs.LinePrograms,
) -> tuple[dict[str, Past], dict[str, int]]:
    """Returns what complete lines trained for, and their bytes, by program.

    Times are those of runs on a processor as this one's; of GPUs the records
    tell nothing without asking TensorFlow.
    """
    times, sizes = {}, {}
    for line in lines:
        program = programs.of(line)
        seen = sizes.setdefault(program, [])
        if program is None or len(seen) == SAMPLES:
            continue
        plan = programs.plan(line)
        records = _records(plan)
        seen.append(_bytes(plan, records))
        if records and all(_is_of_here(each, slots) for each in records):
            trained = sum(each["train_s"] for each in records)
            times.setdefault(program, []).append(trained)
    means = {x: int(statistics.mean(each)) for x, each in sizes.items() if each}
    return {
        program: Past(statistics.mean(each), 0.0, is_of_training=True)
        for program, each in times.items()
    }, means


def _seconds(events, name, slots):
    """Seconds by line: of those that a worker began with, and of others."""
    names = {slot.name for slot in slots}
    own = {
        event.sweep
        for event in events
        if event.event == journal.STARTED and event.facts["runner"] == name
    }
    first, others, begun, warm = {}, {}, {}, set()
    for event in events:
        text = event.facts.get("line")
        if text is None or event.sweep not in own:
            continue
        if event.event == journal.BEGAN:
            # None where it was begun before.
            where = others if event.sweep in warm else first
            begun[text] = None if text in begun else where
            continue
        warm.add(event.sweep)
        where = begun.get(text)
        is_here = event.host == platform.node()
        if where is None or not is_here or event.facts["device"] not in names:
            continue
        if event.facts["failure"] is None:
            where[text] = event.facts["seconds"]
            begun.pop(text)  # If it is run again, its results are gone.
    return first, others


def _past(first, others):
    if not others:
        each_s = statistics.mean(first)
        return Past(each_s, 0.0, is_rough=each_s < LONG_S)
    each_s = statistics.mean(others)
    start_s = statistics.mean(first) - each_s if first else 0.0
    return Past(each_s, max(0.0, start_s))


def _line(text):
    try:
        return argfile_lines.Line(0, tuple(shlex.split(text)))
    except ValueError:
        return None


def _records(plan):
    """Records of a plan's runs, [] where one has none."""
    runs = [part for part in plan.writes if isinstance(part, plans.Run)]
    found = [run_record.read(run.directory) for run in runs]
    return [x for x in found if x is not None] if all(found) else []


def _is_of_here(record, slots):
    """Whether a run was trained on hardware as is here, as far as told."""
    is_cpu = str(record.get("device")).startswith("CPU")
    processor = record.get("environment", {}).get("processor")
    ours = all(slot.name == "CPU" for slot in slots)
    return is_cpu and ours and processor == hardware.processor()


def _bytes(plan, records):
    """Bytes of a plan's results: as the records say, or as files have."""
    if files.is_remote(plan.output_dir):
        return sum(sum(each.get("sizes", {}).values()) for each in records)
    folders = {part.directory for part in plan.writes}
    return sum(map(folder_bytes, folders))


def folder_bytes(folder: str) -> int:
    """Returns the bytes of all files below a local folder."""
    return sum(
        os.path.getsize(os.path.join(place, name))
        for place, _, names in os.walk(os.path.expanduser(folder))
        for name in names
    )
