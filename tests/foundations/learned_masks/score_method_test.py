"""Tests of foundations/learned_masks/score_method.py."""

import json

import attrs
import pytest

from lottery_ticket.foundations.learned_masks import (
    maskers,
    pruning_events,
    regularizers,
    score_method,
    score_rounding,
)

PLAN = pruning_events.plan(10, 3, 0.2)


def make(**options):
    return score_method.ScoreMethod(**options)


def test_every_masker_and_regularization_is_taken():
    for masker in maskers.OF_SCORES:
        entry = maskers.MASKERS[masker]
        density = 0.5 if entry.keeps_share else None
        for name, regularizer in regularizers.REGULARIZERS.items():
            settings = {"density": density, "regularization": name}
            if entry.is_signed and regularizer.within_0_and_1:
                with pytest.raises(ValueError, match=name):
                    make(masker=masker, **settings)
            else:
                assert make(masker=masker, **settings).masker_entry is entry


def test_settings_are_json_values_and_tell_methods_apart():
    one, other = make(plan=PLAN), make(plan=PLAN, threshold=0.4)
    texts = [json.dumps(attrs.asdict(each)) for each in (one, other)]
    assert texts[0] != texts[1]
    assert json.loads(texts[0])["plan"]["epochs"] == [3, 6, 9]


@pytest.mark.parametrize(
    "options",
    [
        {"regularization_weight": 0.1},
        {"plan": PLAN},
        {"unflag": False},
        {"alpha": 2.0},
        {"clamp_in_forward": True},
        {"threshold_share": 0.3},
    ],
)
def test_what_is_not_compiled_in_is_not_in_the_key(options):
    assert make(**options).compiled_key == make().compiled_key


@pytest.mark.parametrize(
    ("base", "options"),
    [
        ({}, {"masker": "hc_relaxed"}),
        ({}, {"threshold": 0.4}),
        ({}, {"project_every": 3}),
        ({}, {"regularization": "L1"}),
        ({"regularization": "var_red_1"}, {"alpha": 2.0}),
        ({"regularization": "var_red_1"}, {"alpha_prime": 2.0}),
    ],
)
def test_what_is_compiled_in_is_in_the_key(base, options):
    key = make(**base).compiled_key
    assert make(**{**base, **options}).compiled_key != key


def test_densities_share_a_program():
    keys = {make(masker="ep", density=d).compiled_key for d in (0.1, 0.5)}
    assert len(keys) == 1


def test_edge_popup_projects_nothing():
    assert make(masker="ep", density=0.5).projected_every == 0
    assert make(masker="global_top", density=0.5).projected_every == 1
    assert make(project_every=0).projected_every == 0
    clamped = make(project_every=7, clamp_in_forward=True)
    assert clamped.projected_every == 1


def test_flags_are_the_final_mask_only_where_events_prune():
    assert make(plan=PLAN).is_unflagged
    assert not make().is_unflagged
    assert not make(plan=PLAN, unflag=False).is_unflagged
    assert not make(masker="global_ep", plan=PLAN).is_unflagged


def test_only_signed_masks_have_a_threshold_of_their_start():
    assert "threshold_share" not in make().settings()
    found = make(masker="signed", threshold_share=0.3)
    assert found.settings()["threshold_share"] == 0.3
    assert found.projected_every == 0 and found.is_rounded_naively


def test_only_naive_rounding_decides_before_the_end():
    assert make().is_rounded_naively
    assert make(masker="ep", density=0.5).is_rounded_naively
    assert not make(plan=PLAN).is_rounded_naively
    assert make(plan=PLAN, unflag=False).is_rounded_naively
    for options in ({"name": "prob"}, {"noise_ratio": 0.1}):
        rounding = score_rounding.Rounding(**options)
        assert not make(rounding=rounding).is_rounded_naively


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"masker": "hcc"}, "Did you mean 'hc'"),
        ({"regularization": "l2"}, "Unknown regularization 'l2'"),
        ({"threshold": 1.0}, "at least 0 and below 1. Received: 1.0"),
        ({"threshold": float("nan")}, "Received: nan"),
        ({"project_every": -1}, "Received: -1"),
        ({"project_every": 1.5}, "Received: 1.5"),
        ({"regularization_weight": -1e-4}, "at least 0. Received: -0.0001"),
        ({"regularization_weight": float("nan")}, "Received: nan"),
        ({"alpha": 0.5}, "alpha must be a number, at least 1. Received: 0.5"),
        ({"alpha_prime": 0.0}, "alpha_prime must be a number, at least 1"),
        ({"density": 0.5}, "'hc' takes no density"),
        ({"masker": "signed", "density": 0.5}, "'signed' takes no density"),
        ({"threshold_share": 1.0}, "at least 0 and below 1. Received: 1.0"),
        ({"masker": "ep"}, "'ep' needs a density: .* Received: None"),
        ({"masker": "ep", "density": 0.0}, "Received: 0.0"),
        ({"masker": "global_ep", "density": 1.5}, "Received: 1.5"),
        (
            {"masker": "global_ep", "density": 0.5, "plan": PLAN},
            "'global_ep' takes no density: .*: 0.5",
        ),
        (
            {"masker": "ep", "density": 0.5, "regularization": "bin_entropy"},
            r"is for scores in \[0, 1\]; those of 'ep' have both signs",
        ),
    ],
)
def test_settings_that_do_not_fit_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)
