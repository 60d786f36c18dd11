"""Weights drawn from the values that a ticket has."""

import numpy as np

from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]


def reuse(
    distribution: Network,
    masks: Network,
    seed: int,
    same_sign: Network | None = None,
    from_masks: Network | None = None,
) -> Network:
    """Returns kernels drawn from the values a network has where it is kept.

    Each layer's kept weights are sampled, with replacement, from the values
    that `distribution` holds at the layer's kept positions: with a ticket's
    initial weights, its values are kept and their places lost. With
    `same_sign`, positive values go where that network is positive and negative
    ones elsewhere: values shuffled, signs in place. With `from_masks`, values
    are those at its kept positions, for masks that keep others.

    Source: the 2018 library's "reuse" and "reuse_sign".
    Differs: that sampled from all entries of a saved network, the zeros of its
    pruned weights included.

    Returns:
        Dict, layer name -> float32 array, 0 where pruned.

    Raises:
        ValueError: If a layer is missing or has another shape, or there is no
            value, or none of a sign that is needed.
    """
    networks = {
        "initialization_distribution": distribution,
        "same_sign": same_sign,
        "from_masks": from_masks,
    }
    masks_lib.check_layers(networks, masks)
    from_masks = masks if from_masks is None else from_masks
    rng = np.random.default_rng(seed)
    return {
        name: _draw_layer(
            name,
            distribution[name][from_masks[name] == 1],
            mask,
            rng,
            None if same_sign is None else same_sign[name] > 0,
        )
        for name, mask in masks.items()
    }


def _draw_layer(name, pool, mask, rng, positive):
    drawn = np.zeros(mask.shape, np.float32)
    kept = mask == 1
    draws = [(kept, pool, "")]
    if positive is not None:
        draws = [
            (kept & positive, pool[pool > 0], "positive "),
            (kept & ~positive, pool[pool < 0], "negative "),
        ]
    for where, choices, sign in draws:
        count = np.count_nonzero(where)
        if count and not choices.size:
            raise ValueError(
                f"Layer {name!r} needs values for {count} {sign}weights, and "
                "there are none among initialization_distribution's kept values"
            )
        drawn[where] = rng.choice(choices, count) if count else 0
    return drawn
