"""What scores start from: random draws by name, or a network's weights.

Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
authors' code.
"""

import dataclasses

import numpy as np

from lottery_ticket.foundations.values import entries, names, seeds
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
Shapes = dict[str, tuple[int, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreInit(entries.Entry):
    """A function (rng, shape, fans) -> scores of one layer.

    fans are fan_in and fan_out: how many inputs one of the layer's outputs has,
    and the other way round.

    Args:
        constant: What all scores are, or None.
        ties: Whether magnitudes tie in bulk.
        is_signed: Whether scores are around 0, not in [0, 1].
        needs_fans: Whether it looks at fans, which are None to all others.
    """

    constant: float | None = None
    ties: bool = False
    is_signed: bool = False
    needs_fans: bool = False


SCORE_INITS = {
    "unif": ScoreInit(
        lambda rng, shape, fans: rng.random(shape, np.float32),
        "uniform",
        "uniform in [0, 1)",
        entries.SREENIVASAN,
    ),
    "skew": ScoreInit(
        lambda rng, shape, fans: rng.beta(1, 5, shape),
        "skewed",
        "draws of Beta(1, 5): 1 in 32 is above .5",
        entries.SREENIVASAN,
    ),
    "half": ScoreInit(
        lambda rng, shape, fans: np.full(shape, 0.5),
        "half",
        ".5 everywhere, which no strict threshold of .5 keeps",
        entries.SREENIVASAN,
        constant=0.5,
        ties=True,
    ),
    "bimodal": ScoreInit(
        lambda rng, shape, fans: rng.beta(0.1, 0.1, shape),
        "bimodal",
        "draws of Beta(.1, .1), most near 0 or 1",
        entries.SREENIVASAN,
    ),
    "bern": ScoreInit(
        lambda rng, shape, fans: rng.integers(0, 2, shape),
        "coins",
        "0s and 1s, each with probability 1/2",
        entries.SREENIVASAN,
        ties=True,
    ),
    "all_one": ScoreInit(
        lambda rng, shape, fans: np.full(shape, 1.0),
        "ones",
        "1 everywhere: the search starts from the whole network",
        entries.SREENIVASAN,
        constant=1.0,
        ties=True,
    ),
    # Kaiming's uniform distribution as PyTorch has it for layers, a = sqrt(5).
    "edge_popup": ScoreInit(
        lambda rng, shape, fans: rng.uniform(
            -1 / np.sqrt(fans[0]), 1 / np.sqrt(fans[0]), shape
        ),
        "around 0",
        "uniform between -b and b = 1 / sqrt(fan-in)",
        entries.RAMANUJAN,
        is_signed=True,
        needs_fans=True,
    ),
    "xavier": ScoreInit(
        lambda rng, shape, fans: rng.uniform(
            -np.sqrt(6 / sum(fans)), np.sqrt(6 / sum(fans)), shape
        ),
        "Xavier, uniform",
        "uniform between -b and b = sqrt(6 / (fan-in + fan-out))",
        entries.KOSTER,
        is_signed=True,
        needs_fans=True,
    ),
}


def draw(
    name: str,
    shapes: Shapes,
    seed: int,
    fans: dict[str, tuple[int, int]] | None = None,
) -> Network:
    """Returns the scores that a search starts from.

    Args:
        name: A name in SCORE_INITS.
        shapes: Dict, layer name -> shape of its kernel.
        seed: Seed of the draws; each layer's derives from it and its name, so
            that no layer's scores depend on which others there are.
        fans: Dict, layer name -> (fan_in, fan_out), for those that need them.

    Returns:
        Dict, layer name -> float32 array.

    Raises:
        ValueError: If the name is unknown, or a layer's fans are missing.
    """
    names.check("score_init", name, SCORE_INITS)
    entry, fans, found = SCORE_INITS[name], fans or {}, {}
    for layer, shape in shapes.items():
        own = None
        if entry.needs_fans:
            names.check("layer in fans", layer, fans)
            own = fans[layer]
        rng = np.random.default_rng(seeds.derive(seed, "scores", layer))
        drawn = entry.function(rng, shape, own)
        found[layer] = np.asarray(drawn, np.float32)
    return found


def upper_half(weights: Network) -> Network:
    """Returns scores of 1 for the larger half of the weights, 0 elsewhere.

    1 is where abs(weight) is above the median of all layers' together; of an
    odd number, the median itself is 0, like all that equal it. It is what a
    warm Gem-Miner starts from, after some training of the dense network.

    Source: drop_bottom_half_weights of that code.
    Differs: these are scores to start from; there they are set after an epoch.

    Args:
        weights: Dict, layer name -> kernel, of the layers with masks alone.

    Returns:
        Dict, layer name -> float32 array of the kernel's shape.

    Raises:
        ValueError: If a layer holds NaN.
    """
    masks_lib.check_numbers("Weights", weights)
    sizes = {name: np.abs(kernel) for name, kernel in weights.items()}
    median = np.median(np.concatenate([x.ravel() for x in sizes.values()]))
    return {
        name: (size > median).astype(np.float32) for name, size in sizes.items()
    }
