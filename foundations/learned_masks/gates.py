"""Gates: noisy masks in [0, 1], and how probably they are open, traced.

A gate z is made of a trained number and of noise, anew in each iteration; its
gradient needs no trick. What closes gates is a penalty: the mean probability
that z is above 0. Functions take and return float32 tensors of one kernel.

Source: Gaussian gates are Yamada et al. 2020's
(https://arxiv.org/abs/1810.04247) and the code released with it, which Tsayag &
Lindenbaum 2026 (https://arxiv.org/abs/2603.08914) put on frozen weights; of the
latter, the abstract was seen. Hard concrete ones are Louizos et al. 2018's
(https://arxiv.org/abs/1712.01312).
"""

import dataclasses
import math
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.learned_masks import maskers
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries, seeds

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.training import draws

SOURCE = "Tsayag & Lindenbaum 2026 (https://arxiv.org/abs/2603.08914)"
L0 = "Louizos et al. 2018 (https://arxiv.org/abs/1712.01312)"
STD = 0.5  # Of a Gaussian gate's noise; Yamada et al. 2020.
# Of hard concrete ones: what soft masks are stretched to; their temperature.
LOW, HIGH = -0.1, 1.1
TEMPERATURE = 2 / 3
SPREAD = 0.01  # Of what trained numbers start from.

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gate(entries.Entry):
    """A function (trained, uniforms) -> z of a training iteration.

    Args:
        settled: Function (trained) -> z without noise, which evaluations have.
        chance: Function (trained) -> probability that z is above 0.
        threshold: What a trained number is above where the settled z is
            above 0.
        start: What trained numbers start around.
        bounds: Lowest and highest of them after an update, or None.
    """

    settled: Callable
    chance: Callable
    threshold: float
    start: float
    bounds: tuple[float, float] | None = None


def gaussian(means: typing.Any, uniforms: typing.Any) -> "tf.Tensor":
    """Returns mean + noise of deviation .5, clipped to [0, 1].

    The gradient reaches the mean where nothing is clipped.

    Args:
        means: Tensor.
        uniforms: Tensor of its shape, drawn from [0, 1).
    """
    return _clipped(means + STD * draws.normal(uniforms))


def hard_concrete(logits: typing.Any, uniforms: typing.Any) -> "tf.Tensor":
    """Returns 1.2 * sigmoid((logit(u) + s) / (2 / 3)) - .1, clipped to [0, 1].

    Arguments are as for `gaussian`, s in place of means.
    """
    scaled = [logits / TEMPERATURE]
    (soft,) = maskers.concrete(scaled, [uniforms], TEMPERATURE)
    return _clipped(_stretched(soft))


def open_share(gate: Gate, trained: list) -> "tf.Tensor":
    """Returns the mean probability of all gates to be open, a scalar.

    Differs: the mean, of hard concrete gates, too; there, it is the sum.
    """
    total = tf.add_n([tf.reduce_sum(gate.chance(each)) for each in trained])
    return total / sum(math.prod(each.shape) for each in trained)


def draw(gate: Gate, shapes: dict[str, tuple], seed: int) -> Network:
    """Returns what is trained as a search starts: normal, of deviation .01.

    Args:
        gate: Whose start is the mean.
        shapes: Dict, layer name -> shape of its kernel.
        seed: Seed of the draws; each layer's derives from it and its name.
    """
    found = {}
    for name, shape in shapes.items():
        rng = np.random.default_rng(seeds.derive(seed, "gates", name))
        drawn = gate.start + SPREAD * rng.standard_normal(shape)
        found[name] = drawn.astype(np.float32)
    return found


def _clipped(z):
    return tf.clip_by_value(z, 0.0, 1.0)


def _stretched(soft):
    return (HIGH - LOW) * soft + LOW


def _settled_hard_concrete(logits):
    z = _clipped(_stretched(tf.sigmoid(logits)))
    return tf.where(logits > _CLOSED, z, tf.zeros_like(z))


_CLOSED = math.log(-LOW / HIGH)
GATES = {
    "gaussian": Gate(
        gaussian,
        "Gaussian gates",
        "mean + normal noise of deviation .5, clipped to [0, 1]",
        SOURCE,
        settled=lambda means: _clipped(means),
        chance=lambda means: 0.5 * tf.math.erfc(-means / (STD * math.sqrt(2))),
        threshold=0.0,
        start=0.5,
        # Beyond, data have no say: ours, as the source's is not known.
        bounds=(-1.0, 2.0),
    ),
    "hard_concrete": Gate(
        hard_concrete,
        "hard concrete gates",
        "1.2 * sigmoid((logit(u) + s) / (2 / 3)) - .1, clipped to [0, 1]",
        L0,
        settled=_settled_hard_concrete,
        chance=lambda logits: tf.sigmoid(logits - TEMPERATURE * _CLOSED),
        threshold=_CLOSED,
        start=0.0,
    ),
}
