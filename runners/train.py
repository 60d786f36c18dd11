r"""Trains one network once; --help lists flags.

lottery-ticket train --output_dir=results/once --recipe=mnist_fc
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("train")

if __name__ == "__main__":
    flags.main(RUN)
