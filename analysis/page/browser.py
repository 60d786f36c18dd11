"""Opens a page in a browser, where there is one to look at."""

import os
import pathlib
import sys
import webbrowser

from lottery_ticket.foundations.machine import files

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")  # Elsewhere than on these systems:
WITH_DISPLAY = ("darwin", "win32")


def show(path: str) -> str:
    """Opens a file in a browser; returns a line that says so, or why not.

    Without a display nothing is opened: a browser of texts would take over the
    terminal.
    """
    if files.is_remote(path):
        return f"Not opened, as it is not on this machine: {path}\n"
    whole = pathlib.Path(path).expanduser().resolve()
    if not has_display():
        return f"No display here. Open this in a browser: {whole}\n"
    if not webbrowser.open(whole.as_uri()):
        return f"No browser found. Open this in one: {whole}\n"
    return f"Opened {whole}\n"


def has_display() -> bool:
    """Returns whether windows can be seen."""
    return sys.platform in WITH_DISPLAY or any(map(os.environ.get, DISPLAYS))
