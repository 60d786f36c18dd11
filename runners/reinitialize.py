r"""Trains a ticket's masks from other weights, from the command line.

    lottery-ticket reinitialize --output_dir=results/trial1/5/reinit1 \
        --masks=results/trial1/5/same_init/masks --init_seed=1

--help lists the flags.
"""

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = commands.find("reinitialize")

if __name__ == "__main__":
    flags.main(RUN)
