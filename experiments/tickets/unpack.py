"""Writes the folder of a run from a ticket's file.

lottery-ticket ticket unpack mine.ticket --output_dir=results/trial1/5/same_init
"""

import sys

from lottery_ticket.experiments.finished import ticket_settings
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.tickets import run_tickets, ticket_file


def unpack(
    ticket: str,
    output_dir: str,
    *,
    model: str | None = None,
    dataset: str | None = None,
) -> None:
    """Writes the folder of a run from a ticket's file.

        ticket unpack NAME.ticket --output_dir=FOLDER

    The folder is taken as the run was, by branch, report and the like: initial/
    and final/, as far as the file has them, and masks/ are as they were, to the
    byte. Logs have the points that tables need, those at the early stop and at
    the end. run.json is the run's own; "unpacked" in it is the file's hash, and
    its checksums are those of the files that are there now.

    Args:
        ticket: The file.
        output_dir: Folder to write, which must be new or empty.
        model: Where a network of the user's own is, path/to/file.py:function:
            what is trained in the folder later runs that file.
        dataset: Where data are that have no name here.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or the folder holds anything.
    """
    found = ticket_file.read(ticket)
    settings = ticket_settings.own(ticket, found.settings, model, dataset)
    ticket_settings.check_said(ticket, found.settings, settings)
    run_tickets.to_run(found, output_dir, settings)
    terminal.say(f"{output_dir}: unpacked from {ticket}", sys.stdout)
