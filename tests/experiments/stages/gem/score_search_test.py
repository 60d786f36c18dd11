"""Tests of experiments/stages/gem/score_search.py."""

import json
import types

import numpy as np
import pytest

from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import gem_weights, score_search
from lottery_ticket.foundations.learned_masks import score_draws
from lottery_ticket.foundations.networks import layer_names
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import grids, tiny
from lottery_ticket.tests.experiments.stages.gem import small


def search(directory, presets=None, **flags):
    """Searches; returns what was found, and the weights that stood still."""
    gem = small.gem(directory, presets, **flags)
    dataset, model = small.made(gem)
    weights = gem_weights.draw(gem, model)
    return score_search.search(gem, dataset, model, weights), weights


def accuracy(gem, network):
    """On the test set, by numpy."""
    dataset, _ = small.made(gem)
    x = np.reshape(dataset.prepare(dataset.test.x), (len(dataset.test.y), -1))
    hidden = np.maximum(x @ network["layer0"] + network["layer0_bias"], 0)
    logits = hidden @ network["layer1"] + network["layer1_bias"]
    return (logits.argmax(1) == dataset.test.y).mean()


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mined")
    return directory, *search(directory)


def test_the_mask_is_what_events_have_left(mined):
    directory, found, weights = mined
    initial, final, flags, saved = small.networks(
        directory / "search", "initial", "final", "flags", "masks"
    )
    assert sum(mask.sum() for mask in found.masks.values()) == 888 // 4
    assert list(found.masks) == ["layer0", "layer1"]
    for name, mask in found.masks.items():
        np.testing.assert_array_equal(mask, flags[name])
        np.testing.assert_array_equal(mask, saved[name])
        np.testing.assert_array_equal(weights[name], initial[name])
        np.testing.assert_array_equal(weights[name], found.start[name])
        np.testing.assert_array_equal(weights[name] * mask, final[name])


def test_every_epoch_is_recorded(mined):
    directory, *_ = mined
    record = json.loads((directory / "search/run.json").read_text())
    assert record["settings"]["experiment"] == "gem_search"
    events = record["events"]
    assert [each["epoch"] for each in events] == [0, 1, 2, 3, 4]
    assert [each["iteration"] for each in events] == [4, 8, 12, 16, 20]
    # Two events to a quarter of 888: each takes half, to the larger number.
    assert [each["pruned"] for each in events] == [0, 0, 444, 0, 222]
    assert all(each["regularization"] > 0 for each in events)


def test_it_is_measured_before_rounding_and_after(mined):
    directory, found, weights = mined
    scores, flags = small.networks(directory / "search", "scores", "flags")
    rounded = {
        name: weights[name] * flags[name] * (score > 0.5)
        for name, score in scores.items()
    }
    expected = accuracy(small.gem(directory), {**weights, **rounded})
    before = found.results["before_rounding"]["test"]["accuracy"]
    (sample,) = found.results["samples"]["test"]["accuracy"]
    assert before == sample == pytest.approx(expected, abs=1e-6)
    assert set(found.results["samples"]) == {"test", "validate"}


@pytest.mark.slow
def test_relaxed_scores_are_measured_as_they_are(tmp_path):
    found, weights = search(
        tmp_path,
        algo="hc",
        quantized=False,
        rounding="prob",
        evaluation_samples=3,
    )
    (scores,) = small.networks(tmp_path / "search", "scores")
    relaxed = {name: weights[name] * each for name, each in scores.items()}
    expected = accuracy(small.gem(tmp_path), {**weights, **relaxed})
    before = found.results["before_rounding"]["test"]["accuracy"]
    assert before == pytest.approx(expected, abs=1e-6)
    samples = found.results["samples"]["test"]["loss"]
    assert len(samples) == len(set(samples)) == 3
    kept = masks_lib.density(found.masks)
    mean = np.mean(np.concatenate([each.ravel() for each in scores.values()]))
    assert kept == pytest.approx(mean, abs=5 * 0.5 / 888**0.5)


def test_without_unflag_the_mask_is_rounded_too(tmp_path):
    found, _ = search(tmp_path, unflag=False)
    scores, flags = small.networks(tmp_path / "search", "scores", "flags")
    for name, mask in found.masks.items():
        kept = flags[name] * (scores[name] > 0.5)
        np.testing.assert_array_equal(mask, kept)


SIGNED = {"lr": 0.5, "weight_decay": 0.01, "decoupled_weight_decay": True}
KEPT = [
    ({"algo": "ep"}, {"layer0": 192, "layer1": 30}),
    ({"algo": "global_ep"}, 222),
    ({"algo": "global_ep_iter"}, 222),
    ({"algo": "hc", "bottom_k_on_forward": True, "density": 0.25}, 222),
    ({"prune_fraction": 0.1}, 719),  # 888 - 89 - 80.
    ({"prune_scope": "layerwise"}, {"layer0": 192, "layer1": 30}),
]


@pytest.mark.parametrize(
    ("flags", "counts"), grids.thinned(KEPT, [KEPT[0], KEPT[4]])
)
def test_every_algo_keeps_what_it_was_asked_to(tmp_path, flags, counts):
    found, _ = search(tmp_path, **flags)
    kept = {name: int(mask.sum()) for name, mask in found.masks.items()}
    total = sum(kept.values())
    assert counts in (kept, total)


def test_a_signed_supermask_leaves_weights_with_its_signs(tmp_path):
    flags = {"algo": "signed", "threshold_share": 0.5, "changes": SIGNED}
    found, weights = search(tmp_path, **flags)
    initial, final, scores, saved = small.networks(
        tmp_path / "search", "initial", "final", "scores", "masks"
    )
    for name, mask in found.masks.items():
        assert initial[name].tobytes() == weights[name].tobytes()
        flipped = np.where(scores[name] < 0, -weights[name], weights[name])
        np.testing.assert_array_equal(found.start[name], flipped)
        np.testing.assert_array_equal(final[name], flipped * mask)
        np.testing.assert_array_equal(mask, saved[name])
        bound = np.sqrt(6 / sum(mask.shape))
        kept = np.abs(scores[name][mask == 1])
        assert 0.49 * bound < kept.min() and 0 < mask.sum() < mask.size
        constant = np.float32(np.sqrt(3 / mask.shape[0]))
        np.testing.assert_array_equal(np.abs(weights[name]), constant)
    (sample,) = found.results["samples"]["test"]["accuracy"]
    own = {**weights, **{n: final[n] for n in found.masks}}
    expected = accuracy(small.gem(tmp_path, **flags), own)
    assert sample == pytest.approx(expected, abs=1e-6)
    # Read, it is the same.
    again, _ = search(tmp_path, **flags)
    assert again.results == found.results
    for name, array in found.start.items():
        np.testing.assert_array_equal(array, again.start[name])


def test_scores_are_drawn_by_name_or_from_weights(tmp_path, monkeypatch):
    seen = []

    def look(recipe, dataset, scored, *rest, **options):
        seen.append(scored.source.values)
        raise InterruptedError

    monkeypatch.setattr(from_recipe, "train", look)
    for flags in (
        {"score_init": "bern"},
        {"algo": "ep"},
        {"drop_bottom_half": True, "presets": {}},
    ):
        with pytest.raises(InterruptedError):
            search(tmp_path, **flags)
    bern, popup, halves = (
        np.concatenate([each.ravel() for each in scores.values()])
        for scores in seen
    )
    assert set(bern) == {0, 1}
    assert -0.29 < popup.min() < 0 < popup.max() < 0.29  # 1 / sqrt(12).
    gem = small.gem(tmp_path)
    weights = gem_weights.draw(gem, small.made(gem)[1])
    kernels = {name: weights[name] for name in ("layer0", "layer1")}
    expected = score_draws.upper_half(kernels)
    np.testing.assert_array_equal(
        halves, np.concatenate([each.ravel() for each in expected.values()])
    )


@pytest.mark.slow
def test_pseudo_boolean_rounding_has_its_loss(tmp_path):
    changes = {"hidden_units": (2,), "training_len": "1ep"}
    found, _ = search(
        tmp_path, algo="hc", rounding="pseudo_boolean", changes=changes
    )
    assert found.masks["layer0"].shape == (64, 2)
    assert 0 < masks_lib.density(found.masks) < 1
    naive, _ = search(tmp_path / "naive", algo="hc", changes=changes)
    loss = found.results["samples"]["test"]["loss"]
    assert loss < naive.results["samples"]["test"]["loss"]


def test_an_unknown_layer_in_prob_layers_is_named(tmp_path):
    with pytest.raises(ValueError, match="layer in prob_layers 'layer7'"):
        search(
            tmp_path, algo="hc", rounding="naive_prob", prob_layers=("layer7",)
        )


def test_a_search_that_keeps_nothing_names_the_regularizer(tmp_path):
    with pytest.raises(ValueError, match="'L2' with weight 100"):
        search(
            tmp_path,
            algo="hc",
            regularization="L2",
            regularization_weight=100.0,
        )


@pytest.mark.slow
def test_a_search_in_iterations_has_the_events_of_its_whole_epochs(tmp_path):
    search(tmp_path, changes={"training_len": "14it"})
    record = json.loads((tmp_path / "search/run.json").read_text())
    assert [each["pruned"] for each in record["events"]] == [0, 0, 666]
    with pytest.raises(ValueError, match="more than 2 epochs. Received: 2"):
        search(tmp_path / "short", changes={"training_len": "11it"})


def test_the_log_has_each_epoch(mined):
    directory, *_ = mined
    log = save_restore.read_log(str(directory / "search"), "validate")
    assert log["iteration"] == [0, 4, 8, 12, 16, 20]


def test_the_loss_of_rounding_is_that_of_masked_kernels_on_one_batch():
    dataset, model = tiny.make_dataset(), tiny.Model().reset(seed=1)
    loss = score_search.rounding_loss(dataset, model, examples=20)
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


@pytest.mark.parametrize(
    ("written", "keys"),
    [("dense_7", ("dense",)), ("dense_1", ("dense_1",)), ("d*", ("d*",))],
)
def test_prob_layers_are_those_that_users_see(tmp_path, written, keys):
    flags = {"algo": "hc", "rounding": "naive_prob", "prob_layers": (written,)}
    gem = small.gem(tmp_path, **flags)
    seen = {"dense": "dense_7", "dense_1": "dense_8"}
    model = types.SimpleNamespace(layer_names=layer_names.LayerNames(seen))
    method = gem.search.method(gem.search.plan(5, False))
    found = score_search._by_keys(method, model)
    assert found.rounding.prob_layers == keys
