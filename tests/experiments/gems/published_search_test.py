"""Tests of experiments/gems/published_search.py."""

import pytest

from lottery_ticket.experiments.gems import published_search
from lottery_ticket.tests.experiments import published

AMOUNTS = ("target_sparsity", "density", "prune_fraction")


def flags(name, written=(), **changes):
    return published_search.flags(
        published.keys(**changes), set(changes) | set(written), name
    )


def amount(name, **changes):
    found = flags(name, **changes)
    return {key: found[key] for key in AMOUNTS if key in found}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "hc_iter"),
        ({"algo": "global_ep"}, "global_ep"),
        ({"algo": "wt"}, "wt"),
        ({"weight_training": True}, "wt"),
        ({"weight_training": True, "algo": "hc"}, "wt"),
        ({"random_subnet": True}, "random"),
        ({"random_subnet": True, "smart_ratio": 0.0}, "sr"),
        ({"smart_ratio": 0.9}, "hc_iter"),
        ({"bottom_k_on_forward": True}, "hc"),
        ({"bottom_k_on_forward": True, "algo": "ep"}, "ep"),
    ],
)
def test_modes_are_algos(changes, name):
    assert published_search.algo(published.keys(**changes)) == name


OVER = {"override_prune_rate": True, "prune_rate": 0.2}


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("hc_iter", {}, {"target_sparsity": 1.44}),
        ("hc_iter", OVER, {"prune_fraction": 0.2}),
        ("hc_iter", {"prune_type": "FixThresholding"}, {}),
        ("hc_iter", {"prune_rate": 0.2}, {"target_sparsity": 1.44}),
        ("hc", OVER, {}),
        ("hc", {"bottom_k_on_forward": True}, {"target_sparsity": 1.44}),
        ("ep", OVER, {"density": 0.2}),  # What is kept.
        ("ep", {}, {"target_sparsity": 1.44}),
        ("global_ep", OVER, {"density": 0.8}),  # What goes.
        ("global_ep", {}, {"target_sparsity": 1.44}),
        ("global_ep_iter", OVER, {"prune_fraction": 0.2}),
        ("global_ep_iter", {}, {"target_sparsity": 1.44}),
        ("imp", {"prune_rate": 0.1}, {"prune_fraction": 0.1}),
        ("imp", {}, {"prune_fraction": 0.2}),
        ("wt", OVER, {}),
        (
            "random",
            {"random_subnet": True, "prune_rate": 0.3},
            {"density": 0.3},
        ),
        ("random", {}, {"target_sparsity": 1.44}),
        (
            "sr",
            {"random_subnet": True, "smart_ratio": 0.9856},
            {"density": 0.0144},
        ),
        ("sr", {}, {"target_sparsity": 1.44}),
    ],
)
def test_how_much_is_kept(name, changes, expected):
    assert amount(name, **changes) == expected


@pytest.mark.parametrize(
    ("changes", "scope"),
    [
        ({}, "global"),
        ({"prune_type": "LocalBottomK"}, "layerwise"),
        ({"prune_type": "FixThresholding"}, "threshold"),
    ],
)
def test_what_events_compare(changes, scope):
    assert flags("hc_iter", **changes)["prune_scope"] == scope
    assert "prune_scope" not in flags("hc", **changes)


@pytest.mark.parametrize("name", ["global_ep", "global_ep_iter"])
def test_thresholds_of_all_layers_need_bottom_k(name):
    with pytest.raises(ValueError, match="needs prune_type: BottomK"):
        flags(name, prune_type="FixThresholding")


def test_a_density_that_is_not_the_published_code_s_is_warned_of(caplog):
    flags("ep", epochs=150, iter_period=5)
    (record,) = caplog.records
    # .0144 ^ (1 / 29).
    assert "29 events leaves, a density of 0.864; here" in record.getMessage()
    flags("global_ep", epochs=150, iter_period=75)  # One event.
    flags("ep", **OVER)
    assert len(caplog.records) == 1


def test_a_threshold_that_leaves_the_density_is_warned_of(caplog):
    flags("hc_iter", prune_type="FixThresholding")
    assert "target_sparsity has no effect" in caplog.text


def test_scores_of_edge_popup_have_no_threshold():
    found = flags("ep")
    assert found["regularization"] == "L2"
    for key in ("threshold", "quantized", "score_init", "unflag", "rounding"):
        assert key not in found
        assert key in flags("hc_iter")


def test_what_has_no_scores_has_no_regularization():
    for name in ("wt", "sr", "random", "imp"):
        assert "regularization" not in flags(name)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"regularization": None}, {"regularization": "none"}),
        (
            {"regularization": "L1", "lmbda": 2.0},
            {"regularization": "L1", "regularization_weight": 2.0},
        ),
        (
            {"regularization": "var_red_1", "alpha": 2, "alpha_prime": 3},
            {
                "regularization": "var_red_1",
                "regularization_weight": 1e-4,
                "alpha": 2.0,
                "alpha_prime": 3.0,
            },
        ),
    ],
)
def test_regularization(changes, expected):
    found = flags("hc_iter", **changes)
    names = ("regularization", "regularization_weight", "alpha", "alpha_prime")
    assert {key: found[key] for key in names if key in found} == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"rounding": "naive"}),
        ({"round": "pb"}, {"rounding": "pseudo_boolean"}),
        ({"round": "all_ones", "noise": True}, {"rounding": "all_ones"}),
        ({"round": "naive_prob", "num_test": 9}, {"rounding": "naive"}),
        (
            {"round": "naive_prob", "arch": "Conv4", "num_test": 9},
            {
                "rounding": "naive_prob",
                "prob_layers": ["dense0"],
                "evaluation_samples": 9,
            },
        ),
        (
            {"round": "prob", "num_test": 9},
            {"rounding": "prob", "evaluation_samples": 9},
        ),
        (
            {"noise": True, "noise_ratio": 0.5, "num_test": 9},
            {
                "rounding": "naive",
                "noise_ratio": 0.5,
                "evaluation_samples": 9,
            },
        ),
        ({"noise": False, "noise_ratio": 0.5}, {"rounding": "naive"}),
    ],
)
def test_rounding(changes, expected):
    found = flags("hc_iter", **{"noise": False, **changes})
    names = ("rounding", "prob_layers", "noise_ratio", "evaluation_samples")
    assert {key: found[key] for key in names if key in found} == expected


def test_unflag_is_of_what_events_take():
    assert flags("hc_iter")["unflag"] is True
    assert flags("hc_iter", unflag_before_finetune=False)["unflag"] is False
    assert "unflag" not in flags("hc")


def test_initial_weights():
    found = flags("hc_iter", mode="fan_out", nonlinearity="tanh")
    assert (found["fan_mode"], found["gain"]) == ("fan_out", "tanh")
    assert found["scale_fan"] == "none"
    assert flags("wt", scale_fan=True)["scale_fan"] == "legacy"
    standard = flags("wt", init="standard")
    assert not {"fan_mode", "gain", "scale_fan"} & set(standard)


def test_scale_fan_is_of_half_the_fan():
    with pytest.raises(ValueError, match="prune_rate of .5 alone. .*: 0.2"):
        flags("ep", scale_fan=True, **OVER)


def test_imp_rewinds_unless_told_otherwise():
    changes = {"imp_rewind_iter": 500, "imp_rounds": 7}
    found = flags("imp", **changes)
    assert found["rewind_iteration"] == "500it"
    assert found["imp_rounds"] == 7
    assert found["prune_period"] == 5
    assert "retraining" not in found
    kept = flags("imp", imp_no_rewind=True)
    assert kept["retraining"] == "lr_rewind"
    assert not {"rewind_iteration", "imp_rounds"} & set(kept)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("hc_iter", {}, ["weight_reinit", "mask_shuffle"]),
        ("hc_iter", {"skip_sanity_checks": True}, []),
        (
            "hc_iter",
            {"invert_sanity_check": True, "skip_sanity_checks": True},
            ["score_inversion"],
        ),
        ("ep", {"invert_sanity_check": True, "skip_sanity_checks": True}, []),
        ("sr", {"skip_sanity_checks": True, "shuffle": True}, ["mask_shuffle"]),
        ("sr", {"skip_sanity_checks": True, "reinit": True}, ["weight_reinit"]),
        ("hc_iter", {"skip_sanity_checks": True, "reinit": True}, []),
        ("imp", {}, []),
        (
            "imp",
            {"skip_sanity_checks": False},
            ["weight_reinit", "mask_shuffle"],
        ),
    ],
)
def test_sanity_checks(name, changes, expected):
    keys = published.keys(**changes)
    found = published_search.checks(keys, set(changes), name)
    assert found["sanity_checks"] == expected
    assert ("reinit_init" in found) == ("weight_reinit" in expected)


def test_what_is_not_fine_tuned_has_no_sanity_checks():
    keys = published.keys(skip_fine_tune=True)
    assert published_search.checks(keys, set(), "hc_iter") == {}
    assert published_search.checks(published.keys(), set(), "wt") == {}
