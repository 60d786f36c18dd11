"""How scores are trained, and how they become a mask: settings as a value."""

import dataclasses

from lottery_ticket.foundations import names
from lottery_ticket.foundations.supermasks import (
    maskers,
    pruning_events,
    regularizers,
    score_rounding,
)

TOP = tuple(n for n in maskers.OF_SCORES if not maskers.MASKERS[n].has_flags)


@dataclasses.dataclass(frozen=True)
class ScoreMethod:
    """How scores are trained, and how they become a mask.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    code released with it.

    Attributes:
        masker: A name in maskers.OF_SCORES, of what stands for the mask
            while scores are trained.
        density: Kept share of the weights, in (0, 1], of "ep", and of
            "global_ep" and "global_top" where no plan makes them sparser by and
            by. None for all else.
        threshold: For "hc", in [0, 1).
        project_every: Iterations between two projections of the scores to
            [0, 1], counted anew in each epoch, after whose last iteration they
            are projected, too; 0 is never. "ep" and "global_ep" project none.
        clamp_in_forward: Whether each forward pass projects the scores, as the
            published code can: the same as a project_every of 1.
        regularization: A name in regularizers.REGULARIZERS, of what is added to
            the loss. It sums up all scores, flagged off or not.
        regularization_weight: What the sum is multiplied by, at least 0.
        alpha: Of a regularizer with exponents, at least 1: that of s.
        alpha_prime: The same of 1 - s.
        rounding: score_rounding.Rounding: how scores of "hc" and "hc_relaxed"
            become the mask that a search is judged by.
        unflag: Whether their final mask is what no event has pruned, whatever
            the scores there; not where no event prunes.
        plan: pruning_events.EventPlan: after which epochs "hc" and "hc_relaxed"
            prune and how, or "global_ep" and "global_top" get sparser, as of
            pruning_events.removed_fraction.
    """

    masker: str = "hc"
    density: float | None = None
    threshold: float = 0.5
    project_every: int = 1
    clamp_in_forward: bool = False
    regularization: str = "none"
    regularization_weight: float = 0.0
    alpha: float = 1.0
    alpha_prime: float = 1.0
    rounding: score_rounding.Rounding = score_rounding.Rounding()  # noqa: RUF009
    unflag: bool = True
    plan: pruning_events.EventPlan = pruning_events.NO_EVENTS

    def __post_init__(self):
        """Raises ValueError if a setting is not what it may be."""
        names.check("masker", self.masker, maskers.OF_SCORES)
        names.check(
            "regularization", self.regularization, regularizers.REGULARIZERS
        )
        _check_numbers(self)
        _check_density(self)
        regularizer = regularizers.REGULARIZERS[self.regularization]
        if self.masker_entry.is_signed and regularizer.within_0_and_1:
            raise ValueError(
                f"The regularization {self.regularization!r} needs scores in "
                f"[0, 1]; those of {self.masker!r} have both signs. Expected: "
                f"{', '.join(regularizers.OF_ANY_SCORES)}"
            )

    @property
    def masker_entry(self) -> maskers.Masker:
        """The masker, and what is known of it."""
        return maskers.MASKERS[self.masker]

    @property
    def has_flags(self) -> bool:
        """Whether events clear flags, which the mask is multiplied by."""
        return self.masker_entry.has_flags

    @property
    def is_unflagged(self) -> bool:
        """Whether the final mask is the flags."""
        return self.has_flags and self.unflag and bool(self.plan.epochs)

    @property
    def is_rounded_naively(self) -> bool:
        """Whether the final mask is naively rounded scores, or a share."""
        is_naive = score_rounding.ROUNDINGS[self.rounding.name].is_naive
        return not self.is_unflagged and (
            not self.has_flags or is_naive and not self.rounding.noise_ratio
        )

    @property
    def projected_every(self) -> int:
        """Iterations between two projections; 0 if there are none."""
        if self.masker_entry.is_signed:
            return 0
        return 1 if self.clamp_in_forward else self.project_every

    @property
    def compiled_key(self) -> tuple:
        """All that is compiled in; the rest is variables, or on the host."""
        key = [self.masker, self.projected_every, self.regularization]
        if self.masker_entry.has_threshold:
            key.append(self.threshold)
        if regularizers.REGULARIZERS[self.regularization].has_exponents:
            key += [self.alpha, self.alpha_prime]
        return tuple(key)

    def settings(self) -> dict:
        """Returns all settings as JSON values."""
        return dataclasses.asdict(self)


def _check_numbers(method):
    if not 0 <= method.threshold < 1:
        raise ValueError(
            f"threshold must be in [0, 1). Received: {method.threshold}"
        )
    if not isinstance(method.project_every, int) or method.project_every < 0:
        raise ValueError(
            "project_every must be a whole number, 0 for never. Received: "
            f"{method.project_every}"
        )
    if not 0 <= method.regularization_weight < float("inf"):
        raise ValueError(
            "regularization_weight must be at least 0. Received: "
            f"{method.regularization_weight}"
        )
    exponents = {"alpha": method.alpha, "alpha_prime": method.alpha_prime}
    for name, exponent in exponents.items():
        if not 1 <= exponent < float("inf"):
            raise ValueError(
                f"{name} must be at least 1: below, the gradient at a score of "
                f"0 or 1 is infinite. Received: {exponent}"
            )


def _check_density(method):
    density = method.density
    if method.has_flags:
        if density is not None:
            raise ValueError(
                f"{method.masker!r} takes no density: its plan decides what is "
                f"kept. Received: {density}"
            )
    elif not method.masker_entry.by_layer and method.plan.epochs:
        if density is not None:
            raise ValueError(
                f"{method.masker!r} takes a density or a plan that decides it, "
                f"not both. Received: {density}"
            )
    elif density is None or not 0 < density <= 1:
        raise ValueError(
            f"{method.masker!r} needs a density in (0, 1]. Received: {density}"
        )
