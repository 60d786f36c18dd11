"""How scores are trained, and how they become a mask: settings as a value."""

import attrs

from lottery_ticket.foundations.learned_masks import (
    maskers,
    pruning_events,
    regularizers,
    score_rounding,
)
from lottery_ticket.foundations.values import fields

TOP = tuple(n for n in maskers.OF_SCORES if maskers.MASKERS[n].keeps_share)


@fields.settings
class ScoreMethod:
    """How scores are trained, and how they become a mask.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    code released with it.
    """

    masker: str = fields.field(
        "hc",
        "What stands for the mask while scores are trained.",
        choices=maskers.OF_SCORES,
    )
    density: float | None = fields.left_open(
        "Kept share of the weights, of ep, and of global_ep and global_top "
        "where no plan makes them sparser by and by. None for all else.",
        above=0,
        at_most=1,
    )
    threshold: float = fields.field(
        0.5, "What a score must be above to be kept.", at_least=0, below=1
    )
    threshold_share: float = fields.field(
        0.4,
        "Of signed: the part of the largest magnitude that a layer's scores "
        "start with that a score must be farther from 0 than, to be kept.",
        at_least=0,
        below=1,
    )
    project_every: int = fields.field(
        1,
        "Scores are put back into [0, 1] after each of so many iterations, "
        "counted anew in each epoch, and at its end; 0 never does.",
        at_least=0,
    )
    clamp_in_forward: bool = fields.field(
        False,
        "Whether scores are put back where they are used, which is a "
        "project_every of 1.",
    )
    regularization: str = fields.field(
        "none",
        "What is added to the loss, times regularization_weight, summed over "
        "all scores, also of weights that an event has taken.",
        choices=regularizers.REGULARIZERS,
    )
    regularization_weight: float = fields.field(
        0.0, "Weight of the regularization, lambda.", at_least=0
    )
    alpha: float = fields.field(
        1.0,
        "Exponent of s, in s^alpha * (1 - s)^alpha_prime. Below 1, the "
        "gradient at a score of 0 would be infinite.",
        at_least=1,
    )
    alpha_prime: float = fields.field(
        1.0, "Exponent of 1 - s, likewise.", at_least=1
    )
    rounding: score_rounding.Rounding = fields.field(
        score_rounding.Rounding(),
        "How scores of hc and hc_relaxed become the mask that a search is "
        "judged by.",
    )
    unflag: bool = fields.field(
        True,
        "Whether the final mask is all that no event has taken, whatever its "
        "score; else scores are rounded there, too, and it can be sparser.",
    )
    plan: pruning_events.EventPlan = fields.field(
        pruning_events.NO_EVENTS,
        "After which epochs hc and hc_relaxed prune and how, or global_ep and "
        "global_top get sparser, as of pruning_events.removed_fraction.",
    )

    def __attrs_post_init__(self):
        """Raises ValueError if settings do not go together."""
        check_range(self.masker, self.regularization)
        is_planned = bool(self.plan.epochs) and not self.masker_entry.by_layer
        needs_none = self.masker not in TOP or is_planned
        if needs_none != (self.density is None):
            raise ValueError(
                f"{self.masker!r} {'takes no' if needs_none else 'needs a'} "
                "density: events, a plan or a threshold decide what is kept, "
                "or it does. "
                f"Received: {self.density}"
            )

    @property
    def masker_entry(self) -> maskers.Masker:
        """The masker, and what is known of it."""
        return maskers.MASKERS[self.masker]

    @property
    def by_events(self) -> bool:
        """Whether events take weights, which no score brings back."""
        return self.masker_entry.by_events

    @property
    def is_unflagged(self) -> bool:
        """Whether the final mask is all that events have left active."""
        return self.by_events and self.unflag and bool(self.plan.epochs)

    @property
    def is_rounded_naively(self) -> bool:
        """Whether the final mask is naively rounded scores, or a share."""
        is_naive = score_rounding.ROUNDINGS[self.rounding.name].is_naive
        return not self.is_unflagged and (
            not self.by_events or is_naive and not self.rounding.noise_ratio
        )

    @property
    def projected_every(self) -> int:
        """Iterations between two projections; 0 if there are none."""
        if self.masker_entry.is_signed:
            return 0
        return 1 if self.clamp_in_forward else self.project_every

    def settings(self) -> dict:
        """Returns all that shapes a search, as JSON values."""
        settings = attrs.asdict(self)
        if not self.masker_entry.flips_signs:  # As before there was a choice.
            del settings["threshold_share"]
        return settings

    @property
    def compiled_key(self) -> tuple:
        """All that is compiled in; the rest is variables, or on the host."""
        key = [self.masker, self.projected_every, self.regularization]
        if self.masker_entry.has_threshold:
            key.append(self.threshold)
        if regularizers.REGULARIZERS[self.regularization].has_exponents:
            key += [self.alpha, self.alpha_prime]
        return tuple(key)


def check_range(masker: str, regularization: str) -> None:
    """Raises if a regularization is not for the scores of a masker, by names.

    That is a ValueError: it is for scores in [0, 1], and they have both signs.
    """
    is_signed = maskers.MASKERS[masker].is_signed
    if is_signed and regularizers.REGULARIZERS[regularization].within_0_and_1:
        raise ValueError(
            f"regularization={regularization} is for scores in [0, 1]; those "
            f"of {masker!r} have both signs. Expected: "
            f"{', '.join(regularizers.OF_ANY_SCORES)}"
        )
