"""Zeros that a network has as it is given: a mask, or weights like others."""

import logging

import numpy as np

from lottery_ticket.foundations.machine import progress

Network = dict[str, np.ndarray]
# Fewer zeros than this part of a kernel are none that somebody pruned.
MIN_SPARSITY = 0.05
_log = logging.getLogger(__name__)


def is_sparse(network: Network) -> bool:
    """Whether any array of two or more axes, as kernels are, is sparse."""
    return any(_is_sparse(each) for each in network.values() if each.ndim > 1)


def masks_of(network: Network, masks: Network) -> Network:
    """Returns masks of the kernels that are sparse already.

    That is one of which more than MIN_SPARSITY is 0, or -0, and not all: a
    kernel of zeros is a start. Others have no mask here.

    Args:
        network: Dict, name -> weights.
        masks: Dict, layer name -> mask, for the names of kernels.
    """
    return {
        name: (network[name] != 0).astype(np.uint8)
        for name in masks
        if name in network and _is_sparse(network[name])
    }


def say(network: Network, masks: Network, quiet: bool) -> None:
    """Lists the kernels that are sparse already; warns if their zeros grow.

    Args:
        network: As for `masks_of`.
        masks: Dict, layer name -> mask that the network is trained under.
        quiet: Whether to list nothing; warnings come all the same.
    """
    for name, mask in masks_of(network, masks).items():
        kept, total = np.count_nonzero(mask), mask.size
        what = f"{name}: {100 * kept / total:.1f} % of {total:,} weights are"
        if masks[name].all():
            _log.warning(
                "%s not 0, as given; those that are 0 are trained, too", what
            )
        else:
            progress.say(
                f"{what} kept, as given (keep_zeros=False lets zeros grow)",
                quiet,
            )


def _is_sparse(weights):
    zeros = weights.size - np.count_nonzero(weights)
    return zeros < weights.size and zeros / weights.size > MIN_SPARSITY
