"""Tests of experiments/stages/lines.py."""

import pytest

from lottery_ticket.experiments.stages import lines
from lottery_ticket.foundations.values import interpolation
from lottery_ticket.tests import tiny


def test_what_is_found_on_a_line(capsys):
    model, data = tiny.Model(), tiny.make_dataset()
    ends = [model.reset(masks=tiny.masks(), seed=s).weights for s in (1, 2)]
    found, text = lines.measured(
        data, model, tuple(ends), tiny.masks(), 3, True
    )
    assert list(found) == [
        *("alpha", "splits", "ends", "barriers", "is_stable"),
        *("norm_examples", "density", "dataset"),
    ]
    assert found["alpha"] == [0, 0.5, 1]
    for name, columns in found["splits"].items():
        own = interpolation.barrier(columns["error"])
        assert found["barriers"][name] == own
        assert found["ends"][name]["loss"] == columns["loss"][::2]
    barriers = [found["barriers"][name] for name in ("test", "train")]
    assert found["is_stable"] == (max(barriers) < 0.02)
    number = f"{100 * barriers[0]:.2f}"
    assert text.startswith(f"barrier in points: test {number}, train ")
    assert text.endswith("stable; batch-norm statistics: none")
    assert capsys.readouterr().err == ""


def test_two_points_at_least():
    with pytest.raises(ValueError, match="points of a line must be"):
        lines.measured(None, None, ({}, {}), {}, 1, True)
