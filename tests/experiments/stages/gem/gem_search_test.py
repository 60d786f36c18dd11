"""Tests of experiments/stages/gem/gem_search.py: the flags of a search."""

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lottery_ticket.experiments.stages.gem import gem_search, search_algos
from lottery_ticket.foundations.learned_masks import (
    pruning_events,
    score_rounding,
)
from lottery_ticket.foundations.values import fields

FIELDS = {each.name: each for each in attrs.fields(gem_search.GemSearch)}
# Flag -> algos that it has an effect with, where that is not all of them.
USES = {
    name: fields.facts(each).used_with["algo"]
    for name, each in FIELDS.items()
    if "algo" in fields.facts(each).used_with
}
D = {"density": 0.05}
HC = {"algo": "hc"}
TOP = {"algo": "hc", "bottom_k_on_forward": True, **D}
# A value that is not the default, for each flag that not all algos use.
OTHER = {
    "density": 0.3,
    "target_sparsity": 30.0,
    "mask_seed": 3,
    "prune_period": 3,
    "prune_fraction": 0.3,
    "prune_scope": "layerwise",
    "ties": "legacy",
    "score_init": "skew",
    "regularization": "L1",
    "regularization_weight": 0.3,
    "alpha": 2.0,
    "alpha_prime": 2.0,
    "quantized": False,
    "threshold": 0.3,
    "threshold_share": 0.3,
    "project_every": 3,
    "clamp_in_forward": True,
    "bottom_k_on_forward": True,
    "gate_penalty": 0.3,
    "rounding": "prob",
    "noise_ratio": 0.3,
    "prob_layers": ("layer0",),
    "evaluation_samples": 3,
    "unflag": False,
    "drop_bottom_half": True,
    "imp_rounds": 3,
    "rewind_iteration": "3it",
    "retraining": "lr_rewind",
    "smart_ratio_version": 2,
}
NEEDS = {
    algo: {"density": 0.05} if each.needs_density else {}
    for algo, each in search_algos.ALGOS.items()
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
    found = gem_search.GemSearch("signed").resolved(0)
    assert (found.init, found.score_init) == ("elu_constant", "xavier")
    assert (found.regularization, found.threshold_share) == ("none", 0.4)
    found = gem_search.GemSearch("imp").resolved(0)
    assert (found.init, found.score_init) == ("kaiming_normal", None)
    assert found.gate_penalty is None
    found = gem_search.GemSearch("gaussian").resolved(0)
    assert (found.init, found.gate_penalty) == ("kaiming_uniform", 1.0)


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


def test_every_flag_that_not_all_algos_use_is_tried():
    assert set(OTHER) == set(USES)
    for algo in search_algos.ALGOS:
        unused = {name for name in USES if algo not in USES[name]}
        assert gem_search.unused(algo) == unused


@pytest.mark.parametrize("name", USES)
def test_a_flag_without_effect_is_an_error_that_says_what_uses_it(name):
    users = USES[name]
    for algo in set(search_algos.ALGOS) - set(users):
        with pytest.raises(ValueError, match=f"{name} is for algo=") as error:
            gem_search.GemSearch(algo, **{name: OTHER[name]})
        assert all(user in str(error.value) for user in users)
        assert f"with algo={algo}" in str(error.value)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"algo": "gm"}, "Unknown algo 'gm'"),
        ({"algo": "globl_ep"}, "Did you mean 'global_ep'"),
        ({"score_init": "uniform"}, "Did you mean 'unif'"),
        ({"regularization": "l2"}, "Unknown regularization 'l2'"),
        ({"regularization": True}, "Unknown regularization True"),
        ({"rounding": "pb"}, "Unknown rounding 'pb'"),
        ({"init": "kaiming"}, "Unknown init 'kaiming'"),
        ({"fan_mode": "fan"}, "Unknown fan_mode 'fan'"),
        ({"gain": "gelu"}, "Unknown gain 'gelu'"),
        ({"prune_scope": "local"}, "Unknown prune_scope 'local'"),
        ({"retraining": "finetune"}, "Unknown retraining 'finetune'"),
        ({"smart_ratio_version": 3}, "at least 1 and at most 2. Received: 3"),
        ({"density": 0.0}, "density must be a number, above 0 and at most 1"),
        ({"density": 1.5}, "density must be .* Received: 1.5"),
        ({"density": "half"}, "density must be .* Received: 'half'"),
        ({"target_sparsity": 101.0}, "above 0 and at most 100"),
        ({"prune_fraction": 1.0}, "above 0 and below 1. Received: 1.0"),
        ({"threshold": 1.0}, "at least 0 and below 1"),
        ({"threshold_share": 1.0}, "threshold_share must .* below 1"),
        ({"alpha": 0.5}, "alpha must be a number, at least 1"),
        ({"noise_ratio": float("nan")}, "noise_ratio must be"),
        ({"regularization_weight": -1.0}, "at least 0. Received: -1.0"),
        ({"regularization_weight": float("inf")}, "finite. Received: inf"),
        ({"prune_period": 0}, "prune_period must be an integer, at least 1"),
        ({"project_every": -1}, "project_every must be an integer, at least 0"),
        ({"imp_rounds": True}, "imp_rounds must be an integer"),
        ({"evaluation_samples": 1.5}, "Received: 1.5"),
        ({"gate_penalty": -1}, "gate_penalty must be .* Received: -1"),
        ({"gate_penalty": "a"}, "gate_penalty must be a number"),
        ({"mask_seed": -1}, "mask_seed must be an integer, at least 0"),
    ],
)
def test_values_out_of_range_are_named(flags, message):
    with pytest.raises(ValueError, match=message):
        gem_search.GemSearch(**{"density": 0.05, **flags})


@pytest.mark.parametrize(
    "flags",
    [
        D,
        {"target_sparsity": 5.0},
        {"prune_fraction": 0.1},
        {"prune_scope": "threshold"},
        {"algo": "imp", "ties": "legacy"},
        {"algo": "imp", "ties": "legacy", "prune_fraction": 0.1},
        {**HC, "score_init": "half", "quantized": False},
        {**HC, "score_init": "half", "threshold": 0.4},
        {**HC, "score_init": "all_one"},
        {**TOP, "score_init": "all_one"},
        {"algo": "ep", "score_init": "unif", **D},
        {**HC, "rounding": "naive_prob", "prob_layers": ("dense0",)},
        {**HC, "rounding": "naive", "noise_ratio": 0.1},
        {**HC, "rounding": "prob", "evaluation_samples": 5},
        {**HC, "noise_ratio": 0.1, "evaluation_samples": 5},
        {**HC, "unflag": False},
        {**HC, "regularization": "var_red_1", "alpha": 2.0},
        {"algo": "global_ep", **D, "regularization": "L2"},
        {**D, "scale_fan": "kept"},
        {**HC, "scale_fan": "legacy", "init": "kaiming_normal"},
        {"algo": "wt", "init": "xavier_normal"},
        {"algo": "signed", "threshold_share": 0, "score_init": "bern"},
        {"algo": "signed", "init": "xavier_constant", "regularization": "L1"},
        {"algo": "gaussian", "gate_penalty": 0},
        {**HC, "drop_bottom_half": True},
    ],
)
def test_these_go_together(flags):
    gem_search.GemSearch(**flags)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({}, "algo=hc_iter needs a density, such as --density=.0144"),
        ({"algo": "ep"}, "algo=ep needs a density"),
        ({"algo": "sr"}, "algo=sr needs a density"),
        (
            {**D, "target_sparsity": 5.0},
            "target_sparsity is for density=None. .* density=0.05",
        ),
        ({**D, "prune_fraction": 0.1}, "prune_fraction=0.1 with density=0.05"),
        ({**D, "algo": "imp", "prune_fraction": 0.1}, "is for density=None"),
        ({**D, **HC}, "algo=hc is not asked how much goes: its scores say"),
        ({**D, "algo": "signed"}, "algo=signed is not asked how much goes"),
        (
            {"algo": "signed", "target_sparsity": 5.0},
            "algo=signed is not asked how much goes.*density=0.05",
        ),
        (
            {"algo": "signed", "prune_fraction": 0.1},
            "prune_fraction is for algo=.*with algo=signed",
        ),
        (
            {"algo": "signed", "threshold": 0.3},
            "threshold is for algo=hc or hc_iter. .*with algo=signed",
        ),
        (
            {**HC, "threshold_share": 0.3},
            "threshold_share is for algo=signed. .*with algo=hc",
        ),
        ({"algo": "signed", "gain": "tanh"}, "gain is for init="),
        (
            {"algo": "signed", "regularization": "var_red_1"},
            "those of 'signed' have both signs",
        ),
        (
            {**D, "algo": "gaussian"},
            "algo=gaussian is not asked .*: its gate_penalty says.*=0.05",
        ),
        (
            {"target_sparsity": 5, "algo": "hard_concrete"},
            "algo=hard_concrete is not asked how much goes",
        ),
        ({"algo": "gaussian", "scale_fan": "kept"}, "scale_fan"),
        ({**D, "prune_scope": "threshold"}, "with prune_scope=threshold"),
        ({"algo": "hc", "bottom_k_on_forward": True}, "needs a density"),
        ({"prune_scope": "threshold", "ties": "legacy"}, "ties is for prune_"),
        ({**D, "algo": "imp", "ties": "legacy"}, "imp with a density keeps"),
        (
            {**TOP, "threshold": 0.3},
            "threshold is for bottom_k_on_forward=False",
        ),
        (
            {**TOP, "quantized": False, "unflag": False},
            "quantized is for bottom_k_on_forward=False",
        ),
        (
            {**HC, "clamp_in_forward": True, "project_every": 3},
            "project_every is for clamp_in_forward=False. .*=3",
        ),
        (
            {**D, "score_init": "half"},
            r"score_init=half starts all scores from 0.5, .* strictly: none",
        ),
        (
            {**TOP, "score_init": "half"},
            "score_init=half starts from scores that tie in bulk.*no gradient",
        ),
        ({"algo": "ep", "score_init": "bern", **D}, "score_init=bern starts"),
        ({"algo": "global_ep", "score_init": "all_one", **D}, "tie in bulk"),
        ({**HC, "score_init": "half", "threshold": 0.6}, "strictly: none"),
        ({"algo": "global_ep_iter", "score_init": "half", **D}, "tie in bulk"),
        ({**HC, "score_init": "edge_popup"}, "edge_popup draws scores around"),
        (
            {**HC, "drop_bottom_half": True, "score_init": "unif"},
            "score_init is for drop_bottom_half=False",
        ),
        (
            {**HC, "regularization_weight": 0.1},
            "regularization_weight is for regularization=L2 or .*=none",
        ),
        (
            {**D, "regularization": "none", "regularization_weight": 0.1},
            "regularization_weight=0.1 with regularization=none",
        ),
        ({**D, "alpha": 2.0}, "alpha is for regularization=var_red_1"),
        (
            {**D, "algo": "ep", "regularization": "bin_entropy"},
            "bin_entropy is for scores in .* 'ep' have both signs",
        ),
        (
            {**HC, "rounding": "all_ones", "noise_ratio": 0.1},
            "noise_ratio is for rounding=naive or .* rounding=all_ones",
        ),
        (
            {**HC, "rounding": "naive_prob"},
            "naive_prob draws, .* give both or neither",
        ),
        ({**HC, "prob_layers": ("a",)}, "rounding=naive, prob_layers=.'a',."),
        ({**HC, "evaluation_samples": 5}, "is for roundings that draw"),
        (
            {**D, "init": "standard", "fan_mode": "fan_out"},
            "fan_mode is for init=signed_constant .* with init=standard",
        ),
        ({**D, "init": "xavier_normal", "gain": "tanh"}, "gain is for init="),
        (
            {**D, "init": "kaiming_uniform", "scale_fan": "legacy"},
            "scale_fan is for init=",
        ),
        ({**HC, "scale_fan": "kept"}, "multiplies the fan by the density"),
        (
            {
                "algo": "imp",
                "retraining": "lr_rewind",
                "rewind_iteration": "3it",
            },
            "rewind_iteration is for retraining=rewind.*Received: 3it",
        ),
    ],
)
def test_these_do_not(flags, message):
    with pytest.raises(ValueError, match=message):
        gem_search.GemSearch(**flags)


def method(epochs=20, **flags):
    search = gem_search.GemSearch(**flags).resolved(0)
    return search.method(search.plan(epochs))


@pytest.mark.parametrize(
    ("flags", "masker", "density", "events"),
    [
        ({"algo": "hc"}, "hc", None, False),
        ({"algo": "hc", "quantized": False}, "hc_relaxed", None, False),
        ({"density": 0.1}, "hc", None, True),
        ({"density": 0.1, "quantized": False}, "hc_relaxed", None, True),
        ({"algo": "ep", "density": 0.1}, "ep", 0.1, False),
        ({"algo": "signed"}, "signed", None, False),
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
    plan = search.plan(5, is_inverted=True)
    assert plan == pruning_events.EventPlan(
        (2, 4), 0.3, "layerwise", is_inverted=True, period=2
    )
    search = gem_search.GemSearch(
        prune_scope="threshold", threshold=0.3, score_init="skew"
    )
    assert search.plan(6).threshold == 0.3


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


def test_a_signed_supermasks_threshold_is_a_setting_of_its_own_alone():
    found = gem_search.GemSearch("signed", threshold_share=0.25)
    assert found.settings()["threshold_share"] == 0.25
    assert method(algo="signed", threshold_share=0.25).threshold_share == 0.25
    assert "threshold_share" not in gem_search.GemSearch("hc").settings()


def test_without_a_regularization_its_weight_is_0():
    assert method(algo="hc").regularization_weight == 0


def test_too_short_a_search_has_no_event():
    search = gem_search.GemSearch(density=0.1)
    with pytest.raises(ValueError, match="more than 5 epochs. Received: 5"):
        search.plan(5)


@pytest.mark.parametrize(
    "algo",  # Of soft masks there is no such key.
    search_algos.having("masker"),
)
def test_what_differs_in_density_or_weight_alone_is_compiled_once(algo):
    is_asked = search_algos.ALGOS[algo].needs_density
    flags = {"density": 0.1} if is_asked else {}
    other = {"density": 0.2} if is_asked else {}
    one = method(algo=algo, regularization="L2", **flags)
    many = method(
        algo=algo, regularization="L2", regularization_weight=0.5, **other
    )
    assert one.compiled_key == many.compiled_key
