"""Tests of experiments/gems/rounding_loss.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.gems import rounding_loss
from lottery_ticket.tests import tiny


def test_it_is_the_loss_of_masked_kernels_on_one_batch():
    dataset, model = tiny.make_dataset(), tiny.Model().reset(seed=1)
    loss = rounding_loss.function(dataset, model, examples=20)
    w = model.weights
    x, y = dataset.train.x[:20], dataset.train.y[:20]
    rng = np.random.default_rng(3)
    for _ in range(2):
        masks = {
            name: rng.random(w[name].shape).astype(np.float32)
            for name in ("layer0", "layer1")
        }
        hidden = np.maximum(x @ (w["layer0"] * masks["layer0"]), 0)
        logits = hidden @ (w["layer1"] * masks["layer1"])
        log_sums = np.log(np.exp(logits).sum(1))
        expected = (log_sums - logits[np.arange(20), y]).mean()
        assert loss(masks) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_array_equal(model.weights["layer0"], w["layer0"])
