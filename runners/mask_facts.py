r"""Tells how alike the masks of experiments are, from the command line.

    lottery-ticket mask_facts --output_dir=results

Each argument of `analysis.mask_facts.mask_facts` is a flag; --help lists them.
It may run while the experiment still does.
"""

import os

from lottery_ticket.analysis import mask_facts
from lottery_ticket.foundations.command_line import flags

RUN = mask_facts.mask_facts


def main(argv=None):
    """Runs the command line `argv`, or the program's own."""
    os.environ["MPLBACKEND"] = "agg"  # Whatever is set for windows.
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
