"""Tests of training/run_masks.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.training import run_masks
from lottery_ticket.tests import tiny


def cut():
    """Masks under which unit 0 of layer 0 leads nowhere."""
    masks = tiny.masks()
    masks["layer1"][0] = 0
    return masks


def test_what_is_on_no_path_is_not_effective():
    before = run_masks.RunMasks(tiny.Model().reset(masks=cut(), seed=1))
    expected = cut()["layer0"]
    expected[:, 0] = 0
    np.testing.assert_array_equal(before.effective["layer0"], expected)
    outcome = {"final": before.weights, "masks": before.masks}
    assert before.counted(outcome) == {
        "density": {"layer0": (13, 20), "layer1": (12, 15)},
        "effective": {"layer0": expected.sum(), "layer1": 12},
    }


def test_nothing_pruned_and_values_that_pass_on_have_no_effective_masks():
    dense = run_masks.RunMasks(tiny.Model().reset(seed=1))
    assert dense.effective is None
    held = tiny.Model().reset(masks=cut(), seed=1, hold=True)
    before = run_masks.RunMasks(held)
    assert before.effective is None
    outcome = held.outcome()
    assert before.counted(outcome)["effective"] is None


def test_masks_that_a_run_ends_with_are_counted():
    model = tiny.Model().reset(seed=1)
    before = run_masks.RunMasks(model)
    masks = cut()
    final = {
        name: array * masks.get(name, 1)
        for name, array in before.weights.items()
    }
    counted = before.counted({"final": final, "masks": masks})
    assert counted["density"]["layer1"] == (12, 15)
    assert counted["effective"]["layer1"] == 12
    np.testing.assert_array_equal(model.masks["layer1"], 1)


@pytest.mark.parametrize("hold", [False, True])
def test_pruned_weights_must_have_the_bits_they_had(hold):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1, hold=hold)
    before = run_masks.RunMasks(model)
    pruned = tiny.masks()["layer0"] == 0
    moved = {n: array.copy() for n, array in before.weights.items()}
    moved["layer0"][~pruned] += 1
    moved["layer1_bias"] += 1
    before.check(moved)
    first = np.flatnonzero(pruned)[0]
    held = moved["layer0"].flat[first]
    for value in (np.nextafter(held, np.float32(9)), -held):
        moved["layer0"].flat[first] = value  # A bit more; 0 and -0.
        with pytest.raises(RuntimeError, match="layer 'layer0' moved"):
            before.check(moved)
