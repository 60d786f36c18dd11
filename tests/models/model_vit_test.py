"""Tests of models/model_vit.py."""

import numpy as np
import pytest

from lottery_ticket.models import model_vit


def test_every_kernel_has_its_mask():
    model = model_vit.ModelVit((6, 4, 1), 3, blocks=1, units=8, heads=2)
    assert {name: mask.shape for name, mask in model.masks.items()} == {
        "patches": (2, 2, 1, 8),
        "block0_attention.query": (8, 2, 4),
        "block0_attention.key": (8, 2, 4),
        "block0_attention.value": (8, 2, 4),
        "block0_attention.attention_output": (2, 4, 8),
        "block0_dense0": (8, 16),
        "block0_dense1": (16, 8),
        "logits": (8, 3),
    }
    assert model.weights["places_positions"].shape == (6, 8)


def test_patches_of_another_size():
    model = model_vit.ModelVit((8, 8, 3), 3, blocks=1, units=8, patch_pixels=4)
    assert model.masks["patches"].shape == (4, 4, 3, 8)
    assert model.weights["places_positions"].shape == (4, 8)


def test_draws_differ_by_seed_and_are_the_same_by_one():
    model = model_vit.ModelVit(blocks=1)
    first, other = (model.reset(seed=seed).weights for seed in (1, 2))
    again = model.reset(seed=1).weights
    for name in (*model.masks, "places_positions"):
        assert (first[name] != other[name]).mean() > 0.99
        np.testing.assert_array_equal(first[name], again[name])
    assert abs(first["places_positions"].std() - 0.02) < 0.005


@pytest.mark.slow
def test_places_are_told_apart():
    model = model_vit.ModelVit(blocks=1)
    x = np.random.default_rng(0).random((1, 8, 8, 1), np.float32)
    moved = np.roll(x, 2, axis=1)  # The same patches, elsewhere.
    assert np.abs(model.network(x) - model.network(moved)).max() > 1e-5
    positions = model.weights["places_positions"]
    model.reset({**model.weights, "places_positions": np.zeros_like(positions)})
    np.testing.assert_allclose(
        model.network(x), model.network(moved), atol=1e-5
    )


@pytest.mark.slow
def test_dropout_counts_in_training_only():
    model = model_vit.ModelVit(blocks=1, dropout=0.5)
    x = np.ones((1, 8, 8, 1), np.float32)
    evaluated, again = (model.network(x, training=False) for _ in range(2))
    np.testing.assert_array_equal(evaluated, again)
    assert (model.network(x, training=True) != evaluated).numpy().any()
