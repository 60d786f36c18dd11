r"""Trains two copies of a ticket, measures between; --help lists flags.

    lottery-ticket instability --output_dir=results/trial1/8/instability500 \
        --ticket=results/trial1/8/same_init --iteration=500it
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("instability")

if __name__ == "__main__":
    flags.main(RUN)
