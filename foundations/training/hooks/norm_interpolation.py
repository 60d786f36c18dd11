"""Norm interpolation: normalisations between what they are and none."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import keras_private
    from lottery_ticket.foundations.training import draws

SOURCE = "Oh et al. 2025 (https://arxiv.org/abs/2504.05357)"


class NormInterpolation(step_hooks.StepHook):
    """Batches see scales and shifts that are partly 1 and 0.

    For each batch a number alpha is drawn evenly from 0 to 1, the same for all
    normalisations of the network, which then compute with

        scale = alpha + (1 - alpha) * gamma,  shift = (1 - alpha) * beta

    Gradients pass the factor 1 - alpha. Evaluation is as without. So trained,
    the network can do with other normalisations than its own. Batch, layer and
    group normalisations count, as far as their scales and shifts are trained;
    weight decay is on gamma and beta as they are. Running statistics of batch
    normalisations are a mix over alphas.

    alpha depends on the seed and on the iteration of the whole training: levels
    that are rewound see the same again.

    Source: Oh, Baik & Lee 2025, "Find A Winning Sign"
    (https://arxiv.org/abs/2504.05357), of whom the code was read.
    Differs: alphas come from a seed of ours, and group normalisations count.
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
        self._trained = ends(model.network)
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


def ends(network: "keras.Model") -> "list[tuple[keras.Variable, float]]":
    """Returns the scales and shifts that are trained, with 1 and 0."""
    kinds = (
        keras.layers.BatchNormalization,
        keras.layers.LayerNormalization,
        keras.layers.GroupNormalization,
    )
    trained = {id(each) for each in network.trainable_variables}
    found = {
        id(variable): (variable, end)
        for layer in keras_private.layers(network)
        if isinstance(layer, kinds)
        for variable, end in ((layer.gamma, 1.0), (layer.beta, 0.0))
        if variable is not None
    }
    return [each for key, each in found.items() if key in trained]


def between(values: "tf.Tensor", end: float, alpha: "tf.Tensor") -> "tf.Tensor":
    """Returns alpha * end + (1 - alpha) * values."""
    alpha = tf.cast(alpha, values.dtype)
    return alpha * end + (1 - alpha) * values
