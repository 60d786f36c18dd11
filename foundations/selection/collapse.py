"""Layer collapse: masks that leave a layer, or the whole network, nothing."""

import logging

import numpy as np

from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import names

POLICIES = ("warn", "stop")
_log = logging.getLogger(__name__)


def check(
    masks: dict[str, np.ndarray],
    effective: dict[str, np.ndarray] | None,
    on_collapse: str,
    label: str,
) -> None:
    """Warns of what has collapsed, or raises; says nothing if nothing has.

    Source: Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467), section 3,
    calls it layer collapse when all weights of a layer are pruned.

    Args:
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        effective: Masks of the kept weights on a path from input to output, as
            from `flow.effective_masks`; None where that cannot be told, and
            then only empty layers are found.
        on_collapse: "warn" logs one warning; "stop" raises ValueError.
        label: Where it was found, for the message: "level 3".
    """
    names.check("on_collapse", on_collapse, POLICIES)
    found = [
        f"layer {name!r} keeps none of its {total:,} weights"
        for name, (kept, total) in masks_lib.counts(masks).items()
        if total and not kept
    ]
    if effective and not any(mask.any() for mask in effective.values()):
        found.append(
            "no path is left from input to output through a kept weight"
        )
    if not found:
        return
    what = f"Layer collapse, {label}: {'; '.join(found)}"
    if on_collapse == "stop":
        raise ValueError(
            f"{what}. What is finished is kept. Prune less or in other "
            "layers, or go on all the same with --on_collapse=warn"
        )
    _log.warning("%s", what)
