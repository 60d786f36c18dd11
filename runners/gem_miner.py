r"""Finds a sparse network in the weights as drawn, from the command line.

    lottery-ticket gem_miner \
        --recipe=digits_fc_gem --density=.05 --output_dir=results/once

--help lists the flags. A stopped run goes on. --config=FILE.yaml takes configs
in these flags, and those of the published code.
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("gem_miner")

if __name__ == "__main__":
    flags.main(RUN)
