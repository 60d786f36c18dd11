"""Tests of experiments/gems/search_algos.py: entries pass the contract."""

import dataclasses

import pytest

from lottery_ticket.experiments import gem_search
from lottery_ticket.experiments.gems import search_algos
from lottery_ticket.foundations.supermasks import maskers, regularizers
from lottery_ticket.tests import contracts

ALGOS = search_algos.ALGOS


def test_every_algo_says_what_it_is():
    contracts.check_entries(ALGOS, "gem", "dataset", "model", "weights")


@pytest.mark.parametrize("algo", ALGOS)
def test_the_facts_of_an_algo_fit_each_other(algo):
    entry = ALGOS[algo]
    flags = {field.name for field in dataclasses.fields(gem_search.GemSearch)}
    assert set(entry.flags) <= flags
    assert len(set(entry.flags)) == len(entry.flags)
    assert entry.masker is None or entry.masker in maskers.MASKERS
    assert entry.regularization in regularizers.REGULARIZERS
    assert entry.trains_scores == ("score_init" in entry.flags)
    assert entry.is_hypercube == ("threshold" in entry.flags)
    assert entry.has_mask == ("density" in entry.flags)
    is_gradual = entry.has_events or entry.has_rounds
    assert is_gradual == ("prune_period" in entry.flags)


@pytest.mark.parametrize("algo", ALGOS)
def test_an_algo_that_needs_a_density_is_refused_without(algo):
    assert (
        gem_search.GemSearch(
            algo, **({"density": 0.1} if ALGOS[algo].needs_density else {})
        ).algorithm
        is ALGOS[algo]
    )
    if ALGOS[algo].needs_density:
        with pytest.raises(ValueError, match="needs a density"):
            gem_search.GemSearch(algo)


def test_those_of_scores_are_listed():
    assert search_algos.SCORED == (
        *("hc", "hc_iter", "ep", "global_ep", "global_ep_iter"),
    )
    assert search_algos.HYPERCUBE == ("hc", "hc_iter")
