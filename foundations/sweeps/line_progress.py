"""Shows how far a sweep is: a live line on terminals, plain lines elsewhere."""

import dataclasses
import sys
import time

import tqdm

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    worker_protocol,
)

PLAIN_INTERVAL_S = 5
LIVE_INTERVAL_S = 0.2


class LineProgress:
    """Counts the lines that have ended, and shows the time left."""

    def __init__(self, agenda: argfile_lines.Agenda, quiet: bool = False):
        """Shows the start, and lines that are refused as failures.

        If quiet, it shows nothing: only `summary` and `text` are there.
        """
        self.failures = []
        self._told: list[str] = []  # Of each, when it was news.
        self._complete = len(agenda.complete)
        self._to_run = len(agenda.to_run)
        self._total = agenda.total
        self._done = 0
        self._elsewhere = 0  # Of those that are done.
        self._running: set[int] = set()  # Numbers of lines.
        self.is_quiet = quiet
        self._is_plain = not sys.stderr.isatty()
        self._started_at = self._shown_at = time.monotonic()
        self._is_news = False
        self._live = tqdm.tqdm(
            bar_format="{desc}",
            disable=quiet or self._is_plain,
            dynamic_ncols=True,
        )
        for line, reason in agenda.refused:
            line = dataclasses.replace(line, log="")  # It is an older one's.
            self._fail(worker_protocol.Outcome(line, reason))

    def begin(self, line: argfile_lines.Line) -> None:
        """Counts a line that begins here."""
        self._running.add(line.number)

    def add(self, outcome: worker_protocol.Outcome) -> None:
        """Counts a line that has ended; a failure is shown at once."""
        self._is_news = True
        self._running.discard(outcome.line.number)
        if outcome.failure is None:
            self._done += 1
            self._elsewhere += bool(outcome.by)
        else:
            self._fail(outcome)

    def tick(self) -> None:
        """Shows the time; call it about once a second."""
        age_s = time.monotonic() - self._shown_at
        if not self._is_plain and age_s > LIVE_INTERVAL_S:
            self._shown_at = time.monotonic()
            self._live.set_description_str(self._now())
        elif self._is_plain and self._is_news and age_s > PLAIN_INTERVAL_S:
            self._shown_at = time.monotonic()
            self._is_news = False
            self._write(self._now())

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
        return "\n".join([f"{counts}, {len(self._told)} failed.", *self._told])

    def close(self) -> None:
        """Ends the live line, with the last counts."""
        if not self._live.disable:
            self._live.set_description_str(self._now())
        self._live.close()

    def _fail(self, outcome):
        # Later the log may have what another sweep adds: who else works on the
        # line's folder writes to the same file.
        text = _describe(outcome)
        if not outcome.again:
            self.failures.append(outcome)
            self._told.append(text)
        self._write(text)

    def _now(self):
        """All counts, and the time left once that can be told."""
        waiting = self.left - len(self._running)
        counts = [
            f"{self._complete + self._done} of {self._total} done",
            f"{len(self._running)} running",
            f"{len(self.failures)} failed",
            f"{waiting} waiting",
        ]
        ended = self._to_run - self.left
        if ended:
            each_s = (time.monotonic() - self._started_at) / ended
            left = tqdm.tqdm.format_interval(each_s * self.left)
            counts.append(f"{left} left")
        return ", ".join(counts)

    def _write(self, text):
        if not self.is_quiet:
            tqdm.tqdm.write(text, file=sys.stderr)


def _describe(outcome):
    text = f"Failed: {outcome.line.text}\n    {outcome.failure}"
    if outcome.by:  # Its log may be there, or on another machine.
        text += f" (in {outcome.by})"
    if outcome.again:
        text += f"\n    {outcome.again}"
    last_line = line_logs.last_line(outcome.line.log)
    if last_line:
        text += f"\n    {outcome.line.log} ends with: {last_line}"
    return text
