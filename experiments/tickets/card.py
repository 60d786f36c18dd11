"""Writes the model card of a ticket.

lottery-ticket ticket card mine.ticket --output=README.md
"""

import json
import sys

from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.tickets import ticket_file


def card(ticket: str, *, output: str | None = None) -> None:
    """Writes the model card of a ticket, as Markdown.

        ticket card NAME.ticket

    It says what the ticket is, how much of the network it keeps, how well it
    does, how it was made and how it is used. Above stand tags, data and metrics
    as Hugging Face's hub reads them. What it is for, and what not, only you can
    add.

    Args:
        ticket: The file.
        output: File to write, which must be new. Default is to print it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged.
    """
    text = _text(ticket.rpartition("/")[2], ticket_file.read(ticket))
    if output is None:
        terminal.say(text, sys.stdout)
        return
    ticket_texts.write_new(output, f"{text}\n".encode())
    terminal.say(f"Wrote {output}", sys.stdout)


def _text(name, found):
    rows = ticket_texts.layers(found)
    *_, (_, _, kept, density, _) = rows
    shown = ticket_texts.plain(name)
    origin = [*ticket_texts.origin(found).items(), ("sha256", found.seal)]
    return f"""\
{_front_matter(name, found)}

# {shown}

A lottery ticket of {ticket_texts.title(found)}: {kept} weights of its kernels,
{density}, trained from where they began. The others are exactly 0. The file
has {len(found.bytes):,} bytes, with {" and ".join(found.networks)} weights.

{_table(("layer", "shape", "kept", "density"), [row[:4] for row in rows])}

## Results

{_results(found)}

## Use

```bash
lottery-ticket ticket verify {shown}
lottery-ticket train --ticket={shown} --output_dir=again
```

```python
import lottery_ticket as lt

model = lt.load_ticket("{shown}")  # Plain Keras, with zeros.
```

The second command trains the ticket again, on the same machine to the same
bytes. Zeros alone make no dense product faster.

## How it was made

{_table(("what", ""), origin)}"""


def _front_matter(name, found):
    """What the hub reads, in YAML; all values are quoted as in JSON."""
    settings = found.settings
    dataset = ticket_texts.plain(settings.get("dataset") or "own")
    task = ticket_texts.plain(settings.get("task") or "classification")
    measured = ticket_texts.metrics(found).get("test", {})
    metrics = [
        {"type": ticket_texts.plain(key), "value": value, "name": "test"}
        for key, value in measured.items()
    ]
    lines = {
        "library_name": "keras",
        "tags": ["lottery-ticket", "pruning", "sparse"],
        "datasets": [dataset],
        "metrics": [each["type"] for each in metrics],
        "model-index": [
            {
                "name": ticket_texts.plain(name),
                "results": [
                    {
                        "task": {"type": task},
                        "dataset": {"type": dataset, "name": dataset},
                        "metrics": metrics,
                    }
                ],
            }
        ],
    }
    text = "\n".join(f"{key}: {json.dumps(lines[key])}" for key in lines)
    return f"---\n{text}\n---"


def _results(found):
    rows = [
        (split, key, f"{value:.4g}")
        for split, own in ticket_texts.metrics(found).items()
        for key, value in own.items()
        if split != "train"
    ]
    return _table(("split", "metric", "value"), rows) if rows else "None."


def _table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
