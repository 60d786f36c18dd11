"""How alike units of two networks are, by what they do on the same examples."""

import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.alignment import groups as groups_lib
from lottery_ticket.foundations.alignment import permutations
from lottery_ticket.foundations.training import batches
from lottery_ticket.foundations.values import dataset_base

BATCH_SIZE = 100
EPSILON = 1e-4  # Added to the product of two standard deviations.
# Of a unit's mean square: a lower variance is what rounding makes of none.
_ROUNDING = 1e-12


def matched(
    correlations: dict[str, np.ndarray],
) -> permutations.Permutations:
    """Returns permutations of the highest sums of correlations.

    Source: Adnan et al. 2025 (https://arxiv.org/abs/2505.05143).
    Differs: there the first network is permuted layer by layer, from the input
    on. That changes no unit's activations, so that all groups are matched by
    one pass over the data here.

    Args:
        correlations: As `correlations` returns them.
    """
    return {
        name: permutations.assigned(each) for name, each in correlations.items()
    }


def correlations(
    model: typing.Any,
    groups: groups_lib.Groups,
    first: permutations.Network,
    second: permutations.Network,
    dataset: dataset_base.DatasetBase,
    examples: int | None = None,
) -> dict[str, np.ndarray]:
    """Returns how alike the units of two networks are, of each group.

    Of the second's unit j and the first's unit i

        R[j, i] = cov(j, i) / (std_j * std_i + 1e-4)

    over training examples, at inference and not augmented, and over all pixels,
    behind the activation (`Group.tensor`). Sums are in float64. Units that
    never vary have a std of exactly 0, and so R = 0.

    Source: Adnan et al. 2025 (https://arxiv.org/abs/2505.05143), and its code.

    Args:
        model: ModelBase whose network both are; its variables stay.
        first: Dict, name -> array of all variables.
        second: The same of the other network.
        dataset: Whose training examples are taken, the first ones.
        examples: How many at most; None takes all.

    Returns:
        Dict, name of a group -> array of shape (units, units), float64.
    """
    values = [_values(model, network) for network in (first, second)]
    compute = _compiled(model, groups)
    size = min(dataset.train.size, examples or dataset.train.size)
    sums: list[list[np.ndarray]] = []
    for start in range(0, size, BATCH_SIZE):
        rows = np.arange(start, min(start + BATCH_SIZE, size), dtype=np.int32)
        x = batches.prepared(dataset.prepare, batches.read(dataset.train, rows))
        found = tf.nest.map_structure(np.asarray, compute(x, *values))
        sums = (
            [list(map(np.add, *both)) for both in zip(sums, found, strict=True)]
            if sums
            else found
        )
    return {
        group.name: _correlation(*own)
        for group, own in zip(groups.every, sums, strict=True)
    }


def mean_matched(
    correlations: dict[str, np.ndarray], orders: permutations.Permutations
) -> dict[str, float]:
    """Returns of each group the mean of R[j, p[j]]."""
    return {
        name: float(each[np.arange(len(each)), orders[name]].mean())
        for name, each in correlations.items()
    }


def _values(model, network):
    """Tensors for all of a network's variables, in the order of Keras."""
    names = {id(each): name for name, each in model.variables.items()}
    return [
        tf.convert_to_tensor(
            network[names[id(each)]] if id(each) in names else each.value
        )
        for each in model.network.variables
    ]


def _compiled(model, groups):
    """Function (x, first, second) -> sums of each group.

    It is compiled once for whole batches, and once for the last one.
    """
    variables = model.network.variables

    def sums(x, *both):
        found = []
        for values in both:
            with keras.StatelessScope(
                list(zip(variables, values, strict=True))
            ):
                tensors = _computed(groups.graph, x)
            found.append([_samples(tensors, group) for group in groups.every])
        return [_sums(*pair) for pair in zip(*found, strict=True)]

    return tf.function(sums, autograph=False)


def _computed(graph, x):
    """Dict, number of a tensor -> its value at inference."""
    tensors = dict(zip(graph.inputs, keras.tree.flatten(x), strict=True))
    for call in graph.calls:
        args, kwargs = call.filled(tensors)
        outputs = keras.tree.flatten(call.operation(*args, **kwargs))
        tensors.update(zip(call.outputs, outputs, strict=True))
    return tensors


def _samples(tensors, group):
    """What units do, shape (samples, units): a sample a place and example."""
    found = tf.gather(tensors[group.tensor], group.places.T, axis=-1)
    return tf.cast(tf.reshape(found, (-1, group.size)), tf.float64)


def _sums(first, second):
    count = tf.cast(tf.shape(first)[0], tf.float64)
    return [
        count,
        *(tf.reduce_sum(each, axis=0) for each in (first, second)),
        *(tf.reduce_sum(each**2, axis=0) for each in (first, second)),
        tf.matmul(second, first, transpose_a=True),
    ]


def _correlation(count, first, second, first_squares, second_squares, products):
    stds = [
        _std(total / count, squares / count)
        for total, squares in (
            (first, first_squares),
            (second, second_squares),
        )
    ]
    covariance = products / count - np.outer(second, first) / count**2
    scale = np.outer(stds[1], stds[0])
    return np.where(scale > 0, covariance / (scale + EPSILON), 0.0)


def _std(mean, mean_square):
    variance = mean_square - mean**2
    varies = variance > _ROUNDING * mean_square
    return np.sqrt(np.where(varies, variance, 0.0))
