r"""Tabulates and draws the results of experiments; --help lists flags.

lottery-ticket report --output_dir=results
"""

from lottery_ticket.analysis import report
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.runners import commands

RUN = report.maker(commands.sections(), commands.result_files)

if __name__ == "__main__":
    flags.main(RUN)
