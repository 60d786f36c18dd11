"""Loss and accuracy of logits, and logits from a softmax's outputs."""

import numpy as np
import tensorflow as tf


def loss_and_accuracy(labels, logits, label_smoothing=0.0):
    """Returns mean softmax cross-entropy and accuracy of a batch, as a pair.

    Args:
        labels: Class indices, int32, shape (batch,).
        logits: float32, shape (batch, classes).
        label_smoothing: As for `ModelBase.create_loss_and_accuracy`.
    """
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    if label_smoothing:
        uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
        losses += label_smoothing * (uniform - losses)
    predicted = tf.argmax(logits, -1, output_type=tf.int32)
    hits = tf.cast(tf.equal(predicted, labels), tf.float32)
    return tf.reduce_mean(losses), tf.reduce_mean(hits)


def logits(probabilities):
    """Returns what a softmax was taken of; elsewhere logarithms serve as well.

    The former is exact where a probability rounds to 0, and its gradient too.

    Args:
        probabilities: Shape (batch, classes).
    """
    is_graph = not tf.executing_eagerly()
    if is_graph and probabilities.op.type == "Softmax":
        return probabilities.op.inputs[0]
    return tf.math.log(tf.maximum(probabilities, np.finfo(np.float32).tiny))
