"""Tests of benchmarks/smaller_faster.py."""

import numpy as np
import pytest

from lottery_ticket.benchmarks import smaller_faster

SHAPES = {"conv": (3, 3, 2, 10), "dense": (40, 5)}


def rng():
    return np.random.default_rng(0)


def test_two_of_each_four_inputs_of_a_unit():
    masks = smaller_faster._two_of_four(SHAPES, rng())
    rows = masks["conv"].reshape(18, 10)
    assert (rows[:16].reshape(4, 4, 10).sum(axis=1) == 2).all()
    assert rows[16:].all()  # What no four are.
    assert masks["dense"].mean() == 0.5
    assert {n: mask.shape for n, mask in masks.items()} == SHAPES


def test_whole_units_but_not_of_the_last_layer():
    masks = smaller_faster._by_unit(SHAPES, 0.3, rng())
    by_unit = masks["conv"].reshape(18, 10)
    assert sorted(by_unit.sum(axis=0)) == [0] * 7 + [18] * 3
    assert masks["dense"].all()
    least = smaller_faster._by_unit(SHAPES, 0.01, rng())
    assert least["conv"].sum() == 18


@pytest.mark.slow
def test_a_table_in_markdown(capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    smaller_faster.smaller_faster(("fc",), (0.1,), rounds=1, calls=1)
    lines = capsys.readouterr().out.splitlines()
    table = [line.split(" | ") for line in lines if line.startswith("|")]
    assert len({len(row) for row in table}) == 1
    ways = [row[1] for row in table[2:]]
    assert ways == ["nothing", "weight, 0.1", "2:4", "unit, 0.1"]
    assert table[2][3] == "532,400"
