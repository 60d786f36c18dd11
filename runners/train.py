r"""Trains one network once, from the command line.

    lottery-ticket train --output_dir=results/once --recipe=mnist_fc

Each argument of `experiments.train.train` is a flag; --help lists them.
"""

from lottery_ticket.experiments import train
from lottery_ticket.foundations.command_line import flags

RUN = train.train
IS_COMPLETE = train.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
