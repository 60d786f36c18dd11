r"""Trains a ticket's masks from other weights; --help lists flags.

    lottery-ticket reinitialize --output_dir=results/trial1/5/reinit1 \
        --masks=results/trial1/5/same_init/masks --init_seed=1
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("reinitialize")

if __name__ == "__main__":
    flags.main(RUN)
