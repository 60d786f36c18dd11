r"""Runs a runner once for each line of an argfile, on all devices at once.

    lottery-ticket argfile_runner \
        lottery_experiment lottery_experiment_argfile --output_dir=results

--help lists the flags; all others are the argfile's.
"""

import contextlib
import dataclasses
import functools
import math
import os
import shlex
import subprocess
import sys
import time

import tqdm

from lottery_ticket.foundations.command_line import (
    endings,
    flag_words,
    flags,
    help_text,
)
from lottery_ticket.foundations.machine import devices as devices_lib
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    attempts,
    cost,
    engines,
    journal,
    leases,
    line_logs,
    line_progress,
    line_waits,
    line_watch,
    ready_lines,
    scripts,
    shards,
    shared_lines,
    steps,
    worker_protocol,
)
from lottery_ticket.foundations.values import durations, fields
from lottery_ticket.runners import sweep_names

TIME_IS_UP = 75  # Exit status: sysexits.h calls it EX_TEMPFAIL, "try again".


def argfile_runner(
    runner: str,
    argfile: str | None,
    *,
    devices: str | None = None,
    workers_per_device: int = 1,
    engine: str = engines.LOCAL,
    address: str | None = None,
    log_dir: str | None = None,
    dry_run: bool = False,
    print_lines: bool = False,
    probes: int = cost.PROBES,
    verify: bool = False,
    quiet: bool = False,
    shard: str | None = None,
    stop_after: str | None = None,
    retries: int = 0,
    timeout: str | None = None,
    rerun_failed: bool = False,
    argfile_flags: str = "",
) -> None:
    """Runs a runner once for each line of an argfile, on all devices at once.

        argfile_runner RUNNER ARGFILE [FLAGS] [FLAGS OF THE ARGFILE]
        argfile_runner SWEEP.yaml [FLAGS] [FLAGS OF ALL ITS ARGFILES]

    One worker process per GPU, each seeing that one alone, or one
    single-threaded worker per CPU core. Workers are started once and run line
    after line, so lines share a process; what each prints goes to a log file of
    its own. Lines whose run is complete are skipped. A line that fails, or
    kills its worker, is reported at the end and stops no other; the exit status
    is then 1. Flags of all lines are checked before any work; a line with a
    wrong one fails alone, and where all have one nothing is run. A line that
    reads what another one writes, such as a branch of its ticket, starts as
    soon as that is there. Lines that say the same are run once.

    SWEEP.yaml is a list of steps, each with a runner, an argfile and its flags:
    see docs/sweeps.md.

    Flags that are not listed here go to the argfile, which is a program of its
    own: argfile_runner RUNNER ARGFILE --help lists its flags. A switch of the
    argfile, which takes no value, must stand after RUNNER and ARGFILE.

    Ctrl-C and SIGTERM stop everything, with exit status 130; the same command
    goes on from there. Several machines share a sweep by --shard, or by
    --engine=ray: see docs/clusters.md.

    Args:
        runner: Name of one of our runners, such as lottery_experiment, a dotted
            module, or a .py file. Its `main`, if any, is called with the words
            of a line; else the file is run as a program. If it has a RUN, a
            function whose arguments are its flags, lines are checked first;
            where that is declared to return a plans.Plan, complete ones are
            skipped. Or a sweep file, which ends with .yaml and names them.
        argfile: Name of one of our argfiles, a dotted module or a .py file
            that prints one line of flags per run, or a text file of such lines.
            A sweep file needs none.
        devices: Ids of the GPUs to use, such as 0,1. Or cpu for every core,
            cpu*4 for four of them. Default is all GPUs, or every core where
            there is no GPU. In a cluster gpu, gpu*4, cpu or cpu*4.
        workers_per_device: Worker processes that share a GPU or a core. Small
            networks leave most of a GPU idle; try 2 to 8.
        engine: Where the workers are: local, on this machine, or ray, on the
            nodes of a Ray cluster. Ray needs pip install 'lottery_ticket[ray]'.
        address: Address of the Ray cluster, HOST:PORT as `ray start --head`
            prints it. Default is that of the variable RAY_ADDRESS, or of the
            cluster that this machine is in.
        log_dir: Folder of the log files, one a line, added to by each attempt.
            Default is `logs` in the deepest folder that holds all output_dirs.
        dry_run: Print how many lines would run, where, and what that would
            cost in time, disk and memory, and run nothing; the exit status is 1
            if a line is refused. Where no line of the same kind has run here,
            one is tried out for some seconds in a folder that is removed.
        print_lines: Print every line of a dry run too, with its command and its
            log.
        probes: How many kinds of lines a dry run may try out; 0 is none.
        verify: Read every file of complete lines, and name those that have
            changed: their lines are run again. Else the sizes of files, and the
            checksum of each run.json, tell what is complete.
        quiet: Show nothing but failures, at the end.
        shard: Which lines are run here. I/N: every N-th from the I-th on. auto:
            the same by the variables of a Slurm job array or a Kubernetes
            Indexed Job. leases: what no other sweep with leases has, on any
            machine that writes to the same folders. Default is all.
        stop_after: Time after which to stop as by Ctrl-C, such as 55min (s,
            min, h), with exit status 75 if lines are left. Default is never.
        retries: How often a line that fails is tried again, after all others
            have run. One that ran out of memory is tried again once, alone.
        timeout: Time without progress after which a line is stopped and has
            failed, such as 30min: its log and its folder stay as they are.
            While it computes, as when it compiles, it has ten times as long.
            Default is never.
        rerun_failed: Run only the lines that failed when they last ran, as
            `sweep_status` lists them.
        argfile_flags: Flags of the argfile in one text, for when some have
            names that argfile_runner has, too, such as "--quiet --trials=3".
    """
    fields.check("retries", retries, int, at_least=0)
    fields.check("probes", probes, int, at_least=0)
    if timeout:
        durations.seconds(timeout)
    limit_s = durations.seconds(stop_after) if stop_after else math.inf
    deadline = time.monotonic() + limit_s
    part = shards.parse(shard, os.environ)
    workers, slots = engines.find(engine, address, devices, workers_per_device)
    words = shlex.split(argfile_flags)
    sweep = sweep_names.sweep(runner, argfile, words)
    found = sweep.runner
    name = os.path.abspath(runner) if steps.is_file(runner) else found.name
    everywhere = line_watch.marked(line_logs.place(sweep.lines, log_dir))
    folder = shared_lines.folder(found, everywhere) if part.is_leased else None
    lines = part.of(everywhere)
    if rerun_failed:
        everywhere = lines = journal.failed(lines, name)
        if not lines:
            _say("No line failed when it last ran.")
            return
    agenda = argfile_lines.agenda(
        found, lines, _showing(len(lines), quiet), verify
    )
    writers = line_waits.Writers(found, everywhere)
    own = {line.number for line in lines}
    elsewhere = {line.number for line in everywhere} - own
    agenda = line_waits.place(agenda, writers, elsewhere)
    agenda = dataclasses.replace(agenda, duplicates=sweep.duplicates)
    slots = slots[: len(agenda.to_run)]
    title = f"{part.text}{agenda.text}{_on(slots)}"
    if dry_run:
        _print_agenda(found, agenda, title, print_lines)
        say = (lambda _: None) if quiet else _say
        print(_cost(found, name, agenda, slots, probes, say).text)
        if agenda.refused:
            sys.exit(1)
        return
    record = _journal(name, argfile or "", agenda, folder)
    if not quiet:
        _say(title)
    progress = line_progress.LineProgress(agenda, quiet)

    def began(line, device):
        progress.begin(line)
        record.begin(line, device)

    care = worker_protocol.Care(began, timeout, _local_folder(lines))
    looked_up = functools.partial(argfile_lines.looked_up, found, verify=verify)
    waits = line_waits.LineWaits(looked_up, agenda, writers)
    run_lines = functools.partial(
        _outcomes, found, folder, verify, waits, care, workers
    )
    outcomes = attempts.run(
        run_lines, agenda.to_run, slots, retries, waits.lines
    )
    _run(found, outcomes, progress, record, deadline)


RUN = flags.Command(
    argfile_runner,
    example=lambda: help_text.example_in(sys.modules[__name__]),
    config_note=flags.OF_LINES,
)


def main(argv=None):
    """Runs the command line `argv`, or the program's own."""
    own, others = flags.split(RUN, sys.argv[1:] if argv is None else argv)
    own = [*own, *_no_argfile(own)]
    asked = [at for at, word in enumerate(others) if word in ("--help", "-h")]
    if asked:
        named = others[asked[0] + 1 :][:1]
        _, *argfile = [word for word in own if not word.startswith("-")] or [0]
        if argfile:  # Its own flags.
            _say_help(argfile[0], named)
        own = ["--help", *named]
    elif others:
        own = _with_argfile_flags(own, others)
    flags.main(RUN, own)


def _no_argfile(words):
    """A word that says that there is no argfile, where a sweep file has them.

    `words` are those of the command line.
    """
    try:
        given = flag_words.read(words, RUN.parameters)
    except ValueError:  # Which is said later.
        return []
    is_file = steps.is_file(given.get("runner", ""))
    return ["--argfile=None"] if is_file and "argfile" not in given else []


def _with_argfile_flags(words, others):
    """Words of the command line, in which the argfile has others of its own."""
    try:
        given = flag_words.read(words, RUN.parameters)
    except ValueError:  # Which is said later.
        return words
    given["argfile_flags"] = (
        f"{given.get('argfile_flags', '')} {shlex.join(others)}".strip()
    )
    return [f"--{name}={text}" for name, text in given.items()]


def _say_help(argfile, named):
    """Prints the help of an argfile, or of a flag, and ends the program."""
    try:
        command = scripts.command(
            sweep_names.argfile(argfile), ["--help", *named]
        )
    except ValueError as error:
        endings.leave(error)
    sys.exit(subprocess.run(command).returncode)


def place(
    devices: str | None, shard: str | None
) -> "tuple[shards.Shard, list[devices_lib.Slot]]":
    """Returns which lines are done here, and a slot of each device for them.

    Args:
        devices: As of `argfile_runner`.
        shard: As of `argfile_runner`.

    Raises:
        ValueError: If one is wrong, or there is no such device.
    """
    part = shards.parse(shard, os.environ)
    _, slots = engines.find(engines.LOCAL, None, devices, 1)
    return part, slots


def cost_of(
    sweep_file: str,
    *,
    devices: str | None = None,
    shard: str | None = None,
    quiet: bool = False,
) -> cost.Cost:
    """Returns what is left of a sweep file costs here; runs none of it.

    Args:
        sweep_file: Path of a YAML file of steps.
        devices: As of `argfile_runner`, as the next ones.
        shard: Which lines count.
        quiet: Whether not to say that lines are tried out.

    Raises:
        ValueError: If something that is given is wrong.
    """
    part, slots = place(devices, shard)
    sweep = sweep_names.sweep(sweep_file, None, [])
    lines = part.of(line_logs.place(sweep.lines, None))
    showing = _showing(len(lines), quiet)
    agenda = argfile_lines.agenda(sweep.runner, lines, showing, False)
    slots = slots[: len(agenda.to_run)]
    say = (lambda _: None) if quiet else _say
    name = os.path.abspath(sweep_file)
    return _cost(sweep.runner, name, agenda, slots, cost.PROBES, say)


def _showing(total, quiet):
    """A bar for looking thousands of lines up; a few stay silent."""
    return functools.partial(
        tqdm.tqdm,
        total=total,
        desc="looking for complete lines",
        delay=2,
        leave=False,
        disable=quiet or not sys.stderr.isatty(),
    )


def _print_agenda(runner, agenda, title, is_full):
    texts = [
        title,
        *(f"refused: {line.text}\n    {why}" for line, why in agenda.refused),
    ]
    if is_full:
        texts += [
            *(f"complete: {line.text}" for line in agenda.complete),
            *(_to_run(runner, line, agenda) for line in agenda.to_run),
        ]
    print("\n".join(texts), flush=True)


def _cost(runner, name, agenda, slots, probes, say):
    """What an agenda costs on some slots."""
    return cost.estimate(
        runner,
        agenda.to_run,
        slots,
        name=name,
        complete=agenda.complete,
        probes=probes,
        say=say,
    )


def _to_run(runner, line, agenda):
    """A line that is to be run, at once or later."""
    wait = agenda.waits.get(line.number)
    text = f"waits: {line.text}\n    for: {wait.folder}" if wait else ""
    command = shlex.join(runner.command(line.words))
    text = text or f"to run: {line.text}"
    return f"{text}\n    log: {line.log}\n    command: {command}"


def _on(slots):
    if not slots:
        return ""
    names = ", ".join(dict.fromkeys(slot.name for slot in slots))
    plural = "es" if len(slots) > 1 else ""
    return f" in {len(slots)} worker process{plural} on {names}"


def _local_folder(lines):
    """The folder of this machine that holds all results, or None."""
    folder = "/".join(argfile_lines.shared_folder(lines))
    return None if not folder or files.is_remote(folder) else folder


def _outcomes(runner, folder, verify, waits, care, engine, lines, slots, again):
    """How lines end, as they do; those of all sweeps that have the folder."""
    if folder is None:
        return ready_lines.run(runner, lines, slots, waits, care, again, engine)
    held = leases.Leases(folder)
    return shared_lines.run(
        runner, lines, slots, held, waits, verify, care, again, engine
    )


def _journal(name, argfile, agenda, leases_folder):
    """The journal beside the logs, or none where nothing is to run."""
    folder = None
    if agenda.to_run:
        folder = os.path.dirname(agenda.to_run[0].log)
        line_logs.make_folder(agenda.to_run[0].log)
    found = journal.Journal(folder)
    found.start(name, argfile, agenda, leases_folder)
    return found


def _run(runner, outcomes, progress, record, deadline):
    """Shows and records how lines end, until all have or time is up."""
    how = "stopped"
    try:
        with contextlib.closing(progress), contextlib.closing(outcomes):
            for outcome in outcomes:
                if outcome is not None:
                    progress.add(outcome)
                    record.end(outcome)
                progress.tick()
                record.tick()
                if time.monotonic() >= deadline:
                    break
        how = "time is up" if progress.left else "done"
    except KeyboardInterrupt:
        _say(f"\nStopped: {progress.text()}. {_way_on(runner)}")
        sys.exit(130)
    finally:
        record.close(how)
        if record.problem:
            _say(record.problem)
    if progress.left:
        _say(f"\nTime is up: {progress.text()}. {_way_on(runner)}")
        sys.exit(TIME_IS_UP)
    if not progress.is_quiet or progress.failures:
        _say(progress.summary())
    if progress.failures:
        sys.exit(1)


def _way_on(runner):
    if runner.can_skip:
        return "The same command goes on from here."
    blind = " and ".join(each.text for each in runner.blind)
    return f"The same command hands all lines to {blind} again."


def _say(text):
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
