"""Tests of foundations/values/seeds.py."""

from lottery_ticket.foundations.values import seeds


def test_derived_seeds_are_frozen():
    # Results on disk depend on these values.
    assert seeds.derive(0, "init") == 1654860074
    assert seeds.derive(1, "reinit", 3, 2) == seeds.derive(1, "reinit", 3, 2)


def test_seeds_differ_by_seed_and_by_name():
    drawn = {
        seeds.derive(seed, name)
        for seed in range(100)
        for name in ("init", "train_order", "split")
    }
    assert len(drawn) == 300
    assert all(0 <= seed < 2**31 for seed in drawn)
