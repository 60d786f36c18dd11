"""The search by iterative magnitude pruning: rounds of training weights."""

import attrs

from lottery_ticket.experiments.settings import level_rules, scoring
from lottery_ticket.experiments.stages import levels
from lottery_ticket.experiments.stages.gem import gem_weights
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.selection import quotas
from lottery_ticket.foundations.values import steps

NAME = "same_init"
USUAL_FRACTION = 0.2


def search(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns the mask that rounds of training and pruning come to.

    Each round is a level of a lottery experiment, below the folder of the
    search, and a whole training. The last one prunes, too, and what it leaves
    starts where rounds do: from rewound weights, or, with lr_rewind, from those
    it was trained to.

    Raises:
        ValueError: If there is no round, or the weights cannot be rewound to
            where they should.
    """
    per_epoch = dataset.train.iterations_per_epoch
    epochs = steps.iterations(gem.recipe.training_len, per_epoch) // per_epoch
    number = rounds(gem.search, epochs)
    length = gem.search.prune_period * per_epoch
    iteration = steps.iterations(gem.search.rewind_iteration, per_epoch)
    if iteration >= length:
        raise ValueError(
            f"rewind_iteration is {iteration} iterations, and a round of "
            f"prune_period={gem.search.prune_period} epochs is {length}. Give "
            "an earlier one, or a longer prune_period"
        )
    trained = levels.Levels(
        gem.search_directory,
        recipe(gem.search, gem.recipe),
        scoring.Scoring(),
        rules(gem.search, number),
        iterations=number - 1,
        presets=weights,
        keep_zeros=False,
        experiment_name=NAME,
        on_collapse=gem.on_collapse,
        save_summaries=gem.save_summaries,
        quiet=gem.quiet,
    )
    trained.train(dataset, model)
    masks, final = model.masks, model.weights
    pruned = scoring.prune(
        scoring.Scoring().resolved("large_final", gem.recipe.seed),
        last(gem.search, masks),
        masks,
        model,
        dataset,
        initial=weights,
        final=final,
        quiet=gem.quiet,
    )
    start = final
    if gem.search.retraining == "rewind":
        start = weights
        if iteration:  # All rounds have started from what the first one saved.
            first = paths.run(gem.search_directory, 0, NAME)
            saved = paths.at_iteration(first, iteration)
            start = save_restore.restore_network(saved)
    return gem_weights.Ticket(
        pruned, gem_weights.with_statistics(model, start, final)
    )


def rounds(search, epochs: int) -> int:
    """Returns the number of rounds, each of which trains and prunes.

    It is of a GemSearch, resolved, and of the whole epochs of its recipe's
    training. Raises ValueError if there is no round.
    """
    number = search.imp_rounds or epochs // search.prune_period
    if number < 1:
        raise ValueError(
            f"imp has rounds of prune_period={search.prune_period} epochs, and "
            f"training is of {epochs}. Expected one round at least. Train "
            "longer, or give imp_rounds"
        )
    return number


def recipe(search, recipe):
    """Returns the recipe of a round: all layers are pruned, and compared."""
    return attrs.evolve(
        recipe,
        training_len=f"{search.prune_period}ep",
        fractions={"*": _fraction(search)},
        scope="global",
    )


def rules(search, rounds: int) -> level_rules.LevelRules:
    """Returns how the rounds after the first start and are pruned.

    Each trains from the first to the last iteration of its schedule, also where
    weights are rewound to a later one. The last round prunes too, after its
    training: see `last`. With a density, each leaves the same part, so that
    round r of n ends with d^(r/n).
    """
    target = None
    if search.density is not None and rounds > 1:
        target = search.density ** ((rounds - 1) / rounds)
    return level_rules.LevelRules(
        target_density=target,
        rewind_iteration=search.rewind_iteration,
        restart=steps.parse(search.rewind_iteration)[1] > 0,
        retraining=search.retraining,
        rounding=_rounding(search),
    )


def last(search, masks) -> list[quotas.Quota]:
    """Returns what the pruning of the last round's masks keeps."""
    if search.density is not None:
        return quotas.of_densities({"*": search.density}, masks, "global")
    return quotas.of_fractions(
        {"*": _fraction(search)},
        masks,
        "global",
        count_rounding=_rounding(search),
    )


def _fraction(search):
    return search.prune_fraction or USUAL_FRACTION


def _rounding(search):
    return "ceil_plus_one" if search.ties == "legacy" else "exact"
