"""Tests of analysis/look/levels.py."""

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import levels
from lottery_ticket.tests.analysis import fake_results


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def test_spread_levels(runs):
    assert levels.spread(runs) == [0, 1, 2]
    assert levels.spread(runs, 2) == [0, 2]


def test_levels_of_most_experiments_come_first(tmp_path):
    for level in range(7):
        fake_results.write_run(str(tmp_path), 1, level)
    for level in (5, 6):
        fake_results.write_run(str(tmp_path), 1, level, "reinit")
    runs = results.read(str(tmp_path)).runs
    assert levels.spread(runs, 3) == [0, 5, 6]
    middle = set(levels.spread(runs, 4)) - {0, 5, 6}
    assert middle in ({2}, {3})
    assert levels.spread(runs, 2) == [0, 6]
    assert levels.spread(runs, 9) == list(range(7))


def test_densities_that_differ_at_a_level_are_a_range(tmp_path):
    for name, level in (("dense", 0), ("sparse", 2)):
        fake_results.write_run_at(
            str(tmp_path / name), level, (0.1, 0.9), None, {}
        )
    runs = results.read(str(tmp_path)).runs
    runs["level"] = 0
    assert levels.density_text(runs, 0) == "100–25.0 %"
