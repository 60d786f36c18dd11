"""Tests of analysis/gem_rows.py."""

from lottery_ticket.analysis import gem_rows, tree


def test_keys_are_of_the_place_and_the_settings():
    place = tree.Place("d", (), "conv4/ep", 2, 3, "")
    settings = {"algo": "ep", "dataset": "mnist", "lr": 0.1}
    assert gem_rows.keys(place, settings) == {
        "experiment": "conv4/ep",
        "trial": 2,
        "level": 3,
        "algo": "ep",
        "recipe": None,
        "dataset": "mnist",
        "model": None,
    }


def test_known_methods_come_first():
    rows = [
        {"experiment": experiment, "trial": trial, "level": level}
        for experiment, level, trial in (
            ("b/gem_miner", 1, 1),
            ("mine", 1, 1),
            ("ep", 2, 1),
            ("ep", 1, 10),
            ("ep", 1, 9),
            ("wt", 0, 1),
            ("gem_miner", 1, 1),
        )
    ]
    frame = gem_rows.frame(rows, gem_rows.PLACE)
    assert frame.to_numpy().tolist() == [
        ["gem_miner", 1, 1],
        ["ep", 9, 1],
        ["ep", 10, 1],
        ["ep", 1, 2],
        ["wt", 1, 0],
        ["mine", 1, 1],
        ["b/gem_miner", 1, 1],
    ]
    empty = gem_rows.frame([], gem_rows.PLACE)
    assert empty.empty and list(empty.columns) == gem_rows.PLACE
