"""Tests of foundations/machine/progress.py."""

import io
import sys

import pytest

from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.values import headline


class Terminal(io.StringIO):
    def isatty(self):
        return True


either = pytest.mark.parametrize("stream_type", [Terminal, io.StringIO])


def show(quiet=False):
    with progress.Progress(runs=2, quiet=quiet) as bar:
        for level in range(2):
            bar.start(f"level {level}/1", 100)
            bar.update(50, {"train": (0.5, 0.75), "test": (0.25, 0.875)})
            bar.finish("test accuracy 0.9100")


@either
def test_every_run_ends_with_a_line(stream_type, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := stream_type())
    show()
    text = stderr.getvalue()
    assert "level 0/1: test accuracy 0.9100\n" in text
    assert "level 1/1: test accuracy 0.9100\n" in text
    assert ("200/200" in text) == stderr.isatty()


def test_a_terminal_sees_losses_and_accuracies(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.Progress() as bar:
        bar.start("level 0/1", 100)
        bar.update(50, {"train": (0.5, 0.75)})
        bar._bar.refresh()
        bar.finish("done")
        text = sys.stderr.getvalue()
    assert "level 0/1:   50%" in text
    assert " left, train 0.5000 (75.00 %)" in text


def test_another_metric_than_accuracy_is_named():
    mae = headline.Headline("mae", higher_is_better=False)
    latest = {"train": (0.5, 0.25), "test": (0.75, 0.012345)}
    assert progress.text(latest, mae) == (
        "train 0.5000 (mae 0.25), test 0.7500 (mae 0.01235)"
    )


def test_long_runs_print_lines_where_there_is_no_terminal(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "LINE_INTERVAL_S", -1)
    with progress.Progress() as bar:
        bar.start("level 0/1", 100)
        bar.update(50, {"train": (0.5, 0.75)})
    assert stream.getvalue() == (
        "level 0/1: iteration 50/100, train 0.5000 (75.00 %)\n"
    )


@either
def test_quiet_is_quiet(stream_type, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := stream_type())
    show(quiet=True)
    assert stderr.getvalue() == ""


@either
def test_nothing_started_nothing_shown(stream_type, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := stream_type())
    with progress.Progress():
        pass
    assert stderr.getvalue() == ""


def test_items_show_a_bar_only_if_they_take_long(monkeypatch):
    monkeypatch.setattr(progress, "BAR_DELAY_S", 0)
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    assert list(progress.each([1, 2], "scoring", quiet=True)) == [1, 2]
    assert stderr.getvalue() == ""
    assert list(progress.each([1, 2], "scoring", quiet=False)) == [1, 2]
    assert "scoring" in stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", stderr := io.StringIO())
    assert list(progress.each([1, 2], "scoring", quiet=False)) == [1, 2]
    assert stderr.getvalue() == ""
