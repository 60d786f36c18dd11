"""Runs a line for some seconds in a folder that is removed, to tell its cost.

    python -m lottery_ticket.foundations.sweeps.probe SCRIPT

The probe is a process of its own, as a worker is. It reads one JSON line from
its stdin, {"lines": [words, words], "steady_s": seconds, "folder": path}: a
line twice, with two output_dirs in a folder that is removed if stdin ends
before. It runs the first, and the second if there is time: what is
loaded and compiled by then is so for all later lines of a worker. It leaves
each so many seconds after its first iterations, and writes to stdout what it
has seen.
"""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, cast

from lottery_ticket.foundations.machine import devices, files, progress
from lottery_ticket.foundations.records import checkpoint, paths, plans
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    local_workers,
    past_lines,
    scripts,
)
from lottery_ticket.foundations.values import steps

STEADY_S = 5
LIMIT_S = 180  # Of loading, compiling and the first iterations.
# Of train.json and the summaries, an iteration: 7.5 kB after 200 of the digits.
LOG_BYTES = 40
_KILOBYTES = 1 if sys.platform == "darwin" else 1024  # Of ru_maxrss.


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one line takes, as far as some seconds tell.

    Args:
        start_s: Of the first line of a worker alone: loading and compiling.
        each_s: Of every line.
        size: Bytes of its results.
        memory: Bytes of the process at most, without those of a GPU.
        took_s: Of the probe.
    """

    start_s: float
    each_s: float
    size: int
    memory: int
    took_s: float


class NoProbe(Exception):
    """Why a line's cost cannot be measured, in words."""


def measure(
    runner: scripts.Runner,
    line: argfile_lines.Line,
    slot: devices.Slot,
    steady_s: float = STEADY_S,
) -> Measured:
    """Returns what a line takes on a device, by running it for a while.

    Nothing is written but to a temporary folder, which is removed.

    Args:
        steady_s: Seconds to run it for, once it has begun to train.

    Raises:
        NoProbe: If the line cannot be run in another folder, or does not tell.
    """
    with tempfile.TemporaryDirectory(prefix="lottery_ticket_probe_") as folder:
        first, second = files.join(folder, "1"), files.join(folder, "2")
        plan = _plan(runner, line, first)
        words = [[*runner.words, *_at(line, each)] for each in (first, second)]
        began_at = time.monotonic()
        request = {"lines": words, "steady_s": steady_s, "folder": folder}
        seen = _run(runner.script, request, slot)
        took_s = time.monotonic() - began_at
        start_s, each_s, done = _times(plan, seen, began_at)
        size = _size(plan, first, seen, done)
    return Measured(start_s, each_s, size, seen["memory"], took_s)


def _plan(runner, line, folder):
    """The plan of a line that writes to a folder, and nowhere else."""
    if not (line.runner or runner).can_skip:
        raise NoProbe("its runner has no RUN that returns a plans.Plan")
    try:
        elsewhere = {**(line.keywords or {}), "output_dir": folder}
        line = dataclasses.replace(
            line,
            words=tuple(_at(line, folder)),
            keywords=elsewhere if line.keywords else None,
        )
        plan = argfile_lines.plan(runner, line)
    except (ValueError, OSError) as error:
        raise NoProbe(f"it does not run elsewhere: {error}") from error
    written = [plan.output_dir, *(part.directory for part in plan.writes)]
    if not all(f"{each}/".startswith(f"{folder}/") for each in written):
        raise NoProbe("it does not write below its output_dir alone")
    return plan


def _at(line, folder):
    """The words of a line with another output_dir."""
    words, found = [], list(line.words)
    while found:
        word = found.pop(0)
        if word == "--output_dir" and found:
            found.pop(0)
        elif not word.startswith("--output_dir="):
            words.append(word)
    if len(words) == len(line.words) and line.output_dir in words:
        words.remove(line.output_dir)  # Given without its name.
    return [*words, f"--output_dir={folder}"]


def _run(script, request, slot):
    """What the probe has seen, as `main` writes it."""
    module = f"{__package__}.probe"
    with (
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            [sys.executable, *local_workers.SAFE, "-m", module, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **slot.environment},
            start_new_session=True,
        ) as process,
    ):
        limit_s = LIMIT_S + 2 * request["steady_s"]
        ending = threading.Timer(limit_s, _kill, [process])
        ending.start()
        try:
            said = _answer(process, request)
        finally:
            ending.cancel()
            _kill(process)
        if said:
            return json.loads(said)
        errors.seek(0)
        last = [*filter(str.strip, errors)][-1:]
        why = last[0].strip() if last else f"it did not train in {LIMIT_S} s"
        raise NoProbe(why)


def _answer(process, request):
    """What a process says to a request; its stdin is left open meanwhile."""
    requests = cast(IO[bytes], process.stdin)
    with contextlib.suppress(BrokenPipeError):
        requests.write(json.dumps(request).encode() + b"\n")
        requests.flush()
    return cast(IO[bytes], process.stdout).read()


def _kill(process):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _times(plan, seen, began_at):
    """Seconds of the start and of a line, and which part of one was run."""
    ends = seen["ends"]
    points = [point for point in seen["points"] if point[1]]
    if ends:  # The second one had nothing to load and compile.
        each_s = _second(ends, points)
        return max(0.0, ends[0] - began_at - each_s), each_s, 1.0
    if not points:
        raise NoProbe("it shows no progress")
    total = _iterations(plan, points[0][2])
    first_at, first, _ = points[0]
    last_at, last, _ = points[-1]
    if last > first:
        each_s = (last_at - first_at) / (last - first) * total
    else:  # With what was compiled.
        each_s = (last_at - began_at) / last * total
    start_s = max(0.0, first_at - began_at - each_s * first / total)
    return start_s, each_s, last / total


def _second(ends, points):
    """Seconds of the second line, to its end or as far as it came."""
    if len(ends) > 1:
        return ends[1] - ends[0]
    whole = max(count for at, count, _ in points if at <= ends[0])
    at, count, _ = points[-1]
    return (at - ends[0]) * whole / (count - whole)


def _iterations(plan, length):
    """Iterations of all runs of a plan, of which the first has so many."""
    runs = [part for part in plan.writes if isinstance(part, plans.Run)]
    lengths = [run.settings.get("training_len") for run in runs]
    known = [steps.parse(x) for x in lengths if x is not None]
    if len(known) < len(runs) or not runs:
        return max(1, len(runs)) * length
    unit, first = known[0]
    same = [number for kind, number in known if kind == unit]
    return length * (sum(same) / first + len(known) - len(same))


def _size(plan, folder, seen, done):
    """Bytes of all that a line writes."""
    runs = [part for part in plan.writes if isinstance(part, plans.Run)]
    found = past_lines.folder_bytes(folder)
    if done == 1 or not runs:
        return found
    complete = [r for r in runs if files.exists(paths.record(r.directory))]
    if complete:
        whole = sum(past_lines.folder_bytes(run.directory) for run in complete)
        return whole * len(runs) // len(complete)
    saved = checkpoint.load(runs[0].directory)
    network = _network_bytes(saved[0]) if saved else 0
    iterations = seen["points"][-1][2]
    return len(runs) * int(network + LOG_BYTES * iterations)


def _network_bytes(arrays):
    """Bytes of initial and final weights and masks, by a run's state."""
    weights = sum(
        a.nbytes for n, a in arrays.items() if n.startswith("network")
    )
    return 2.25 * weights


class _Enough(BaseException):
    """The line has run for long enough."""


class _Seen:
    """How far a line was, when."""

    def __init__(self, steady_s):
        self._steady_s = steady_s
        self._before = self._done = 0
        self._began_at = None  # When the first iterations were done.
        self.points = []  # (time, iterations of all runs, those of one run).
        self.ends = []

    def end(self):
        """Notes the end of a line."""
        self.ends.append(time.monotonic())
        self._began_at = None

    def add(self, done, total):
        """Notes progress of a run; raises where that is enough."""
        if done < self._done:  # Another run.
            self._before += self._done
        self._done = done
        now = time.monotonic()
        self.points.append((now, self._before + done, total))
        if done and self._began_at is None:
            self._began_at = now
        elif self._began_at and now - self._began_at > self._steady_s:
            raise _Enough


def main(argv: list[str] | None = None) -> None:
    """Runs the lines that stdin names, and says how that went."""
    (script,) = sys.argv[1:] if argv is None else argv
    request = json.loads(sys.stdin.readline())
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = request["folder"]
    threading.Thread(target=_end, args=(folder,), daemon=True).start()
    seen = _Seen(request["steady_s"])
    with contextlib.suppress(_Enough), progress.watched(seen.add):
        for words in request["lines"]:
            scripts.run(script, words)
            seen.end()
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"points": seen.points, "ends": seen.ends}
    replies.write(json.dumps({**found, "memory": usage * _KILOBYTES}))
    replies.flush()
    os._exit(0)  # Threads of evaluations may be under way.


def _end(folder):
    """Ends the probe once whoever asked is gone; nobody else cleans up then."""
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
