"""Scoring: which weights go first, as flags that several experiments share."""

import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.selection import (
    doubts,
    pruning,
    quotas,
)
from lottery_ticket.foundations.selection import granularity as granularity_lib
from lottery_ticket.foundations.values import dataset_base, fields, seeds

with lazy.imports():
    from lottery_ticket.foundations import model_base

Network = dict[str, np.ndarray]
ScoreFunction = Callable[[Network], Network]
Resolved = typing.Any  # A Scoring of which nothing is left open.

# Of n:m.
MISHRA = "Mishra et al. 2021 (https://arxiv.org/abs/2104.08378)"
# Which weights gradients are taken at.
SCORED_AT = ("initial", "final")
_OF_GRADIENTS = tuple(
    name for name, each in criteria.CRITERIA.items() if each.kind != "weights"
)


@fields.settings
class Scoring:
    """What weights are scored by before those of the lowest scores go."""

    criterion: str | None = fields.left_open(
        "What scores weights; None is large_final after training, synflow at "
        "initialisation.",
        choices=criteria.CRITERIA,
    )
    invert_scores: bool = fields.field(
        False, "Whether the highest scores go first, a sanity check."
    )
    score_steps: int | None = fields.left_open(
        "In how many steps weights go, each time scored anew in the network "
        "that is left, whose kept weights fall geometrically, or by halves of "
        "what is still to go for grasp_magnitude; None is 100 for it and "
        "synflow, 1 for the others.",
        at_least=1,
    )
    score_examples: int = fields.field(
        10,
        "Training examples of each class on which snip, grad, grasp, "
        "grasp_magnitude and wanda score; 10 in the papers of the first three. "
        "prospr takes batches of 128.",
        at_least=1,
    )
    score_seed: int | None = fields.left_open(
        "Seed of random scores, of which weights go that tie, and of the "
        "choice of examples; None derives it from seed.",
        at_least=0,
    )
    score_at: str | None = fields.left_open(
        "Which weights criteria of gradients look at, those before the "
        "training of a level (initial, as in their papers, and None) or after "
        "it (final); wanda always looks at the latter.",
        choices=SCORED_AT,
        used_with={"criterion": _OF_GRADIENTS},
    )

    granularity: str = fields.field(
        "weight",
        "weight, per_unit, unit, block:HxW or n:m, what is pruned at once. A "
        "unit is all that comes in to a neuron or filter, and what reads it "
        "goes, too; a block is a tile of H inputs and W units. Fractions and "
        "densities count these. per_unit is a weight, compared with those of "
        "its unit alone, so that all units lose the same part. With n:m, such "
        "as 2:4, n of every m consecutive inputs of a unit stay, whatever "
        "scope is, and neither is given.",
        convert=granularity_lib.text,
        source=MISHRA,
    )
    score_pooling: str | None = fields.left_open(
        "What scores of a unit or block are taken as, over its kept weights: "
        "their mean (None), l2 or sum. Scopes compare that.",
        choices=granularity_lib.POOLINGS,
    )

    def __attrs_post_init__(self):
        """Raises unless settings fit each other."""
        self._check_granularity()
        if self.criterion is None:
            return
        fields.check_uses(self)
        entry = criteria.CRITERIA[self.criterion]
        if entry.needs_training and self.score_at == "initial":
            raise ValueError(
                f"Criterion {self.criterion} is of trained weights: expected "
                "score_at=final. Received: score_at=initial"
            )
        is_once = self.score_steps in (None, 1)
        if entry.decides and not is_once:
            raise ValueError(
                f"Criterion {self.criterion} decides by itself how many "
                "weights go, at once. Received: "
                f"score_steps={self.score_steps}"
            )

    def _check_granularity(self):
        """Raises unless the other settings go with what is pruned at once."""
        kind, text = self.pruned_at_once, self.granularity
        if self.score_pooling is not None and not kind.is_grouped:
            raise ValueError(
                "score_pooling is for granularity=unit or block:HxW. Received: "
                f"score_pooling={self.score_pooling} with granularity={text}"
            )
        if kind.is_n_of_m and self.score_steps not in (None, 1):
            raise ValueError(
                f"With granularity={text} weights go at once. Received: "
                f"score_steps={self.score_steps}"
            )
        if self.criterion is None:
            return
        fault = unfit(self.criterion, kind)
        if fault is not None:
            raise ValueError(f"Criterion {self.criterion} {fault}")

    @property
    def pruned_at_once(self) -> granularity_lib.Granularity:
        """The granularity, as a value."""
        return granularity_lib.parse(self.granularity)

    def settings(self) -> dict:
        """Returns all that shapes the results, as JSON values.

        That is nothing of groups where weights are pruned one by one, as before
        there was a choice.
        """
        settings = fields.as_dict(self)
        if self.granularity == "weight":
            del settings["granularity"], settings["score_pooling"]
        return settings

    def resolved(self, criterion: str, seed: int) -> "Scoring":
        """Returns the same with what is None filled in.

        Args:
            criterion: What None stands for.
            seed: Master seed of the experiment.

        Raises:
            ValueError: If a setting does not fit that criterion.
        """
        entry = criteria.CRITERIA[self.criterion or criterion]
        usual = {
            "criterion": criterion,
            "score_steps": entry.steps,
            "score_seed": seeds.derive(seed, "score"),
        }
        if entry.kind != "weights":
            usual["score_at"] = "final" if entry.needs_training else "initial"
        if self.pruned_at_once.is_n_of_m:
            usual["score_steps"] = 1
        if self.pruned_at_once.is_grouped:
            usual["score_pooling"] = "mean"
        return fields.filled(self, usual)


def unfit(criterion: str, kind: granularity_lib.Granularity) -> str | None:
    """Returns why a criterion does not go with what is pruned at once.

    None if it does; else words that follow "Criterion NAME ".
    """
    entry = criteria.CRITERIA[criterion]
    if kind.is_n_of_m and entry.decides:
        return (
            f"decides by itself how many weights go, and granularity={kind} "
            "does. Give one of them"
        )
    if kind.is_per_unit and entry.decides:
        return (
            "decides by itself which weights go, and compares none. Expected "
            f"granularity=weight. Received: granularity={kind}"
        )
    if kind.is_grouped and entry.excludes:
        return (
            f"scores minus infinity, which cannot be pooled over {kind.noun}. "
            f"Use {criterion}_legacy"
        )
    return None


def prune(
    scoring: Resolved,
    kept: list[quotas.Quota],
    masks: Network,
    model: "model_base.ModelBase",
    dataset: dataset_base.DatasetBase,
    *,
    initial: Network | None = None,
    final: Network | None = None,
    quiet: bool = False,
    groups: granularity_lib.Groups = granularity_lib.WEIGHTS,
) -> Network:
    """Returns masks without the lowest-scoring weights.

    Args: as for `scorer` and `cut`, and
        masks: Dict, layer name -> mask to prune.
        quiet: Whether to show no progress.
    """
    score = scorer(scoring, model, dataset, initial=initial, final=final)
    return cut(scoring, kept, masks, score, quiet, groups)


def scorer(
    scoring: Resolved,
    model: "model_base.ModelBase",
    dataset: dataset_base.DatasetBase,
    *,
    initial: Network | None = None,
    final: Network | None = None,
) -> ScoreFunction:
    """Returns the function (masks) -> scores; see `criteria.score_fn`.

    Args:
        scoring: Resolved, resolved.
        model: ModelBase to score; it is not changed.
        dataset: DatasetBase that examples are taken from.
        initial: Dict, layer name -> weights before training.
        final: Dict, layer name -> weights to score; None for the model's own.

    Raises:
        ValueError: If the criterion does not fit.
    """
    if scoring.score_at == "final" and final is None:
        raise ValueError(
            "score_at=final is of trained weights, and there are none yet. "
            "Use score_at=initial"
        )
    return criteria.score_fn(
        scoring.criterion,
        model,
        dataset,
        initial=initial,
        final=initial if scoring.score_at == "initial" else final,
        seed=scoring.score_seed,
        examples_per_class=scoring.score_examples,
        invert=scoring.invert_scores,
    )


def cut(
    scoring: Resolved,
    kept: list[quotas.Quota],
    masks: Network,
    score: ScoreFunction,
    quiet: bool = False,
    groups: granularity_lib.Groups = granularity_lib.WEIGHTS,
) -> Network:
    """Returns masks without the weights to which a function gives low scores.

    Or without such groups of them, and without what is of no use then.

    Weights that tie at the cutoff go at random; if most do, that is warned of.
    Where a criterion decides by itself how many go, it does so in the layers
    that are to lose any.

    Args:
        scoring: Resolved, resolved.
        kept: List of quotas.Quota: what is to be left, of groups.
        masks: Dict, layer name -> mask to prune.
        score: Function (masks) -> scores.
        quiet: Whether to show no progress.
        groups: What is pruned at once.

    Raises:
        ValueError: If the quotas do not fit the masks.
        FloatingPointError: If a score is not finite.
    """
    counted = groups.masks(masks)
    criterion = criteria.CRITERIA[scoring.criterion]
    if criterion.decides:
        quotas.check(kept, counted)
        losing = [
            name
            for layers, count in kept
            if count < sum(np.count_nonzero(counted[layer]) for layer in layers)
            for name in layers
        ]
        scores = groups.pooled(masks, score(masks))
        positive = pruning.keep_positive(losing, counted, scores)
        return groups.follow(groups.spread(masks, positive))
    rng = np.random.default_rng(seeds.derive(scoring.score_seed, "ties"))
    in_steps = quotas.in_halving_steps if criterion.halves else quotas.in_steps
    steps = in_steps(kept, counted, scoring.score_steps)
    if criterion.in_order:
        steps = [[quota] for step in steps for quota in step]
    if groups.granularity.is_n_of_m:
        for step in steps:
            layers = [name for names, _ in step for name in names]
            masks = pruning.keep_n_of_m(
                layers, masks, score(masks), groups, rng
            )
        return masks
    noun = groups.granularity.noun
    chance = doubts.Chance(scoring.criterion, counted, noun=noun)
    for step in progress.each(steps, f"scoring by {scoring.criterion}", quiet):
        before, scores = counted, groups.pooled(masks, score(masks), rng)
        counted = pruning.prune_by_scores(step, before, scores, rng=rng)
        masks = groups.spread(masks, counted)
        chance.add(step, before, counted, scores)
    chance.say(counted)
    return groups.follow(masks)
