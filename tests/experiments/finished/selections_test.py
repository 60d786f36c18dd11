"""Tests of experiments/finished/selections.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.experiments.finished import finished_runs, selections
from lottery_ticket.foundations.values import masks as masks_lib

SEEDS = st.integers(0, 2**31 - 1)


def counts(masks):
    return {name: kept for name, (kept, _) in masks_lib.counts(masks).items()}


def pruned_to(**masks):
    masks = {name: np.asarray(m, np.uint8) for name, m in masks.items()}
    return finished_runs.FinishedRun("out/2/same_init", {}, {}, masks, {})


@st.composite
def pruned(draw):
    """Tickets of a whole layer and two that are pruned."""
    rng = np.random.default_rng(draw(SEEDS))
    dense = rng.integers(0, 2, (draw(st.integers(1, 5)), 3))
    dense.flat[0] = 0
    return pruned_to(
        whole=np.ones((2, 2)), dense=dense, sparse=rng.random(20) < 0.2
    )


def final_of(ticket, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=m.shape) for name, m in ticket.masks.items()}


@pytest.mark.parametrize("name", selections.SELECTIONS)
@hypothesis.given(pruned(), SEEDS)
def test_as_many_weights_arecounts(name, ticket, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finished_runs, "dense_final", final_of)
        before = {name: mask.copy() for name, mask in ticket.masks.items()}
        found = selections.SELECTIONS[name](ticket, seed)
        again = selections.SELECTIONS[name](ticket, seed)
    assert list(found) == list(ticket.masks)
    assert sum(counts(found).values()) == sum(counts(ticket.masks).values())
    if name != "random_global":
        assert counts(found) == counts(ticket.masks)
    assert found["whole"].all()
    for layer, mask in found.items():
        assert mask.dtype == np.uint8
        assert mask.shape == ticket.masks[layer].shape
        np.testing.assert_array_equal(mask, again[layer])
        np.testing.assert_array_equal(ticket.masks[layer], before[layer])


@pytest.mark.parametrize("name", ["shuffle", "random_global"])
def test_what_is_drawn_is_another_for_each_seed(name):
    source = pruned_to(a=np.arange(1000) % 2)
    one, other = (selections.SELECTIONS[name](source, seed) for seed in (1, 2))
    for mask in (one["a"], other["a"]):
        # Half of the ticket's positions, as chance has it.
        assert 200 < (mask & source.masks["a"]).sum() < 300
    assert (one["a"] != other["a"]).sum() > 400


def test_random_weights_of_all_layers_come_out_equally_dense():
    source = pruned_to(
        whole=np.ones(50), sparse=np.zeros((100, 100)), half=np.eye(2)
    )
    source.masks["half"] = (np.arange(10000) % 2).astype(np.uint8)
    found = selections.random_global(source, seed=3)
    assert found["whole"].all()
    assert counts(found)["sparse"] + counts(found)["half"] == 5000
    for name in ("sparse", "half"):
        np.testing.assert_allclose(found[name].mean(), 0.25, atol=0.02)


def test_one_shot_keeps_the_largest_of_the_dense_network(monkeypatch):
    final = {"a": np.array([1.0, -5, 2, 4, -3]), "a_bias": np.ones(5)}
    monkeypatch.setattr(finished_runs, "dense_final", lambda _: final)
    found = selections.oneshot(pruned_to(a=[1, 1, 1, 0, 0]), seed=0)
    np.testing.assert_array_equal(found["a"], [0, 1, 0, 1, 1])


@pytest.mark.parametrize(
    ("final", "is_said"),
    [([0.0, 0, 0, 0, 9], True), ([2.0] * 5, True), ([1.0, 2, 3, 4, 5], False)],
)
def test_one_shot_says_if_ties_decide(monkeypatch, caplog, final, is_said):
    final = {"a": np.array(final)}
    monkeypatch.setattr(finished_runs, "dense_final", lambda _: final)
    found = selections.oneshot(pruned_to(a=[1, 1, 1, 0, 0]), seed=0)
    np.testing.assert_array_equal(found["a"], [0, 0, 1, 1, 1])
    assert ("Their place decides" in caplog.text) == is_said


def test_the_tickets_own_masks_are_its_own():
    source = pruned_to(a=[1, 0])
    assert selections.same(source, 0) is source.masks


@pytest.mark.parametrize(
    "name", [name for name in selections.SELECTIONS if name != "ticket"]
)
def test_a_ticket_that_keeps_all_is_refused(name):
    with pytest.raises(ValueError, match=f"selection={name} is for tickets t"):
        selections.SELECTIONS[name](pruned_to(a=[1, 1]), 0)
