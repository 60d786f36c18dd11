r"""Runs the lottery ticket experiment from the command line.

    lottery-ticket lottery_experiment \
        --recipe=mnist_fc --output_dir=results/trial1 --iterations=20

Each argument of `experiments.lottery_experiment.train` is a flag; --help lists
them. Finished levels are skipped, so the same command resumes a stopped run.
"""

from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations.command_line import flags

RUN = lottery_experiment.train
IS_COMPLETE = lottery_experiment.is_complete


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
