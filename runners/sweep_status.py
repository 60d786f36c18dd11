r"""Tells how sweeps stand, from any terminal, while they run and after.

lottery-ticket sweep_status results
"""

import sys

from lottery_ticket.foundations.command_line import flags, terminal
from lottery_ticket.foundations.sweeps import status


def sweep_status(directory: str, *, failures: int = 20) -> None:
    """Tells how the sweeps of argfile_runner stand, while they run and after.

        sweep_status DIRECTORY

    How many lines are done, run, have failed and wait; failures with the ends
    of their logs; what runs since when; lines an hour of each device; the
    slowest lines; and who holds which lease. It reads the journals beside the
    logs, journal.HOST.jsonl, and changes nothing. To run the failed lines
    again, give the sweep's own command with --rerun_failed.

    Args:
        directory: Folder of the results or of the logs.
        failures: How many failed lines to show, 0 or more.

    Raises:
        FileNotFoundError: If there is no journal.
        ValueError: If failures is below 0.
    """
    terminal.say(status.text(directory, failures=failures), sys.stdout)


RUN = sweep_status

if __name__ == "__main__":
    flags.main(RUN)
