"""Tests of foundations/supermasks/scored_masks.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.supermasks import (
    pruning_events,
    score_method,
    scored_masks,
    search_variables,
)

RNG = np.random.default_rng(1)
SCORES = {
    "a": RNG.random((4, 5)).astype("f4"),
    "b": RNG.random((5, 3)).astype("f4"),
}
WEIGHTS = {n: RNG.normal(size=s.shape).astype("f4") for n, s in SCORES.items()}
PLAN = pruning_events.plan(10, 3, 0.2)


def make(per_epoch=4, **options):
    method = score_method.ScoreMethod(**options)
    scores = {
        name: keras.Variable(each, dtype="float32", name=name)
        for name, each in SCORES.items()
    }
    found = scored_masks.ScoredMasks(method)
    found.build(scores, search_variables.integers(0, "iterations"))
    found.reset(method, per_epoch)
    return found, scores


def tensors(network):
    return [tf.constant(each) for each in network.values()]


def effective(found, training=True):
    given = tensors(SCORES), tensors(WEIGHTS)
    own = found.effective(*given, tf.constant(0, tf.int64), training)
    return dict(zip(SCORES, [each.numpy() for each in own], strict=True))


def test_weights_are_kept_by_scores_and_flags():
    found, _ = make(plan=PLAN)
    plain = effective(found)
    for name, own in plain.items():
        np.testing.assert_array_equal(own, WEIGHTS[name] * (SCORES[name] > 0.5))
    flags = {n: RNG.integers(0, 2, s.shape) for n, s in SCORES.items()}
    found.restore(flags)
    for name, own in effective(found).items():
        np.testing.assert_array_equal(own, plain[name] * flags[name])
        np.testing.assert_array_equal(found.flags[name], flags[name])
        assert found.flags[name].dtype == np.uint8
    found.reset(score_method.ScoreMethod(plan=PLAN), 4)
    assert all(each.all() for each in found.flags.values())


def test_events_take_the_lowest_scores_by_the_exact_count():
    found, _ = make(plan=PLAN)
    step = 1 - 0.2 ** (1 / 3)
    active = 35
    for epoch in PLAN.epochs:
        taken = int(np.ceil(step * active - 1e-6))
        assert found.prune(epoch) == taken
        active -= taken
    flat = np.concatenate([each.ravel() for each in SCORES.values()])
    left = np.concatenate([each.ravel() for each in found.flags.values()])
    expected = np.ones(35, np.uint8)
    expected[np.argsort(flat)[: 35 - active]] = 0
    np.testing.assert_array_equal(left, expected)


def test_gradual_edge_popup_has_its_count_in_a_variable():
    found, _ = make(masker="global_ep", plan=PLAN)
    counts = [found.removed]
    for epoch in PLAN.epochs:
        before = np.count_nonzero(effective(found)["a"])
        found.prune(epoch)
        counts.append(found.removed)
        assert np.count_nonzero(effective(found)["a"]) <= before
    # Of 35, rounded up: p until epoch 2T, 1 - (1 - p)^2 after it, then .8.
    assert counts == [[15], [15], [24], [28]]
    kept = sum(np.count_nonzero(each) for each in effective(found).values())
    assert kept == 7
    assert all(each.all() for each in found.flags.values())
    again, _ = make(masker="global_ep", plan=PLAN)
    again.restore(found.flags)
    assert again.removed == [28]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"a_flags", "b_flags"}),
        ({"masker": "ep", "density": 0.5}, {"removed"}),
    ],
)
def test_all_that_is_not_compiled_in_is_in_variables(options, names):
    found, _ = make(**options, regularization="L2", regularization_weight=0.5)
    by_name = {each.name: each for each in found.variables}
    assert set(by_name) == names | {"regularization_weight", "per_epoch"}
    assert by_name["regularization_weight"].numpy() == 0.5
    assert by_name["per_epoch"].numpy() == 4


def test_losses_are_the_weighted_sum_of_all_scores_flagged_or_not():
    found, _ = make(regularization="var_red_2", regularization_weight=0.25)
    found.restore({n: np.zeros(s.shape) for n, s in SCORES.items()})
    expected = 0.25 * sum(
        (WEIGHTS[name].astype(float) ** 2 * s * (1 - s)).sum()
        for name, s in SCORES.items()
    )
    (loss,) = found.losses(tensors(SCORES), tensors(WEIGHTS))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    counted = found.regularization(SCORES, WEIGHTS)
    assert isinstance(counted, float)
    np.testing.assert_allclose(counted, expected, rtol=1e-7)
    plain, _ = make()
    assert plain.losses(tensors(SCORES), tensors(WEIGHTS)) == []
    assert plain.regularization(SCORES, WEIGHTS) == 0


def test_scores_are_projected_by_a_constraint_where_they_are_at_all():
    for options, is_projected in (
        ({}, True),
        ({"project_every": 3}, True),
        ({"project_every": 0}, False),
        ({"project_every": 0, "clamp_in_forward": True}, True),
        ({"masker": "ep", "density": 0.5}, False),
    ):
        _, scores = make(**options)
        for each in scores.values():
            assert (each.constraint is not None) == is_projected
