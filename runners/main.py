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
        argv = _asked(argv[1:])
    try:
        name, words = find(argv)
    except ValueError as error:
        endings.leave(error, " (lottery-ticket --help)")
    if commands.verbs(name):
        terminal.say(_help_of_verbs(name), sys.stdout)
        return
    sys.argv[0] = f"lottery-ticket {name}"
    if name in _MAINS:
        _MAINS[name](words)
    else:
        flags.main(commands.find(name), words)


def _asked(words):
    """What asks for the help that `help WORDS` means."""
    count = 2 if commands.verbs(words[0].replace("-", "_")) else 1
    return [*words[:count], "--help", *words[count : count + 1]]


def find(argv: list[str]) -> tuple[str, list[str]]:
    """Returns which command a line means, and its words behind the name.

    It is the command's name in `commands.with_verbs`; or a name alone, of one
    with verbs, where the line asks which there are.

    Raises:
        ValueError: If there is no such command, or no such verb.
    """
    name, words = _first("command", argv, commands.helps())
    known = commands.verbs(name)
    if not known or words in ([], ["--help"], ["-h"], ["help"]):
        return name, words
    if words[0] in ("--help", "-h", "help"):
        words = [words[1], "--help", *words[2:]]
    verb, words = _first("verb", words, known, name)
    return f"{name} {verb}", words


def _first(kind, words, known, *before):
    """The first word, which names one of the known, and the rest."""
    word = words[0]
    if word.startswith("-"):
        line = " ".join(["lottery-ticket", *before, kind.upper(), word])
        raise ValueError(f"A {kind} comes before {word}: {line}")
    name = word.replace("-", "_")
    names.check(kind, name, known)
    return name, words[1:]


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


def _help_of_verbs(name):
    rows = listings.table(commands.verbs(name), terminal.columns() - 2)
    return "\n".join(
        [
            f"lottery-ticket {name} VERB [--flag=value ...]",
            "",
            textwrap.indent(rows, "  "),
            "",
            f"lottery-ticket {name} VERB --help lists a verb's flags.",
        ]
    )


if __name__ == "__main__":
    main()
