r"""Trains a finished ticket again, one thing changed; --help lists flags.

    lottery-ticket branch --output_dir=results/trial1/8/shuffle1 \
        --ticket=results/trial1/8/same_init --selection=shuffle --init_seed=1
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("branch")

if __name__ == "__main__":
    flags.main(RUN)
