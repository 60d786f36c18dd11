r"""Permutes a ticket's masks to fit another draw; --help lists flags.

    lottery-ticket align --output_dir=results/trial1/8/align_trial2 \
        --first=results/trial1/0/same_init \
        --second=results/trial2/0/same_init \
        --ticket=results/trial1/8/same_init
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("align")

if __name__ == "__main__":
    flags.main(RUN)
