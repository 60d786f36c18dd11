"""Tests of experiments/gem_search.py: the flags of a search."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lottery_ticket.experiments import gem_search
from lottery_ticket.experiments.gems import search_algos, search_flags

NEEDS = {
    algo: {} if algo in ("hc", "wt", "imp") else {"density": 0.05}
    for algo in search_algos.ALGOS
}


@pytest.mark.parametrize("algo", search_algos.ALGOS)
def test_every_algo_is_resolved_once_and_for_all(algo):
    search = gem_search.GemSearch(algo, **NEEDS[algo])
    resolved = search.resolved(3)
    assert resolved.resolved(4) == resolved
    assert json.loads(json.dumps(resolved.settings()))["algo"] == algo
    assert (resolved.mask_seed is None) == (algo == "wt")
    assert resolved.mask_seed == search.resolved(3).mask_seed
    if algo != "wt":
        assert resolved.mask_seed != search.resolved(4).mask_seed


def test_the_gem_miner_is_what_none_stands_for():
    found = gem_search.GemSearch(density=0.0144).resolved(0)
    assert found.algo == "hc_iter"
    assert found.score_init == "unif"
    assert found.init == "signed_constant"
    assert found.regularization == "L2"
    assert found.regularization_weight == 1e-4
    assert (found.unflag, found.quantized, found.prune_period) == (1, 1, 5)


def test_edge_popup_and_pruning_have_their_own():
    found = gem_search.GemSearch("global_ep", density=0.1).resolved(0)
    assert found.score_init == "edge_popup"
    assert found.regularization == "none"
    assert found.init == "signed_constant"
    found = gem_search.GemSearch("imp").resolved(0)
    assert (found.init, found.score_init) == ("kaiming_normal", None)


@given(st.floats(1e-3, 100))
def test_target_sparsity_is_density_in_percent(percent):
    search = gem_search.GemSearch(target_sparsity=percent)
    assert search.density == pytest.approx(percent / 100)
    assert "target_sparsity" not in search.settings()


@pytest.mark.parametrize(
    ("percent", "density"),
    [(1.4, 0.014), (3.72, 0.0372), (0.59, 0.0059), (1.44, 0.0144), (100, 1)],
)
def test_published_percents_are_their_densities_to_the_bit(percent, density):
    search = gem_search.GemSearch(target_sparsity=percent)
    assert search == gem_search.GemSearch(density=density)
    assert isinstance(search.density, float)


def test_what_shapes_no_mask_is_no_setting():
    given = {"algo": "hc", "rounding": "prob", "mask_seed": 1}
    one, many = (
        gem_search.GemSearch(**given, evaluation_samples=n).settings()
        for n in (1, 9)
    )
    assert one == many
    assert "evaluation_samples" not in one


def test_every_field_is_in_the_help():
    for field in dataclasses.fields(gem_search.GemSearch):
        assert f" {field.name}: " in gem_search.GemSearch.__doc__


def test_every_choice_is_in_the_help():
    for known in search_flags.CHOICES.values():
        for name in known:
            assert str(name) in gem_search.GemSearch.__doc__
