"""The stages of a gem: search, fine-tuning, sanity checks and their flags."""

import logging

import numpy as np

from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import gem_weights, measures
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import fields, seeds, steps
from lottery_ticket.foundations.values import masks as masks_lib

with lazy.imports():
    from lottery_ticket.foundations.training import norm_statistics

_log = logging.getLogger(__name__)


def run(gem, dataset, model) -> dict:
    """Returns what all stages reach, those that are done being read.

    Args:
        gem: gem_run.Gem.
        dataset: DatasetBase.
        model: ModelBase of the network.

    Returns:
        Dict with "masks", and "stages", the results by name of the stage.
    """
    ticket = search(gem, dataset, model)
    stages = {"finetuned": fine_tune(gem, dataset, model, ticket)}
    if ticket.results is not None:
        stages["search"] = ticket.results
    for check in gem.checks.sanity_checks:
        stages[check] = CHECKS[check](gem, dataset, model, ticket)
    return {"masks": ticket.masks, "stages": stages}


def runs(gem) -> list[tuple[str, dict]]:
    """Returns folder and settings of each training, but for rounds of imp."""
    found = []
    if gem.search.algorithm.trains_scores:
        found.append((gem.search_directory, gem.search_settings()))
    if not gem.tuning.skip_fine_tune:
        found.append((gem.directory, gem.tuning_settings()))
    for check in gem.checks.sanity_checks:
        is_searched = gem.search.algorithm.inverted is None
        if check == "score_inversion" and is_searched:
            found += runs(gem.inverted())
        else:
            settings = gem.tuning_settings(check)
            found.append((gem.check_directory(check), settings))
    return found


def search(gem, dataset, model) -> gem_weights.Ticket:
    """Returns the mask, and the weights to train under it.

    Raises:
        ValueError: If nothing is kept.
    """
    weights = gem_weights.draw(gem, model)
    ticket = gem.search.algorithm.function(gem, dataset, model, weights)
    if not any(mask.any() for mask in ticket.masks.values()):
        raise ValueError(
            f"algo={gem.search.algo} keeps none of "
            f"{sum(mask.size for mask in ticket.masks.values()):,} weights. "
            "Prune less"
        )
    return ticket


def fine_tune(gem, dataset, model, ticket, check=None) -> dict:
    """Returns what weights trained under a mask reach; see `measures.of_run`.

    Without fine-tuning it is "before" alone; `settle_norms` adds to it.

    Args: as for `run`, and
        ticket: gem_weights.Ticket.
        check: Name of the sanity check that this is, or None.
    """
    label = check or "fine-tuning"
    model.reset(ticket.start, ticket.masks, gem.recipe.init_seed)
    statistics = {}
    if gem.search.algorithm.has_mask:
        statistics = settle_norms(gem.norm_statistics, model, dataset, label)
    if gem.tuning.skip_fine_tune:
        before = measures.evaluation(model, dataset).evaluate()
        return {"before": before, **statistics}
    directory = gem.check_directory(check)
    from_recipe.train(
        gem.tuned_recipe(),
        dataset,
        model,
        directory,
        label=label,
        course=run_settings.Course(
            gem.start_iteration(check), gem.save_iterations
        ),
        output=run_settings.Output(
            gem.tuning_settings(check),
            save_summaries=gem.save_summaries,
            on_collapse=gem.on_collapse,
            quiet=gem.quiet,
        ),
        is_first=check is None and not gem.is_inverted,
    )
    return {**measures.of_run(directory), **statistics}


def settle_norms(kind: str, model, dataset, label: str) -> dict:
    """Gives a model the statistics of norms to start from; returns which.

    The final mask is not the last one that the search computed with: it can
    keep weights that were switched off there, and a channel that was constant
    has a variance of 0 to be divided by. Where the search's statistics give an
    infinite loss, or none, they are computed anew, with a warning.

    Differs: from the authors' code, which reports such a loss and goes on.

    Args:
        kind: A name in fine_tuning.NORM_STATISTICS.
        model: ModelBase, with the weights and masks to start from, and the
            search's statistics.
        dataset: DatasetBase.
        label: What is trained, for the warning.

    Returns:
        {"norm_statistics": kind}, empty for a network without any.
    """
    if not any(name.endswith("moving_variance") for name in model.variables):
        return {}
    if kind == "search":
        results = measures.evaluation(model, dataset).evaluate()
        losses = [split["loss"] for split in results.values()]
        if np.isfinite(losses).all():
            return {"norm_statistics": kind}
        _log.warning(
            "%s: with the search's statistics of batch normalisations the "
            "final mask has no finite loss; they are computed anew, as by "
            "--norm_statistics=recomputed",
            label,
        )
    norm_statistics.NormStatistics(model, dataset).recompute()
    return {"norm_statistics": "recomputed"}


def _weight_reinit(gem, dataset, model, ticket):
    """The same mask, of fresh weights, which have all of training to come."""
    seed = seeds.derive(gem.recipe.init_seed, "weight_reinit")
    init = gem.checks.reinit_init
    drawn = gem_weights.kernels(gem.search, model, seed, init)
    _, trained = steps.parse(gem.concrete.start_iteration)
    others = model.draw(seed) if trained else ticket.start
    again = gem_weights.Ticket(ticket.masks, {**others, **drawn})
    return fine_tune(gem, dataset, model, again, "weight_reinit")


def _mask_shuffle(gem, dataset, model, ticket):
    """As many weights of each layer, at random."""
    seed = seeds.derive(gem.search.mask_seed, "mask_shuffle")
    masks = masks_lib.shuffle(ticket.masks, seed)
    again = gem_weights.Ticket(masks, ticket.start)
    return fine_tune(gem, dataset, model, again, "mask_shuffle")


def _score_inversion(gem, dataset, model, ticket):
    """The lowest scores: of the same search, or of one of its own."""
    algo = gem.search.algorithm
    if algo.inverted:
        masks = algo.inverted(gem, model)
        again = gem_weights.Ticket(masks, ticket.start)
        return fine_tune(gem, dataset, model, again, "score_inversion")
    inverted = gem.inverted()
    again = search(inverted, dataset, model)
    return fine_tune(inverted, dataset, model, again)


# Name -> function (gem, dataset, model, ticket) -> results.
CHECKS = {
    "weight_reinit": _weight_reinit,
    "mask_shuffle": _mask_shuffle,
    "score_inversion": _score_inversion,
}


@fields.settings
class SanityChecks:
    """Which sanity checks are made, each a fine-tuning of its own."""

    sanity_checks: tuple[str, ...] = fields.field(
        (),
        "weight_reinit, the same mask on fresh weights, trained from iteration "
        "0 on; mask_shuffle, each "
        "layer's mask permuted; score_inversion, a search of its own whose "
        "events take the highest scores, or of concrete and gates, the lowest "
        "scores of the same search.",
        choices=CHECKS,
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
        """Raises unless they can be made of a GemSearch, with a FineTuning.

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
    if search.algorithm.inverted:
        return
    takes = search.algorithm.takes_scores and search.prune_scope != "threshold"
    if not takes:
        raise ValueError(
            "score_inversion is for algo=hc_iter, whose events can take a "
            "fraction of the highest scores, and for concrete and gates. "
            f"Received: algo={search.algo}, prune_scope={search.prune_scope}"
        )
    if not search.unflag:
        raise ValueError(
            "score_inversion leaves the lowest scores, and with unflag=False "
            "the mask is those above the threshold: it would keep nothing. Use "
            "unflag"
        )
