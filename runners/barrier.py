r"""Measures the error between two finished networks; --help lists flags.

    lottery-ticket barrier --first=results/trial1/8/same_init --second=norms \
        --output_dir=results/trial1/8/norm_barrier
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("barrier")

if __name__ == "__main__":
    flags.main(RUN)
