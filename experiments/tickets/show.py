"""Says what is in a ticket's file.

lottery-ticket ticket show mine.ticket
"""


def show(ticket: str) -> None:
    """Says what is in a ticket's file.

        ticket show NAME.ticket

    Args:
        ticket: The file.
    """
    raise NotImplementedError
