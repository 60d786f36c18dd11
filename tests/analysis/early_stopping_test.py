"""Tests of analysis/early_stopping.py."""

import numpy as np
import pytest

from lottery_ticket.analysis import early_stopping, results, sections
from lottery_ticket.tests.analysis import fake_masked, fake_results


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def test_early_stopping_against_density(runs):
    [axes] = early_stopping.early_stopping(runs).axes
    tickets, reinits = axes.containers
    np.testing.assert_allclose(
        tickets.lines[0].get_xydata(), [[100, 200], [50, 100], [25, 100]]
    )
    np.testing.assert_allclose(reinits.lines[0].get_xydata(), [[25, 200]])
    assert axes.get_ylim() == (0, 210)
    assert axes.get_ylabel() == "Early-stop iteration"


def test_without_validation_there_is_nothing_to_draw(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    runs = results.read(str(tmp_path)).runs
    with pytest.raises(ValueError, match="No run has the early_stop_iteration"):
        early_stopping.early_stopping(runs)


def test_a_note_says_why_there_is_none(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    section = early_stopping.section(results.read(str(tmp_path)))
    assert section.figures == {}
    assert section.text == early_stopping.NOTHING
    assert section.rank == sections.NOTES_RANK


def test_stops_of_learned_masks_are_not_drawn(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    fake_masked.write_supermask(str(tmp_path), 1)
    section = early_stopping.section(results.read(str(tmp_path)))
    assert (section.figures, section.text) == ({}, "")
    fake_results.write_run(str(tmp_path), 1, 1)
    section = early_stopping.section(results.read(str(tmp_path)))
    assert [*section.figures] == ["early_stopping"]
