"""Tests of experiments/settings/scoring.py."""

import re

import keras
import numpy as np
import pytest

from lottery_ticket.experiments.settings import scoring
from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.networks import pruned_groups
from lottery_ticket.foundations.selection import quotas
from lottery_ticket.tests import grids, tiny

ONES = {"layer0": np.ones((4, 5), np.uint8), "layer1": np.ones((5, 3))}
QUOTAS = [quotas.Quota(("layer0",), 7), quotas.Quota(("layer1",), 3)]

COUNTED = [n for n, each in criteria.CRITERIA.items() if not each.decides]
DECIDED = [n for n, each in criteria.CRITERIA.items() if each.decides]
BY_GRADIENTS = [
    name
    for name, each in criteria.CRITERIA.items()
    if each.kind != "weights" and not each.needs_training
]


def prune(model, initial=None, final=None, **given):
    resolved = scoring.Scoring(**given).resolved("large_init", 5)
    return scoring.prune(
        resolved,
        QUOTAS,
        ONES,
        model,
        tiny.make_dataset(),
        initial=initial,
        final=final,
    )


def test_what_is_not_given_is_the_experiments_or_the_criterions():
    usual = scoring.Scoring().resolved("synflow", 5)
    assert (usual.criterion, usual.score_steps) == ("synflow", 100)
    other = scoring.Scoring().resolved("synflow", 6)
    assert usual.score_seed != other.score_seed
    given = scoring.Scoring("snip", False, 3, 10, 9, "final")
    assert given.resolved("synflow", 5) == given
    # Nothing of groups where there are none, as in older results.
    assert usual.settings() == {
        "criterion": "synflow",
        "invert_scores": False,
        "score_steps": 100,
        "score_examples": 10,
        "score_seed": usual.score_seed,
        "score_at": "initial",
    }
    usual = scoring.Scoring().resolved("large_final", 5)
    assert (usual.score_steps, usual.score_at) == (1, None)


def test_the_flags_help_names_every_criterion():
    help_text, _, _ = scoring.Scoring.__doc__.partition("invert_scores:")
    named = set(re.findall(r"\w+", help_text))
    assert set(criteria.CRITERIA) <= named


@pytest.mark.parametrize("criterion", grids.thinned(COUNTED, COUNTED[::3]))
def test_every_criterion_prunes_to_the_quotas(criterion):
    model = tiny.Model().reset(seed=1)
    weights = model.weights
    masks = prune(model, weights, weights, criterion=criterion, score_steps=2)
    assert {name: mask.sum() for name, mask in masks.items()} == {
        "layer0": 7,
        "layer1": 3,
    }


def test_magnitudes_and_their_inverse():
    model = tiny.Model().reset(seed=1)
    size = np.abs(model.weights["layer0"])
    kept = prune(model, model.weights)["layer0"] == 1
    assert size[kept].min() > size[~kept].max()
    kept = prune(model, model.weights, invert_scores=True)["layer0"] == 1
    assert size[kept].max() < size[~kept].min()


def test_each_step_scores_the_network_that_is_left(monkeypatch):
    seen = []

    def score_fn(name, *arguments, **options):
        assert (name, options["seed"]) == ("random", 4)

        def score(masks):
            seen.append(int(masks["layer0"].sum()))
            return {n: np.arange(float(m.size)).reshape(m.shape)
                    for n, m in masks.items()}  # fmt: skip

        return score

    monkeypatch.setattr(criteria, "score_fn", score_fn)
    prune(None, criterion="random", score_steps=4, score_seed=4)
    expected = [round(20 ** (1 - k / 4) * 7 ** (k / 4)) for k in range(4)]
    assert seen == expected


def networks():
    """Weights before and after, half of whose signs differ."""
    return tiny.Model().draw(1), tiny.Model().draw(2)


@pytest.mark.parametrize("criterion", DECIDED)
@pytest.mark.parametrize("invert", [False, True])
def test_signs_decide_in_the_layers_that_are_to_lose_weights(criterion, invert):
    initial, final = networks()
    masks = tiny.masks()
    same = np.sign(initial["layer0"]) == np.sign(final["layer0"])
    kept = same if ("same_sign" in criterion) != invert else ~same
    expected = masks["layer0"] * kept
    for count in (0, 1, int(masks["layer0"].sum()) - 1):
        rule = scoring.Scoring(criterion, invert).resolved("large_final", 5)
        left = [quotas.Quota(("layer0",), count), quotas.Quota(("layer1",), 15)]
        pruned = scoring.prune(
            rule, left, masks, None, None, initial=initial, final=final
        )
        np.testing.assert_array_equal(pruned["layer0"], expected)
        assert pruned["layer1"].all()  # It is to keep all.


def test_signs_decide_in_all_layers_that_share_a_quota():
    initial, final = networks()
    rule = scoring.Scoring(DECIDED[0]).resolved("large_final", 5)
    left = [quotas.Quota(("layer0", "layer1"), 34)]
    pruned = scoring.prune(
        rule, left, ONES, None, None, initial=initial, final=final
    )
    for name, mask in pruned.items():
        same = np.sign(initial[name]) == np.sign(final[name])
        np.testing.assert_array_equal(mask, same)


@pytest.mark.parametrize("criterion", DECIDED)
def test_what_signs_decide_fits_the_masks(criterion):
    initial, final = networks()
    rule = scoring.Scoring(criterion).resolved("large_final", 5)
    with pytest.raises(ValueError, match="layer0 to keep from 0 to 20"):
        scoring.prune(
            rule,
            [quotas.Quota(("layer0",), 21)],
            ONES,
            None,
            None,
            initial=initial,
            final=final,
        )


def test_the_seed_settles_ties():
    initial = {name: np.ones(mask.shape) for name, mask in ONES.items()}
    given = {"criterion": "large_final_same_sign"}

    def pruned(seed):
        wrong = {name: -kernel for name, kernel in initial.items()}
        return prune(None, initial, wrong, score_seed=seed, **given)

    first, again, other = (pruned(seed) for seed in (1, 1, 2))
    for name, mask in first.items():
        assert mask.tobytes() == again[name].tobytes()
    assert any((first[name] != other[name]).any() for name in first)
    # Not the earlier ones alone.
    assert first["layer0"].flat[:13].any()


@pytest.mark.parametrize(
    "criterion", grids.thinned(BY_GRADIENTS, BY_GRADIENTS[:1])
)
def test_gradients_are_at_the_weights_that_are_asked_for(criterion):
    initial, final = networks()

    def pruned(model, at, final=final):
        given = {"criterion": criterion, "score_at": at, "score_seed": 3}
        return prune(model, initial, final, score_steps=1, **given)["layer0"]

    at_initial = pruned(tiny.Model(), "initial")
    at_final = pruned(tiny.Model(), "final")
    other = tiny.Model().reset(seed=9)  # Where the model stands is all one.
    assert (at_initial != at_final).any()
    np.testing.assert_array_equal(pruned(other, "initial"), at_initial)
    np.testing.assert_array_equal(pruned(other, "initial", None), at_initial)
    np.testing.assert_array_equal(pruned(other, "final"), at_final)
    np.testing.assert_array_equal(pruned(other, None), at_initial)


def test_wanda_looks_at_trained_weights():
    initial, final = networks()
    found = [
        prune(tiny.Model(), initial, weights, criterion="wanda", score_at=at)
        for weights, at in ((final, None), (final, "final"), (initial, None))
    ]
    np.testing.assert_array_equal(found[0]["layer0"], found[1]["layer0"])
    assert (found[0]["layer0"] != found[2]["layer0"]).any()


@pytest.mark.parametrize(
    ("given", "kept", "expected"),
    [
        ({}, (16, 12), [(32, 48), (16, 48)]),
        (
            {"score_steps": 2},
            (8, 12),
            [(32, 48), (16, 48), (16, 24), (8, 24)],
        ),
        ({"granularity": "2:4"}, (16, 24), [(32, 48), (16, 48)]),
    ],
)
def test_layers_in_order_see_those_before_pruned(given, kept, expected):
    seen = []

    def score(masks):
        seen.append(tuple(int(mask.sum()) for mask in masks.values()))
        return {name: mask * 1.0 for name, mask in masks.items()}

    layers = [keras.layers.Dense(8), keras.layers.Dense(6)]
    model = keras_model.KerasModel(
        keras.Sequential([keras.Input((4,)), *layers]), np.ones((1, 4))
    )
    rules = scoring.Scoring("wanda", **given).resolved("wanda", 5)
    groups = pruned_groups.of(model, rules.granularity)
    left = [
        quotas.Quota((name,), count)
        for name, count in zip(model.masks, kept, strict=True)
    ]
    masks = scoring.cut(
        rules, left, model.masks, score, quiet=True, groups=groups
    )
    assert seen == expected
    assert tuple(mask.sum() for mask in masks.values()) == kept


def test_trained_weights_that_are_asked_for_must_be_there():
    with pytest.raises(ValueError, match="there are none yet. Use score_at=i"):
        prune(tiny.Model(), criterion="snip", score_at="final")


def test_the_experiments_criterion_must_have_gradients_too():
    with pytest.raises(ValueError, match="with criterion=large_final"):
        scoring.Scoring(score_at="final").resolved("large_final", 0)
    resolved = scoring.Scoring(score_at="initial").resolved("synflow", 0)
    assert resolved.score_at == "initial"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"criterion": "magnitude"}, "Unknown criterion 'magnitude'"),
        ({"criterion": "snpi"}, "Did you mean 'snip'"),
        ({"score_at": "initail"}, "Unknown score_at .*mean 'initial'"),
        (
            {"criterion": "large_init", "score_at": "initial"},
            "snip or grad or grasp or .* criterion=large_init",
        ),
        (
            {"criterion": "wanda", "score_at": "initial"},
            "wanda is of trained weights: expected score_at=final",
        ),
        (
            {"criterion": "large_final_same_sign_single", "score_steps": 2},
            "decides by itself how many weights go.* score_steps=2",
        ),
        ({"score_steps": 0}, "score_steps must be an integer, at least 1"),
        ({"score_steps": 2.5}, "integer, at least 1. Received: 2.5"),
        ({"score_steps": "2"}, "Received: '2'"),
        (
            {"score_examples": 0},
            "score_examples must be an integer, at least 1",
        ),
        ({"score_seed": -1}, "score_seed must be an integer, at least 0"),
        ({"score_steps": True}, "score_steps must be an integer, at least 1"),
    ],
)
def test_what_does_not_fit_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        scoring.Scoring(**given)


@pytest.mark.parametrize("steps", [1, 3])
def test_scores_that_are_all_0_are_warned_of_once(caplog, steps):
    def score(masks):
        return {name: np.zeros(mask.shape) for name, mask in masks.items()}

    rules = scoring.Scoring("large_final", score_steps=steps)
    rules = rules.resolved("large_final", 1)
    scoring.cut(rules, QUOTAS, ONES, score, quiet=True)
    told = [record.getMessage() for record in caplog.records]
    assert [each[:30] for each in told] == [
        "large_final scores of layer0: ",
        "large_final scores of layer1: ",
    ]


def test_what_is_pruned_at_once_is_a_setting_where_it_is_no_weight():
    of_units = scoring.Scoring(granularity="unit").resolved("large_final", 5)
    assert of_units.score_pooling == "mean"
    assert of_units.settings()["granularity"] == "unit"
    assert of_units.settings()["score_pooling"] == "mean"
    of_each = scoring.Scoring(granularity="2:4").resolved("synflow", 5)
    assert (of_each.score_steps, of_each.score_pooling) == (1, None)
    assert of_each.settings()["granularity"] == "2:4"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"granularity": "unitt"}, "granularity: Unknown .* mean 'unit'"),
        ({"granularity": "3:2"}, "n is at least 1 and below m"),
        ({"score_pooling": "l2"}, "score_pooling is for granularity=unit or"),
        (
            {"granularity": "2:4", "score_pooling": "l2"},
            "Received: score_pooling=l2 with granularity=2:4",
        ),
        (
            {"granularity": "unit", "score_pooling": "max"},
            "Unknown score_pooling 'max'",
        ),
        (
            {"granularity": "2:4", "score_steps": 2},
            "weights go at once. Received: score_steps=2",
        ),
        (
            {
                "granularity": "2:4",
                "criterion": "large_final_same_sign_single",
            },
            "decides by itself",
        ),
        (
            {
                "granularity": "per_unit",
                "criterion": "large_final_same_sign_single",
            },
            "compares none. Expected granularity=weight",
        ),
        (
            {"granularity": "per_unit", "score_pooling": "sum"},
            "score_pooling is for granularity=unit or",
        ),
        (
            {
                "granularity": "unit",
                "criterion": "magnitude_increase_diff_sign",
            },
            "over units. Use magnitude_increase_diff_sign_legacy",
        ),
    ],
)
def test_what_does_not_go_with_a_granularity_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        scoring.Scoring(**given)


def prune_groups(granularity, kept, **given):
    model = tiny.Model().reset(seed=1)
    groups = pruned_groups.of(model, granularity)
    weights = model.weights
    masks = scoring.prune(
        scoring.Scoring(granularity=granularity, **given).resolved("random", 5),
        kept,
        model.masks,
        model,
        tiny.make_dataset(),
        initial=weights,
        final=weights,
        quiet=True,
        groups=groups,
    )
    return groups, masks


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("criterion", ["large_final", "snip", "random"])
def test_criteria_prune_within_units(criterion, steps):
    _, masks = prune_groups(
        "per_unit",
        [quotas.Quota(("layer0",), 12), quotas.Quota(("layer1",), 6)],
        criterion=criterion,
        score_steps=steps,
    )
    assert sorted(masks["layer0"].sum(0)) == [2, 2, 2, 3, 3]
    np.testing.assert_array_equal(masks["layer1"].sum(0), [2, 2, 2])


@pytest.mark.parametrize("granularity", ["unit", "block:2x2"])
@pytest.mark.parametrize(
    "criterion",
    grids.thinned(
        [n for n in COUNTED if not criteria.CRITERIA[n].excludes],
        ["large_final", "snip", "synflow", "random"],
    ),
)
def test_every_criterion_prunes_groups(criterion, granularity):
    groups, masks = prune_groups(
        granularity,
        [quotas.Quota(("layer0",), 2)],
        criterion=criterion,
        score_steps=2,
    )
    assert groups.counts(masks)["layer0"][0] == 2


def test_what_reads_units_that_are_gone_goes_too():
    _, masks = prune_groups("unit", [quotas.Quota(("layer0",), 2)])
    gone = ~masks["layer0"].any(axis=0)
    np.testing.assert_array_equal(masks["layer1"].any(axis=1), ~gone)


def test_a_criterion_that_decides_does_so_by_groups():
    groups, masks = prune_groups(
        "block:2x2",
        [quotas.Quota(("layer0",), 0)],
        criterion="large_final_same_sign_single",
    )
    assert masks["layer0"].all()  # Weights were not trained.
    _, masks = prune_groups(
        "block:2x2",
        [quotas.Quota(("layer0",), 0)],
        criterion="large_final_diff_sign_single",
    )
    assert not masks["layer0"].any()


def test_n_of_m_is_cut_in_the_layers_that_are_named():
    _, masks = prune_groups("2:4", [quotas.Quota(("layer0",), 10)])
    assert (masks["layer0"].sum(axis=0) == 2).all()
    assert masks["layer1"].all()
