"""Tests of analysis/logs.py."""

from lottery_ticket.analysis import logs
from lottery_ticket.analysis.reading import logs as reading


def test_it_is_the_door_of_what_reads_logs():
    assert logs.read is reading.read
    assert logs.early_stop_iteration is reading.early_stop_iteration
