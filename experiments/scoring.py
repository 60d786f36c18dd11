"""Scoring: which weights go first, as flags that several experiments share."""

import dataclasses

from lottery_ticket.foundations import progress, pruning, seeds
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import quotas


@dataclasses.dataclass(frozen=True)
class Scoring:
    """What weights are scored by before those of the lowest scores go.

    Args:
        criterion: What scores weights: large_final or large_init (magnitude
            after or before training), random, snip, grasp or synflow. None is
            large_final after training, synflow at initialisation.
        invert_scores: Whether the highest scores go first, a sanity check.
        score_steps: In how many steps weights go, each time scored anew in the
            network that is left; the number of kept weights falls
            geometrically. None is 100 for synflow, 1 for the others.
        score_examples: Training examples of each class on which snip and grasp
            score; at least the 10 of their papers.
        score_seed: Seed of random scores and of the choice of examples; None
            derives it from seed.
    """

    criterion: str | None = None
    invert_scores: bool = False
    score_steps: int | None = None
    score_examples: int = 10
    score_seed: int | None = None

    def __post_init__(self):
        """Checks what is given.

        Raises:
            ValueError: If the criterion is unknown or a number too small.
        """
        if self.criterion is not None:
            criteria.check(self.criterion)
        for name, low in {
            "score_steps": 1,
            "score_examples": 1,
            "score_seed": 0,
        }.items():
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, int) or value < low:
                raise ValueError(
                    f"{name} must be an integer, at least {low}. "
                    f"Received: {value!r}"
                )

    def resolved(self, criterion: str, seed: int) -> "Scoring":
        """Returns the same with what is None filled in.

        Args:
            criterion: What None stands for.
            seed: Master seed of the experiment.
        """
        chosen = self.criterion or criterion
        usual = {
            "criterion": chosen,
            "score_steps": criteria.CRITERIA[chosen].steps,
            "score_seed": seeds.derive(seed, "score"),
        }
        missing = {
            name: value
            for name, value in usual.items()
            if getattr(self, name) is None
        }
        return dataclasses.replace(self, **missing)

    def settings(self) -> dict:
        """Returns all that shapes the masks, as JSON values."""
        return dataclasses.asdict(self)


def prune(
    scoring,
    kept,
    masks,
    model,
    dataset,
    *,
    initial=None,
    final=None,
    quiet=False,
):
    """Returns masks without the lowest-scoring weights.

    Args:
        scoring: Scoring, resolved.
        kept: List of quotas.Quota: what is to be left.
        masks: Dict, layer name -> mask to prune.
        model: ModelBase to score; it is not changed.
        dataset: DatasetBase that examples are taken from.
        initial: Dict, layer name -> weights before training.
        final: Dict, layer name -> weights to score; None for the model's own.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If the quotas or the criterion do not fit.
        FloatingPointError: If a score is not finite.
    """
    score = criteria.score_fn(
        scoring.criterion,
        model,
        dataset,
        initial=initial,
        final=final,
        seed=scoring.score_seed,
        examples_per_class=scoring.score_examples,
        invert=scoring.invert_scores,
    )
    steps = quotas.in_steps(kept, masks, scoring.score_steps)
    for step in progress.each(steps, f"scoring by {scoring.criterion}", quiet):
        masks = pruning.prune_to(step, masks, score(masks))
    return masks
