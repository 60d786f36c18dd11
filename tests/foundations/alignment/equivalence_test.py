"""Tests of alignment/equivalence.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.alignment import (
    equivalence,
    groups,
    permutations,
)
from lottery_ticket.models import registry


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fc", {"hidden_units": (30, 20)}),
        ("conv2", {"width": 1 / 8}),
        ("resnet20", {"width": 1 / 4}),
        pytest.param(
            "resnet20",
            {"width": 1 / 4, "shortcut": "pad"},
            marks=pytest.mark.slow,
        ),
        pytest.param("vgg11", {}, marks=pytest.mark.slow),
    ],
)
def test_a_permuted_network_computes_the_same(name, options):
    shape = (32, 32, 3) if name == "vgg11" else (8, 8, 3)
    model = registry.create(name, shape, 10, **options)
    found = groups.of(model)
    rng = np.random.default_rng(0)
    network = {
        n: rng.uniform(0.5, 1.5, v.shape).astype("f4") if v.ndim == 1 else v
        for n, v in model.draw(1).items()
    }
    x = rng.normal(size=(6, *shape)).astype(np.float32)
    orders = permutations.random(found, 3)
    moved = permutations.applied(found, orders, network)
    assert equivalence.difference(model, network, moved, x) < 1e-9
    # A bias that stays where it was is found.
    changed = next(n for n in network if (moved[n] != network[n]).any())
    wrong = {**moved, changed: network[changed]}
    assert equivalence.difference(model, network, wrong, x) > 1e-4


def test_what_differs_is_refused():
    equivalence.check(9e-5, "a")
    for found in (1e-4, float("nan")):
        with pytest.raises(ValueError, match="network of results/a to compute"):
            equivalence.check(found, "results/a")
