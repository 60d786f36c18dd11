"""Tickets of every network of the registry, and of others, to a file and back.

Weights and masks are drawn by numpy, as training would leave them: pruned
weights are 0. Nothing is trained.
"""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.models import registry
from lottery_ticket.tests import grids
from lottery_ticket.tests.foundations.tickets import small

DENSITIES = (1, 0.1, 0.01, 0.001)
# What a file holds beside values and masks: facts of the run, and of each
# variable.
FACTS_BYTES, VARIABLE_BYTES = 2000, 16
APPLICATIONS = (
    *("MobileNetV2", "EfficientNetB0", "DenseNet121"),
    *("ResNet50V2", "Xception"),
)


def drawn(model, density, rng):
    """A ticket of a model's variables; the first kernel but one is dead."""
    shapes = {n: tuple(each.shape) for n, each in model.variables.items()}
    dead = [*model.masks][1:2]
    masks = {
        name: rng.random(mask.shape) < (0 if name in dead else density)
        for name, mask in model.masks.items()
    }
    weights = {}
    for name, shape in shapes.items():
        weights[name] = rng.standard_normal(shape, np.float32)
        if name in masks:
            weights[name][~masks[name]] = 0
    masks = {name: mask.astype(np.uint8) for name, mask in masks.items()}
    return ticket_file.Ticket(
        masks, {"final": weights}, small.RECORD, small.LOGS
    )


def held(ticket):
    """Bytes of what a ticket holds: kept values, and entropies of its masks."""
    total = 0.0
    for name, array in ticket.networks["final"].items():
        mask = ticket.masks.get(name)
        if mask is None:
            total += array.nbytes
            continue
        kept, share = int(mask.sum()), mask.mean()
        total += 4 * kept
        if 0 < share < 1:
            rest = 1 - share
            bits = -share * np.log2(share) - rest * np.log2(rest)
            total += mask.size * bits / 8
    return total


def check_round_trips(model, path):
    """At all densities; networks of millions of weights at every other one."""
    rng = np.random.default_rng(0)
    is_large = sum(mask.size for mask in model.masks.values()) > 1e6
    for density in DENSITIES[1::2] if is_large else DENSITIES:
        ticket = drawn(model, density, rng)
        ticket_file.write(path, ticket)
        small.check_same(ticket_file.read(path), ticket)
        facts = FACTS_BYTES + VARIABLE_BYTES * len(ticket.networks["final"])
        assert len(ticket.bytes) <= 1.15 * held(ticket) + facts, density


@pytest.mark.parametrize(
    "name", grids.thinned(registry.MODELS, ["fc", "resnet20", "transformer"])
)
def test_networks_of_the_registry_come_back(name, tmp_path):
    shape = (16,) if name == "transformer" else (32, 32, 3)
    model = registry.create(name, shape, 10, vocabulary_size=50)
    check_round_trips(model, str(tmp_path / "mine.ticket"))


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_networks_of_keras_come_back(name, tmp_path):
    make = getattr(keras.applications, name)
    network = make(weights=None, input_shape=(96, 96, 3), classes=10)
    model = keras_model.KerasModel(network)
    check_round_trips(model, str(tmp_path / "mine.ticket"))
