"""The console command `lottery-ticket`: every runner is a subcommand."""

import sys

from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.machine import environment, lazy
from lottery_ticket.foundations.values import names
from lottery_ticket.runners import commands

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
        names.check("command", name, commands.helps())
    except ValueError as error:
        terminal.say(f"Error: {error}", sys.stderr)
        sys.exit(2)
    sys.argv[0] = f"lottery-ticket {name}"
    if name in _MAINS:
        _MAINS[name](argv[1:])
    else:
        flags.main(commands.find(name), argv[1:])


def _help():
    helps = commands.helps()
    width = max(map(len, helps))
    rows = [f"  {name:<{width}}  {text}" for name, text in helps.items()]
    return "\n".join(
        [
            "lottery-ticket COMMAND [--flag=value ...]",
            "",
            *rows,
            "",
            "lottery-ticket COMMAND --help lists a command's flags, and",
            "lottery-ticket COMMAND --help FLAG says all of one.",
        ]
    )


if __name__ == "__main__":
    main()
