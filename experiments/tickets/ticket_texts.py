"""What a ticket's file says, in words and rows, for people; and their files.

A file may come from anybody: what it says is shown without what moves cursors,
ends lines or means something to Markdown.
"""

import collections
import re
import typing

import numpy as np

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.tickets import mask_codes, ticket_file
from lottery_ticket.foundations.values import masks as masks_lib

_LONGEST = 200


def write_new(path: str, data: bytes) -> None:
    """Writes a file for people, never over another one.

    Raises ValueError if there is a file of other bytes.
    """
    if files.exists(path):
        if files.read(path) != data:
            raise ValueError(
                f"{path} is there already, and is another file: it is not "
                "overwritten. Give another --output"
            )
        return
    files.write(path, data)


def plain(value: typing.Any) -> str:
    """Returns a value of a file as text of one line that only says itself."""
    text = str(value)[:_LONGEST]
    return re.sub(r"[^\w .,:;+*/()\[\]{}='%@~-]", "?", text)


def title(ticket: ticket_file.Ticket) -> str:
    """Returns which network it is of, for which data."""
    settings = ticket.settings
    model = settings.get("model") or "a network of the user's own"
    dataset = settings.get("dataset") or "data of the user's own"
    return f"{plain(model)} for {plain(dataset)}"


def layers(ticket: ticket_file.Ticket) -> list[tuple[str, ...]]:
    """Returns a row a kernel, and one of all: name, shape, kept, density.

    The last cell is how many bytes its mask takes, and in which code.
    """
    rows = []
    for name, mask in ticket.masks.items():
        code = mask_codes.encode(mask)
        shape = "x".join(map(str, mask.shape))
        said = f"{len(code.data):,} ({code.kind})"
        rows.append((name, shape, *_kept({name: mask}), said))
    return [*rows, ("all", "", *_kept(ticket.masks), "")]


def _kept(masks):
    counts = np.array([*masks_lib.counts(masks).values()])
    kept, total = counts.reshape(-1, 2).sum(axis=0)
    density = kept / total if total else 1.0
    return f"{kept:,} of {total:,}", f"{density:.2%}"


def metrics(ticket: ticket_file.Ticket) -> dict[str, dict[str, float]]:
    """Returns dict, split -> its loss and metrics at the end of training."""
    return {
        name: {
            key: column[-1]
            for key, column in log.items()
            if key != "iteration" and column
        }
        for name, log in ticket.logs.items()
    }


def origin(ticket: ticket_file.Ticket) -> dict[str, str]:
    """Returns dict, what of its making -> in words."""
    record, made = ticket.record, ticket.record.get("environment") or {}
    of = {**ticket.settings, **made, **record, "inputs": record["inputs"]}
    say = {name: plain(each) for name, each in of.items()}
    inputs = {name: plain(each) for name, each in record["inputs"].items()}
    packages = ("lottery_ticket", "tensorflow", "keras", "numpy", "python")
    found = {
        "experiment": "{experiment}, level {level}",
        "recipe": "{recipe}, seed {seed}",
        "training": "{optimizer}, lr {lr}, {training_len}",
        "made with": ", ".join(f"{name} {{{name}}}" for name in packages),
        "commit": "{git_commit}",
        "on": "{device}, {platform}",
        "started": "{started}",
    }
    blank = collections.defaultdict(lambda: "-", say)
    return {
        **{name: text.format_map(blank) for name, text in found.items()},
        "sha256 of the data": inputs.get("dataset", "-"),
        "sha256 of the network": inputs.get("network", "-"),
    }


def table(rows: list[tuple[str, ...]]) -> str:
    """Returns rows of cells in columns, two blanks between them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
