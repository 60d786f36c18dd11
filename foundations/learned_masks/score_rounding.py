"""From scores to masks: by a threshold, by chance, one by one, or the top."""

import dataclasses
import fnmatch
import functools
import math
from collections.abc import Callable, Iterable

import numpy as np

from lottery_ticket.foundations.learned_masks import maskers
from lottery_ticket.foundations.selection import doubts, pruning, quotas
from lottery_ticket.foundations.values import entries, fields, names, seeds
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
# Of pseudo-boolean rounding, which evaluates the network twice for each.
MOST_FRACTIONAL = 5000


@fields.settings
class Rounding:
    """How scores become a mask, by one of ROUNDINGS.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    authors' code.
    """

    name: str = fields.field("naive", "A name in ROUNDINGS.")
    threshold: float = fields.field(
        0.5,
        "What naive and naive_prob compare with. A score that is equal to it "
        "is pruned: of scores that are all .5, nothing stays.",
        at_least=0,
        at_most=1,
    )
    noise_ratio: float = fields.field(
        0.0,
        "Standard deviation of normal noise that is added to the scores first.",
        at_least=0,
    )
    prob_layers: tuple[str, ...] = fields.field(
        (), "Layers, or patterns such as dense*, that naive_prob draws."
    )

    def __attrs_post_init__(self):
        """Raises ValueError if the name is unknown, or needs other layers."""
        names.check("rounding", self.name, ROUNDINGS)
        if ROUNDINGS[self.name].takes_layers != bool(self.prob_layers):
            raise ValueError(
                "prob_layers are the layers that naive_prob draws, such as "
                "dense0: give both or neither. Received: "
                f"rounding={self.name}, prob_layers={self.prob_layers}"
            )


def draws(name: str, noise_ratio: float) -> bool:
    """Whether rounding as of a Rounding makes another mask each time."""
    return ROUNDINGS[name].draws or noise_ratio > 0


def check(rounding: Rounding, layers: Iterable[str]) -> None:
    """Raises ValueError if a prob_layer matches none of all layers' names."""
    layers = list(layers)
    for pattern in rounding.prob_layers:
        if not any(fnmatch.fnmatchcase(layer, pattern) for layer in layers):
            names.check("layer in prob_layers", pattern, layers)


def round_scores(
    rounding: Rounding,
    scores: Network,
    seed: int,
    loss: Callable[[Network], float] | None = None,
    active: Network | None = None,
) -> Network:
    """Returns the mask that scores are rounded to.

    Differs: where the authors' code has naive_prob compare with .5, whatever
    the threshold, this has the threshold.

    Args:
        rounding: How.
        scores: Dict, layer name -> float array.
        seed: Seed of the noise and the coins; each layer's derive from it and
            the layer's name.
        loss: Function of a dict, layer name -> float32 array in [0, 1] that
            kernels are multiplied by, to the network's loss on always the same
            examples; for "pseudo_boolean" alone. Arrays that it is given change
            after it has returned.
        active: Dict, layer name -> array of 0s and 1s: where they are 0, so is
            the mask, and a score counts as 0 to all the others. None is 1.

    Returns:
        Dict, layer name -> uint8 array of 0s and 1s.

    Raises:
        ValueError: If a layer holds NaN, a prob_layer is unknown, or for
            "pseudo_boolean" there is no loss, the loss is NaN, or more than
            MOST_FRACTIONAL scores are between 0 and 1.
    """
    check(rounding, scores)
    masks_lib.check_numbers("Scores", scores)
    if rounding.noise_ratio:
        scores = {
            name: score
            + rounding.noise_ratio
            * _rng(seed, "noise", name).standard_normal(score.shape, np.float32)
            for name, score in scores.items()
        }
    if active is not None:
        scores = {name: active[name] * score for name, score in scores.items()}
    rounded = ROUNDINGS[rounding.name].function(rounding, scores, seed, loss)
    return rounded if active is None else masks_lib.intersect(rounded, active)


def top(
    masker: maskers.Masker,
    scores: Network,
    counts: list[int],
    ties: doubts.Chance | None = None,
) -> Network:
    """Returns masks without exactly so many of the lowest scores.

    The same as the forward pass computes with where no scores tie; of scores
    that do, the earlier layers (in the order of `scores`), and in a layer the
    earlier indices (C order), go first.

    Args:
        masker: One that is not by events.
        scores: Dict, layer name -> array.
        counts: A number for each layer, with a masker that keeps a share of
            each; else one for all together.
        ties: What counts weights that go though they tie, or None.

    Returns:
        Dict, layer name -> uint8 array.
    """
    ranks = {
        name: np.abs(each) if masker.is_signed else np.maximum(each, 0)
        for name, each in scores.items()
    }
    whole = masks_lib.ones(ranks)
    groups = [(name,) for name in ranks] if masker.by_layer else [tuple(ranks)]
    kept = [
        quotas.Quota(layers, sum(whole[n].size for n in layers) - count)
        for layers, count in zip(groups, counts, strict=True)
    ]
    found = pruning.prune_by_scores(kept, whole, ranks)
    if ties is not None:
        ties.add(kept, whole, found, ranks)
    return found


def _by_layer(drawn, rounding, scores, seed, loss):
    """Rounds by chance in the layers whose names match, naively elsewhere.

    Those are `drawn`, or the prob_layers if it is None.
    """
    del loss
    drawn, found = rounding.prob_layers if drawn is None else drawn, {}
    for name, score in scores.items():
        threshold = rounding.threshold
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in drawn):
            # From [0, 1): what is 1 or more is always kept, 0 or less never.
            rng = _rng(seed, "coins", name)
            threshold = rng.random(score.shape, np.float32)
        found[name] = (score > threshold).astype(np.uint8)
    return found


def _one_by_one(rounding, scores, seed, loss):
    """Each fractional score becomes what the loss is lower with, in order."""
    del rounding, seed
    if loss is None:
        raise ValueError("Pseudo-boolean rounding needs a loss. Received: none")
    rounded = {
        name: np.clip(score, 0, 1).astype(np.float32)
        for name, score in scores.items()
    }
    fractional = {
        name: np.flatnonzero((score > 0) & (score < 1))
        for name, score in rounded.items()
    }
    count = sum(each.size for each in fractional.values())
    if count > MOST_FRACTIONAL:
        raise ValueError(
            "Pseudo-boolean rounding evaluates the network twice for each "
            "score between 0 and 1: it is for tiny networks. Expected at most "
            f"{MOST_FRACTIONAL:,} of them. Received: {count:,}. Use "
            "rounding=naive or prob"
        )
    for name, places in fractional.items():
        for place in places:
            with_1 = _loss_with(loss, rounded, name, place, 1)
            with_0 = _loss_with(loss, rounded, name, place, 0)
            rounded[name].flat[place] = with_1 <= with_0
    return {name: mask.astype(np.uint8) for name, mask in rounded.items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rounder(entries.Entry):
    """A function (rounding, scores, seed, loss) -> mask; see `round_scores`.

    Args:
        is_naive: Whether scores are compared with the threshold, no more.
        draws: Whether another seed makes another mask.
        takes_layers: Whether it needs prob_layers, or else has none.
        needs_loss: Whether it looks at the network's loss.
        keeps_all: Whether the mask does not depend on the scores.
    """

    is_naive: bool = False
    draws: bool = False
    takes_layers: bool = False
    needs_loss: bool = False
    keeps_all: bool = False


ROUNDINGS = {
    "naive": Rounder(
        functools.partial(_by_layer, ()),
        "naive",
        "keeps the scores above the threshold",
        entries.SREENIVASAN,
        is_naive=True,
    ),
    "prob": Rounder(
        functools.partial(_by_layer, ("*",)),
        "by chance",
        # Below 0 it is 0, and above 1 it is 1.
        "keeps each with its score as probability",
        entries.SREENIVASAN,
        draws=True,
    ),
    "naive_prob": Rounder(
        functools.partial(_by_layer, None),
        "by chance in some layers",
        "keeps scores in prob_layers by chance, and is naive elsewhere",
        entries.SREENIVASAN,
        draws=True,
        takes_layers=True,
    ),
    "all_ones": Rounder(
        lambda rounding, scores, seed, loss: masks_lib.ones(scores),
        "all",
        "keeps all",
        entries.SREENIVASAN,
        keeps_all=True,
    ),
    "pseudo_boolean": Rounder(
        _one_by_one,
        "pseudo-boolean",
        "decides one score after the other by the network's loss, for tiny "
        "networks",
        entries.SREENIVASAN,
        needs_loss=True,
    ),
}


def _loss_with(loss, masks, name, place, value):
    masks[name].flat[place] = value
    found = float(loss(masks))
    if math.isnan(found):
        raise ValueError(
            f"The loss is NaN with weight {place} of layer {name!r} at "
            f"{value}, so it cannot be rounded by it"
        )
    return found


def _rng(seed, kind, name):
    return np.random.default_rng(seeds.derive(seed, kind, name))
