"""Tests of experiments/stages/gem/imp_search.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages.gem import (
    gem_search,
    gem_weights,
    imp_search,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests.experiments.stages.gem import small

MASKS = {
    "layer0": np.ones((10, 50), np.uint8),
    "layer1": np.ones((50, 10), np.uint8),
}


def search(directory, **flags):
    """Searches; returns what was found, and the weights drawn."""
    gem = small.gem(directory, algo="imp", imp_rounds=2, **flags)
    dataset, model = small.made(gem)
    weights = gem_weights.draw(gem, model)
    return imp_search.search(gem, dataset, model, weights), weights


def rounds(directory, *folders):
    """Networks of both rounds, by folder."""
    levels = (directory / f"search/{level}/same_init" for level in (0, 1))
    return [small.networks(level, *folders) for level in levels]


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cold")
    return directory, *search(directory)


def test_rounds_prune_by_magnitude_to_the_density(cold):
    directory, found, weights = cold
    first, second = rounds(directory, "initial", "masks", "final")
    assert masks_lib.density(first[1]) == 1
    assert sum(mask.sum() for mask in second[1].values()) == 444
    assert sum(mask.sum() for mask in found.masks.values()) == 222
    final = {name: abs(second[2][name]) for name in found.masks}
    kept = np.concatenate([final[n][found.masks[n] == 1] for n in final])
    gone = np.concatenate([final[n][found.masks[n] == 0] for n in final])
    assert kept.min() >= gone.max()
    for name, mask in second[1].items():
        np.testing.assert_array_equal(first[0][name], weights[name])
        np.testing.assert_array_equal(second[0][name], weights[name] * mask)
        np.testing.assert_array_equal(found.start[name], weights[name])


def test_kernels_are_kaiming_normal(cold):
    _, _, weights = cold
    assert weights["layer0"].std() == pytest.approx(np.sqrt(2 / 64), rel=0.1)
    assert len(np.unique(abs(weights["layer0"]))) > 700


def test_warm_rounds_start_after_a_while(tmp_path):
    found, weights = search(tmp_path, rewind_iteration="3it")
    first, second = rounds(tmp_path, "initial", "masks")
    (early,) = small.networks(tmp_path / "search/0/same_init", "iteration3")
    assert (early["layer0"] != weights["layer0"]).any()
    for name, mask in second[1].items():
        np.testing.assert_array_equal(second[0][name], early[name] * mask)
        np.testing.assert_array_equal(found.start[name], early[name])
    np.testing.assert_array_equal(first[0]["layer0"], weights["layer0"])
    logs = [
        save_restore.read_log(f"{tmp_path}/search/{level}/same_init", "train")
        for level in (0, 1)
    ]
    # Each round is whole: 2 epochs of 4 iterations.
    assert [log["iteration"] for log in logs] == [list(range(1, 9))] * 2


def test_with_lr_rewind_weights_go_on_from_where_they_are(tmp_path):
    found, _ = search(tmp_path, retraining="lr_rewind")
    first, second = rounds(tmp_path, "initial", "masks", "final")
    for name, mask in second[1].items():
        np.testing.assert_array_equal(second[0][name], first[2][name] * mask)
        np.testing.assert_array_equal(found.start[name], second[2][name])


def test_legacy_ties_take_one_weight_more(tmp_path):
    found, _ = search(tmp_path, ties="legacy", prune_fraction=0.2)
    _, second = rounds(tmp_path, "masks")
    assert sum(mask.sum() for mask in second[0].values()) == 888 - 178 - 1
    kept = sum(int(mask.sum()) for mask in found.masks.values())
    assert kept == 709 - 142 - 1


def test_a_finished_search_is_read(cold, monkeypatch):
    directory, found, _ = cold
    monkeypatch.setattr(
        "lottery_ticket.foundations.training.programs.Program.launch", None
    )
    again, _ = search(directory)
    for name, mask in found.masks.items():
        np.testing.assert_array_equal(mask, again.masks[name])
        np.testing.assert_array_equal(found.start[name], again.start[name])


def test_a_round_too_short_to_rewind_into_is_named(tmp_path):
    with pytest.raises(ValueError, match="a round of prune_period=2 epochs is"):
        search(tmp_path, rewind_iteration="8it")


def asked(**flags):
    return gem_search.GemSearch("imp", **flags)


def test_rounds_fill_the_training_or_are_given():
    assert imp_search.rounds(asked(), 150) == 30
    assert imp_search.rounds(asked(prune_period=8), 15) == 1
    assert imp_search.rounds(asked(imp_rounds=3), 150) == 3
    with pytest.raises(ValueError, match="of prune_period=5 .* is of 4. Expec"):
        imp_search.rounds(asked(), 4)


def test_a_round_prunes_all_layers_together():
    recipe = recipes.Recipe("cifar10_resnet20_gem")
    found = imp_search.recipe(asked(prune_fraction=0.1), recipe)
    assert found.training_len == "5ep"
    assert (found.fractions, found.scope) == ({"*": 0.1}, "global")
    assert imp_search.recipe(asked(), recipe).fractions == {"*": 0.2}


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_each_round_leaves_the_same_part_of_the_one_before(rounds):
    given = asked(density=0.05)
    rules = imp_search.rules(given, rounds)
    for level in range(1, rounds):
        reached = rules.density(level, rounds - 1)
        assert reached == pytest.approx(0.05 ** (level / rounds))
    (quota,) = imp_search.last(given, MASKS)
    assert quota.count == 50


def test_fractions_leave_what_they_leave():
    rules = imp_search.rules(asked(retraining="lr_rewind"), 3)
    assert rules.target_density is None
    assert (rules.retraining, rules.rounding) == ("lr_rewind", "exact")
    (quota,) = imp_search.last(asked(), MASKS)
    assert quota == (("layer0", "layer1"), 800)


def test_legacy_ties_take_one_more():
    given = asked(ties="legacy")
    assert imp_search.rules(given, 3).rounding == "ceil_plus_one"
    (quota,) = imp_search.last(given, MASKS)
    assert quota.count == 799


def test_the_rewinding_arrives():
    rules = imp_search.rules(asked(rewind_iteration="1000it"), 2)
    assert (rules.retraining, rules.rewind_iteration) == ("rewind", "1000it")
    assert rules.restart
    assert not imp_search.rules(asked(), 2).restart  # It is whole anyway.
