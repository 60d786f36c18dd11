"""Tests of foundations/scores/criteria_weights.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.scores import criteria_weights

INITIAL = {"x": np.array([0.5, -0.4, 0.3]), "x_bias": np.ones(2)}
FINAL = {"x": np.array([-0.6, 0.5, 0.1]), "x_bias": np.ones(2)}
MASKS = {"x": np.ones(3, np.uint8)}


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (criteria_weights.large_final, [0.6, 0.5, 0.1]),
        (criteria_weights.large_init, [0.5, 0.4, 0.3]),
    ],
)
def test_scores_are_of_the_layers_with_masks(criterion, expected):
    scores = criterion(INITIAL, FINAL, MASKS, np.random.default_rng(0))
    assert list(scores) == ["x"]
    np.testing.assert_array_equal(scores["x"], expected)


def test_random_scores_are_uniform_and_known_by_their_generator():
    masks = {"a": np.ones((100, 50), np.uint8), "b": np.ones(4000, np.uint8)}

    def draw(seed):
        rng = np.random.default_rng(seed)
        return criteria_weights.random({}, {}, masks, rng)

    scores, again, other = draw(1), draw(1), draw(2)
    rng = np.random.default_rng(1)
    for name, mask in masks.items():
        score = scores[name]
        assert score.dtype == np.float32
        np.testing.assert_array_equal(score, rng.random(mask.shape, np.float32))
        np.testing.assert_array_equal(score, again[name])
        assert (score != other[name]).mean() > 0.99
        assert 0 <= score.min() < 0.01 and 0.99 < score.max() < 1
        assert abs(score.mean() - 0.5) < 0.02  # Four deviations.
