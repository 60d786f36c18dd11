"""Writes the model card of a ticket.

lottery-ticket ticket card mine.ticket --output=README.md
"""


def card(ticket: str, *, output: str | None = None) -> None:
    """Writes the model card of a ticket, as Markdown.

        ticket card NAME.ticket

    Args:
        ticket: The file.
        output: File to write. Default is to print it.
    """
    raise NotImplementedError
