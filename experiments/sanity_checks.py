"""SanityChecks: what a mask is compared with after fine-tuning, as flags."""

import dataclasses

from lottery_ticket.experiments.gems import search_flags
from lottery_ticket.foundations import kernel_draws, names

# Each has a folder of its name, beside the search.
CHECKS = ("weight_reinit", "mask_shuffle", "score_inversion")


@dataclasses.dataclass(frozen=True)
class SanityChecks:
    """Which sanity checks are made, each a fine-tuning of its own.

    Args:
        sanity_checks: weight_reinit, the same mask on fresh weights;
            mask_shuffle, each layer's mask permuted; score_inversion, a search
            of its own whose events take the highest scores.
        reinit_init: What weight_reinit draws from; None is the search's init.
            kaiming_normal is what was published, for searches of constants.
    """

    sanity_checks: tuple[str, ...] = ()
    reinit_init: str | None = None

    def __post_init__(self):
        """Checks all that does not depend on the search.

        Raises:
            ValueError: If a name is unknown or given twice, or reinit_init has
                no effect.
        """
        if isinstance(self.sanity_checks, str):
            object.__setattr__(self, "sanity_checks", (self.sanity_checks,))
        object.__setattr__(self, "sanity_checks", tuple(self.sanity_checks))
        for name in self.sanity_checks:
            names.check("sanity check", name, CHECKS)
        if len(set(self.sanity_checks)) < len(self.sanity_checks):
            raise ValueError(
                "Expected each sanity check once. Received: "
                f"{', '.join(self.sanity_checks)}"
            )
        if self.reinit_init is not None:
            names.check("reinit_init", self.reinit_init, kernel_draws.INITS)
            if "weight_reinit" not in self.sanity_checks:
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
        if not self.sanity_checks:
            return
        if not search.algorithm.has_mask or tuning.skip_fine_tune:
            why = (
                "skip_fine_tune"
                if tuning.skip_fine_tune
                else f"algo={search.algo}"
            )
            raise ValueError(
                f"sanity_checks compare fine-tunings under a mask, and {why} "
                "has none"
            )
        has_events = search_flags.has_fraction(search)
        if "score_inversion" in self.sanity_checks and not has_events:
            raise ValueError(
                "score_inversion is for algo=hc_iter, whose events can take a "
                f"fraction of the highest scores. Received: "
                f"algo={search.algo}, prune_scope={search.prune_scope}"
            )
        if "score_inversion" in self.sanity_checks and not search.unflag:
            raise ValueError(
                "score_inversion leaves the lowest scores, and with "
                "unflag=False the mask is those above the threshold: it would "
                "keep nothing. Use unflag"
            )
        self._check_redrawn(search)

    def _check_redrawn(self, search):
        """Raises if a draw could be no other than the first one."""
        inits = {search.init, self.reinit_init or search.init}
        is_constant = len(inits) == 1 and not any(
            kernel_draws.INITS[init].is_drawn for init in inits
        )
        if "weight_reinit" in self.sanity_checks and is_constant:
            raise ValueError(
                "weight_reinit draws the same again from "
                f"init={search.init}, which has one value in each layer. "
                "Give another reinit_init, such as kaiming_normal"
            )

    def settings(self) -> dict:
        """Returns all flags, as JSON values."""
        return dataclasses.asdict(self)
