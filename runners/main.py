"""The console command `lottery-ticket`: every runner is a subcommand."""

import importlib
import sys

from lottery_ticket.foundations import names
from lottery_ticket.foundations.command_line import streams

# Subcommand -> what it is for, in the order in which a newcomer needs them.
COMMANDS = {
    "train": "trains one network",
    "lottery_experiment": "trains, prunes, rewinds, repeats: one trial",
    "untrained": "how well masks of a dense run do without any training",
    "supermask": "learns a mask of weights that stay as they are drawn",
    "prune_at_init": "prunes a network before it is trained",
    "gem_miner": "finds a ticket by training scores, and trains it",
    "mask_connectivity": "what lies between two masks of the same weights",
    "reinitialize": "trains a ticket's masks from other weights",
    "branch": "trains a finished ticket again, with one thing changed",
    "instability": "trains two copies of a ticket and measures between them",
    "argfile_runner": "runs every line of an argfile, on all GPUs or cores",
    "report": "tables and figures of a folder of results",
    "mask_facts": "how alike masks are, and which signs training keeps",
    "download_data": "fetches datasets ahead of time",
}


def main(argv=None):
    """Runs a subcommand; None takes sys.argv's words."""
    streams.open_closed()
    try:
        _run(sys.argv[1:] if argv is None else list(argv))
    except KeyboardInterrupt:  # While the subcommand was being imported.
        sys.exit(130)


def _run(argv):
    if not argv or argv[0] in ("--help", "-h", "help"):
        streams.say(_help(), sys.stdout)
        return
    name = argv[0].replace("-", "_")
    try:
        names.check("command", name, COMMANDS)
    except ValueError as error:
        streams.say(f"Error: {error}", sys.stderr)
        sys.exit(2)
    sys.argv[0] = f"lottery-ticket {name}"
    module = importlib.import_module(f"lottery_ticket.runners.{name}")
    module.main(argv[1:])


def _help():
    width = max(len(name) for name in COMMANDS)
    rows = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "lottery-ticket COMMAND [--flag=value ...]",
            "",
            *rows,
            "",
            "lottery-ticket COMMAND --help lists a command's flags.",
        ]
    )


if __name__ == "__main__":
    main()
