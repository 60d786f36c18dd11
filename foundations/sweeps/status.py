"""How sweeps stand, in words: what their journals say, and their leases."""

import dataclasses
import datetime
import glob
import os
import platform

import tqdm

from lottery_ticket.foundations.machine import files, processes
from lottery_ticket.foundations.sweeps import journal, leases, line_logs
from lottery_ticket.foundations.values import fields

LOST_S = 3 * journal.ALIVE_S  # Silent for longer, a sweep is gone.
TAIL_LINES = 3  # Of a log.
SHOWN = 5  # Of the slowest lines, and of the processes of a sweep.
_FOLDERS = ("", "logs", "*/logs", "*/*/logs", "*/*/*/logs")


@dataclasses.dataclass(frozen=True)
class _Sweep:
    """One process that ran lines, from its first event to its last."""

    start: journal.Event
    last: journal.Event
    is_alive: bool


@dataclasses.dataclass(frozen=True)
class _Begun:
    """A line that has begun and not ended."""

    event: journal.Event
    sweep: _Sweep


def text(
    directory: str, now: datetime.datetime | None = None, failures: int = 20
) -> str:
    """Returns how the sweeps stand whose journals lie in a folder, or below.

    Args:
        directory: Folder of logs, or of results; or a remote root, of which
            only leases can be told.
        now: The time; None is that of the clock.
        failures: How many failed lines to tell of, 0 or more.

    Raises:
        FileNotFoundError: If there is no journal.
        ValueError: If failures is below 0.
    """
    fields.check("failures", failures, int, at_least=0)
    now = now or datetime.datetime.now().astimezone()
    if files.is_remote(directory):
        return "\n".join(_remote(directory, now))
    places = folders(directory)
    events, damaged = journal.read(places)
    sweeps = _sweeps(events, now)
    begun = _begun(events, sweeps)
    title = f"Journals in {', '.join(places)}"
    if damaged:
        title += f", {_count(damaged, 'damaged line')} left out"
    beside = [os.path.normpath(os.path.join(x, os.pardir)) for x in places]
    results = [os.path.normpath(directory), *beside]
    leased = [os.path.join(folder, "leases") for folder in results]
    leased += _leased(events)
    return "\n".join(
        [
            title,
            *_by_lines(events, sweeps, begun, now),
            *_failures(places, events, failures),
            *_running(begun, now),
            *_interrupted(begun, sweeps),
            *_devices(events),
            *_slowest(events),
            *_leases(dict.fromkeys(leased), now),
        ]
    )


def folders(directory: str) -> list[str]:
    """Returns the folders with journals, by one of results or of logs.

    Raises FileNotFoundError if there is none.
    """
    start = glob.escape(os.path.expanduser(directory))
    for below in _FOLDERS:
        found = glob.glob(os.path.join(start, below))
        holding = [os.path.normpath(x) for x in found if journal.files_in(x)]
        if holding:
            return sorted(holding)
    raise FileNotFoundError(
        f"No journal of a sweep in {directory}, nor in a folder called logs "
        "below it: argfile_runner writes one beside its logs"
    )


def _sweeps(events, now):
    """Dict, id -> sweep, of those of which the start is known."""
    last = {event.sweep: event for event in events}
    return {
        event.sweep: _Sweep(
            event, last[event.sweep], _is_alive(event, last[event.sweep], now)
        )
        for event in events
        if event.event == journal.STARTED
    }


def _is_alive(start, last, now):
    if last.event == journal.OVER or processes.is_gone(start.facts["process"]):
        return False
    lives = processes.identity(last.pid)
    # Another boot's, or another container's, where both are known.
    is_far = lives and start.facts["process"] not in ("", lives)
    if is_far or last.host != platform.node():
        return (now - last.time).total_seconds() <= LOST_S
    try:
        os.kill(last.pid, 0)
    except PermissionError:  # It is another user's.
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _begun(events, sweeps):
    """What has begun and not ended, wherever: a lost line may end elsewhere."""
    found = {}
    for event in events:
        if event.event not in (journal.BEGAN, journal.ENDED):
            continue
        sweep = sweeps.get(event.sweep)
        runner = sweep.start.facts["runner"] if sweep else ""
        key = (runner, event.facts["line"])
        found.pop(key, None)
        if event.event == journal.BEGAN and sweep:
            found[key] = _Begun(event, sweep)
    return list(found.values())


def _by_lines(events, sweeps, begun, now):
    """How far sweeps are, those of the same lines together."""
    alike = {}
    for sweep in sweeps.values():
        alike.setdefault(_lines_of(sweep), []).append(sweep)
    for same in alike.values():
        start = same[-1].start  # What was complete then is not run again.
        own = {sweep.start.sweep for sweep in same}
        since = [
            event
            for event in events
            if event.event == journal.ENDED
            and event.sweep in own
            and event.time >= start.time
        ]
        yield from _standing(same, since, begun, now)


def _lines_of(sweep):
    """What sweeps that ran the same lines have in common."""
    return sweep.start.facts["runner"], sweep.start.facts["lines"]


def _standing(same, since, begun, now):
    """How far the lines of one or several sweeps are; `since` are ends."""
    start = same[-1].start
    facts = start.facts
    last = {event.facts["line"]: event.facts for event in since}
    is_over = [each for each in last.values() if not each["again"]]
    failed = sum(each["failure"] is not None for each in is_over)
    done = facts["complete"] + len(is_over) - failed
    failed += facts["refused"]
    running = sum(each.sweep.is_alive and each.sweep in same for each in begun)
    left = facts["total"] - done - failed
    runner, argfile = (
        os.path.basename(facts[each]) for each in ("runner", "argfile")
    )
    counts = (
        f"{done} of {facts['total']} done, {running} running, {failed} failed, "
        f"{max(left - running, 0)} waiting"
    )
    if running and is_over and left:
        each_s = (now - start.time).total_seconds() / len(is_over)
        counts += f", {_clock(each_s * left)} left"
    yield f"{runner} {argfile}".rstrip()  # A sweep file has no argfile.
    yield f"  {counts}"
    alive = [sweep for sweep in same if sweep.is_alive] or same[-1:]
    for sweep in alive[-SHOWN:]:
        yield f"  {_process(sweep, now)}"


def _process(sweep, now):
    """What a sweep does, or how it ended."""
    start, last = sweep.start, sweep.last
    text = f"process {start.pid} on {start.host}, since {_date(start.time)}"
    if sweep.is_alive:
        return f"{text}, last news {_ago(last.time, now)}"
    if last.event == journal.OVER:
        return f"{text}: {last.facts['how']} {_date(last.time)}"
    return f"{text}: killed, last news {_date(last.time)}"


def _failures(places, events, count):
    """Lines of which the last end is a failure, the latest first."""
    outcomes = journal.last_outcomes(events).values()
    failed = [each for each in outcomes if each.facts["failure"] is not None]
    failed.sort(key=lambda each: each.time, reverse=True)
    if failed:
        yield f"Failed when they last ran: {len(failed)}"
    for event in failed[:count]:
        facts = event.facts
        yield f"  {facts['line']}"
        yield f"      {facts['failure']}"
        if facts["again"]:
            yield f"      {facts['again']}"
        yield (
            f"      after {_clock(facts['seconds'])} on {_device(event)}, "
            f"{_date(event.time)}"
        )
        logs = [os.path.join(place, facts["log"]) for place in places]
        log = next(filter(os.path.isfile, logs), facts["log"])
        shown = line_logs.last_lines(log, TAIL_LINES) or [facts["last"]]
        if any(shown):
            yield f"      {log} ends with:"
            yield from (f"          {line}" for line in shown)
    if len(failed) > count:
        yield f"  and {len(failed) - count} more: --failures={len(failed)}"


def _running(begun, now):
    running = [each.event for each in begun if each.sweep.is_alive]
    if running:
        yield "Running:"
    for event in running:
        since = _clock((now - event.time).total_seconds())
        yield f"  {since:>8}  {_device(event)}  {_name(event)}"


def _interrupted(begun, sweeps):
    """Those of the latest sweeps that nobody runs, and that have not ended."""
    latest = {_lines_of(sweep): sweep for sweep in sweeps.values()}.values()
    names = [
        _name(each.event)
        for each in begun
        if each.sweep in latest and not each.sweep.is_alive
    ]
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"Interrupted: {', '.join(names[:SHOWN])}{more}"


def _devices(events):
    """Throughput of devices, in the time in which they had a line to run."""
    spans, counts = {}, {}
    for event in events:
        if event.event == journal.ENDED and event.facts["device"]:
            key = _device(event)
            end = event.time.timestamp()
            begin = end - event.facts["seconds"]
            spans.setdefault(key, []).append((begin, end))
            counts[key] = counts.get(key, 0) + 1
    if counts:
        yield "Devices:"
    for key, count in counts.items():
        busy_s = _covered(spans[key])
        text = f"  {key}: {_count(count, 'line')} in {_clock(busy_s)}"
        if busy_s >= 1:
            rate = count / busy_s * 3600
            text += (
                f", {rate:,.0f} an hour"
                if rate > 9
                else f", {rate:.2g} an hour"
            )
        yield text


def _covered(spans):
    """Seconds that are in at least one span."""
    total, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total


def _slowest(events):
    ended = [event for event in events if event.event == journal.ENDED]
    ended.sort(key=lambda event: event.facts["seconds"])
    longest = {event.facts["line"]: event for event in ended}.values()
    slowest = sorted(longest, key=lambda event: -event.facts["seconds"])
    if slowest:
        yield "Slowest:"
    for event in slowest[:SHOWN]:
        seconds = _clock(event.facts["seconds"])
        yield f"  {seconds:>8}  {_device(event)}  {_name(event)}"


def _remote(directory, now):
    """Who holds which lease below a remote root; logs are elsewhere."""
    found = list(_leases([files.join(directory, "leases")], now))
    yield from found or [f"Nobody has a lease in {directory}/leases"]
    yield (
        "Logs and journals are on the machines of the sweeps, in the folder "
        "`logs` where they were started, or in --log_dir"
    )


def _leased(events):
    """Yields folders of the leases of sweeps, as far as journals tell."""
    for event in events:
        folder = event.facts.get("leases")
        if folder and not files.is_remote(folder):
            nearby = os.path.relpath(folder)
            folder = folder if nearby.startswith("..") else nearby
        if folder:
            yield folder


def _leases(folders, now):
    """Who holds which lease, by the files of leases."""
    for folder in folders:
        try:
            held = leases.held(folder)
        except (OSError, ValueError) as error:  # A store without its package.
            yield f"Leases in {folder} cannot be seen: {error}"
            continue
        if held:
            yield f"Leases in {folder}:"
        for name, (by, renewed) in held.items():
            yield f"  {name}: {by}, renewed {_ago(renewed, now)}"


def _name(event):
    """What a line is called: its log is."""
    return event.facts["log"].removesuffix(".log")


def _device(event):
    device = event.facts["device"] or "no device"
    # In a cluster, it is that of another machine than the sweep's.
    return device if " of " in device else f"{device} of {event.host}"


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def _clock(seconds):
    return tqdm.tqdm.format_interval(seconds)


def _date(time):
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def _ago(time, now):
    return f"{_clock(max(0, (now - time).total_seconds()))} ago"
