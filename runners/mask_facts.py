r"""Tells how alike the masks of experiments are, from the command line.

    lottery-ticket mask_facts --output_dir=results

--help lists the flags. It may run while the experiment still does.
"""

from lottery_ticket.analysis import mask_facts
from lottery_ticket.foundations.command_line import flags

RUN = mask_facts.mask_facts

if __name__ == "__main__":
    flags.main(RUN)
