r"""Times what a sweep costs beside its training: looking up, and handing out.

    python -m lottery_ticket.benchmarks.sweep_speed

A short ticket of the digits and branches of it, which are not trained: each is
given the files of one that was, and the settings of its own line. Then lines of
a runner that does nothing, through two workers; and short tickets of digits,
whose time is told first, as `argfile_runner` tells it. With
`--ray=127.0.0.1:6379` what does nothing again, and short runs on digits, by a
Ray cluster of this machine, in turn with workers without it, as a machine is
not as fast at all times:

    ray start --head --num-cpus=2
"""

import functools
import pathlib
import resource
import sys
import tempfile
import time

import tqdm

from lottery_ticket.argfiles import branch_argfile
from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import devices as devices_lib
from lottery_ticket.foundations.records import plans, run_record
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    cost,
    engines,
    line_logs,
    scripts,
    worker_pool,
)
from lottery_ticket.runners import commands

RECIPE = (
    *("--training_len=2it", "--test_interval=1", "--validate_interval=1"),
    *("--quiet", "--save_summaries=False"),
)
LEVELS = 4
MAIN, TICKET = "lottery_ticket.runners.main", "lottery_experiment"


def sweep_speed(
    lines: int = 20_000,
    handed: int = 2_000,
    told: int = 6,
    ray: str | None = None,
    trained: int = 40,
    rounds: int = 3,
) -> None:
    """Prints milliseconds a line, and megabytes of the parent.

    Args:
        lines: Complete branches to look up; 0 is none.
        handed: Lines of the runner that does nothing.
        told: Tickets whose time is told, and compared with what they take;
            0 is none.
        ray: Address of a Ray cluster, on this machine, that is compared with
            workers without it: on lines that do nothing, and on short runs on
            digits. None compares nothing.
        trained: Short runs for that.
        rounds: How often both are compared.
    """
    with tempfile.TemporaryDirectory() as folder:
        if lines:
            _time_look_up(folder, lines)
        _time_handing_on(folder, handed)
        if told:
            _time_told(folder, told)
        if ray is not None:
            _compare_ray(folder, ray, (handed, trained), rounds)


def _time_look_up(folder, count):
    _train(folder)
    command = commands.find("branch")
    runner = scripts.Runner(MAIN, declared=command)
    texts = branch_argfile.lines(
        folder,
        experiment="reinit,shuffle",
        trials=1,
        levels=f"1-{LEVELS}",
        runs=-(-count // (2 * LEVELS)),
    )
    argfile = pathlib.Path(folder, "lines.txt")
    argfile.write_text("\n".join(f"{text} --quiet" for text in texts[:count]))
    lines = argfile_lines.read(str(argfile), [])
    _fill(command, lines)
    before = _megabytes()
    _timed("read", count, lambda: argfile_lines.read(str(argfile), []))
    checked = _timed(
        "checked", count, lambda: argfile_lines.check(runner, lines)
    )
    agenda = _timed(
        "looked up", count, lambda: argfile_lines.agenda(runner, checked)
    )
    print(agenda.text)
    print(f"memory of the parent: {_megabytes() - before:.0f} MB more")


def _train(folder):
    words = [f"--output_dir={folder}/trial1", f"--iterations={LEVELS}"]
    flags.plan(commands.find(TICKET), [*words, *RECIPE]).run()


def _fill(command, lines):
    """Makes runs of branches that are complete, as far as look-ups see."""
    first, *others = lines
    flags.plan(command, first.words).run()
    source = flags.bind(command, first.words)["output_dir"]
    record = run_record.read(source) or {}
    files = {name.partition("/")[0] for name in record["checksums"]}
    for line in tqdm.tqdm(others, desc="made up"):
        plan = flags.plan(command, line.words)
        pathlib.Path(plan.output_dir).mkdir(parents=True)
        for name in files:
            _link(pathlib.Path(source, name), pathlib.Path(plan.output_dir))
        settings = plans.made(plan.settings)
        run_record.write(plan.output_dir, {**record, "settings": settings})


def _link(source, folder):
    """Links a file, or a folder's files: they take no room."""
    if source.is_dir():
        (folder / source.name).mkdir()
        for file in source.iterdir():
            _link(file, folder / source.name)
    else:
        (folder / source.name).hardlink_to(source)


def _time_handing_on(folder, count):
    script = pathlib.Path(folder, "nothing.py")
    script.write_text("def main(argv=None):\n    pass\n")
    seconds = _seconds(folder, scripts.Runner(str(script)), (), None, count)
    _show("handed on", seconds, count)


def _time_told(folder, count):
    """Prints how long tickets were said to take, and how long they did."""
    command = commands.find(TICKET)
    runner = scripts.Runner(MAIN, (TICKET,), declared=command)
    words = ("--iterations=2", "--training_len=2000it", "--quiet")
    lines = _lines(folder, words, count)
    slots = devices_lib.slots("cpu*1")
    told = cost.estimate(runner, lines, slots)
    started = time.perf_counter()
    _ended(worker_pool.run(runner, lines, slots))
    took = time.perf_counter() - started
    print(f"{count} tickets: told {told.seconds:.1f} s, took {took:.1f} s")


def _compare_ray(folder, address, counts, rounds):
    """Prints what lines take with Ray, and how much longer that is."""
    nothing = scripts.Runner(f"{folder}/nothing.py")
    words = (TICKET,)
    training = scripts.Runner(MAIN, words)
    short = ("--iterations=1", "--training_len=1000it", "--quiet")
    work = {"nothing": (nothing, ()), "digits": (training, short)}
    for count, (label, (runner, words)) in zip(
        counts, work.items(), strict=True
    ):
        contenders = {
            name: functools.partial(_seconds, folder, runner, words, where)
            for name, where in {"local": None, "Ray": address}.items()
        }
        times = timing.compare(contenders, rounds, count, warmup=4)
        timing.show(times, f"{count} lines, {label}", each="line")


def _seconds(folder, runner, words, address, count):
    """Seconds that so many lines take two workers, once these have started.

    The first two lines, in which programs are compiled, do not count.
    """
    lines = _lines(folder, words, count)
    devices = "cpu*2" if devices_lib.cores() > 1 else "cpu*1"
    name = engines.LOCAL if address is None else engines.RAY
    engine, slots = engines.find(name, address, devices)
    ended = _ended(worker_pool.run(runner, lines, slots, engine=engine))
    warm = min(2, len(ended) - 2)
    return (ended[-1] - ended[warm]) * len(ended) / (len(ended) - 1 - warm)


def _lines(folder, words, count):
    """So many lines with a folder each, in a folder of their own."""
    place = tempfile.mkdtemp(dir=folder)
    lines = [
        argfile_lines.Line(number, (f"--output_dir={place}/{number}", *words))
        for number in range(1, count + 1)
    ]
    lines = line_logs.place(lines, f"{place}/logs")
    line_logs.make_folder(lines[0].log)
    return lines


def _ended(outcomes):
    """When each line ended, in seconds; none may fail."""
    ended = []
    for outcome in outcomes:
        if outcome is None:
            continue
        ended.append(time.perf_counter())
        if outcome.failure:
            raise RuntimeError(f"a line failed: {outcome.failure}")
    return ended


def _timed(label, count, work):
    """Returns what some work returns, and prints what it took a line."""
    started = time.perf_counter()
    found = work()
    _show(label, time.perf_counter() - started, count)
    return found


def _show(label, seconds, count):
    print(f"{label:<20} {1000 * seconds / count:.2f} ms a line")


def _megabytes():
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    flags.main(sweep_speed)
