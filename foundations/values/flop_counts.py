"""What FLOPs are here: two for each multiply-add with a weight."""

from collections.abc import Mapping

# Papers on pruning mean multiply-adds by FLOPs as often as both operations: we
# count both, as TensorFlow's profiler does.
PER_MULTIPLY_ADD = 2


def flops(
    positions: Mapping[str, int], counts: Mapping[str, int]
) -> int | None:
    """Returns the FLOPs of one example, or None where they are not known.

    Those of products with the weights that are counted; biases, norms,
    activations and pooling are not in it.

    Args:
        positions: Dict, layer name -> how often each of its weights is used;
            see `networks.flops.positions`.
        counts: Dict, layer name -> number of weights, such as those kept. They
            are not known where one of these layers has no positions.
    """
    if not counts.keys() <= positions.keys():
        return None
    added = sum(positions[name] * count for name, count in counts.items())
    return PER_MULTIPLY_ADD * added
