"""Tests of foundations/names_0_1_0.py: what it says is never changed."""

from lottery_ticket.foundations import names_0_1_0


def test_names_are_frozen():
    assert names_0_1_0.PART_FOLDERS == (
        "copies",
        "search",
        "weight_reinit",
        "mask_shuffle",
        "score_inversion",
    )
