"""Tests of analysis/results.py."""

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.tests.analysis import fake_results


def test_empty_and_missing_folders(tmp_path):
    assert results.read(str(tmp_path)).runs.empty
    with pytest.raises(FileNotFoundError, match="No results folder"):
        results.read(str(tmp_path / "nowhere"))


def test_a_complete_run_may_be_wanted(tmp_path):
    with pytest.raises(ValueError, match="no complete run. Found: no folder"):
        results.check_some(results.read(str(tmp_path)))
    directory = paths.run(paths.trial(str(tmp_path), 1), 0, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    with pytest.raises(ValueError, match="Found: trial 1, level 0, same_init"):
        results.check_some(results.read(str(tmp_path)))
    fake_results.write_run(str(tmp_path), 1, 0)
    results.check_some(results.read(str(tmp_path)))


def test_some_experiments_and_levels_are_chosen(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    found = results.read(str(tmp_path))
    assert found.chosen.equals(found.runs)
    assert (found.experiments, found.levels) == (None, None)
    assert found.files["untrained"] == "untrained.json"
    found = results.read(str(tmp_path), "reinit,same_init", (2,))
    names = found.chosen["experiment"].unique()
    assert list(names) == ["reinit", "same_init"]
    assert set(found.chosen["level"]) == {0, 1, 2}
    assert len(found.runs) == len(found.chosen) == 12
    assert found.levels == (2,)
    with pytest.raises(ValueError, match="Unknown experiment 'reinti'"):
        results.read(str(tmp_path), "reinti")
    with pytest.raises(ValueError, match="Unknown level '0'. Known: 2"):
        results.read(str(tmp_path), "reinit", (0,))


def test_where_there_is_no_run_nothing_is_known_to_choose(tmp_path):
    assert results.read(str(tmp_path), "any", (7,)).chosen.empty
