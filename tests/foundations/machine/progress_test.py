"""Tests of foundations/machine/progress.py."""

import io
import re
import sys

import pytest

from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.values import headline


class Terminal(io.StringIO):
    def isatty(self):
        return True


either = pytest.mark.parametrize("stream_type", [Terminal, io.StringIO])


LATEST = {
    "train": (0.5, 1.0),
    "validate": (0.375, 0.75),
    "test": (0.25, 0.875),
}


def show(quiet=False):
    with progress.Progress(runs=2, quiet=quiet) as bar:
        for level in range(2):
            bar.start(f"level {level}/1", 100)
            bar.show_density(0.8**level)
            bar.show_compiling(True)
            bar.show_compiling(False)
            bar.update(50, LATEST)
            bar.finish("in 2.5 s", LATEST)


@either
def test_every_run_ends_with_a_line(stream_type, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr := stream_type())
    show()
    text = stderr.getvalue()
    ended = "test 0.2500 (87.50 %), in 2.5 s\n"
    if stderr.isatty():
        assert f"level 0/1, density 100 %: {ended}" in text
        assert f"level 1/1, density 80 %: {ended}" in text
    else:
        before = "train 0.5000 (100.00 %), validate 0.3750 (75.00 %), "
        assert f"level 0/1: {before}{ended}" in text
        assert f"level 1/1: {before}{ended}" in text


def test_a_terminal_sees_density_accuracy_and_time_left(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.Progress(runs=40) as bar:
        bar.start("level 12/30", 100_000)
        bar.show_density(0.0687)
        bar.show_compiling(True)
        assert "level 12/30, density 6.87 %:   0%|" in last_line()
        assert last_line().endswith("? left, compiling")
        bar.show_compiling(False)
        bar.update(50_000, LATEST)
        bar._bar.refresh()
        assert re.fullmatch(
            r"level 12/30, density 6.87 %:   1%\|.{6}\| [\d.]+[kMG]?it/s, "
            r"[\d:]+ left, test 87.50 %",
            last_line(),
        )
        assert len(last_line()) <= progress.COLUMNS
        bar.finish("in 2.5 s")


def last_line():
    return sys.stderr.getvalue().rpartition("\r")[2].rstrip()


def test_what_does_not_fit_is_left_out_by_and_by():
    whole = progress.text(LATEST)
    assert progress.text(LATEST, room=len(whole)) == whole
    assert progress.text(LATEST, room=len(whole) - 1).startswith("validate")
    assert progress.text(LATEST, room=30) == "test 0.2500 (87.50 %)"
    assert progress.text({"train": (0.5, 0.5)}, room=3).startswith("train")


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


def test_a_watcher_hears_how_far_each_run_is(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    heard = []
    with progress.watched(lambda done, total: heard.append((done, total))):
        show(quiet=True)
    show(quiet=True)
    assert heard == 2 * [(0, 100), (50, 100), (100, 100)]


def test_what_a_watcher_raises_ends_the_run(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    def stop(done, total):
        raise TimeoutError(f"{done} of {total}")

    with pytest.raises(TimeoutError, match="0 of 100"):
        with progress.watched(stop):
            show()
    show()
