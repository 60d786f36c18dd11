"""Tests of experiments/settings/mask_search.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.settings import mask_search
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.tests import tiny

RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def model():
    return tiny.Model().reset(seed=1)


def test_weights_are_frozen_as_they_are_drawn(model):
    search = mask_search.MaskSearch()
    drawn = {**model.weights, "layer0_bias": RNG.normal(size=5)}
    for name, array in search.weights(model, drawn, 0).items():
        np.testing.assert_array_equal(array, drawn[name])


def test_signed_constants_have_a_magnitude_and_a_multiplier(model):
    drawn = model.weights
    usual = mask_search.MaskSearch(mask_1_action="signed_constant")
    given = mask_search.MaskSearch(
        mask_1_action="signed_constant",
        signed_constant=2,
        signed_constant_multiplier=1.5,
    )
    for name in model.masks:
        found = usual.weights(model, drawn, 0)[name]
        expected = np.sign(drawn[name]) * drawn[name].std()
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        found = given.weights(model, drawn, 0)[name]
        np.testing.assert_array_equal(found, 3 * np.sign(drawn[name]))
        assert found.dtype == np.float32


@pytest.mark.parametrize("action", mask_1.MASK_1_ACTIONS)
def test_weights_can_be_frozen_by_any_action(model, action):
    search = mask_search.MaskSearch(mask_1_action=action)
    found = search.weights(model, model.weights, 3)
    again = search.weights(model, model.weights, 3)
    assert set(found) == set(model.weights)
    for name, array in found.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.shape == model.weights[name].shape
        assert array.any() == model.weights[name].any()


def test_logits_start_at_the_bias(model):
    logits = mask_search.MaskSearch(sigmoid_bias=-2).logits(model)
    assert set(logits) == set(model.masks)
    np.testing.assert_array_equal(logits["layer1"], np.full((5, 3), -2.0))
    assert logits["layer1"].dtype == np.float32


def test_the_mask_seed_derives_from_the_seed_unless_given():
    resolved = [mask_search.MaskSearch().resolved(seed) for seed in (1, 1, 2)]
    assert resolved[0] == resolved[1] != resolved[2]
    assert mask_search.MaskSearch(mask_seed=7).resolved(1).mask_seed == 7
    assert resolved[0].settings() == {
        "sampling": "bernoulli",
        "sigmoid_bias": 0.0,
        "rescaling": "none",
        "mask_1_action": "rewind",
        "signed_constant": None,
        "signed_constant_multiplier": 1.0,
        "mask_seed": resolved[0].mask_seed,
    }


def test_none_is_rewind():
    search = mask_search.MaskSearch(mask_1_action="none")
    assert search == mask_search.MaskSearch()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"sampling": "bernouli"}, "Did you mean 'bernoulli'"),
        ({"rescaling": "dynamics"}, "Did you mean 'dynamic'"),
        ({"mask_1_action": "signed_const"}, "signed_constant"),
        ({"sigmoid_bias": float("inf")}, "sigmoid_bias must be .* finite"),
        ({"sigmoid_bias": -1e39}, "at least -3.4e[+]38 .*: -1e[+]39"),
        ({"sigmoid_bias": "1"}, "Received: '1'"),
        ({"sigmoid_bias": True}, "Received: True"),
        (
            {"signed_constant": 0.1},
            "signed_constant is for mask_1_action=signed_",
        ),
        (
            {"mask_1_action": "signed_constant", "signed_constant": -1},
            "signed_constant must be .* Received: -1.0",
        ),
        (
            {"signed_constant_multiplier": 2.0},
            "signed_constant_multiplier is for mask_1_action=",
        ),
        (
            {
                "mask_1_action": "signed_constant",
                "signed_constant_multiplier": 0,
            },
            "multiplier must be a number, .*Received: 0.0",
        ),
        (
            {
                "mask_1_action": "signed_constant",
                "signed_constant_multiplier": 1e-50,
            },
            "Received: 1e-50",
        ),
        ({"evaluation_samples": 0}, "an integer, at least 1. Received: 0"),
        ({"evaluation_samples": 1.5}, "Received: 1.5"),
        ({"mask_seed": -1}, "an integer, at least 0. Received: -1"),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        mask_search.MaskSearch(**flags)
