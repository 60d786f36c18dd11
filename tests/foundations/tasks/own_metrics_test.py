"""Tests of foundations/tasks/own_metrics.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.tasks import own_metrics


@pytest.mark.parametrize("threshold", [0.5, 0.0])
def test_an_example_counts_if_all_its_labels_are_right(threshold):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=(40, 3)).astype(np.float32)
    outputs = y + rng.normal(size=y.shape) * 0.5 - 0.5 + threshold
    metric = own_metrics.ExactMatch(threshold)
    for part in (slice(30), slice(30, 40)):
        metric.update_state(y[part], outputs[part])
    expected = ((outputs > threshold) == (y == 1)).all(axis=1).mean()
    assert 0 < expected < 1
    np.testing.assert_allclose(metric.result(), expected, atol=1e-6)
    again = own_metrics.ExactMatch(**metric.get_config())
    assert again.name == "exact_match"
