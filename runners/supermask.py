r"""Learns a mask of a network with frozen weights, from the command line.

    lottery-ticket supermask \
        --sigmoid_bias=0 --rescaling=dynamic --output_dir=results/once

Each argument of `experiments.supermask.train` is a flag; --help lists them.
A stopped run goes on.
"""

from lottery_ticket.experiments import supermask
from lottery_ticket.foundations.command_line import flags

RUN = supermask.train
IS_COMPLETE = supermask.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
