"""Says what is in a ticket's file.

lottery-ticket ticket show mine.ticket
"""

import sys

from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.tickets import container, ticket_file

_HEADS = ("layer", "shape", "kept", "density", "bytes of mask")


def show(ticket: str) -> None:
    """Says what is in a ticket's file, once its hash is right.

        ticket show NAME.ticket

    Args:
        ticket: The file, a path or such as hf://user/name/mine.ticket, where
            fsspec's package for it is installed.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged.
    """
    terminal.say(_text(ticket, ticket_file.read(ticket)), sys.stdout)


def _text(path, found):
    parts = container.unpack(found.bytes)
    sizes = ", ".join(f"{name} {len(part):,}" for name, part in parts.items())
    numbers = sum(
        array.nbytes for array in next(iter(found.networks.values())).values()
    )
    metrics = [
        (name, ", ".join(f"{key} {value:.6g}" for key, value in own.items()))
        for name, own in ticket_texts.metrics(found).items()
    ]
    return "\n\n".join(
        [
            f"{path}: {ticket_texts.title(found)}",
            ticket_texts.table(
                [
                    ("sha256", found.seal),
                    ("bytes", f"{len(found.bytes):,} ({sizes})"),
                    ("as arrays", f"{numbers:,} bytes a set of weights"),
                    ("weights", " and ".join(found.networks)),
                ]
            ),
            ticket_texts.table([_HEADS, *ticket_texts.layers(found)]),
            ticket_texts.table(metrics or [("no metrics",)]),
            ticket_texts.table([*ticket_texts.origin(found).items()]),
        ]
    )
