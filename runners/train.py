r"""Trains one network once, from the command line.

    lottery-ticket train --output_dir=results/once --recipe=mnist_fc

--help lists the flags.
"""

from lottery_ticket.experiments import train
from lottery_ticket.foundations.command_line import flags

RUN = train.plan

if __name__ == "__main__":
    flags.main(RUN)
