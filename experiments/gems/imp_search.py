"""The search by iterative magnitude pruning: rounds of training weights."""

from lottery_ticket.experiments import levels, scoring
from lottery_ticket.experiments.gems import found, imp_rules
from lottery_ticket.foundations import paths, save_restore, steps

NAME = "same_init"


def search(gem, dataset, model, weights) -> found.Found:
    """Returns the mask that rounds of training and pruning come to.

    Each round is a level of a lottery experiment, below the folder of the
    search, and a whole training. The last one prunes, too, and what it leaves
    starts where rounds do: from rewound weights, or, with lr_rewind, from those
    it was trained to.

    Args:
        gem: gem.Gem.
        dataset: DatasetBase.
        model: ModelBase of the network.
        weights: Dict, name -> array, none pruned, that the first round starts
            from.

    Raises:
        ValueError: If there is no round, or the weights cannot be rewound to
            where they should.
    """
    per_epoch = dataset.train.iterations_per_epoch
    epochs = steps.iterations(gem.recipe.training_len, per_epoch) // per_epoch
    number = imp_rules.rounds(gem.search, epochs)
    _check_rewinding(gem.search, per_epoch)
    rounds = levels.Levels(
        gem.search_directory,
        imp_rules.recipe(gem.search, gem.recipe),
        scoring.Scoring(),
        imp_rules.rules(gem.search, number),
        iterations=number - 1,
        presets=weights,
        experiment_name=NAME,
        on_collapse=gem.on_collapse,
        save_summaries=gem.save_summaries,
        quiet=gem.quiet,
    )
    rounds.train(dataset, model)
    masks, final = model.masks, model.weights
    pruned = scoring.prune(
        scoring.Scoring().resolved("large_final", gem.recipe.seed),
        imp_rules.last(gem.search, masks),
        masks,
        model,
        dataset,
        initial=weights,
        final=final,
        quiet=gem.quiet,
    )
    start = final
    if gem.search.retraining == "rewind":
        start = _rewound(gem, per_epoch, weights)
    return found.Found(pruned, found.with_statistics(model, start, final))


def _check_rewinding(search, per_epoch):
    length = search.prune_period * per_epoch
    iteration = steps.iterations(search.rewind_iteration, per_epoch)
    if iteration >= length:
        raise ValueError(
            f"rewind_iteration is {iteration} iterations, and a round of "
            f"prune_period={search.prune_period} epochs is {length}. Give an "
            "earlier one, or a longer prune_period"
        )


def _rewound(gem, per_epoch, weights):
    """Weights of the first round that all others have started from."""
    iteration = steps.iterations(gem.search.rewind_iteration, per_epoch)
    if not iteration:
        return weights
    first = paths.run(gem.search_directory, 0, NAME)
    return save_restore.restore_network(paths.at_iteration(first, iteration))
