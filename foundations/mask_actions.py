"""What kept weights restart from, other than where they began."""

import numpy as np

Network = dict[str, np.ndarray]


def reuse(
    distribution: Network,
    masks: Network,
    seed: int,
    same_sign: Network | None = None,
) -> Network:
    """Returns kernels drawn from the values a network has where it is kept.

    Each layer's kept weights are sampled, with replacement, from the values
    that `distribution` holds at the layer's kept positions: with a ticket's
    initial weights, its values are kept and their places lost. With
    `same_sign`, positive values go where that network is positive and negative
    ones elsewhere: values shuffled, signs in place.

    Source: the 2018 library's "reuse" and "reuse_sign".
    Differs: that sampled from all entries of a saved network, the zeros of its
    pruned weights included.

    Args:
        distribution: Dict, layer name -> array to take values from.
        masks: Dict, layer name -> mask of the same shape.
        seed: Seed of the draw.
        same_sign: Dict, layer name -> array whose signs to keep, or None.

    Returns:
        Dict, layer name -> float32 array, 0 where pruned.

    Raises:
        ValueError: If a layer is missing or has another shape, or there is no
            value of a sign that is needed.
    """
    networks = {"initialization_distribution": distribution}
    if same_sign is not None:
        networks["same_sign"] = same_sign
    _check_layers(networks, masks)
    rng = np.random.default_rng(seed)
    return {
        name: _draw_layer(
            name,
            distribution[name],
            mask,
            rng,
            None if same_sign is None else same_sign[name] > 0,
        )
        for name, mask in masks.items()
    }


def _draw_layer(name, values, mask, rng, positive):
    drawn = np.zeros(mask.shape, np.float32)
    kept = mask == 1
    pool = values[kept]
    if positive is None:
        drawn[kept] = rng.choice(pool, pool.size) if pool.size else 0
        return drawn
    for where, choices in (
        (kept & positive, pool[pool > 0]),
        (kept & ~positive, pool[pool < 0]),
    ):
        count = np.count_nonzero(where)
        if count and not choices.size:
            raise ValueError(
                f"Layer {name!r} has {count} weights of a sign that none of "
                "initialization_distribution's kept values has"
            )
        drawn[where] = rng.choice(choices, count) if count else 0
    return drawn


def _check_layers(networks, masks):
    for flag, network in networks.items():
        for name, mask in masks.items():
            shape = network[name].shape if name in network else None
            if shape != mask.shape:
                raise ValueError(
                    f"{flag} must have layer {name!r} with its mask's shape, "
                    f"{mask.shape}. Received: {shape or 'no such layer'}"
                )
