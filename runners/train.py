r"""Trains one network once, from the command line.

    lottery-ticket train --output_dir=results/once --recipe=mnist_fc

--help lists the flags.
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("train")

if __name__ == "__main__":
    flags.main(RUN)
