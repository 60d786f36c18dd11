r"""Prunes a network at initialisation and trains it, from the command line.

    lottery-ticket prune_at_init \
        --criterion=synflow --density=.05 --output_dir=results/once

--help lists the flags.
A stopped run goes on.
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("prune_at_init")

if __name__ == "__main__":
    flags.main(RUN)
