r"""Trains two copies of a ticket and measures between them.

    lottery-ticket instability --output_dir=results/trial1/8/instability500 \
        --ticket=results/trial1/8/same_init --iteration=500it

Each argument of `experiments.instability.train` is a flag; --help lists them.
"""

from lottery_ticket.experiments import instability
from lottery_ticket.foundations.command_line import flags

RUN = instability.train
IS_COMPLETE = instability.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
