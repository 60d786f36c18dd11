"""Tests of foundations/networks/kernel_initializers.py."""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.tests import contracts

SHAPES = {"conv": (3, 3, 20, 100), "dense": (60, 150)}
FANS = {"conv": (180, 900), "dense": (60, 150), "another": (1, 1)}
CONSTANT = (
    *("signed_constant", "unsigned_constant", "xavier_constant"),
    "elu_constant",
)
UNIFORM = ("kaiming_uniform", "standard")


def draw(name, seed=0, shapes=SHAPES, **options):
    return kernel_initializers.draw(name, shapes, FANS, seed, **options)


def magnitude(name, layer, mode="fan_in", gain="relu", scale_fan=1.0):
    """Constant, deviation, or limit of what is uniform; as the spec has it."""
    fan_in, fan_out = FANS[layer]
    fan = fan_in if mode == "fan_in" else fan_out
    factor = kernel_initializers.GAINS[gain]
    return {
        "signed_constant": factor / math.sqrt(fan * scale_fan),
        "unsigned_constant": factor / math.sqrt(fan * scale_fan),
        "kaiming_normal": factor / math.sqrt(fan * scale_fan),
        "kaiming_uniform": math.sqrt(3) * factor / math.sqrt(fan),
        "xavier_normal": math.sqrt(2 / (fan_in + fan_out)),
        "xavier_constant": math.sqrt(2 / (fan_in + fan_out)),
        "elu_constant": math.sqrt(3 / fan_in),
        "standard": 1 / math.sqrt(fan_in),
    }[name]


OPTIONS = [
    {},
    {"mode": "fan_out"},
    {"gain": "tanh"},
    {"scale_fan": 0.25},
    {"mode": "fan_out", "gain": "leaky_relu", "scale_fan": 2.0},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", CONSTANT)
def test_constants_are_exact_in_float32(name, options):
    for layer, kernel in draw(name, **options).items():
        expected = np.float32(magnitude(name, layer, **options))
        assert kernel.dtype == np.float32 and kernel.shape == SHAPES[layer]
        np.testing.assert_array_equal(np.abs(kernel), expected)


def test_unsigned_constants_have_no_sign():
    assert all(
        (kernel > 0).all() for kernel in draw("unsigned_constant").values()
    )


@pytest.mark.parametrize(
    "name", [each for each in CONSTANT if each != "unsigned_constant"]
)
def test_signs_are_a_fair_coins(name):
    kernels = [draw(name, seed)["conv"] for seed in (1, 2)]
    for kernel in kernels:
        deviation = math.sqrt(kernel.size) / 2
        assert abs((kernel > 0).sum() - kernel.size / 2) < 4 * deviation
    same = (kernels[0] == kernels[1]).mean()
    assert 0.48 < same < 0.52
    # Nor do rows or columns share signs.
    assert 0.35 < (kernels[0] > 0).mean(axis=(0, 1, 2)).min()
    assert (kernels[0] > 0).mean(axis=(0, 1, 2)).max() < 0.65


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", ["kaiming_normal", "xavier_normal"])
def test_normal_draws_have_their_deviation(name, options):
    for layer, kernel in draw(name, **options).items():
        deviation = magnitude(name, layer, **options)
        error = deviation / math.sqrt(kernel.size)
        assert kernel.dtype == np.float32 and kernel.shape == SHAPES[layer]
        assert abs(kernel.mean()) < 4 * error
        assert abs(kernel.std() - deviation) < 4 * error / math.sqrt(2)
        # Normal, and not cut off at two deviations as Keras's.
        assert abs((np.abs(kernel) < deviation).mean() - 0.6827) < 0.02
        assert np.abs(kernel).max() > 3 * deviation


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_draws_fill_their_range_evenly(name, options):
    for layer, kernel in draw(name, **options).items():
        limit = magnitude(name, layer, **options)
        assert kernel.dtype == np.float32 and kernel.shape == SHAPES[layer]
        assert 0.999 * limit < np.abs(kernel).max() <= np.float32(limit)
        counts, _ = np.histogram(kernel, bins=10, range=(-limit, limit))
        expected = kernel.size / 10
        assert np.abs(counts - expected).max() < 4 * math.sqrt(expected)


def test_every_init_says_what_it_is():
    contracts.check_entries(
        kernel_initializers.INITS, "rng", "shape", "deviation", "fans"
    )
    for name, entry in kernel_initializers.INITS.items():
        one, other = (draw(name, seed)["dense"] for seed in (1, 2))
        assert (one != other).any() == entry.is_drawn


@pytest.mark.parametrize("name", kernel_initializers.INITS)
def test_only_some_draws_take_what_they_do_not_ignore(name):
    plain = draw(name)["dense"]
    for options, taking in (
        ({"scale_fan": 0.5}, kernel_initializers.HAVE_SCALED_FAN),
        ({"mode": "fan_out"}, kernel_initializers.HAVE_FAN_MODE),
        ({"gain": "linear"}, kernel_initializers.HAVE_FAN_MODE),
    ):
        is_same = (draw(name, **options)["dense"] == plain).all()
        assert is_same == (name not in taking), options


def test_a_quarter_of_a_fan_doubles_a_kernel():
    whole, quarter = (
        draw("kaiming_normal", scale_fan=each)["dense"] for each in (1.0, 0.25)
    )
    np.testing.assert_allclose(quarter, 2 * whole, rtol=1e-6)


def test_a_depthwise_kernel_is_drawn_by_its_fan_in_of_9():
    drawn = kernel_initializers.draw(
        "signed_constant", {"a": (3, 3, 384, 1)}, {"a": (9, 9 * 384)}, 5
    )
    assert np.abs(drawn["a"]).max() == np.float32(math.sqrt(2) / 3)


def test_gains_are_pytorchs():
    assert kernel_initializers.GAINS == {
        "relu": 1.4142135623730951,
        "linear": 1,
        "tanh": 1.6666666666666667,
        "sigmoid": 1,
        "leaky_relu": 1.4141428569978354,
    }


@pytest.mark.parametrize(
    "name",
    [each for each in kernel_initializers.INITS if each != "unsigned_constant"],
)
@hypothesis.settings(max_examples=10)
@hypothesis.given(st.integers(-(2**70), 2**70))
def test_a_draw_is_that_of_seed_and_layer(name, seed):
    shapes = {"dense": (6, 15), "conv": (6, 15)}
    fans = dict.fromkeys(shapes, (60, 150))

    def drawn(seed, *layers):
        chosen = {layer: shapes[layer] for layer in layers}
        return kernel_initializers.draw(name, chosen, fans, seed)

    both, swapped = drawn(seed, "dense", "conv"), drawn(seed, "conv", "dense")
    alone, other = drawn(seed, "dense"), drawn(seed + 1, "dense")
    for each in (swapped, alone):
        np.testing.assert_array_equal(both["dense"], each["dense"])
    assert (both["dense"] != both["conv"]).any()
    assert (both["dense"] != other["dense"]).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "signed_constants"}, "Unknown init .* 'signed_constant'"),
        ({"mode": "fanin"}, "Unknown fan mode 'fanin'. Did you mean 'fan_in'"),
        ({"gain": "leaky"}, "Unknown gain 'leaky'. Did you mean 'leaky_relu'"),
        (
            {"scale_fan": 0.0},
            "scale_fan must be a number, above 0. Received: 0.0",
        ),
        ({"scale_fan": float("nan")}, "above 0, finite. Received: nan"),
        ({"scale_fan": math.inf}, "above 0, finite. Received: inf"),
        ({"shapes": {"dense9": (2, 2)}}, "Unknown layer 'dense9'. Did you"),
    ],
)
def test_what_does_not_fit_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        draw(**{"name": "signed_constant", **options})
