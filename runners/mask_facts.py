r"""Tells how alike the masks of experiments are; --help lists flags.

lottery-ticket mask_facts --output_dir=results
"""

from lottery_ticket.analysis import mask_facts
from lottery_ticket.foundations.command_line import flags

RUN = mask_facts.mask_facts

if __name__ == "__main__":
    flags.main(RUN)
