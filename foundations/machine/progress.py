"""Long work shows itself: a bar on terminals, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable
from typing import Any

import tqdm

from lottery_ticket.foundations.values import headline as headline_lib

LINE_INTERVAL_S = 30
BAR_DELAY_S = 2
BAR_FORMAT = (
    "{desc} {percentage:3.0f}%|{bar:10}| {n_fmt}/{total_fmt} it, {rate_fmt}, "
    "{remaining} left{postfix}"
)


def say(message: str, quiet: bool) -> None:
    """Shows a message beside the bar, unless quiet."""
    if not quiet:
        tqdm.tqdm.write(message, file=sys.stderr)


def text(
    latest: dict[str, tuple[float, float]],
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns losses and accuracies in few words: `test 0.0590 (98.33 %)`.

    They are given as (loss, value of the headline metric), by the name of the
    log. Another metric than accuracy is named: `test 0.0590 (mae 0.1213)`.
    """
    named = "" if headline.is_percent else f"{headline.metric} "
    return ", ".join(
        f"{name} {loss:.4f} ({named}{headline.text(value)})"
        for name, (loss, value) in latest.items()
    )


def each(items: Iterable, label: str, quiet: bool) -> Iterable:
    """Gives the items one by one, with a labelled bar if that takes long."""
    return tqdm.tqdm(
        items,
        desc=label,
        delay=BAR_DELAY_S,
        leave=False,
        disable=quiet or not sys.stderr.isatty(),
    )


class Progress:
    """Shows how far a number of training runs has come, and the time left."""

    def __init__(self, runs: int = 1, quiet: bool = False):
        """Makes the bar of so many runs of equal length; shows nothing yet."""
        self._runs = runs
        self._quiet = quiet
        self._bar: Any = None  # Of tqdm, once the length of a run is known.
        self._done = 0
        self._shown_at = time.monotonic()

    def start(self, label: str, iterations: int) -> None:
        """Says that a run begins, of a label such as "level 3/20"."""
        if self._bar is None:
            self._bar = tqdm.tqdm(
                total=self._runs * iterations,
                unit="it",
                unit_scale=True,
                disable=self._quiet or not sys.stderr.isatty(),
                dynamic_ncols=True,
                bar_format=BAR_FORMAT,
                smoothing=0.1,
            )
        self._label = label
        self._iterations = iterations
        self._bar.set_description(label, refresh=False)

    def update(
        self,
        iteration: int,
        latest: dict[str, tuple[float, float]],
        headline: headline_lib.Headline = headline_lib.ACCURACY,
    ) -> None:
        """Shows how many iterations of the run are done; args as for `text`."""
        shown = text(latest, headline)
        self._bar.set_postfix_str(shown, refresh=False)
        self._bar.update(self._done + iteration - self._bar.n)
        is_due = time.monotonic() - self._shown_at > LINE_INTERVAL_S
        if is_due and not sys.stderr.isatty():
            self._line(f"iteration {iteration}/{self._iterations}, {shown}")

    def finish(self, result: str) -> None:
        """Says in a few words that the run is over."""
        self._done += self._iterations
        self._bar.update(self._done - self._bar.n)
        self._line(result)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, text):
        self._shown_at = time.monotonic()
        say(f"{self._label}: {text}", self._quiet)
