"""Tests of experiments/tickets/ticket_texts.py."""

import dataclasses

import numpy as np

from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.tests.foundations.tickets import small

TICKET = small.ticket({"a": (4, 5), "b": (5, 2)}, 1)


def test_layers_are_rows():
    mask = np.zeros((4, 5), np.uint8)
    mask[0] = 1
    ticket = dataclasses.replace(TICKET, masks={**TICKET.masks, "a": mask})
    assert ticket_texts.layers(ticket) == [
        ("a", "4x5", "5 of 20", "25.00%", "3 (bits)"),
        ("b", "5x2", "10 of 10", "100.00%", "0 (all)"),
        ("all", "", "15 of 30", "50.00%", ""),
    ]


def test_metrics_are_those_at_the_end():
    assert ticket_texts.metrics(TICKET) == {
        "test": {"loss": 0.25, "accuracy": 1}
    }


def test_what_a_file_says_moves_no_cursor_and_ends_no_line():
    text = ticket_texts.plain("\x1b[2Jfc\n| a | `rm` <b> \u202e")
    assert text == "?[2Jfc?? a ? ?rm? ?b? ?"
    assert len(ticket_texts.plain("a" * 10**6)) == 200
    assert ticket_texts.plain({"a": 1}) == "{'a': 1}"


def test_the_origin_is_in_words():
    origin = ticket_texts.origin(TICKET)
    assert origin["recipe"] == "digits_fc, seed 1"
    assert origin["made with"].startswith("lottery_ticket -, tensorflow -, ker")
    assert origin["sha256 of the data"] == "0" * 64
    odd = {**small.RECORD, "settings": {"recipe": "{seed.__class__}"}}
    odd = dataclasses.replace(TICKET, record=odd)
    assert ticket_texts.origin(odd)["recipe"] == "{seed.__class__}, seed -"


def test_tables_are_columns():
    rows = [("a", "bb"), ("ccc", "d")]
    assert ticket_texts.table(rows) == "a    bb\nccc  d"
