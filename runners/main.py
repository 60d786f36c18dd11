"""The console command `lottery-ticket`: every runner is a subcommand."""

import sys
import textwrap

from lottery_ticket.foundations.command_line import endings, terminal
from lottery_ticket.foundations.machine import environment, lazy
from lottery_ticket.foundations.values import names
from lottery_ticket.runners import commands, listings

with lazy.imports():
    from lottery_ticket.foundations.command_line import flags
    from lottery_ticket.runners import argfile_runner

# Those that read their words in a way of their own.
_MAINS = {"argfile_runner": lambda words: argfile_runner.main(words)}


def main(argv=None):
    """Runs a subcommand; None takes sys.argv's words."""
    terminal.open_closed()
    try:
        _run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:  # While the subcommand was being imported.
        sys.exit(130)


def _run(argv):
    if argv in ([], ["--help"], ["-h"], ["help"]):
        terminal.say(_help(), sys.stdout)
        return
    if argv[0] == "--version":
        terminal.say(f"lottery_ticket {environment.version()}", sys.stdout)
        return
    if argv[0] == "help":
        argv = [*argv[1:2], "--help", *argv[2:3]]
    name = argv[0].replace("-", "_")
    try:
        _check(argv[0], name)
    except ValueError as error:
        endings.leave(error, " (lottery-ticket --help)")
    sys.argv[0] = f"lottery-ticket {name}"
    if name in _MAINS:
        _MAINS[name](argv[1:])
    else:
        flags.main(commands.find(name), argv[1:])


def _check(word, name):
    """Raises ValueError unless a word is a command's name."""
    if word.startswith("-"):
        raise ValueError(
            f"A command comes before {word}: lottery-ticket COMMAND {word}"
        )
    names.check("command", name, commands.helps())


def _help():
    rows = listings.table(commands.helps(), terminal.columns() - 2)
    return "\n".join(
        [
            "lottery-ticket COMMAND [--flag=value ...]",
            "",
            textwrap.indent(rows, "  "),
            "",
            "lottery-ticket COMMAND --help lists a command's flags, and",
            "lottery-ticket COMMAND --help FLAG says all of one.",
        ]
    )


if __name__ == "__main__":
    main()
