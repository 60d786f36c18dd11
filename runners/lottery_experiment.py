r"""Runs the lottery ticket experiment from the command line.

    lottery-ticket lottery_experiment \
        --recipe=mnist_fc --output_dir=results/trial1 --iterations=20

--help lists the flags. Finished levels are skipped: the same command resumes a
stopped run.
"""

from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations.command_line import flags

RUN = lottery_experiment.plan

if __name__ == "__main__":
    flags.main(RUN)
