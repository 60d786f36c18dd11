r"""Finds a sparse network in the weights as drawn; --help lists flags.

    lottery-ticket gem_miner \
        --recipe=digits_fc_gem --density=.05 --output_dir=results/once
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("gem_miner")

if __name__ == "__main__":
    flags.main(RUN)
