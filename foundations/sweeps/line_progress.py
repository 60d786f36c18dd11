"""Shows how far a sweep is: a bar on terminals, plain lines elsewhere."""

import dataclasses
import sys
import time

import tqdm

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    worker_pool,
)

PLAIN_INTERVAL_S = 5
_BAR = (
    "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} lines"
    " [{elapsed} so far, {remaining} left{postfix}]"
)


class LineProgress:
    """Counts the lines that have ended, and shows the time left."""

    def __init__(self, agenda: argfile_lines.Agenda, quiet: bool = False):
        """Shows the start, and lines that are refused as failures.

        If quiet, it shows nothing: only `summary` and `text` are there.
        """
        self.failures = []
        self._complete = len(agenda.complete)
        self._to_run = len(agenda.to_run)
        self._total = agenda.total
        self._done = 0
        self._elsewhere = 0  # Of those that are done.
        self._quiet = quiet
        self._is_plain = not sys.stderr.isatty()
        self._started_at = self._shown_at = time.monotonic()
        self._is_news = False
        self._bar = tqdm.tqdm(
            total=self._total,
            initial=self._total - self._to_run,
            disable=quiet or self._is_plain,
            bar_format=_BAR,
            smoothing=0,  # Lines that ran side by side end in bursts.
            dynamic_ncols=True,
        )
        for line, reason in agenda.refused:
            line = dataclasses.replace(line, log="")  # It is an older one's.
            self._fail(worker_pool.Outcome(line, reason))

    def add(self, outcome: worker_pool.Outcome) -> None:
        """Counts a line that has ended; a failure is shown at once."""
        self._is_news = True
        if outcome.failure is None:
            self._done += 1
            self._elsewhere += bool(outcome.by)
        else:
            self._fail(outcome)
        self._bar.update(1)

    def tick(self) -> None:
        """Shows the time; call it about once a second."""
        self._bar.refresh()
        age_s = time.monotonic() - self._shown_at
        if self._is_plain and self._is_news and age_s > PLAIN_INTERVAL_S:
            self._shown_at = time.monotonic()
            self._is_news = False
            self._write(f"{self.text()}, {self._times()}")

    @property
    def left(self) -> int:
        """Number of lines that have not ended."""
        ended = self._complete + self._done + len(self.failures)
        return self._total - ended

    def text(self) -> str:
        """Returns how many lines are done and have failed."""
        done = f"{self._complete + self._done} of {self._total} lines done"
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return done + failed

    def summary(self) -> str:
        """Returns what came of the lines, and every failure with its log."""
        done = f"{self._done - self._elsewhere} done"
        if self._elsewhere:
            done += f", {self._elsewhere} by others"
        counts = f"{done}, {self._complete} skipped (complete)"
        failures = [_describe(outcome) for outcome in self.failures]
        return "\n".join([f"{counts}, {len(failures)} failed.", *failures])

    def close(self) -> None:
        """Ends the bar."""
        self._bar.close()

    def _fail(self, outcome):
        self.failures.append(outcome)
        self._bar.set_postfix_str(f"{len(self.failures)} failed", False)
        self._write(_describe(outcome))

    def _times(self):
        elapsed_s = time.monotonic() - self._started_at
        ended = self._to_run - self.left
        elapsed, remaining = (
            tqdm.tqdm.format_interval(seconds)
            for seconds in (elapsed_s, elapsed_s / ended * self.left)
        )
        return f"{elapsed} so far, {remaining} left"

    def _write(self, text):
        if not self._quiet:
            tqdm.tqdm.write(text, file=sys.stderr)


def _describe(outcome):
    text = f"Failed: {outcome.line.text}\n    {outcome.failure}"
    if outcome.by:  # Its log may be there, or on another machine.
        text += f" (in {outcome.by})"
    last_line = line_logs.last_line(outcome.line.log)
    if last_line:
        text += f"\n    {outcome.line.log} ends with: {last_line}"
    return text
