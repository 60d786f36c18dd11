"""Tests of foundations/learned_masks/mask_source.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.learned_masks import (
    gated_masks,
    learned_masks,
    mask_source,
    sampled_masks,
    score_method,
    scored_masks,
)

SHAPES = {"a": (4, 5), "b": (5, 3)}


@pytest.mark.parametrize("dtype", ["int64", "float32", "bool"])
def test_variables_are_of_their_kind_and_not_trained(dtype):
    found = mask_source.variable(np.ones((2, 3)), dtype, "own")
    assert found.dtype == dtype and found.name == "own"
    assert not found.trainable
    np.testing.assert_array_equal(found.numpy(), np.ones((2, 3), dtype))
    found.assign(np.zeros((2, 3), dtype))
    assert not found.numpy().any()


def by_logits():
    found = sampled_masks.SampledMasks(SHAPES, "bernoulli", "dynamic")
    found.reset(3)
    return found


def by_scores():
    method = score_method.ScoreMethod()
    found = scored_masks.ScoredMasks(SHAPES, method)
    found.reset(method, 4, 3)
    return found


def by_gates():
    found = gated_masks.GatedMasks(SHAPES, "gaussian")
    found.reset(1.0, 4, 3)
    return found


def test_what_is_not_complete_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        mask_source.MaskSource(SHAPES)


@pytest.mark.parametrize("make", [by_logits, by_scores, by_gates])
def test_every_source_keeps_to_what_is_written_down(make):
    source = make()
    assert source.rescaling in learned_masks.RESCALINGS
    assert source.iterations.numpy() == 0
    assert not any(each.trainable for each in source.variables)
    values = {n: np.full(s, 0.75, np.float32) for n, s in SHAPES.items()}
    source.start(values)
    for name, each in source.trained.items():
        assert each.trainable and each.dtype == "float32"
        np.testing.assert_array_equal(source.values[name], values[name])
    before = source.identity
    assert len(before) == 1
    outcome = source.outcome()
    assert tuple(outcome) == source.folders
    source.assign({n: np.zeros(s) for n, s in SHAPES.items()})
    assert source.identity != before
    source.restore(outcome)
    assert source.identity == before
    masks = source.final_masks(lambda masks: masks)
    for name, mask in source.samples(3)[0].items():
        assert mask.shape == SHAPES[name]
        np.testing.assert_array_equal(masks[name], mask)


def test_one_without_events_says_so():
    assert not by_logits().has_events and by_scores().has_events
    with pytest.raises(NotImplementedError, match="SampledMasks has no events"):
        by_logits().event(1, {})
