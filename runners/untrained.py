r"""Evaluates masked networks that are not trained; --help lists flags.

    lottery-ticket untrained --output_dir=results/trial1/0/untrained \
        --run=results/trial1/0/same_init
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("untrained")

if __name__ == "__main__":
    flags.main(RUN)
