"""Scoring: which weights go first, as flags that several experiments share."""

import dataclasses

import numpy as np

from lottery_ticket.foundations import integers, names, progress, pruning, seeds
from lottery_ticket.foundations.command_line import flat_functions
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import quotas

# Which weights gradients are taken at.
SCORED_AT = ("initial", "final")


@dataclasses.dataclass(frozen=True)
class Scoring:
    """What weights are scored by before those of the lowest scores go.

    Args:
        criterion: What scores weights; None is large_final after training,
            synflow at initialisation. By magnitude, large_final, small_final,
            large_init, small_init, large_init_large_final,
            small_init_small_final, magnitude_increase or movement. By magnitude
            if training kept the sign (or, as a control, changed it),
            large_final_same_sign, large_final_diff_sign,
            magnitude_increase_same_sign, magnitude_increase_diff_sign; as the
            authors' code has these two, magnitude_increase_same_sign_legacy,
            magnitude_increase_diff_sign_legacy. By the sign alone, which says
            how many go, too, large_final_same_sign_single,
            large_final_diff_sign_single. By gradients, which are computed when
            they are needed, snip, grad, grasp or synflow. By chance, random.
        invert_scores: Whether the highest scores go first, a sanity check.
        score_steps: In how many steps weights go, each time scored anew in the
            network that is left; the number of kept weights falls
            geometrically. None is 100 for synflow, 1 for the others.
        score_examples: Training examples of each class on which snip, grad and
            grasp score; at least the 10 of their papers.
        score_seed: Seed of random scores, of which weights go that tie, and of
            the choice of examples; None derives it from seed.
        score_at: Which weights snip, grad, grasp and synflow look at, initial
            or final, before or after the training of a level. None is initial,
            as in their papers.
    """

    criterion: str | None = None
    invert_scores: bool = False
    score_steps: int | None = None
    score_examples: int = 10
    score_seed: int | None = None
    score_at: str | None = None

    def __post_init__(self):
        """Checks what is given.

        Raises:
            ValueError: If the criterion or score_at is unknown, they do not
                fit each other, or a number is too small.
        """
        if self.criterion is not None:
            criteria.check(self.criterion)
        if self.score_at is not None:
            names.check("score_at", self.score_at, SCORED_AT)
            _check_gradients(self.criterion)
        _check_steps(self.criterion, self.score_steps)
        for name, low in {
            "score_steps": 1,
            "score_examples": 1,
            "score_seed": 0,
        }.items():
            value = getattr(self, name)
            if value is not None:
                integers.check(name, value, low)

    def resolved(self, criterion: str, seed: int) -> "Scoring":
        """Returns the same with what is None filled in.

        Args:
            criterion: What None stands for.
            seed: Master seed of the experiment.

        Raises:
            ValueError: If score_at does not fit that criterion.
        """
        chosen = self.criterion or criterion
        if self.score_at is not None:
            _check_gradients(chosen)
        usual = {
            "criterion": chosen,
            "score_steps": criteria.CRITERIA[chosen].steps,
            "score_seed": seeds.derive(seed, "score"),
        }
        if criteria.CRITERIA[chosen].kind != "weights":
            usual["score_at"] = "initial"
        return flat_functions.filled(self, usual)

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

    Weights that tie at the cutoff go at random. Where a criterion decides by
    itself how many go, it does so in the layers that are to lose any.

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
    score = scorer(scoring, model, dataset, initial=initial, final=final)
    return cut(scoring, kept, masks, score, quiet)


def scorer(scoring, model, dataset, *, initial=None, final=None):
    """Returns the function (masks) -> scores; see `criteria.score_fn`.

    Args:
        scoring: As for `prune`, like all others.
        model: ModelBase to score.
        dataset: DatasetBase that examples are taken from.
        initial: Dict, layer name -> weights before training.
        final: Dict, layer name -> weights to score.

    Raises:
        ValueError: If the criterion does not fit.
    """
    return criteria.score_fn(
        scoring.criterion,
        model,
        dataset,
        initial=initial,
        final=_scored(scoring.score_at, initial, final),
        seed=scoring.score_seed,
        examples_per_class=scoring.score_examples,
        invert=scoring.invert_scores,
    )


def cut(scoring, kept, masks, score, quiet=False):
    """Returns masks as `prune` does, of scores that a function gives.

    Args:
        scoring: As for `prune`, like kept and masks.
        kept: List of quotas.Quota.
        masks: Dict, layer name -> mask to prune.
        score: Function (masks) -> scores.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If the quotas do not fit the masks.
        FloatingPointError: If a score is not finite.
    """
    if criteria.CRITERIA[scoring.criterion].decides:
        return pruning.keep_positive(_losing(kept, masks), masks, score(masks))
    rng = np.random.default_rng(seeds.derive(scoring.score_seed, "ties"))
    steps = quotas.in_steps(kept, masks, scoring.score_steps)
    for step in progress.each(steps, f"scoring by {scoring.criterion}", quiet):
        masks = pruning.prune_by_scores(step, masks, score(masks), rng=rng)
    return masks


def _scored(score_at, initial, final):
    """The weights to score, or None for the model's own."""
    if score_at == "final" and final is None:
        raise ValueError(
            "score_at=final is of trained weights, and there are none yet. "
            "Use score_at=initial"
        )
    return initial if score_at == "initial" else final


def _losing(kept, masks):
    """Names of the layers that quotas take weights from."""
    quotas.check(kept, masks)
    return [
        name
        for layers, count in kept
        if count < sum(np.count_nonzero(masks[layer]) for layer in layers)
        for name in layers
    ]


def _check_gradients(criterion):
    """Raises unless a criterion, if it is known yet, is of gradients."""
    if criterion and criteria.CRITERIA[criterion].kind == "weights":
        known = criteria.CRITERIA.items()
        of_gradients = [name for name, e in known if e.kind != "weights"]
        raise ValueError(
            f"score_at is for criteria of gradients ({', '.join(of_gradients)})"
            f". Received: criterion={criterion}"
        )


def _check_steps(criterion, steps):
    """Raises if steps are given to a criterion that knows no count."""
    is_once = steps in (None, 1)
    if criterion and criteria.CRITERIA[criterion].decides and not is_once:
        raise ValueError(
            f"Criterion {criterion} decides by itself how many weights go, at "
            f"once. Received: score_steps={steps}"
        )
