"""Tests of experiments/gems/search_rules.py: flags together."""

import pytest

from lottery_ticket.experiments import gem_search

D = {"density": 0.05}
HC = {"algo": "hc"}
TOP = {"algo": "hc", "bottom_k_on_forward": True, **D}


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
        ({**D, "target_sparsity": 5.0}, "target_sparsity is the density in pe"),
        ({**D, "prune_fraction": 0.1}, "density=0.05 and prune_fraction=0.1"),
        ({**D, "algo": "imp", "prune_fraction": 0.1}, "give one"),
        ({**D, **HC}, "algo=hc is not asked how much goes"),
        ({**D, "prune_scope": "threshold"}, "prune_scope=threshold is not"),
        ({"algo": "hc", "bottom_k_on_forward": True}, "needs a density"),
        ({"prune_scope": "threshold", "ties": "legacy"}, "ties is for fract"),
        ({**D, "algo": "imp", "ties": "legacy"}, "imp with a density keeps"),
        ({**TOP, "threshold": 0.3}, "leaves threshold without effect"),
        (
            {**TOP, "quantized": False, "unflag": False},
            "leaves quantized and unflag without effect",
        ),
        (
            {**HC, "clamp_in_forward": True, "project_every": 3},
            "clamp_in_forward is a project_every of 1. Received: 3",
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
        ({"algo": "global_ep_iter", "score_init": "half", **D}, "tie in bulk"),
        ({**HC, "score_init": "edge_popup"}, "edge_popup draws scores around"),
        (
            {**HC, "drop_bottom_half": True, "score_init": "unif"},
            "drop_bottom_half says what scores start from",
        ),
        (
            {**HC, "regularization_weight": 0.1},
            "regularization_weight needs a regularization",
        ),
        (
            {**D, "regularization": "none", "regularization_weight": 0.1},
            "Received: 0.1 with none",
        ),
        ({**D, "alpha": 2.0}, "alpha is for regularization=var_red_1"),
        (
            {**D, "algo": "ep", "regularization": "bin_entropy"},
            "bin_entropy is for scores in .* algo=ep have both signs",
        ),
        (
            {**HC, "rounding": "all_ones", "noise_ratio": 0.1},
            "noise_ratio has no effect with rounding=all_ones",
        ),
        ({**HC, "rounding": "naive_prob"}, "naive_prob, and no other, needs"),
        ({**HC, "prob_layers": ("a",)}, "Received: naive with .'a',."),
        ({**HC, "evaluation_samples": 5}, "is for roundings that draw"),
        (
            {**D, "init": "standard", "fan_mode": "fan_out"},
            "fan_mode is for init=signed_constant .* with standard",
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
