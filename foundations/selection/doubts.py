"""Where chance decides, or nothing is pruned: warnings that name the layer."""

import logging
from collections.abc import Collection, Iterable

import numpy as np

from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.selection import quotas

Masks = dict[str, np.ndarray]
# How far a density may be from the one that was asked for, as a part of it.
DENSITY_SLACK = 0.01
SHOWN = 4
CHANCE = "Chance"
PLACE = "Their place"  # The earlier layer, the earlier index.
_log = logging.getLogger(__name__)


class Chance:
    """Counts weights that go by chance, as others that stay score the same.

    Of several steps, what ties in one counts only if some of those that stayed
    then are there at the end: until it comes, later steps may take them all.
    """

    def __init__(
        self,
        criterion: str,
        masks: Masks,
        decider: str = CHANCE,
        noun: str = "weights",
    ):
        """Takes the name of what scores, and the masks before.

        The decider is what tells those apart that score the same: CHANCE, or
        PLACE, where the earlier ones go. A noun is what masks are of.
        """
        self._noun = noun
        self._criterion = criterion
        self._decider = decider
        self._before = masks
        self._went = {}  # Layers compared -> weights that have gone by chance.
        self._scores = {}  # Layers compared -> what the last of them scored.
        self._stayed = {}  # Layer -> where weights have stayed by chance.

    def add(
        self,
        kept: list[quotas.Quota],
        before: Masks,
        after: Masks,
        scores: dict[str, np.ndarray],
    ) -> None:
        """Looks at one step: its quotas, its masks, and what decided."""
        for layers, _ in kept:
            left = {name: after[name].astype(bool) for name in layers}
            gone = {n: before[n].astype(bool) & ~left[n] for n in layers}
            went, stayed = _kept(gone, scores), _kept(left, scores)
            if not went.size or not stayed.size or went.max() < stayed.min():
                continue
            score = went.max()
            ties = np.count_nonzero(went == score)
            self._went[layers] = self._went.get(layers, 0) + ties
            self._scores[layers] = score
            for name, mask in left.items():
                tied = mask & (scores[name] == score)
                self._stayed[name] = self._stayed.get(name, False) | tied

    def say(self, after: Masks) -> None:
        """Warns if chance took most of what went, by the masks at the end."""
        for layers, by_chance in self._went.items():
            gone = sum(
                _count(self._before, n) - _count(after, n) for n in layers
            )
            stayed = [n for n in layers if (self._stayed[n] * after[n]).any()]
            if stayed and 2 * by_chance > gone:
                _log.warning(
                    "%s scores of %s: %s of %s %s that go tie with some "
                    "that stay (at %.4g). %s decides between them",
                    self._criterion,
                    listed(stayed),
                    f"{by_chance:,}",
                    f"{gone:,}",
                    self._noun,
                    self._scores[layers],
                    self._decider,
                )


def warn_of_ranks(what: str, values: dict[str, np.ndarray]) -> None:
    """Warns of layers most of whose values tie, so that chance ranks them.

    Args:
        what: What is ranked, such as "abs(initial)".
        values: Dict, layer name -> array of those that are.
    """
    tied = [name for name, each in values.items() if _most_tie(each)]
    if tied:
        _log.warning(
            "%s of %s: most are equal. Chance decides which ranks lower",
            what,
            listed(tied),
        )


def warn_of_whole(
    kept: list[quotas.Quota],
    masks: Masks,
    layers: Collection[str],
    label: str,
    noun: str = "weights",
) -> None:
    """Warns of layers that are to be pruned and lose nothing, being too small.

    Args:
        kept: What is to be left.
        masks: Before anything goes.
        layers: Names of those that are to be pruned.
        label: Where that is, such as "level 3".
        noun: What masks are of.
    """
    whole = [
        f"{listed(group)} ({count:,})"
        for group, count in kept
        if count and count == sum(_count(masks, name) for name in group)
        if any(name in layers for name in group)
    ]
    if whole:
        _log.warning(
            "%s: less than a whole %s would go, so none does, of %s",
            label,
            noun.removesuffix("s"),
            "; ".join(whole),
        )


def say_density(
    density: float,
    masks: Masks,
    label: str,
    quiet: bool,
    noun: str = "weights",
) -> None:
    """Says what density masks have; warns if it is another than was asked for.

    That is if it is off by more than DENSITY_SLACK of it. A warning comes even
    if quiet; `label` is what they are of, `noun` what they count.
    """
    text = f"{label}: {quotas.reached(density, masks, noun)}"
    total = sum(mask.size for mask in masks.values())
    asked, found = density * total, sum(_count(masks, name) for name in masks)
    if abs(found - asked) > DENSITY_SLACK * asked:
        _log.warning("%s", text)
    else:
        progress.say(text, quiet)


def listed(layers: Iterable[str]) -> str:
    """Returns the first names of several, and how many more there are."""
    first, *others = list(layers)
    shown = [first, *others[: SHOWN - 1]]
    more = len(others) + 1 - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _kept(masks, scores):
    """The scores where masks are true, of all layers."""
    return np.concatenate([scores[n][mask] for n, mask in masks.items()])


def _most_tie(values):
    _, counts = np.unique(values, return_counts=True)
    return values.size > 1 and 2 * counts.max() > values.size


def _count(masks, name):
    return int(np.count_nonzero(masks[name]))
