r"""Writes logs of finished runs for other programs; --help lists flags.

lottery-ticket export_logs --output_dir=results --to=csv
"""

from lottery_ticket.analysis import export_logs
from lottery_ticket.foundations.command_line import flags

RUN = export_logs.export_logs

if __name__ == "__main__":
    flags.main(RUN)
