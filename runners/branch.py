r"""Trains a finished ticket again, one thing changed, from the command line.

    lottery-ticket branch --output_dir=results/trial1/8/shuffle1 \
        --ticket=results/trial1/8/same_init --selection=shuffle --init_seed=1

Each argument of `experiments.branch.train` is a flag; --help lists them.
"""

from lottery_ticket.experiments import branch
from lottery_ticket.foundations.command_line import flags

RUN = branch.train
IS_COMPLETE = branch.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
