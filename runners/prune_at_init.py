r"""Prunes a network at initialisation and trains it, from the command line.

    lottery-ticket prune_at_init \
        --criterion=synflow --density=.05 --output_dir=results/once

Each argument of `experiments.prune_at_init.train` is a flag; --help lists them.
A stopped run goes on.
"""

from lottery_ticket.experiments import prune_at_init
from lottery_ticket.foundations.command_line import flags

RUN = prune_at_init.train
IS_COMPLETE = prune_at_init.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
