"""Long work shows itself: a bar on terminals, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tqdm

from lottery_ticket.foundations.values import headline as headline_lib

LINE_INTERVAL_S = 30
BAR_DELAY_S = 2
COLUMNS = 80  # Of a terminal: a line of a bar is no wider.
# With "level 12/30, density 6.87 %" and "test 98.33 %", 77 of them.
BAR_FORMAT = (
    "{desc}{percentage:3.0f}%|{bar:6}| {rate_fmt}, {remaining} left{postfix}"
)
_LEAST = ("train", "validate")  # Logs that are left out first, in order.
_watchers: list[Callable[[int, int], None]] = []


def say(message: str, quiet: bool) -> None:
    """Shows a message beside the bar, unless quiet."""
    if not quiet:
        tqdm.tqdm.write(message, file=sys.stderr)


@contextlib.contextmanager
def watched(by: Callable[[int, int], None]) -> Iterator[None]:
    """Has a function called as training runs of this process get on.

    It is called with (iterations done, iterations of the run) when a run
    starts, after each chunk, and at its end; also where nothing is shown. What
    it raises ends the run.
    """
    _watchers.append(by)
    try:
        yield
    finally:
        _watchers.remove(by)


def _tell(done, total):
    for watcher in _watchers:
        watcher(done, total)


def text(
    latest: dict[str, tuple[float, float]],
    headline: headline_lib.Headline = headline_lib.ACCURACY,
    room: int | None = None,
) -> str:
    """Returns losses and accuracies in few words: `test 0.0590 (98.33 %)`.

    They are given as (loss, value of the headline metric), by the name of the
    log. Another metric than accuracy is named: `test 0.0590 (mae 0.1213)`. If
    there is not room for so many characters, the test set stays at last.
    """
    parts = {
        name: f"{name} {loss:.4f} ({_named(headline, value)})"
        for name, (loss, value) in latest.items()
    }
    for name in _LEAST:
        if room is None or len(", ".join(parts.values())) <= room:
            break
        if len(parts) > 1:
            parts.pop(name, None)
    return ", ".join(parts.values())


def _named(headline, value):
    """A value of the headline metric; all but accuracy are named."""
    named = "" if headline.is_percent else f"{headline.metric} "
    return f"{named}{headline.text(value)}"


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
        self._label, self._density = "", ""
        self._iterations = 0
        self._shown_at = time.monotonic()

    def start(self, label: str, iterations: int) -> None:
        """Says that a run begins, of a label such as "level 3/20"."""
        if self._bar is None:
            self._bar = tqdm.tqdm(
                desc=f"{label}: ",
                total=self._runs * iterations,
                unit="it",
                unit_scale=True,
                disable=self._quiet or not sys.stderr.isatty(),
                dynamic_ncols=True,
                bar_format=BAR_FORMAT,
                smoothing=0.1,
            )
        self._label, self._density = label, ""
        self._iterations = iterations
        self._bar.set_description(label, refresh=False)
        _tell(0, iterations)

    def show_density(self, density: float) -> None:
        """Shows, on a terminal, which part of the weights the run keeps."""
        self._density = f", density {100 * density:.3g} %"
        self._bar.set_description(f"{self._label}{self._density}")

    def show_compiling(self, is_compiling: bool) -> None:
        """Says that the run is being compiled, or no longer.

        The time that it takes is not that of iterations.
        """
        self._bar.set_postfix_str("compiling" if is_compiling else "")
        if not is_compiling:
            self._bar.unpause()

    def update(
        self,
        iteration: int,
        latest: dict[str, tuple[float, float]],
        headline: headline_lib.Headline = headline_lib.ACCURACY,
    ) -> None:
        """Shows how many iterations of the run are done; args as for `text`."""
        for name in latest if "test" not in latest else ("test",):
            value = _named(headline, latest[name][1])
            self._bar.set_postfix_str(f"{name} {value}", refresh=False)
        self._bar.update(self._done + iteration - self._bar.n)
        is_due = time.monotonic() - self._shown_at > LINE_INTERVAL_S
        if is_due and not sys.stderr.isatty():
            shown = text(latest, headline)
            self._line(f"iteration {iteration}/{self._iterations}, {shown}")
        _tell(iteration, self._iterations)

    def finish(
        self,
        result: str,
        latest: dict[str, tuple[float, float]] | None = None,
        headline: headline_lib.Headline = headline_lib.ACCURACY,
    ) -> None:
        """Says that the run is over, with what it ended in; args as `text`.

        On a terminal, with the density, and as much as fits.
        """
        self._done += self._iterations
        self._bar.update(self._done - self._bar.n)
        density = self._density if sys.stderr.isatty() else ""
        room = COLUMNS - len(f"{self._label}{density}: , {result}")
        shown = text(latest or {}, headline, room if density else None)
        self._line(", ".join(filter(None, (shown, result))), density)
        _tell(self._iterations, self._iterations)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, text, density=""):
        self._shown_at = time.monotonic()
        say(f"{self._label}{density}: {text}", self._quiet)
