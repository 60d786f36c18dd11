r"""Packs a finished run into one file.

lottery-ticket ticket pack results/trial1/5/same_init --output=mine.ticket
"""

import os
import sys

from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.tickets import run_tickets, ticket_file


def pack(run: str, *, with_: str = "both", output: str | None = None) -> None:
    """Packs a finished run into one file, NAME.ticket.

        ticket pack RUN

    In it are masks, the weights that they keep, biases and all other variables,
    the settings and seeds of the run, checksums of its data and its network,
    its metrics, where and when it was made, and a hash over all that. The same
    run gives the same bytes.

    Args:
        run: Folder of a finished run, such as results/trial1/5/same_init.
        with_: Which weights go in: initial, final or both. A ticket trains
            again from the initial ones; the final ones are what it learned.
        output: File to write, a path or such as s3://bucket/mine.ticket; the
            name ends in .ticket. Default is that of the run's folder, in the
            working folder. Another file of that name is not overwritten.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If it is not finished, files of it are damaged, or output
            is another file.
    """
    ticket = run_tickets.of_run(run, with_)
    place = os.path.abspath(run.rstrip("/"))
    path = output or os.path.basename(place) + ticket_file.SUFFIX
    ticket_file.check_name(path)
    ticket_texts.write_new(path, ticket.bytes)
    terminal.say(
        f"{path}: {len(ticket.bytes):,} bytes, sha256 {ticket.seal}", sys.stdout
    )
