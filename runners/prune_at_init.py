r"""Prunes a network at initialisation, trains it; --help lists flags.

    lottery-ticket prune_at_init \
        --criterion=synflow --density=.05 --output_dir=results/once
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("prune_at_init")

if __name__ == "__main__":
    flags.main(RUN)
