r"""Runs the lottery ticket experiment from the command line.

    lottery-ticket lottery_experiment \
        --recipe=mnist_fc --output_dir=results/trial1 --iterations=20

--help lists the flags. Finished levels are skipped: the same command resumes a
stopped run.
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("lottery_experiment")

if __name__ == "__main__":
    flags.main(RUN)
