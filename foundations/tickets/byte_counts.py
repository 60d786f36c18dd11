"""How long a ticket's file is, told from arrays before there is any file."""

import numpy as np

from lottery_ticket.foundations.tickets import mask_codes, value_codes


def content(
    masks: dict[str, np.ndarray], network: dict[str, np.ndarray]
) -> int:
    """Returns the bytes of masks and one network in a ticket's file.

    Of `ticket pack --with=final` that is all but what is said of the run, some
    kilobytes. Variables of types that a file does not take count as they are.

    Args:
        masks: Dict, layer name -> mask.
        network: Dict, name -> array: kernels, and all other variables.
    """
    coded = sum(len(mask_codes.encode(mask).data) for mask in masks.values())
    for name, array in network.items():
        if array.dtype.name in value_codes.DTYPES:
            _, data = value_codes.encode(array, masks.get(name))
            coded += len(data)
        else:
            coded += array.nbytes
    return coded
