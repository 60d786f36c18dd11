"""The search algorithms by name: how a mask is found, and what that needs."""

import dataclasses
import typing

from lottery_ticket.experiments.stages.gem import (
    concrete_search,
    gate_search,
    imp_search,
    random_masks,
    score_search,
)
from lottery_ticket.foundations.learned_masks import (
    gates,
    maskers,
    objectives,
)
from lottery_ticket.foundations.values import entries


@dataclasses.dataclass(frozen=True, kw_only=True)
class Algo(entries.Entry):
    """A function (gem, dataset, model, weights) -> gem_weights.Ticket.

    It takes a gem_run.Gem, and the weights of its model as a dict, name ->
    array, none of them pruned.

    Args:
        masker: Of one that trains scores, the usual masker, a name in
            maskers.MASKERS.
        has_events: Whether it prunes by and by, at events of that training.
        has_rounds: Whether it trains weights, in rounds.
        has_mask: Whether it prunes at all.
        needs_density: Whether it has to be told how much to keep.
        regularization: The usual one, of scores.
        is_soft: Whether scores are trained under soft masks, and weights as the
            recipe says.
        gate: Of one that trains gates, a name in gates.GATES.
        inverted: Function (gem, model) -> masks of the lowest scores of the
            same search; None where that needs another one.
    """

    masker: str = ""
    has_events: bool = False
    has_rounds: bool = False
    has_mask: bool = True
    needs_density: bool = True
    regularization: str = "none"
    is_soft: bool = False
    gate: str = ""
    inverted: typing.Any = None

    @property
    def trains_scores(self) -> bool:
        """Whether weights stand still, and scores are trained."""
        return bool(self.masker or self.gate) or self.is_soft

    @property
    def is_noisy(self) -> bool:
        """Whether masks of training are between 0 and 1, unlike the final."""
        return bool(self.gate) or self.is_soft

    @property
    def is_tuned(self) -> bool:
        """Whether weights are trained otherwise than the recipe says."""
        return self.has_mask and not self.is_soft

    @property
    def is_hypercube(self) -> bool:
        """Whether it trains scores in [0, 1], which events could take."""
        return bool(self.masker) and maskers.MASKERS[self.masker].by_events

    @property
    def flips_signs(self) -> bool:
        """Whether it decides signs of kept weights, too."""
        return bool(self.masker) and maskers.MASKERS[self.masker].flips_signs

    @property
    def takes_scores(self) -> bool:
        """Whether events take scores for good."""
        return self.is_hypercube and self.has_events

    @property
    def is_gradual(self) -> bool:
        """Whether it prunes by and by."""
        return self.has_events or self.has_rounds


ALGOS = {
    "hc": Algo(
        score_search.search,
        "hypercube",
        "scores in [0, 1] are trained: a weight is kept if its own is above "
        "`--threshold=.5` at the end. `--bottom_k_on_forward`: the highest "
        "scores of all layers instead, as many as the density says",
        entries.SREENIVASAN,
        masker="hc",
        needs_density=False,
    ),
    "hc_iter": Algo(
        score_search.search,
        "Gem-Miner",
        "Gem-Miner: as hc, and every `--prune_period=5` epochs the lowest "
        "scores go for good, by a share that leads to `--density`; each event "
        "rounds up",
        entries.SREENIVASAN,
        masker="hc",
        has_events=True,
        regularization="L2",
    ),
    "ep": Algo(
        score_search.search,
        "edge-popup",
        "edge-popup: in each layer the part `density` of the largest "
        "magnitudes of scores",
        entries.RAMANUJAN,
        masker="ep",
    ),
    "global_ep": Algo(
        score_search.search,
        "global edge-popup",
        "global edge-popup: the part `density` of the largest magnitudes of "
        "all layers together",
        entries.SREENIVASAN,
        masker="global_ep",
    ),
    "global_ep_iter": Algo(
        score_search.search,
        "global edge-popup, gradual",
        "as global_ep, with a density that falls from event to event (weights "
        "can come back)",
        entries.SREENIVASAN,
        masker="global_ep",
        has_events=True,
    ),
    "signed": Algo(
        score_search.search,
        "signed supermask",
        "signed supermask: a weight is kept if its score is farther from 0 "
        "than `--threshold_share=.4` of the largest that the layer's scores "
        "start with, and multiplied by its sign; rate and decay say how many",
        entries.KOSTER,
        masker="signed",
        needs_density=False,
    ),
    "concrete": Algo(
        concrete_search.search,
        "Concrete Ticket Search",
        "CTS-KL, and with `--objective=loss` CTS: soft masks are drawn around "
        "scores, which a second gradient holds to `--density`; exactly as many "
        "of the highest scores are kept",
        objectives.SOURCE,
        is_soft=True,
        inverted=concrete_search.inverted,
    ),
    "gaussian": Algo(
        gate_search.search,
        gates.GATES["gaussian"].label,
        "each weight has a gate, clip(mu + noise, 0, 1), and stays if its mu "
        "is above 0 at the end; `--gate_penalty` closes gates: the density is "
        "not asked for",
        gates.SOURCE,
        needs_density=False,
        gate="gaussian",
        inverted=concrete_search.inverted,
    ),
    "hard_concrete": Algo(
        gate_search.search,
        gates.GATES["hard_concrete"].label,
        "as gaussian, by hard concrete gates: L0 regularisation",
        gates.L0,
        needs_density=False,
        gate="hard_concrete",
        inverted=concrete_search.inverted,
    ),
    "wt": Algo(
        random_masks.whole,
        "dense",
        "no mask: the whole network is trained, as the recipe says",
        entries.HERE,
        has_mask=False,
        needs_density=False,
    ),
    "imp": Algo(
        imp_search.search,
        "IMP",
        "iterative magnitude pruning, a round of `--prune_period` epochs for "
        "each pruning: cold, warm with `--rewind_iteration=1000it`, without "
        "rewinding weights with `--retraining=lr_rewind`",
        entries.FRANKLE,
        has_rounds=True,
        needs_density=False,
    ),
    "sr": Algo(
        random_masks.smart,
        "smart ratio",
        "smart ratio: a random mask, denser near the input; no search",
        "Su et al. 2020 (https://arxiv.org/abs/2009.11094)",
    ),
    "random": Algo(
        random_masks.coins,
        "random masks",
        "each weight is kept with the probability `density`; no search",
        entries.SREENIVASAN,
    ),
}


def having(*facts: str) -> tuple[str, ...]:
    """Returns the names of algorithms of which an attribute of Algo holds."""
    return tuple(
        name
        for name, each in ALGOS.items()
        if any(getattr(each, fact) for fact in facts)
    )
