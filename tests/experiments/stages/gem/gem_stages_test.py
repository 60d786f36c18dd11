"""Tests of experiments/stages/gem/gem_stages.py: fine-tuning, checks."""

import logging

import keras
import numpy as np
import pytest

from lottery_ticket.experiments.settings import fine_tuning
from lottery_ticket.experiments.stages.gem import gem_search, gem_stages
from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.values import fields
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import grids, tiny
from lottery_ticket.tests.experiments.stages.gem import small


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Folder, gem and results of a Gem-Miner with all checks."""
    directory = tmp_path_factory.mktemp("checked")
    gem = small.gem(directory, checks=tuple(gem_stages.CHECKS))
    return directory, gem, gem_stages.run(gem, *small.made(gem))


def run(directory, *folders):
    return small.networks(directory, "initial", "masks", "final")


def test_every_stage_is_measured(checked):
    _, _, results = checked
    assert set(results["stages"]) == {
        "finetuned",
        "search",
        *gem_stages.CHECKS,
    }
    for name in ("finetuned", *gem_stages.CHECKS):
        found = results["stages"][name]
        assert set(found) == {"before", "after", "best"}
        assert found["before"] != found["after"]


def test_before_fine_tuning_is_what_the_search_has_found(checked):
    directory, _, results = checked
    scores, flags = small.networks(directory / "search", "scores", "flags")
    for name, score in scores.items():  # So short a search rounds none away.
        np.testing.assert_array_equal(flags[name] * (score > 0.5), flags[name])
    found = results["stages"]
    for split, sample in found["search"]["samples"].items():
        before = found["finetuned"]["before"][split]
        assert sample == {name: [value] for name, value in before.items()}


def test_fine_tuning_starts_from_the_weights_as_drawn(checked):
    directory, _, results = checked
    (frozen, searched) = small.networks(
        directory / "search", "initial", "masks"
    )
    initial, masks, final = run(directory)
    for name, mask in results["masks"].items():
        np.testing.assert_array_equal(mask, searched[name])
        np.testing.assert_array_equal(mask, masks[name])
        np.testing.assert_array_equal(initial[name], frozen[name] * mask)
        assert not final[name][mask == 0].any()
        assert (final[name] != initial[name]).any()


def test_reinitialized_weights_are_under_the_same_mask(checked):
    directory, _, results = checked
    initial, masks, _ = run(directory / "weight_reinit")
    (frozen,) = small.networks(directory / "search", "initial")
    for name, mask in results["masks"].items():
        np.testing.assert_array_equal(masks[name], mask)
        kept = mask == 1
        np.testing.assert_allclose(
            abs(initial[name][kept]), abs(frozen[name][kept]), rtol=1e-6
        )
        assert 0.2 < (initial[name][kept] == frozen[name][kept]).mean() < 0.8


def test_shuffled_masks_keep_their_counts_and_the_weights(checked):
    directory, _, results = checked
    initial, masks, _ = run(directory / "mask_shuffle")
    (frozen,) = small.networks(directory / "search", "initial")
    assert masks_lib.counts(results["masks"]) == {
        name: masks_lib.counts(masks)[name] for name in results["masks"]
    }
    for name, mask in masks.items():
        assert (mask != results["masks"][name]).any()
        np.testing.assert_array_equal(initial[name], frozen[name] * mask)


def test_inverted_scores_keep_the_density(checked):
    directory, _, results = checked
    initial, masks, _ = run(directory / "score_inversion")
    (frozen,) = small.networks(directory / "search", "initial")
    kept = sum(int(mask.sum()) for mask in masks.values())
    assert kept == 222 == sum(m.sum() for m in results["masks"].values())
    assert masks_lib.jaccard(masks, results["masks"]) < 0.1
    for name, mask in masks.items():
        np.testing.assert_array_equal(initial[name], frozen[name] * mask)
    assert (directory / "score_inversion/search/run.json").is_file()


def test_all_runs_are_there_and_nothing_is_trained_again(checked, monkeypatch):
    directory, gem, results = checked
    runs = gem_stages.runs(gem)
    below = [path.removeprefix(str(directory)) for path, _ in runs]
    assert below == [
        *("/search", "", "/weight_reinit", "/mask_shuffle"),
        *("/score_inversion/search", "/score_inversion"),
    ]
    assert all(run_record.is_complete(*each) for each in runs)
    monkeypatch.setattr(
        "lottery_ticket.foundations.training.programs.Program.launch", None
    )
    again = gem_stages.run(gem, *small.made(gem))
    assert again["stages"] == results["stages"]


@pytest.mark.parametrize(
    "algo", grids.thinned(["sr", "random", "imp", "ep", "hc"], ["sr", "imp"])
)
def test_every_algo_is_fine_tuned_from_its_weights(tmp_path, algo):
    gem = small.gem(tmp_path, algo=algo, checks=("mask_shuffle",))
    results = gem_stages.run(gem, *small.made(gem))
    initial, masks, final = run(tmp_path)
    assert 0.15 < masks_lib.density(masks) < (0.6 if algo == "hc" else 0.35)
    for name, mask in results["masks"].items():
        np.testing.assert_array_equal(mask, masks[name])
        assert (initial[name] != 0).sum() <= mask.sum()
        assert not final[name][mask == 0].any()
    has_scores = algo in ("ep", "hc")
    assert ("search" in results["stages"]) == has_scores
    assert (tmp_path / "search").exists() == (has_scores or algo == "imp")
    shuffled = run(tmp_path / "mask_shuffle")[1]
    assert masks_lib.counts(shuffled) == masks_lib.counts(masks)


def test_the_dense_network_is_trained_by_the_recipe(tmp_path):
    gem = small.gem(tmp_path, algo="wt", tuning={})
    results = gem_stages.run(gem, *small.made(gem))
    assert set(results["stages"]) == {"finetuned"}
    record = run_record.read(str(tmp_path))
    assert record["settings"]["lr"] == 0.1
    assert record["iterations"] == 20
    assert masks_lib.density(run(tmp_path)[1]) == 1


def test_without_fine_tuning_there_is_before_alone(tmp_path):
    gem = small.gem(tmp_path, tuning={"skip_fine_tune": True})
    dataset, model = small.made(gem)
    results = gem_stages.run(gem, dataset, model)
    assert set(results["stages"]["finetuned"]) == {"before"}
    assert [path for path, _ in gem_stages.runs(gem)] == [f"{tmp_path}/search"]
    assert not (tmp_path / "run.json").exists()
    # The same as the log of a fine-tuning begins with.
    tuned = small.gem(tmp_path)
    again = gem_stages.run(tuned, dataset, model)
    before = again["stages"]["finetuned"]["before"]
    assert before == results["stages"]["finetuned"]["before"]


NORMALIZED = """
import keras
from keras import layers as L


def network():
    inputs = keras.Input((8, 8, 1))
    x = L.Dense(12, use_bias=False)(L.Flatten()(inputs))
    x = L.ReLU()(L.BatchNormalization(name="norm")(x))
    return keras.Model(inputs, L.Dense(10)(x))
"""


@pytest.mark.slow
def test_batch_norm_goes_on_from_the_search(tmp_path):
    (tmp_path / "own.py").write_text(NORMALIZED)
    changes = {
        "model": f"{tmp_path}/own.py:network",
        "hidden_units": None,
        "fractions": None,
        "use_bias": None,
        "training_len": "3ep",
    }
    tuning = {"fine_tune_len": "1it"}
    gem = small.gem(tmp_path / "gem", changes=changes, tuning=tuning)
    gem_stages.run(gem, *small.made(gem))
    initial, _, final = run(tmp_path / "gem")
    first, last = small.networks(tmp_path / "gem/search", "initial", "final")
    moving = "norm_moving_mean"
    assert (last[moving] != first[moving]).any()
    np.testing.assert_array_equal(initial[moving], last[moving])
    for name in ("norm_gamma", "norm_beta"):  # In the search, they stand.
        np.testing.assert_array_equal(last[name], first[name])
        np.testing.assert_array_equal(initial[name], first[name])
        assert (final[name] != initial[name]).any()


@pytest.mark.parametrize("algo", grids.thinned(["imp", "random"], ["random"]))
def test_a_mask_that_keeps_nothing_is_an_error(algo, tmp_path):
    gem = small.gem(tmp_path, algo=algo, density=1e-9)
    with pytest.raises(ValueError, match=f"algo={algo} keeps none of 888"):
        gem_stages.run(gem, *small.made(gem))


class Normed(model_base.ModelBase):
    """4 -> 5, normalised, ReLU -> 3."""

    def __init__(self, depth=1):
        super().__init__((4,))
        x = self.inputs
        for index in range(depth):
            x = self.dense_layer(f"layer{index}", x, 5)
            x = self.norm_layer(f"norm{index}", x, affine=False)
            x = keras.layers.ReLU()(x)
        self.set_outputs(self.dense_layer("logits", x, 3))


@pytest.fixture(scope="module")
def dataset():
    return tiny.make_dataset()


def statistics(model):
    return {n: v for n, v in model.weights.items() if "moving" in n}


def test_statistics_with_a_finite_loss_stay(dataset):
    model = Normed().reset(seed=1)
    before = statistics(model)
    found = gem_stages.settle_norms("search", model, dataset, "fine-tuning")
    assert found == {"norm_statistics": "search"}
    for name, value in statistics(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_those_asked_for_are_of_the_training_batches(dataset):
    model = Normed().reset(seed=1)
    found = gem_stages.settle_norms("recomputed", model, dataset, "fine-tuning")
    assert found == {"norm_statistics": "recomputed"}
    weights = model.weights
    rows, _ = dataset.train.batches(0, 4)
    inputs = [
        dataset.train.x[each] @ weights["layer0"] + weights["layer0_bias"]
        for each in rows
    ]
    np.testing.assert_allclose(
        weights["norm0_moving_mean"],
        np.mean([each.mean(0) for each in inputs], 0),
        rtol=1e-5,
    )


@pytest.mark.slow
def test_without_a_finite_loss_they_are_computed_anew(dataset, caplog):
    """Each layer divides by the root of epsilon, .003, and numbers overflow."""
    model = Normed(depth=20)
    drawn = model.reset(seed=1).weights
    zeros = {
        name: np.zeros_like(value)
        for name, value in drawn.items()
        if name.endswith("variance")
    }
    model.reset({**drawn, **zeros})
    with caplog.at_level(logging.WARNING):
        found = gem_stages.settle_norms(
            "search", model, dataset, "mask_shuffle"
        )
    assert found == {"norm_statistics": "recomputed"}
    assert "mask_shuffle: with the search's statistics" in caplog.text
    again = gem_stages.settle_norms("search", model, dataset, "mask_shuffle")
    assert again == {"norm_statistics": "search"}


def test_networks_without_norms_have_none(dataset):
    model = tiny.Model().reset(seed=1)
    assert gem_stages.settle_norms("recomputed", model, dataset, "x") == {}


SEARCH = gem_search.GemSearch(density=0.05)
TUNING = fine_tuning.FineTuning()


def test_checks_are_names():
    checks = gem_stages.SanityChecks(["mask_shuffle"])
    assert checks.sanity_checks == ("mask_shuffle",)
    assert checks == gem_stages.SanityChecks("mask_shuffle")
    checks = gem_stages.SanityChecks([*gem_stages.CHECKS], "kaiming_normal")
    checks.check(SEARCH, TUNING)
    assert fields.as_dict(checks) == {
        "sanity_checks": tuple(gem_stages.CHECKS),
        "reinit_init": "kaiming_normal",
    }


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"sanity_checks": ("mask_shufle",)}, "Did you mean 'mask_shuffle'"),
        ({"sanity_checks": ("mask_shuffle",) * 2}, "each sanity check once"),
        ({"reinit_init": "standard"}, "is for sanity_checks=weight_reinit"),
        (
            {"sanity_checks": ("weight_reinit",), "reinit_init": "kaiming"},
            "Unknown reinit_init 'kaiming'",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        gem_stages.SanityChecks(**flags)


@pytest.mark.parametrize(
    ("check", "search", "tuning", "message"),
    [
        ("mask_shuffle", {"algo": "wt"}, {}, "algo=wt has none"),
        (
            "weight_reinit",
            {"density": 0.1},
            {"skip_fine_tune": True},
            "skip_fine_tune has none",
        ),
        (
            "score_inversion",
            {"algo": "ep", "density": 0.1},
            {},
            "score_inversion is for algo=hc_iter, .* Received: algo=ep",
        ),
        (
            "score_inversion",
            {"prune_scope": "threshold"},
            {},
            "Received: algo=hc_iter, prune_scope=threshold",
        ),
        (
            "score_inversion",
            {"density": 0.1, "unflag": False},
            {},
            "with unflag=False the mask is those above .* keep nothing",
        ),
        (
            "weight_reinit",
            {"density": 0.1, "init": "unsigned_constant"},
            {},
            "draws the same again from init=unsigned_constant",
        ),
    ],
)
def test_checks_must_fit_the_search(check, search, tuning, message):
    checks = gem_stages.SanityChecks((check,))
    with pytest.raises(ValueError, match=message):
        checks.check(
            gem_search.GemSearch(**search), fine_tuning.FineTuning(**tuning)
        )


@pytest.mark.parametrize(
    ("init", "reinit_init"),
    [
        ("unsigned_constant", "kaiming_normal"),
        ("kaiming_normal", "unsigned_constant"),
        (None, "unsigned_constant"),
    ],
)
def test_another_draw_is_a_check(init, reinit_init):
    search = gem_search.GemSearch(density=0.1, init=init).resolved(0)
    checks = gem_stages.SanityChecks("weight_reinit", reinit_init)
    checks.check(search, TUNING)


def test_no_check_fits_everything():
    search = gem_search.GemSearch("wt")
    gem_stages.SanityChecks().check(search, TUNING)
