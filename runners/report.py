r"""Tabulates and draws the results of experiments, from the command line.

    lottery-ticket report --output_dir=results

--help lists the flags. It may run while the experiment still does: it names
what is not done yet.
"""

from lottery_ticket.analysis import report
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = report.maker(commands.sections(), commands.result_files())

if __name__ == "__main__":
    flags.main(RUN)
