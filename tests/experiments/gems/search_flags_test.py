"""Tests of experiments/gems/search_flags.py: flags one by one."""

import pytest

from lottery_ticket.experiments import gem_search
from lottery_ticket.experiments.gems import search_algos, search_flags

FIELDS = gem_search.GemSearch.__dataclass_fields__
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
    "project_every": 3,
    "clamp_in_forward": True,
    "bottom_k_on_forward": True,
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


def test_all_that_is_checked_is_a_flag():
    tables = search_flags.CHOICES, search_flags.INTEGERS, search_flags.BOUNDS
    for table in (*tables, search_flags.USES):
        assert set(table) <= set(FIELDS)
    assert set(OTHER) == set(search_flags.USES)


@pytest.mark.parametrize("name", search_flags.USES)
def test_a_flag_without_effect_is_an_error_that_says_what_uses_it(name):
    users = search_flags.USES[name]
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
        ({"density": 0.0}, "density must be a number above 0 and at most 1"),
        ({"density": 1.5}, "density must be .* Received: 1.5"),
        ({"density": "half"}, "density must be .* Received: 'half'"),
        ({"target_sparsity": 101.0}, "above 0 and at most 100"),
        ({"prune_fraction": 1.0}, "above 0 and below 1. Received: 1.0"),
        ({"threshold": 1.0}, "at least 0 and below 1"),
        ({"alpha": 0.5}, "alpha must be a number at least 1, and finite"),
        ({"noise_ratio": float("nan")}, "noise_ratio must be"),
        ({"regularization_weight": -1.0}, "at least 0, and finite"),
        ({"regularization_weight": float("inf")}, "and finite"),
        ({"prune_period": 0}, "prune_period must be an integer, at least 1"),
        ({"project_every": -1}, "project_every must be an integer, at least 0"),
        ({"imp_rounds": True}, "imp_rounds must be an integer"),
        ({"evaluation_samples": 1.5}, "Received: 1.5"),
        ({"mask_seed": -1}, "mask_seed must be an integer, at least 0"),
    ],
)
def test_values_out_of_range_are_named(flags, message):
    with pytest.raises(ValueError, match=message):
        gem_search.GemSearch(**{"density": 0.05, **flags})


def test_what_none_stands_for_is_what_the_algo_uses():
    for algo in search_algos.ALGOS:
        needs = {} if algo in ("hc", "wt") else {"density": 0.1}
        search = gem_search.GemSearch(algo, **needs)
        for name in search_flags.usual(search):
            assert algo in search_flags.USES.get(name, search_algos.ALGOS)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"density": 0.1}, True),
        ({"prune_scope": "layerwise", "density": 0.1}, True),
        ({"prune_scope": "threshold"}, False),
        ({"algo": "hc"}, False),
        ({"algo": "global_ep_iter", "density": 0.1}, False),
    ],
)
def test_which_events_take_a_fraction(flags, expected):
    search = gem_search.GemSearch(**flags)
    assert search_flags.has_fraction(search) is expected
