"""Scoring: which weights go first, as flags that several experiments share."""

import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.selection import doubts, pruning, quotas
from lottery_ticket.foundations.values import dataset_base, fields, seeds

with lazy.imports():
    from lottery_ticket.foundations import model_base

Network = dict[str, np.ndarray]
ScoreFunction = Callable[[Network], Network]
Resolved = typing.Any  # A Scoring of which nothing is left open.

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
        "that is left, whose kept weights fall geometrically; None is 100 for "
        "synflow, 1 for the others.",
        at_least=1,
    )
    score_examples: int = fields.field(
        10,
        "Training examples of each class on which snip, grad and grasp score; "
        "10 in their papers.",
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
        "it (final).",
        choices=SCORED_AT,
        used_with={"criterion": _OF_GRADIENTS},
    )

    def __attrs_post_init__(self):
        """Raises unless settings fit the criterion, once it is known."""
        if self.criterion is None:
            return
        fields.check_uses(self)
        is_once = self.score_steps in (None, 1)
        if criteria.CRITERIA[self.criterion].decides and not is_once:
            raise ValueError(
                f"Criterion {self.criterion} decides by itself how many "
                "weights go, at once. Received: "
                f"score_steps={self.score_steps}"
            )

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
            usual["score_at"] = "initial"
        return fields.filled(self, usual)


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
) -> Network:
    """Returns masks without the lowest-scoring weights.

    Args: as for `scorer` and `cut`, and
        masks: Dict, layer name -> mask to prune.
        quiet: Whether to show no progress.
    """
    score = scorer(scoring, model, dataset, initial=initial, final=final)
    return cut(scoring, kept, masks, score, quiet)


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
) -> Network:
    """Returns masks without the weights to which a function gives low scores.

    Weights that tie at the cutoff go at random; if most do, that is warned of.
    Where a criterion decides by
    itself how many go, it does so in the layers that are to lose any.

    Args:
        scoring: Resolved, resolved.
        kept: List of quotas.Quota: what is to be left.
        masks: Dict, layer name -> mask to prune.
        score: Function (masks) -> scores.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If the quotas do not fit the masks.
        FloatingPointError: If a score is not finite.
    """
    if criteria.CRITERIA[scoring.criterion].decides:
        quotas.check(kept, masks)
        losing = [
            name
            for layers, count in kept
            if count < sum(np.count_nonzero(masks[layer]) for layer in layers)
            for name in layers
        ]
        return pruning.keep_positive(losing, masks, score(masks))
    rng = np.random.default_rng(seeds.derive(scoring.score_seed, "ties"))
    steps = quotas.in_steps(kept, masks, scoring.score_steps)
    chance = doubts.Chance(scoring.criterion, masks)
    for step in progress.each(steps, f"scoring by {scoring.criterion}", quiet):
        before, scores = masks, score(masks)
        masks = pruning.prune_by_scores(step, before, scores, rng=rng)
        chance.add(step, before, masks, scores)
    chance.say(masks)
    return masks
