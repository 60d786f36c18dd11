"""Checks that networks have the layers that masks name."""

import numpy as np


def check(
    networks: dict[str, dict | None], masks: dict[str, np.ndarray]
) -> None:
    """Raises unless networks have each masked layer, in its mask's shape.

    Args:
        networks: Dict, what a network is called in the error -> network, or
            None, which is passed over.
        masks: Dict, layer name -> mask.

    Raises:
        ValueError: Naming network and layer.
    """
    given = [
        (name, each) for name, each in networks.items() if each is not None
    ]
    for called, network in given:
        for name, mask in masks.items():
            shape = np.shape(network[name]) if name in network else None
            if shape != np.shape(mask):
                raise ValueError(
                    f"{called} must have layer {name!r} with its mask's shape, "
                    f"{np.shape(mask)}. Received: {shape or 'no such layer'}"
                )
