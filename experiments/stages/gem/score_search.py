"""The search that trains scores, beside weights that stay as drawn."""

import attrs
import numpy as np

from lottery_ticket.experiments.stages.gem import gem_weights, measures
from lottery_ticket.foundations.learned_masks import score_draws, score_rounding
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.values import dataset_base, seeds, steps

with lazy.imports():
    from lottery_ticket.foundations.learned_masks import scored_masks
    from lottery_ticket.foundations.training import network_evaluation

EXAMPLES = 128  # Of the batch by which pseudo-boolean rounding decides.


def search(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns the mask that a training of scores comes to.

    Raises:
        ValueError: If it is too short for an event, a layer in prob_layers is
            unknown, or nothing is kept at the end.
    """
    per_epoch = dataset.train.iterations_per_epoch
    epochs = steps.iterations(gem.recipe.training_len, per_epoch) // per_epoch
    method = gem.search.method(gem.search.plan(epochs, gem.is_inverted))
    method = _by_keys(method, model)
    scored = scored_masks.search(
        model,
        method,
        per_epoch,
        gem.search.mask_seed,
        rounding_loss=rounding_loss(dataset, model)
        if score_rounding.ROUNDINGS[method.rounding.name].needs_loss
        else None,
    ).reset(weights, _scores(gem.search, model, weights), gem.recipe.init_seed)
    ends = {(epoch + 1) * per_epoch for epoch in range(epochs)}
    gem.train_search(dataset, scored, ends)
    masks, final = map(
        save_restore.restore_network,
        (paths.masks(gem.search_directory), paths.final(gem.search_directory)),
    )
    return gem_weights.Ticket(
        {name: masks[name] for name in model.masks},
        gem_weights.with_statistics(model, scored.signed(weights), final),
        _evaluated(gem, dataset, model, scored, method),
    )


def _by_keys(method, model):
    """The method with prob_layers as the network is saved."""
    written = dict.fromkeys(method.rounding.prob_layers, 0.0)
    keys = model.layer_names.shares("layer in prob_layers", written)
    if set(keys) == set(written):
        return method
    rounding = attrs.evolve(method.rounding, prob_layers=tuple(keys))
    return attrs.evolve(method, rounding=rounding)


def rounding_loss(dataset, model, examples: int = EXAMPLES):
    """Returns the loss by which pseudo-boolean rounding decides.

    It is a function (masks) -> loss on always the same batch. Kernels are
    multiplied by masks, whose entries may lie between 0 and 1; all else is as
    the model has it when the function is first called.

    Args:
        dataset: DatasetBase; the batch are its first training examples.
        model: ModelBase with the weights.
        examples: How many, at most.
    """
    batch = dataset.train.taken(slice(examples))
    alone = dataset_base.DatasetBase(
        batch,
        examples,
        batch,
        prepare=dataset.prepare,
        num_classes=dataset.num_classes,
        task=dataset.task,
    )
    made = []

    def loss(masks):
        if not made:  # Not before training, whose data it would unload.
            made.append(
                network_evaluation.NetworkEvaluation(model, alone, ("test",))
            )
            made.append(model.weights)
        evaluation, weights = made
        network = {name: weights[name] * mask for name, mask in masks.items()}
        return evaluation.evaluate(network)["test"]["loss"]

    return loss


def _scores(search, model, weights):
    """What scores start from."""
    if search.drop_bottom_half:
        return score_draws.upper_half({n: weights[n] for n in model.masks})
    return score_draws.draw(
        search.score_init,
        {name: mask.shape for name, mask in model.masks.items()},
        seeds.derive(search.mask_seed, "scores"),
        model.fans,
    )


def _evaluated(gem, dataset, model, scored, method):
    """Results before rounding, and of each mask that it is rounded to."""
    evaluation = measures.evaluation(model, dataset)
    samples = [
        evaluation.evaluate(scored.effective(each))
        for each in progress.each(
            scored.source.samples(gem.search.evaluation_samples),
            "masks evaluated",
            gem.quiet,
        )
    ]
    return {
        "before_rounding": evaluation.evaluate(_unrounded(scored, method)),
        "samples": network_evaluation.in_lists(samples),
    }


def _unrounded(scored, method):
    """The network as it was in the last iteration of the search."""
    if not method.masker_entry.is_soft:
        return scored.effective(scored.source.kept)
    flags, weights = scored.source.active, scored.weights
    return {
        **weights,
        **{
            name: weights[name] * flags[name] * np.clip(score, 0, 1)
            for name, score in scored.source.values.items()
        },
    }
