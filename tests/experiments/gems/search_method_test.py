"""Tests of experiments/gems/search_method.py."""

import pytest

from lottery_ticket.experiments import gem_search
from lottery_ticket.experiments.gems import search_algos, search_method
from lottery_ticket.foundations.supermasks import (
    pruning_events,
    score_rounding,
)


def method(epochs=20, **flags):
    search = gem_search.GemSearch(**flags).resolved(0)
    return search_method.method(search, search_method.plan(search, epochs))


@pytest.mark.parametrize(
    ("flags", "masker", "density", "events"),
    [
        ({"algo": "hc"}, "hc", None, False),
        ({"algo": "hc", "quantized": False}, "hc_relaxed", None, False),
        ({"density": 0.1}, "hc", None, True),
        ({"density": 0.1, "quantized": False}, "hc_relaxed", None, True),
        ({"algo": "ep", "density": 0.1}, "ep", 0.1, False),
        ({"algo": "global_ep", "density": 0.1}, "global_ep", 0.1, False),
        ({"algo": "global_ep_iter", "density": 0.1}, "global_ep", None, True),
        (
            {"algo": "hc", "bottom_k_on_forward": True, "density": 0.1},
            "global_top",
            0.1,
            False,
        ),
    ],
)
def test_algos_are_maskers_with_and_without_events(
    flags, masker, density, events
):
    found = method(**flags)
    assert (found.masker, found.density) == (masker, density)
    assert bool(found.plan.epochs) is events


def test_the_gem_miners_events():
    found = method(150, density=0.0059)
    assert found.plan.epochs == tuple(range(5, 146, 5))
    assert found.plan.fraction == pytest.approx(0.162215, abs=1e-6)
    assert (found.regularization, found.regularization_weight) == ("L2", 1e-4)
    assert found.unflag


def test_flags_of_events_arrive():
    search = gem_search.GemSearch(
        prune_fraction=0.3, prune_period=2, prune_scope="layerwise"
    )
    plan = search_method.plan(search, 5, is_inverted=True)
    assert plan == pruning_events.EventPlan(
        (2, 4), 0.3, "layerwise", is_inverted=True, period=2
    )
    search = gem_search.GemSearch(
        prune_scope="threshold", threshold=0.3, score_init="skew"
    )
    assert search_method.plan(search, 6).threshold == 0.3


def test_flags_of_scores_arrive():
    found = method(
        algo="hc",
        threshold=0.25,
        project_every=3,
        regularization="var_red_1",
        regularization_weight=0.5,
        alpha=2.0,
        alpha_prime=3.0,
        rounding="naive_prob",
        prob_layers=("layer0",),
        noise_ratio=0.125,
        unflag=False,
    )
    assert (found.threshold, found.project_every) == (0.25, 3)
    assert (found.regularization_weight, found.unflag) == (0.5, False)
    assert (found.alpha, found.alpha_prime) == (2.0, 3.0)
    assert found.rounding == score_rounding.Rounding(
        "naive_prob", 0.25, 0.125, ("layer0",)
    )
    assert method(algo="hc", clamp_in_forward=True).clamp_in_forward


def test_without_a_regularization_its_weight_is_0():
    assert method(algo="hc").regularization_weight == 0


def test_too_short_a_search_has_no_event():
    search = gem_search.GemSearch(density=0.1)
    with pytest.raises(ValueError, match="more than 5 epochs. Received: 5"):
        search_method.plan(search, 5)


@pytest.mark.parametrize("algo", search_algos.SCORED)
def test_what_differs_in_density_or_weight_alone_is_compiled_once(algo):
    flags = {} if algo == "hc" else {"density": 0.1}
    other = {} if algo == "hc" else {"density": 0.2}
    one = method(algo=algo, regularization="L2", **flags)
    many = method(
        algo=algo, regularization="L2", regularization_weight=0.5, **other
    )
    assert one.compiled_key == many.compiled_key
