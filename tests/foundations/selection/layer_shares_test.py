"""Tests of foundations/selection/layer_shares.py: patterns, scopes, ranges."""

import numpy as np
import pytest

from lottery_ticket.foundations.selection import layer_shares

LAYERS = ["conv0", "conv1", "logits"]


@pytest.mark.parametrize(
    ("shares", "expanded"),
    [
        ({"*": 0.2}, {"conv0": 0.2, "conv1": 0.2, "logits": 0.2}),
        ({"lo*": 0.3, "conv?": 1}, {"conv0": 1, "conv1": 1, "logits": 0.3}),
        ({"*": 0.2, "conv1": 0}, {"conv0": 0.2, "conv1": 0, "logits": 0.2}),
        ({"logits": 0.1, "co*": 0}, {"conv0": 0, "conv1": 0, "logits": 0.1}),
        ({}, {}),
    ],
)
def test_patterns_become_layers_in_their_order(shares, expanded):
    found = layer_shares.expand("density", shares, LAYERS)
    assert list(found.items()) == list(expanded.items())


def test_a_name_that_looks_like_a_pattern_is_still_a_name():
    assert layer_shares.expand("density", {"a[0]": 1}, ["a[0]"]) == {"a[0]": 1}


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"convs*": 1}, r"Unknown layer in densities 'convs\*'. Did you mean"),
        ({"CONV*": 0.1}, "Unknown layer in densities"),
        ({"*": 1, "c*": 1}, r"several patterns of the densities: \*, c\*"),
        ({"*": 5}, r"density of layer '\*' must be in \[0, 1\]. Received: 5"),
        ({"conv0": np.nan}, "'conv0' must be in .* Received: nan"),
        ({"conv0": "0.1x"}, "'conv0' must be in .* Received: 0.1x"),
    ],
)
def test_shares_that_do_not_fit_are_named(shares, message):
    with pytest.raises(ValueError, match=message):
        layer_shares.expand("density", shares, LAYERS)


@pytest.mark.parametrize(
    ("kind", "shares", "scope", "groups"),
    [
        (
            "fraction",
            {"c*": 0.2},
            "layerwise",
            [("conv0", 0.2), ("conv1", 0.2)],
        ),
        ("fraction", {"*": 0.2, "logits": 0}, "global", [("conv0 conv1", 0.2)]),
        ("density", {"*": 0.2, "logits": 1}, "global", [("conv0 conv1", 0.2)]),
        ("density", {"*": 0}, "global", [("conv0 conv1 logits", 0)]),
        ("fraction", {"*": 0}, "global", []),
        ("density", {"*": 1}, "global", []),
        ("fraction", {}, "global", []),
    ],
)
def test_groups_are_what_is_compared(kind, shares, scope, groups):
    found = layer_shares.groups(kind, shares, LAYERS, scope)
    assert [(" ".join(layers), share) for layers, share in found] == groups


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("fraction", "all fractions above 0 must be the same. Received:"),
        ("density", "all densities below 1 must be the same. Received:"),
    ],
)
def test_the_global_scope_needs_one_share(kind, message):
    shares = {"conv0": 0.1, "conv1": 0.2}
    with pytest.raises(ValueError, match=message):
        layer_shares.groups(kind, shares, LAYERS, "global")
    assert len(layer_shares.groups(kind, shares, LAYERS)) == 2


def test_an_unknown_scope_is_named():
    with pytest.raises(ValueError, match="Unknown scope 'globl'. Did you mean"):
        layer_shares.groups("fraction", {}, LAYERS, "globl")
