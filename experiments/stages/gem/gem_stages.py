"""The stages of a gem: search, fine-tuning, sanity checks."""

import logging

import numpy as np

from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import gem_weights, measures
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds

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
        if check == "score_inversion":
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
        statistics = settle_norms(
            gem.tuning.norm_statistics, model, dataset, label
        )
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
        course=run_settings.Course(save_iterations=gem.save_iterations),
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
    """The same mask, of fresh weights."""
    start = gem_weights.redrawn(gem, model, ticket.start)
    again = gem_weights.Ticket(ticket.masks, start)
    return fine_tune(gem, dataset, model, again, "weight_reinit")


def _mask_shuffle(gem, dataset, model, ticket):
    """As many weights of each layer, at random."""
    seed = seeds.derive(gem.search.mask_seed, "mask_shuffle")
    masks = masks_lib.shuffle(ticket.masks, seed)
    again = gem_weights.Ticket(masks, ticket.start)
    return fine_tune(gem, dataset, model, again, "mask_shuffle")


def _score_inversion(gem, dataset, model, _):
    """A search of its own, of the lowest scores."""
    inverted = gem.inverted()
    again = search(inverted, dataset, model)
    return fine_tune(inverted, dataset, model, again)


# Name -> function (gem, dataset, model, ticket) -> results.
CHECKS = {
    "weight_reinit": _weight_reinit,
    "mask_shuffle": _mask_shuffle,
    "score_inversion": _score_inversion,
}
