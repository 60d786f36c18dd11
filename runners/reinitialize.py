r"""Trains a ticket's masks from other weights, from the command line.

    lottery-ticket reinitialize --output_dir=results/trial1/5/reinit1 \
        --masks=results/trial1/5/same_init/masks --init_seed=1

Each argument of `experiments.reinitialize.train` is a flag; --help lists them.
"""

from lottery_ticket.experiments import reinitialize
from lottery_ticket.foundations.command_line import flags

RUN = reinitialize.train
IS_COMPLETE = reinitialize.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
