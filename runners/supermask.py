r"""Learns a mask of a network with frozen weights; --help lists flags.

    lottery-ticket supermask \
        --sigmoid_bias=0 --rescaling=dynamic --output_dir=results/once
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("supermask")

if __name__ == "__main__":
    flags.main(RUN)
