r"""Tabulates and draws the results of experiments, from the command line.

    lottery-ticket report --output_dir=results

Each argument of `analysis.report.report` is a flag; --help lists them. It may
run while the experiment still does: it names what is not done yet.
"""

import os

from lottery_ticket.analysis import report
from lottery_ticket.foundations.command_line import flags

RUN = report.report


def main(argv=None):
    """Runs the command line `argv`, or the program's own."""
    os.environ["MPLBACKEND"] = "agg"  # Whatever is set for windows.
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
