"""Tests of foundations/experiment.py, with fake functions."""

import types

import numpy as np

from lottery_ticket.foundations import experiment


def functions(calls):
    """Functions that make and train, and note their calls."""

    def make_model(presets, masks):
        calls.append(("model", presets, masks))
        return types.SimpleNamespace(masks={"x": np.ones(4)}, made=len(calls))

    def train_model(level, dataset, model):
        calls.append(("train", level, dataset, model.made))
        return f"initial{level}", f"final{level}"

    return {
        "make_dataset": lambda: "data",
        "make_model": make_model,
        "train_model": train_model,
    }


def run(iterations, presets=None):
    calls = []

    def prune_masks(masks, final):
        calls.append(("prune", masks, final))
        return f"masks after {final}"

    experiment.experiment(
        **functions(calls),
        prune_masks=prune_masks,
        iterations=iterations,
        presets=presets,
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


def test_a_function_of_levels_prunes_and_rewinds():
    calls, given = [], []

    def start_next(level, dense):
        given.append((level, dense))
        return experiment.Start(
            f"masks after {level.number}",
            f"presets after {level.number}",
            f"unpruned after {level.number}",
        )

    experiment.by_level(
        **functions(calls), start_next=start_next, iterations=2, presets="given"
    )
    assert calls == [
        ("model", "given", None),
        ("train", 0, "data", 1),
        ("model", "presets after 0", "masks after 0"),
        ("train", 1, "data", 3),
        ("model", "presets after 1", "masks after 1"),
        ("train", 2, "data", 5),
    ]
    (first, dense), (second, again) = given
    assert first is dense is again
    np.testing.assert_array_equal(dense.masks["x"], np.ones(4))
    assert (dense.number, dense.initial, dense.final) == (
        *(0, "initial0", "final0"),
    )
    assert dense.unpruned == "initial0"
    assert second.number == 1 and second.masks == "masks after 0"
    assert (second.initial, second.final) == ("initial1", "final1")
    assert second.unpruned == "unpruned after 0"


def test_level_0_may_have_masks():
    calls, given = [], []

    def start_next(level, dense):
        given.append(level)
        return experiment.Start(level.masks, "presets", "unpruned")

    mask = np.array([0, 1, 1, 1])
    experiment.by_level(
        **functions(calls),
        start_next=start_next,
        iterations=1,
        masks={"x": mask},
    )
    assert calls[0] == ("model", None, {"x": mask})
    assert given[0].masks == {"x": mask}
