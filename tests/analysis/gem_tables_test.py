"""Tests of analysis/gem_tables.py."""

from lottery_ticket.analysis import gem_tables, gems, results
from lottery_ticket.tests.analysis import fake_gems


def _text(tmp_path):
    found = gems.read(str(tmp_path), results.read(str(tmp_path)).runs)
    return gem_tables.to_text(gems.summarize(found.methods))


def test_means_and_ranges_before_and_after(tmp_path):
    for trial in (1, 2):
        after = 0.6 + 0.1 * trial
        fake_gems.write_gem(str(tmp_path), trial, 1, before=0.4, after=after)
    fake_gems.write_gem(
        str(tmp_path), 1, 2, "ep", density=0.02, before=0.2, after=0.3, best=0.5
    )
    assert _text(tmp_path) == (
        f"{gem_tables.EXPLANATION}\n"
        "experiment  level  density %  n       before        after   best\n"
        "gem_miner       1       5.00  2        40.00        75.00      -\n"
        "                                 40.00-40.00  70.00-80.00\n"
        "ep              2       2.00  1        20.00        30.00  50.00\n"
    )


def test_sanity_checks_have_a_table_of_those_that_have_any(tmp_path):
    checks = {"weight_reinit": 0.5, "mask_shuffle": 0.25}
    fake_gems.write_gem(str(tmp_path), 1, 1, checks=checks)
    fake_gems.write_gem(str(tmp_path), 1, 1, "ep")
    first, second = _text(tmp_path).split(gem_tables.CHECKS)
    assert "\nep " in first
    assert second == (
        "\n"
        "experiment  level  density %  n  after  reinit  shuffle  invert\n"
        "gem_miner       1       5.00  1  80.00   50.00    25.00       -\n"
    )
