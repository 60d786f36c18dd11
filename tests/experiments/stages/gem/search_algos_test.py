"""Tests of experiments/stages/gem/search_algos.py: its entries."""

import pytest

from lottery_ticket.experiments.stages.gem import gem_search, search_algos
from lottery_ticket.foundations.learned_masks import (
    gates,
    maskers,
    regularizers,
)
from lottery_ticket.tests import contracts

ALGOS = search_algos.ALGOS


def test_every_algo_says_what_it_is():
    contracts.check_entries(ALGOS, "gem", "dataset", "model", "weights")


@pytest.mark.parametrize("algo", ALGOS)
def test_the_facts_of_an_algo_fit_each_other(algo):
    entry = ALGOS[algo]
    assert not entry.masker or entry.masker in maskers.MASKERS
    assert not entry.gate or entry.gate in gates.GATES
    assert entry.regularization in regularizers.REGULARIZERS
    unused = gem_search.unused(algo)
    assert bool(entry.masker) == ("score_init" not in unused)
    kinds = bool(entry.masker) + entry.is_soft + bool(entry.gate)
    assert kinds == entry.trains_scores
    assert bool(entry.gate) == ("gate_penalty" not in unused)
    assert entry.is_noisy == (entry.is_soft or bool(entry.gate))
    assert entry.is_hypercube == ("threshold" not in unused)
    assert entry.has_mask == ("density" not in unused)
    assert entry.flips_signs == ("threshold_share" not in unused)
    assert entry.is_gradual == ("prune_period" not in unused)
    assert not entry.is_hypercube or entry.trains_scores


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


def test_algos_are_listed_by_their_facts():
    assert search_algos.having("trains_scores") == (
        *("hc", "hc_iter", "ep", "global_ep", "global_ep_iter", "signed"),
        *("concrete", "gaussian", "hard_concrete"),
    )
    assert search_algos.having("flips_signs") == ("signed",)
    assert search_algos.having("is_hypercube") == ("hc", "hc_iter")
    assert search_algos.having("takes_scores", "has_rounds") == (
        *("hc_iter", "imp"),
    )
