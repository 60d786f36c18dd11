"""Checks a ticket's file, and evaluates the ticket in it.

lottery-ticket ticket verify mine.ticket
"""


def verify(ticket: str, *, data_dir: str | None = None) -> None:
    """Checks a ticket's file, and evaluates the ticket in it.

        ticket verify NAME.ticket

    Args:
        ticket: The file.
        data_dir: Folder of the data, where the ticket's recipe needs one.
    """
    raise NotImplementedError
