"""Tests of experiments/train.py."""

import numpy as np
import pytest

from lottery_ticket.experiments import recipes, train
from lottery_ticket.foundations import paths, save_restore

RECIPE = recipes.Recipe(training_len="5it", seed=1)
MASK = (np.arange(300 * 100).reshape(300, 100) % 2).astype(np.uint8)


def test_one_network_with_masks_and_presets(tmp_path):
    directory = str(tmp_path / "once")
    given = {
        "masks": {"layer1": MASK},
        "presets": {"layer0_bias": np.full(300, 0.5, np.float32)},
    }
    train.train(directory, RECIPE, **given, quiet=True)
    assert train.is_complete(directory, RECIPE, **given)
    initial = save_restore.restore_network(paths.initial(directory))
    final = save_restore.restore_network(paths.final(directory))
    np.testing.assert_array_equal(initial["layer0_bias"], 0.5)
    np.testing.assert_array_equal(final["layer1"][MASK == 0], 0)
    with pytest.raises(ValueError, match="masks: '.*' there, None now"):
        train.train(directory, RECIPE)


def test_masks_of_another_network_are_named_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"\(300, 100\). Received: \(100, 300"):
        train.train(str(tmp_path / "a"), RECIPE, masks={"layer1": MASK.T})
    assert not (tmp_path / "a").exists()
