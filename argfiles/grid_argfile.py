r"""Prints one line of flags per combination of values, for any experiment.

    lottery-ticket argfile_runner lottery_experiment grid_argfile \
        --output_dir=results --lr=1e-4,1e-3 --seed=1-5

argfile_runner says whose flags these are; without it, lottery_experiment's.
"""

import decimal
import hashlib
import itertools
import os
import re
import shlex
import sys
from typing import Any

from lottery_ticket.argfiles import sweep
from lottery_ticket.foundations.command_line import (
    flag_values,
    flag_words,
    flags,
    terminal,
)
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.sweeps import argfile_lines, scripts

LONGEST_NAME = 80  # Characters of a value in a folder's name.


def lines(output_dir: str, *, grid: str | None = None) -> list[str]:
    """Prints one line of flags per combination of the values of flags.

    Any flag of the runner may be given, with one value or several. Between
    these stand commas, or semicolons where values have commas themselves, as
    those of fractions and hidden_units do; integers may be ranges such as 1-5.

    Each flag with several values has a folder, in the order in which they are
    given, and the seed is the trial: OUTPUT_DIR/lr=1e-4/trial3. It is 1 if it
    is not given; of experiments that have their ticket's, it is that then, and
    there is no folder of a trial. An experiment that is a single run lies in
    .../trial3/0/EXPERIMENT. Values can be added later: what is done stays where
    it is. For that, end a value that is still alone with a comma or semicolon,
    which gives it its folder at once.

    Args:
        output_dir: Folder of the results.
        grid: The flags in one text, such as "--lr=1e-4,1e-3 --seed=1-5".

    Raises:
        ValueError: If a flag is unknown, a value is wrong or given twice, or
            two values of a flag would share a folder.
    """
    name, command = _runner()
    parameters = command.parameters
    given = flag_words.read(shlex.split(grid or ""), parameters)
    if "output_dir" in given:
        raise ValueError("--output_dir is given twice")
    # None is that of the ticket which is read.
    if "seed" in parameters and parameters["seed"].default is not None:
        given = {"seed": "1"} | given
    values = {
        flag: _values(flag, text, parameters[flag].annotation)
        for flag, text in given.items()
    }
    folders = {
        flag: _folders(flag, values[flag])
        for flag, text in given.items()
        if flag != "seed" and (len(values[flag]) > 1 or text[-1:] in (",", ";"))
    }
    _check(command, values)
    found = []
    for chosen in _combinations(values):
        parts = [folders[flag][chosen[flag]] for flag in folders]
        folder = files.join(output_dir, *parts)
        if "seed" in chosen:
            folder = paths.trial(folder, chosen["seed"])
        if "experiment_name" not in parameters:  # It names no runs below.
            folder = paths.run(folder, 0, name)
        found.append(sweep.line(output_dir=folder, **chosen))
    return found


def main(argv: list[str] | None = None) -> None:
    """Prints the lines of a command line, or of the program's own."""
    argv = sys.argv[1:] if argv is None else argv
    own, others = flags.split(lines, argv)
    if not {"--help", "-h", "--version"}.isdisjoint(argv):
        own = argv  # These are no flags of the lines.
    elif others:
        own.append(f"--grid={shlex.join(others)}")
    try:
        _, command = _runner()
    except ValueError as error:
        terminal.say(f"Error: {error}", sys.stderr)
        sys.exit(2)
    flags.print_lines(lines, command, own)


def _runner():
    """Name of what runs the lines, and its flags."""
    given = os.environ.get(argfile_lines.RUNNER, "lottery_experiment")
    experiments = scripts.modules("lottery_ticket.experiments")
    if given in experiments:
        return given, flags.as_command(scripts.load(experiments[given]).plan)
    command = scripts.declared(scripts.find("runner", given, experiments))
    if command is None:
        raise ValueError(
            f"{given} has no RUN that declares its flags: nothing says which "
            "values they take"
        )
    return os.path.basename(given).removesuffix(".py"), command


def _values(flag, text, annotation):
    """The values in the text of a flag, each as a command line has it."""
    kind = flag_values.kind(annotation)
    has_commas = ";" in text or kind in (tuple, dict)
    parts = text.split(";" if has_commas else ",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    found: list[Any] = []
    for part in map(str.strip, parts):
        if kind is int and part != "None":  # Or a range.
            found += flag_values.convert(flag, part, tuple[int, ...])
        else:
            found.append(flag_values.convert(flag, part, annotation))
    texts = [_text(value) for value in found]
    for text in texts:
        if texts.count(text) > 1:
            raise ValueError(f"--{flag} has the value {text} twice")
    return texts


def _text(value):
    """A value in the one way to write it: 1e-4 for .0001 as well."""
    if isinstance(value, float):
        exact = decimal.Decimal(repr(value)).normalize()
        return min(f"{exact:f}", f"{exact:e}", key=len)
    if isinstance(value, dict):
        return ",".join(f"{key}={_text(each)}" for key, each in value.items())
    if isinstance(value, tuple) and value:
        return ",".join(map(_text, value))
    return flag_values.text(value)


def _folders(flag, texts):
    """Dict, value -> name of its folder: one of plain characters."""
    found, values = {}, {}
    for text in texts:
        name = re.sub(r"[^\w.+=-]+", "_", text.replace("*", "")).strip("_=")
        if len(name) > LONGEST_NAME:
            digest = hashlib.sha256(text.encode()).hexdigest()[:8]
            name = f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}"
        if name in values:
            raise ValueError(
                f"--{flag}={values[name]} and --{flag}={text} would share the "
                f"folder {flag}={name}: use a grid for each"
            )
        values[name] = text
        found[text] = f"{flag}={name}"
    return found


def _combinations(values):
    """Yields dict, flag -> value: all of the first seed, then of the next."""
    order = sorted(values, key=lambda flag: flag != "seed")
    for combination in itertools.product(*(values[flag] for flag in order)):
        yield dict(zip(order, combination, strict=True))


def _check(command, values):
    """Checks each value, with the first ones of the other flags."""
    usual = {flag: texts[0] for flag, texts in values.items()}
    for flag, texts in values.items():
        for text in texts:
            line = sweep.line(output_dir=".", **{**usual, flag: text})
            flags.bind(command, shlex.split(line))


if __name__ == "__main__":
    main()
