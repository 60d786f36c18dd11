"""Tests of models/model_transformer.py."""

import numpy as np
import pytest

from lottery_ticket.models import model_transformer


def small():
    return model_transformer.ModelTransformer(
        (6,), 3, 5, blocks=1, units=8, heads=2
    )


def test_every_kernel_but_vectors_has_its_mask():
    model = small()
    assert {name: mask.shape for name, mask in model.masks.items()} == {
        "block0_attention.query": (8, 2, 4),
        "block0_attention.key": (8, 2, 4),
        "block0_attention.value": (8, 2, 4),
        "block0_attention.attention_output": (2, 4, 8),
        "block0_dense0": (8, 16),
        "block0_dense1": (16, 8),
        "logits": (8, 3),
    }
    assert model.weights["words_embeddings"].shape == (5, 8)
    assert model.weights["places_positions"].shape == (6, 8)


def test_what_fills_up_takes_no_part():
    model = small().reset(seed=1)
    x = np.array([[1, 2, 3, 0, 0, 0]])
    before = model.network(x).numpy()
    weights = model.weights
    for name, rows in (
        ("words_embeddings", [0]),
        ("places_positions", [3, 4, 5]),
    ):
        weights[name][rows] = 9
    after = model.reset(weights).network(x).numpy()
    np.testing.assert_allclose(after, before, atol=1e-6)
    weights["places_positions"][2] = 9
    assert np.abs(model.reset(weights).network(x) - before).max() > 1e-3


def test_order_counts():
    model = small().reset(seed=1)
    one, other = model.network(
        np.array([[1, 2, 3, 4, 0, 0], [4, 3, 2, 1, 0, 0]])
    )
    assert np.abs(one - other).max() > 1e-5


@pytest.mark.parametrize("shape", [(), (8, 8), (8, 8, 1)])
def test_what_is_no_sequence_is_an_error(shape):
    with pytest.raises(ValueError, match="must be .places,. of a sequence"):
        model_transformer.ModelTransformer(shape)
