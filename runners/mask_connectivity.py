r"""Evaluates what lies between two learned masks; --help lists flags.

    lottery-ticket mask_connectivity \
        --output_dir=results/trial1/1/mask_connectivity \
        --first=results/trial1/1/gem_miner --second=results/trial1/1/ep
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("mask_connectivity")

if __name__ == "__main__":
    flags.main(RUN)
