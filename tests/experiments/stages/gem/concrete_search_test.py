"""Tests of experiments/stages/gem/concrete_search.py, on a few digits."""

import json

import numpy as np
import pytest

from lottery_ticket.datasets.images import augmentation
from lottery_ticket.experiments.stages.gem import concrete_search, gem_weights
from lottery_ticket.foundations.learned_masks import concrete_masks
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import grids
from lottery_ticket.tests.experiments.stages.gem import small

CHECKS = ("weight_reinit", "mask_shuffle", "score_inversion")


def arguments(**flags):
    return {"algo": "concrete", **flags}


def search(directory, presets=None, **flags):
    """Searches; returns what was found, and the weights that stood still."""
    gem = small.gem(directory, presets, **arguments(**flags))
    dataset, model = small.made(gem)
    weights = gem_weights.draw(gem, model)
    return concrete_search.search(gem, dataset, model, weights), weights


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mined")
    return directory, small.train(directory, **arguments(checks=CHECKS))


def test_exactly_as_many_of_the_highest_scores_are_kept(mined):
    directory, record = mined
    masks, scores, initial, ours = small.networks(
        directory / "search", "masks", "scores", "initial", "../initial"
    )
    kept = np.concatenate([x[masks[n] == 1] for n, x in scores.items()])
    pruned = np.concatenate([x[masks[n] == 0] for n, x in scores.items()])
    assert kept.size == 888 // 4 == sum(k for k, _ in record["counts"].values())
    assert kept.min() >= pruned.max()
    found = record["stages"]["search"]
    assert found["smallest_kept"] == pytest.approx(kept.min())
    assert found["largest_pruned"] == pytest.approx(pruned.max())
    assert set(found) == {
        *("smallest_kept", "largest_pruned", "nominal_density"),
        *("positive_share", "multiplier", "objective"),
    }
    for name, array in initial.items():  # Training starts from the same.
        mask = masks.get(name, 1)
        np.testing.assert_array_equal(array * mask, ours[name])


def test_every_epoch_is_recorded(mined):
    directory, _ = mined
    record = json.loads((directory / "search/run.json").read_text())
    events = record["events"]
    assert [each["iteration"] for each in events] == [4, 8, 12, 16, 20]
    assert all(sum(each["density"].values()) == 222 for each in events)
    assert all(each["objective"] > 0 for each in events)
    assert all(0 < each["nominal_density"] < 1 for each in events)


def test_checks_are_of_the_same_search(mined):
    directory, record = mined
    assert {"finetuned", "search", *CHECKS} == set(record["stages"])
    assert not (directory / "score_inversion/search").exists()
    masks, scores = small.networks(directory / "search", "masks", "scores")
    (lowest,) = small.networks(directory / "score_inversion", "masks")
    assert sum(mask.sum() for mask in lowest.values()) == 222
    own = np.concatenate([x[lowest[n] == 1] for n, x in scores.items()])
    others = np.concatenate([x[lowest[n] == 0] for n, x in scores.items()])
    assert own.max() <= others.min()
    (shuffled,) = small.networks(directory / "mask_shuffle", "masks")
    assert masks_lib.counts(shuffled) == masks_lib.counts(masks)


@pytest.mark.parametrize(
    "flags",
    grids.thinned(
        [
            {"objective": "loss"},
            {"objective": "kl"},
            {"sparsity_control": "lagrange"},
            {"density_estimate": "probability"},
        ],
        [{"sparsity_control": "lagrange"}, {"density_estimate": "probability"}],
    ),
)
def test_all_variants_keep_exactly_as_many_and_the_same_again(tmp_path, flags):
    first, weights = search(tmp_path / "a", concrete=flags)
    second, _ = search(tmp_path / "b", concrete=flags)
    assert sum(mask.sum() for mask in first.masks.values()) == 222
    for name, mask in first.masks.items():
        np.testing.assert_array_equal(mask, second.masks[name])
    for name, array in weights.items():
        assert array.tobytes() == first.start[name].tobytes()


def test_the_search_has_its_own_length_and_a_short_one_is_warned_of(
    tmp_path, caplog
):
    search(tmp_path, concrete={"search_len": "6it"})
    events = json.loads((tmp_path / "search/run.json").read_text())["events"]
    assert [each["iteration"] for each in events] == [4, 6]
    assert "A search of 6 iterations is short" in caplog.text


def test_a_drop_in_the_first_epoch_is_warned_of(tmp_path, caplog):
    search(tmp_path / "a", concrete={"search_len": "1ep"})
    assert "search_drop=0.88 has no effect" in caplog.text
    caplog.clear()
    search(tmp_path / "b", concrete={"search_len": "4it"})
    assert "search_drop" not in caplog.text


def test_features_need_a_relu(tmp_path):
    changes = {"activation": "tanh"}
    with pytest.raises(ValueError, match="outputs of ReLUs, and this network"):
        search(tmp_path, changes=changes, concrete={"objective": "features"})
    assert not (tmp_path / "search").exists()


def test_weights_are_trained_from_where_presets_were_saved(tmp_path):
    dense = {"algo": "wt", "tuning": {}}
    small.train(tmp_path / "dense", None, ("2ep",), **dense)
    early = str(tmp_path / "dense/iteration8")
    flags = {"start_iteration": "2ep"}
    checks = arguments(checks=("weight_reinit", "mask_shuffle"))
    small.train(tmp_path / "late", early, concrete=flags, **checks)
    for check, start in {"weight_reinit": 0, "mask_shuffle": 8}.items():
        folder = tmp_path / "late" / check
        told = json.loads((folder / "run.json").read_text())
        assert told["inputs"]["start_iteration"] == start
        (begun,) = small.networks(folder, "initial")
        assert begun["layer0_bias"].any() == bool(start)  # Trained, or fresh.
    record = json.loads((tmp_path / "late/run.json").read_text())
    assert record["inputs"]["start_iteration"] == 8
    (frozen,) = small.networks(tmp_path / "late/search", "initial")
    (saved,) = small.networks(tmp_path / "dense", "iteration8")
    for name, array in saved.items():
        np.testing.assert_array_equal(frozen[name], array)
    with pytest.raises(ValueError, match="cannot start at iteration 20"):
        search(tmp_path / "end", saved, concrete={"start_iteration": "5ep"})
    assert not (tmp_path / "end/search").exists()


def test_images_are_not_augmented_in_the_search(tmp_path):
    gem = small.gem(tmp_path, **arguments())
    dataset, _ = small.made(gem)
    dataset.augment = augmentation.AUGMENTATIONS["flip"].function
    plain = concrete_search._plain(dataset)
    assert plain.augment is None and dataset.augment is not None
    assert plain.train is dataset.train


def test_divergences_are_for_classes(tmp_path):
    gem = small.gem(tmp_path, **arguments())
    dataset, model = small.made(gem)
    weights = gem_weights.draw(gem, model)
    dataset.task = "regression"
    try:
        with pytest.raises(ValueError, match="objective=reverse_kl compares"):
            concrete_search.search(gem, dataset, model, weights)
    finally:
        dataset.task = "classification"


def test_ties_are_settled_by_place():
    scores = {"a": np.zeros(4, np.float32), "b": np.zeros(4, np.float32)}
    found = concrete_masks.highest(scores, 3)
    assert found["a"].sum() == 0 and found["b"].tolist() == [0, 1, 1, 1]
