"""SanityChecks: what a mask is compared with after fine-tuning, as flags."""

from lottery_ticket.experiments.stages.gem import gem_stages
from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.values import fields


@fields.settings
class SanityChecks:
    """Which sanity checks are made, each a fine-tuning of its own."""

    sanity_checks: tuple[str, ...] = fields.field(
        (),
        "weight_reinit, the same mask on fresh weights; mask_shuffle, each "
        "layer's mask permuted; score_inversion, a search of its own whose "
        "events take the highest scores.",
        choices=gem_stages.CHECKS,
    )
    reinit_init: str | None = fields.left_open(
        "What weight_reinit draws from; None is the search's init. "
        "kaiming_normal is what was published, for searches of constants.",
        choices=kernel_initializers.INITS,
    )

    def __attrs_post_init__(self):
        """Raises if a check is there twice, or reinit_init has no effect."""
        if len(set(self.sanity_checks)) < len(self.sanity_checks):
            raise ValueError(
                "Expected each sanity check once. Received: "
                f"{', '.join(self.sanity_checks)}"
            )
        is_redrawn = "weight_reinit" in self.sanity_checks
        if self.reinit_init is not None and not is_redrawn:
            raise ValueError(
                "reinit_init is for sanity_checks=weight_reinit. Received: "
                f"{self.reinit_init}"
            )

    def check(self, search, tuning) -> None:
        """Raises unless the checks can be made of a search.

        Args:
            search: GemSearch.
            tuning: FineTuning.

        Raises:
            ValueError: If there is no mask or no fine-tuning, no event that
                could take the highest scores, or a check would keep nothing or
                change nothing.
        """
        is_skipped = tuning.skip_fine_tune
        has_none = is_skipped or not search.algorithm.has_mask
        if self.sanity_checks and has_none:
            why = "skip_fine_tune" if is_skipped else f"algo={search.algo}"
            raise ValueError(
                f"sanity_checks compare fine-tunings under a mask, and {why} "
                "has none"
            )
        if "score_inversion" in self.sanity_checks:
            _check_inverted(search)
        if "weight_reinit" in self.sanity_checks:
            self._check_redrawn(search)

    def _check_redrawn(self, search):
        """Raises if a draw could be no other than the first one."""
        init = self.reinit_init or search.init
        if init == search.init and not kernel_initializers.INITS[init].is_drawn:
            raise ValueError(
                "weight_reinit draws the same again from "
                f"init={search.init}, which has one value in each layer. "
                "Give another reinit_init, such as kaiming_normal"
            )


def _check_inverted(search):
    """Raises unless events can take the highest scores."""
    takes = search.algorithm.takes_scores and search.prune_scope != "threshold"
    if not takes:
        raise ValueError(
            "score_inversion is for algo=hc_iter, whose events can take a "
            f"fraction of the highest scores. Received: "
            f"algo={search.algo}, prune_scope={search.prune_scope}"
        )
    if not search.unflag:
        raise ValueError(
            "score_inversion leaves the lowest scores, and with unflag=False "
            "the mask is those above the threshold: it would keep nothing. Use "
            "unflag"
        )
