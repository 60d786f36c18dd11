r"""Runs the lottery ticket experiment; --help lists flags.

    lottery-ticket lottery_experiment \
        --recipe=mnist_fc --output_dir=results/trial1 --iterations=20
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("lottery_experiment")

if __name__ == "__main__":
    flags.main(RUN)
