"""Tickets of made-up networks, for tests of their files."""

import numpy as np

from lottery_ticket.foundations.tickets import ticket_file

RECORD = {
    "settings": {"recipe": "digits_fc", "seed": 1, "lr": 0.0012},
    "inputs": {"start_iteration": 0, "dataset": "0" * 64},
    "environment": {"keras": "3.15.1"},
}
LOGS = {"test": {"iteration": [5, 9], "loss": [0.5, 0.25], "accuracy": [0, 1]}}
LENET = {"layer0": (784, 300), "layer1": (300, 100), "layer2": (100, 10)}


def ticket(shapes, density=0.1, sets=("initial", "final"), seed=0):
    """Returns a ticket of random masks and weights, with biases.

    Initial biases are 0, as they are drawn.
    """
    rng = np.random.default_rng(seed)
    masks = {
        name: (rng.random(shape) < density).astype(np.uint8)
        for name, shape in shapes.items()
    }
    networks = {}
    for which in sets:
        networks[which] = network = {}
        for name, shape in shapes.items():
            drawn = rng.normal(size=shape).astype(np.float32)
            network[name] = np.where(masks[name], drawn, np.float32(0))
            bias = rng.normal(size=shape[-1:]) * (which == "final")
            network[f"{name}_bias"] = bias.astype(np.float32)
    return ticket_file.Ticket(masks, networks, RECORD, LOGS)


def check_same(one, other):
    """Raises unless two tickets hold the same, to the bit."""
    assert one.record == other.record and one.logs == other.logs
    networks = {**one.networks, "masks": one.masks}
    others = {**other.networks, "masks": other.masks}
    assert list(networks) == list(others)
    for which, network in networks.items():
        assert list(network) == list(others[which])
        for name, array in network.items():
            there = others[which][name]
            assert (array.shape, array.dtype) == (there.shape, there.dtype)
            assert array.tobytes() == there.tobytes(), (which, name)
