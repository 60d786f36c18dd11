"""What is done to each batch of images before the network sees it."""

import dataclasses
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import names

with lazy.imports():
    import tensorflow as tf

# Of ImageNet's training images; what most work on photographs takes.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
NORMALIZATIONS = ("scale", "l2", "standardize", "none")


@dataclasses.dataclass(frozen=True)
class Identity:
    """Pixels as they are, as float32."""

    def __call__(self, x):
        """Returns float32 images of the same shape."""
        return tf.cast(x, tf.float32)


@dataclasses.dataclass(frozen=True)
class Scale:
    """Pixels to [0, 1]."""

    max_value: float

    def __call__(self, x):
        """Returns float32 images of the same shape."""
        return tf.cast(x, tf.float32) / self.max_value


@dataclasses.dataclass(frozen=True)
class L2:
    """Each image divided by its Euclidean norm; an empty one stays empty.

    Source: the released 2018 code of the lottery ticket paper
    (https://github.com/google-research/lottery-ticket-hypothesis).
    """

    def __call__(self, x):
        """Returns float32 images of the same shape."""
        x = tf.cast(x, tf.float32)
        axes = list(range(1, x.shape.rank))
        norms = tf.sqrt(tf.reduce_sum(tf.square(x), axes, keepdims=True))
        return x / tf.maximum(norms, np.finfo(np.float32).tiny)


@dataclasses.dataclass(frozen=True)
class Standardize:
    """Pixels to [0, 1], less the mean of their channel, over its deviation."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    max_value: float

    def __call__(self, x):
        """Returns float32 images of the same shape."""
        x = tf.cast(x, tf.float32) / self.max_value
        mean, std = (np.array(v, np.float32) for v in (self.mean, self.std))
        return (x - mean) / std


def make(
    name: str,
    max_value: float,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
) -> Callable:
    """Returns the function of a normalisation, for DatasetBase's `prepare`.

    Pixels are up to max_value. Mean and standard deviation are of each channel,
    of pixels in [0, 1]; for "standardize". Raises ValueError for unknown names.
    """
    names.check("normalization", name, NORMALIZATIONS)
    if name == "standardize":
        return Standardize(mean, std, max_value)
    return {"scale": Scale(max_value), "l2": L2(), "none": Identity()}[name]
