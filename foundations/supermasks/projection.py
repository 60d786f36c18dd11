"""The projection of scores to [0, 1], as a Keras constraint."""

import keras
import tensorflow as tf


class Projection(keras.constraints.Constraint):
    """Clips scores to [0, 1] after an update, or after one of several.

    That is, before iteration i of an epoch, counted from 0, if i is a multiple
    of `every`, and after the epoch's last. Slots of the optimizer stay as they
    are.

    Source: the code released with Sreenivasan et al. 2022
    (https://arxiv.org/abs/2202.12002).
    """

    def __init__(self, every: int, iterations, per_epoch):
        """Takes over the counters.

        Args:
            every: Iterations between two projections of an epoch, at least 1.
            iterations: keras.Variable, the number of iterations done, that of
                the update included.
            per_epoch: keras.Variable, the number of iterations of an epoch.
        """
        self._every = every
        self._iterations = iterations
        self._per_epoch = per_epoch

    def __call__(self, scores):
        """Returns the scores, clipped where it is time to."""
        scores = tf.convert_to_tensor(scores)
        clipped = tf.clip_by_value(scores, 0, 1)
        if self._every == 1:
            return clipped
        done = tf.convert_to_tensor(self._iterations.value)
        within = done % tf.convert_to_tensor(self._per_epoch.value)
        return tf.where(within % self._every == 0, clipped, scores)
