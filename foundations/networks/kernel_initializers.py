"""Draws of kernels by name, for networks that are searched for masks.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
Differs: its signs are those of PyTorch's own draw of the layer.
"""

import dataclasses
import math

import numpy as np

from lottery_ticket.foundations.values import entries, fields, names, seeds

GAINS = {
    "relu": math.sqrt(2),
    "linear": 1.0,
    "tanh": 5 / 3,
    "sigmoid": 1.0,
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),  # Of a slope of .01.
}
MODES = ("fan_in", "fan_out")


def draw(
    name: str,
    shapes: dict[str, tuple[int, ...]],
    fans: dict[str, tuple[int, int]],
    seed: int,
    *,
    mode: str = "fan_in",
    gain: str = "relu",
    scale_fan: float = 1.0,
) -> dict[str, np.ndarray]:
    """Returns a draw of kernels, each from a seed of its own.

    What a layer draws depends on the seed and on the layer's name, shape and
    fans, not on the other layers.

    Args:
        name: A name in INITS.
        shapes: Dict, layer name -> shape of its kernel.
        fans: Dict, layer name -> (fan-in, fan-out), as from `ModelBase.fans`;
            it may name other layers too.
        seed: An integer; each layer's seed derives from it.
        mode: A name in MODES, of the fan that the constants and Kaiming draws
            take. The others have theirs.
        gain: A name in GAINS, the activation that follows, of the same draws.
        scale_fan: What the fan is multiplied by, above 0: the density of a
            mask, say, to make up for what it will prune. Only some scale their
            fan, as in the paper's code.

    Returns:
        Dict, layer name -> float32 array.

    Raises:
        ValueError: If a name is unknown, a layer's fans are missing, or
            scale_fan is not a finite number above 0.
    """
    names.check("init", name, INITS)
    names.check("fan mode", mode, MODES)
    names.check("gain", gain, GAINS)
    fields.check("scale_fan", scale_fan, float, above=0)
    init = INITS[name]
    factor = scale_fan if init.scales_fan else 1.0
    drawn = {}
    for layer, shape in shapes.items():
        names.check("layer", layer, fans)
        rng = np.random.default_rng(seeds.derive(seed, "kernel", layer))
        fan = fans[layer][MODES.index(mode)] * factor
        deviation = GAINS[gain] / math.sqrt(fan)
        kernel = init.function(rng, shape, deviation, fans[layer])
        drawn[layer] = np.asarray(kernel, np.float32)
    return drawn


def _signed_constant(rng, shape, deviation, fans):
    return np.where(rng.random(shape) < 0.5, -deviation, deviation)


def _kaiming_normal(rng, shape, deviation, fans):
    return rng.normal(0, deviation, shape)


def _kaiming_uniform(rng, shape, deviation, fans):
    limit = math.sqrt(3) * deviation
    return rng.uniform(-limit, limit, shape)


def _xavier_normal(rng, shape, deviation, fans):
    return _kaiming_normal(rng, shape, math.sqrt(2 / sum(fans)), fans)


def _xavier_constant(rng, shape, deviation, fans):
    return _signed_constant(rng, shape, math.sqrt(2 / sum(fans)), fans)


def _elu_constant(rng, shape, deviation, fans):
    return _signed_constant(rng, shape, math.sqrt(3 / fans[0]), fans)


def _standard(rng, shape, deviation, fans):
    limit = 1 / math.sqrt(fans[0])
    return rng.uniform(-limit, limit, shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class KernelInit(entries.Entry):
    """A function (rng, shape, gain / sqrt(fan), both fans) -> kernel."""

    takes_gain: bool = False  # Gain and fan are those that `draw` is given.
    scales_fan: bool = False  # The fan is multiplied by scale_fan.
    is_drawn: bool = True  # Another seed makes another kernel.


INITS = {
    "signed_constant": KernelInit(
        _signed_constant,
        "signed constant",
        "gain / sqrt(fan) with the sign of a fair coin",
        entries.SREENIVASAN,
        takes_gain=True,
        scales_fan=True,
    ),
    "unsigned_constant": KernelInit(
        lambda rng, shape, deviation, fans: np.full(shape, deviation),
        "unsigned constant",
        "gain / sqrt(fan)",
        entries.SREENIVASAN,
        takes_gain=True,
        scales_fan=True,
        is_drawn=False,
    ),
    "kaiming_normal": KernelInit(
        _kaiming_normal,
        "Kaiming normal",
        "normal of mean 0 and deviation gain / sqrt(fan)",
        "He et al. 2015 (https://arxiv.org/abs/1502.01852)",
        takes_gain=True,
        scales_fan=True,
    ),
    "kaiming_uniform": KernelInit(
        _kaiming_uniform,
        "Kaiming uniform",
        "uniform within sqrt(3) * gain / sqrt(fan) of 0",
        "He et al. 2015 (https://arxiv.org/abs/1502.01852)",
        takes_gain=True,
    ),
    "xavier_normal": KernelInit(
        _xavier_normal,
        "Xavier normal",
        "normal of mean 0 and deviation sqrt(2 / (fan-in + fan-out))",
        "Glorot & Bengio 2010 (https://proceedings.mlr.press/v9/glorot10a.html)",
    ),
    "xavier_constant": KernelInit(
        _xavier_constant,
        "Xavier constant",
        "sqrt(2 / (fan-in + fan-out)), the sign a fair coin's",
        entries.SREENIVASAN,
    ),
    "elu_constant": KernelInit(
        _elu_constant,
        "ELU constant",
        "sqrt(3 / fan-in), the sign a fair coin's",
        entries.KOSTER,
    ),
    "standard": KernelInit(
        _standard,
        "standard",
        "uniform within 1 / sqrt(fan-in) of 0, as PyTorch draws by default",
        "torch.nn.Linear "
        "(https://pytorch.org/docs/stable/generated/torch.nn.Linear.html)",
    ),
}
HAVE_SCALED_FAN = tuple(n for n, e in INITS.items() if e.scales_fan)
HAVE_FAN_MODE = tuple(n for n, e in INITS.items() if e.takes_gain)
