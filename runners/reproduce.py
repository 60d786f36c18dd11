r"""Runs what papers claim, and judges it: PASS, OFF or OPEN.

    lottery-ticket reproduce lenet,conv2 --scale=short --data_dir=data

--help lists the flags; without a name, all studies are listed.
"""

import contextlib
import dataclasses
import importlib
import io
import sys
import textwrap

from lottery_ticket.experiments.reproductions import (
    claims,
    registry,
    study_sweeps,
)
from lottery_ticket.foundations.command_line import flags, terminal
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.sweeps import argfile_lines
from lottery_ticket.foundations.values import fields, names
from lottery_ticket.runners import argfile_runner, commands

with lazy.imports():
    from lottery_ticket.analysis.look import tables
    from lottery_ticket.analysis.reading import rulings
    from lottery_ticket.runners import (
        judged_studies,
        logged_blocks,
        study_costs,
    )

ALL = "all"
HINT = """
Rows are of the scale asked for, or the only one, and of others where runs are.
hours: of training by all workers, as far as run. cost here: on all devices of
this machine, a + where more is to come; reproduce STUDY,... --dry_run tries
that out, some seconds each.
"""


def reproduce(
    studies: tuple[str, ...] = (),
    *,
    scale: str = "short",
    trials: int | None = None,
    output_dir: str = "results/reproductions",
    data_dir: str | None = None,
    devices: str | None = None,
    shard: str | None = None,
    dry_run: bool = False,
    logs: str | None = None,
    markdown: str | None = None,
    quiet: bool = False,
) -> None:
    """Runs what papers claim, and judges it: PASS, OFF or OPEN.

        reproduce [STUDY,...] [FLAGS]

    Without a study it lists all, what they cost here as far as that is known,
    and what has been found so far. With some, it says what is left of them
    costs, runs that, as argfile_runner does, and prints a table: claim,
    published, measured, verdict. The exit status is 1 if one is OFF, or a line
    failed.

    A claim is that the mean over trials lies in a range: what a source prints,
    give or take its spread (half a point, where it prints none), or an order.
    PASS: the 95 % t-interval of the mean lies in the range. OFF: it lies wholly
    outside. OPEN: neither, or fewer trials than asked for, or than 3, or
    something is missing.

    Args:
        studies: Names of studies, such as lenet,conv2; or all.
        scale: paper (as published), short (an hour or two on two cores, where
            orders are judged, and what digits can show) or smoke (seconds:
            whether it runs, on images that are drawn).
        trials: Number of trials; fewer that were run leave claims open. Default
            is that of each study, 1 for smoke.
        output_dir: Folder of the results; those of a study go to
            OUTPUT_DIR/SCALE/STUDY.
        data_dir: Folder of the data, of studies that are not of digits.
        devices: As of argfile_runner; smoke runs in this process, without it.
        shard: As of argfile_runner; smoke has none.
        dry_run: Say what each study costs in time, disk and memory, for which
            a line is tried out for some seconds where none has run here; print
            its claims as they stand, and run nothing. The list of all studies
            shows what they cost from then on.
        logs: Folder for what runs have recorded, without weights. That of the
            named studies is written there, once no line has failed, nor runs by
            another shard; others are judged by it, if their results are not
            here.
        markdown: File to write all verdicts to, as a page; blocks of pages in
            papers/ and frontier/ beside it that name a study are made of its
            logs, too, and its figure where it compares methods.
        quiet: Whether to show no progress, and not to find out what is left
            costs before it is run.

    Raises:
        ValueError: If there is no such study or scale, or data are missing.
    """
    names.check("scale", scale, claims.SCALES)
    if trials is not None:
        fields.check("trials", trials, int, at_least=1)
    chosen = _chosen(studies, scale)
    sweep = study_sweeps.StudySweep(chosen, scale, output_dir, trials, data_dir)
    sweep.check()
    _check_place(scale, dry_run, devices, shard)
    options = {"devices": devices, "shard": shard, "quiet": quiet}
    does_run = bool(chosen) and not dry_run
    if dry_run:
        _say_each_cost(sweep, **options)
    elif chosen and not quiet and scale != claims.SMOKE:
        _say_cost(sweep, **options)
    status = _run(sweep, **options) if does_run else 0
    judged = [
        judged_studies.judge(
            *(name, scale, sweep.folder(name), logs),
            trials=trials,
            write=does_run and not status and shard is None,
        )
        for name in chosen
    ]
    if chosen:
        text = judged_studies.text(judged)
    else:
        text = _list(_all(output_dir, logs, trials=trials), scale, output_dir)
    terminal.say(text, sys.stdout)
    if markdown is not None:
        _write_page(markdown, output_dir, logs)
    if status or (does_run and any(each.is_off for each in judged)):
        sys.exit(1)


RUN = reproduce


def _chosen(studies, scale):
    """Names of studies; of all, those that have the scale."""
    if studies == (ALL,):
        return tuple(
            name
            for name, study in registry.STUDIES.items()
            if scale in study.steps
        )
    for name in studies:
        names.check("study", name, [*registry.STUDIES, ALL])
    return tuple(dict.fromkeys(studies))


def _check_place(scale, dry_run, devices, shard):
    """Raises ValueError for devices or a shard that there are not."""
    values = {"--devices": devices, "--shard": shard}
    given = [flag for flag, value in values.items() if value is not None]
    if given and scale == claims.SMOKE and not dry_run:
        raise ValueError(
            f"--scale={scale} runs in this process: it takes no {given[0]}"
        )
    if given:  # To look for devices takes a moment.
        argfile_runner.place(devices, shard)


def _say_each_cost(sweep, **options):
    """Says what each study costs, as soon as that is known."""
    for name in sweep.studies:
        one = dataclasses.replace(sweep, studies=(name,))
        terminal.say(_cost(one, **options), sys.stdout)


def _say_cost(sweep, **options):
    """Says what is left of all studies together costs, if anything is left."""
    found = argfile_runner.cost_of(sweep.write(), **options)
    if found.seconds != 0:
        terminal.say(f"What is left:\n{_indented(found)}", sys.stderr)


def _cost(sweep, shard, **options):
    """What the sweep of one study costs, in words; kept for the list."""
    sweep.write_data()
    found = argfile_runner.cost_of(sweep.write(), shard=shard, **options)
    (name,) = sweep.studies
    if shard is None:  # Else it is of a part.
        study_costs.keep(found, sweep.output_dir, sweep.scale, name)
    return f"{name}\n{_indented(found)}"


def _indented(found):
    return textwrap.indent(found.text, "  ")


def _run(sweep, **options):
    """Runs a sweep; returns an exit status."""
    if sweep.scale == claims.SMOKE:
        _run_here(sweep)
        return 0
    path = sweep.write()
    try:
        argfile_runner.argfile_runner(path, None, **options)
    except SystemExit as end:
        if end.code == 1:  # A line failed: what is there is judged.
            return 1
        raise
    return 0


def _run_here(sweep):
    """Runs a sweep in this process: all together share what is loaded."""
    sweep.write_data()
    for step in sweep.steps():
        command = commands.find(step["runner"])
        words = [f"--{key}={value}" for key, value in step["flags"].items()]
        for line in lines(step["argfile"], words, command):
            flags.plan(command, [*line.words, "--quiet"]).run()


def lines(
    argfile: str, words: list[str], command: flags.Command
) -> list[argfile_lines.Line]:
    """Returns the lines that one of our argfiles prints.

    In this process: one of its own takes a second.

    Args:
        argfile: Its name.
        words: Its flags.
        command: What the lines are of.
    """
    module = importlib.import_module(f"lottery_ticket.argfiles.{argfile}")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        flags.print_lines(module.lines, command, words)
    return argfile_lines.parse(printed.getvalue(), argfile)


def _all(output_dir, logs, scales=claims.SCALES, trials=None):
    """All studies at all scales."""
    return [
        judged_studies.judge(
            *(name, scale, study_sweeps.folder(output_dir, scale, name), logs),
            trials=trials,
        )
        for name in registry.STUDIES
        for scale in scales
    ]


def _list(judged, scale, output_dir):
    """All studies: what they are about, cost, and what was found."""
    heads = ["study", "what", "source", "scale", *rulings.VERDICTS]
    heads += ["hours", "cost here"]
    rows = [
        [
            each.name,
            each.study.help,
            each.study.paper,
            each.scale,
            *(str(each.count(x) or "") for x in rulings.VERDICTS),
            each.trained,
            study_costs.text(
                study_costs.kept(output_dir, each.scale, each.name)
            ),
        ]
        for each in judged
        if each.facts or each.scale == _shown(each.study, scale)
    ]
    return tables.align([heads, *rows], left=4) + HINT


def _shown(study, scale):
    """The scale of a study that is shown in any case: that, if it has it."""
    return scale if scale in study.steps else next(iter(study.steps))


def _write_page(path, output_dir, logs):
    judged = _all(output_dir, logs, (claims.PAPER, claims.SHORT))
    logged_blocks.write(path, judged)
    files.write(path, judged_studies.page(judged).encode())


if __name__ == "__main__":
    flags.main(RUN)
