"""Tests of experiments/ingredients.py."""

import numpy as np
import pytest

from lottery_ticket.experiments import ingredients, recipes
from lottery_ticket.foundations import save_restore

RECIPE = recipes.Recipe(seed=1)


def test_dataset_and_model_are_made_once_for_runs_alike():
    dataset = ingredients.dataset(RECIPE)
    model = ingredients.model(RECIPE, dataset)
    alike = recipes.Recipe(seed=1, lr=0.5, init_seed=3)
    assert ingredients.dataset(alike) is dataset
    assert ingredients.model(alike, dataset) is model
    other = recipes.Recipe(seed=2)
    assert ingredients.dataset(other) is not dataset


def test_the_recipe_reaches_the_dataset():
    dataset = ingredients.dataset(
        recipes.Recipe(
            train_batch_size=7,
            validation_size=11,
            train_order_seed=13,
            normalization="none",
        )
    )
    assert dataset.train.batch_size == 7
    assert dataset.validate.size == 11
    assert dataset.train.seed == 13
    assert dataset.train.x.max() == 16


def test_seeds_move_the_split_and_the_order():
    one, other = (ingredients.dataset(recipes.Recipe(seed=s)) for s in (1, 2))
    assert (one.validate.x != other.validate.x).any()
    assert (one.train.order(0) != other.train.order(0)).any()
    np.testing.assert_array_equal(one.test.x, other.test.x)


def test_masks_come_as_a_union_of_folders(tmp_path):
    for name, mask in {"a": [1, 0, 0], "b": [0, 1, 0]}.items():
        network = {"x": np.array(mask, np.uint8)}
        save_restore.save_network(str(tmp_path / name), network)
    both = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    for given in (both, both.split(",")):
        union = ingredients.union_of_masks(given)
        np.testing.assert_array_equal(union["x"], [1, 1, 0])
    assert ingredients.union_of_masks(None) is None
    given = {"x": np.ones(1)}
    assert ingredients.union_of_masks(given) is given


def test_a_folder_without_a_network_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="No saved network"):
        ingredients.network(str(tmp_path))


def test_a_run_that_is_not_finished_is_no_source(tmp_path):
    (tmp_path / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="is not finished"):
        ingredients.network(str(tmp_path / "masks"))
