r"""Evaluates masked networks that are not trained.

    lottery-ticket untrained --output_dir=results/trial1/0/untrained \
        --run=results/trial1/0/same_init

Each argument of `experiments.untrained.evaluate` is a flag; --help lists them.
"""

from lottery_ticket.experiments import untrained
from lottery_ticket.foundations.command_line import flags

RUN = untrained.evaluate
IS_COMPLETE = untrained.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
