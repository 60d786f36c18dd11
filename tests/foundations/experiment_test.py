"""Tests of foundations/experiment.py, with fake functions."""

import types

import numpy as np

from lottery_ticket.foundations import experiment


def run(iterations, presets=None, rewind=None):
    calls = []

    def make_model(presets, masks):
        calls.append(("model", presets, masks))
        return types.SimpleNamespace(masks={"x": np.ones(4)}, made=len(calls))

    def train_model(level, dataset, model):
        calls.append(("train", level, dataset, model.made))
        return f"initial{level}", f"final{level}"

    def prune_masks(masks, final):
        calls.append(("prune", masks, final))
        return f"masks after {final}"

    experiment.experiment(
        make_dataset=lambda: "data",
        make_model=make_model,
        train_model=train_model,
        prune_masks=prune_masks,
        iterations=iterations,
        presets=presets,
        rewind=rewind,
    )
    return calls


def test_level_0_alone():
    assert run(0, presets="given") == [
        ("model", "given", None),
        ("train", 0, "data", 1),
    ]


def test_each_level_prunes_the_last_and_restarts_from_the_first():
    calls = run(2)
    np.testing.assert_array_equal(calls[2][1]["x"], np.ones(4))
    assert calls[2][2] == "final0"
    assert calls[3] == ("model", "initial0", "masks after final0")
    assert calls[4] == ("train", 1, "data", 4)
    assert calls[5] == ("prune", "masks after final0", "final1")
    assert calls[6] == ("model", "initial0", "masks after final1")
    assert calls[7] == ("train", 2, "data", 7)
    assert len(calls) == 8


def test_levels_can_start_from_other_weights():
    calls = run(2, rewind=lambda *given: given)
    given = "masks after final0", "initial0", "final0"
    assert calls[3] == ("model", given, "masks after final0")
    given = "masks after final1", "initial0", "final1"
    assert calls[6] == ("model", given, "masks after final1")
