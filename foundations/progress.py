"""Long work shows itself: a bar on terminals, plain lines elsewhere."""

import sys
import time

import tqdm

LINE_INTERVAL_S = 30


def say_complete(directory: str, quiet: bool) -> None:
    """Says that there is nothing left to do, unless quiet."""
    if not quiet:
        tqdm.tqdm.write(f"{directory}: complete already", file=sys.stderr)


class Progress:
    """Shows how far a number of training runs has come, and the time left."""

    def __init__(self, runs: int = 1, quiet: bool = False):
        """Makes the bar; nothing shows before the first run starts.

        Args:
            runs: How many runs of equal length there will be.
            quiet: Show nothing at all.
        """
        self._runs = runs
        self._quiet = quiet
        self._bar = None
        self._done = 0
        self._shown_at = time.monotonic()

    def start(self, label: str, iterations: int) -> None:
        """Says that a run begins.

        Args:
            label: What is trained, such as "level 3/20".
            iterations: Length of the run.
        """
        if self._bar is None:
            self._bar = tqdm.tqdm(
                total=self._runs * iterations,
                unit="it",
                unit_scale=True,
                disable=self._quiet or not sys.stderr.isatty(),
                dynamic_ncols=True,
                smoothing=0.1,
            )
        self._label = label
        self._iterations = iterations
        self._bar.set_description(label, refresh=False)

    def update(self, iteration: int, facts: dict[str, float]) -> None:
        """Shows how far the run is.

        Args:
            iteration: Number of iterations of this run that are done.
            facts: Latest losses and accuracies, by name.
        """
        text = " ".join(f"{name} {fact:.4f}" for name, fact in facts.items())
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(self._done + iteration - self._bar.n)
        is_due = time.monotonic() - self._shown_at > LINE_INTERVAL_S
        if is_due and not sys.stderr.isatty():
            self._line(f"iteration {iteration}/{self._iterations} {text}")

    def finish(self, text: str) -> None:
        """Says that the run is over.

        Args:
            text: Its result, in a few words.
        """
        self._done += self._iterations
        self._bar.update(self._done - self._bar.n)
        self._line(text)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, text):
        self._shown_at = time.monotonic()
        if not self._quiet:
            tqdm.tqdm.write(f"{self._label}: {text}", file=sys.stderr)
