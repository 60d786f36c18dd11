"""Norm interpolation: normalisations between what they are and none."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import norm_parameters
    from lottery_ticket.foundations.training import draws

SOURCE = "Oh et al. 2025 (https://arxiv.org/abs/2504.05357)"


class NormInterpolation(step_hooks.StepHook):
    """Batches see scales and shifts that are partly 1 and 0.

    For each batch a number alpha is drawn evenly from 0 to 1, the same for all
    normalisations of the network, which then compute with

        scale = alpha + (1 - alpha) * gamma,  shift = (1 - alpha) * beta

    Gradients pass the factor 1 - alpha. Evaluation is as without. So trained,
    the network can do with other normalisations than its own. What counts is
    said by `norm_parameters.trained`; weight decay is on gamma and beta as they
    are. Running statistics of batch normalisations are a mix over alphas.

    alpha depends on the seed and on the iteration of the whole training: levels
    that are rewound see the same again.

    Source: Oh, Baik & Lee 2025, "Find A Winning Sign"
    (https://arxiv.org/abs/2504.05357), of whom the code was read.
    Differs: alphas come from a seed of ours, and group and RMS
    normalisations count.
    """

    def __init__(self, seed: int, start: int = 0):
        """Takes the seed of alphas, and where a run is.

        Args:
            seed: In [0, 2**31).
            start: Iteration of the training at which the run starts.
        """
        self._seed, self._start = seed, start

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {"norm_interpolation": {"seed": self._seed}}

    @property
    def key(self) -> tuple:
        return ("norm_interpolation",)

    def attach(self, model: trainee.Trainee) -> None:
        self._trained = norm_parameters.trained(model.network)
        self._numbers = keras.Variable(
            [self._seed, self._start],
            trainable=False,
            dtype="int64",
            name="norm_interpolation_seed_and_start",
        )

    @property
    def variables(self) -> "tuple[keras.Variable, ...]":  # type: ignore[override]
        """The seed and where the run starts, which are not compiled in."""
        return (self._numbers,)

    def substitutes(
        self, iteration: "tf.Tensor"
    ) -> "list[tuple[keras.Variable, tf.Tensor]]":
        if not self._trained:
            return []
        seed, start = tf.unstack(tf.convert_to_tensor(self._numbers.value))
        (alpha,) = draws.uniforms(seed[None], start + iteration, ((),))
        return [
            (
                variable,
                between(tf.convert_to_tensor(variable.value), end, alpha),
            )
            for variable, end in self._trained
        ]


def between(values: "tf.Tensor", end: float, alpha: "tf.Tensor") -> "tf.Tensor":
    """Returns alpha * end + (1 - alpha) * values."""
    alpha = tf.cast(alpha, values.dtype)
    return alpha * end + (1 - alpha) * values
