"""The help of every command, as it was looked at last.

    python -m lottery_ticket.tests.golden_help

writes tests/golden_help/ anew: a file a command, 80 columns wide.
"""

import contextlib
import io
import os
import pathlib
import sys

from lottery_ticket.runners import commands, main

FOLDER = pathlib.Path(__file__).with_suffix("")
COLUMNS = 80
WAY = "If it is meant: python -m lottery_ticket.tests.golden_help"
WORDS = {
    "lottery-ticket": [],
    **{name: [name, "--help"] for name in commands.helps()},
    **{name: [*name.split(), "--help"] for name in commands.with_verbs()},
}


def said(words: list[str], columns: int = COLUMNS) -> str:
    """Returns what a command line prints, in so many columns."""
    before = sys.argv, os.environ.get("COLUMNS")
    sys.argv, os.environ["COLUMNS"] = ["lottery-ticket"], str(columns)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            main.main(words)
    finally:
        sys.argv = before[0]
        del os.environ["COLUMNS"]
        if before[1] is not None:
            os.environ["COLUMNS"] = before[1]
    return out.getvalue()


def path_of(name: str) -> pathlib.Path:
    """Returns the file of a name in WORDS."""
    return FOLDER / f"{name.replace(' ', '_')}.txt"


def write():
    """Writes all of them anew."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    for name, words in WORDS.items():
        path_of(name).write_text(said(words))


if __name__ == "__main__":
    write()
