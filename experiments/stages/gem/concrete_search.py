"""The search by soft masks: CTS and CTS-KL."""

import copy
import logging

import numpy as np

from lottery_ticket.experiments.stages.gem import gem_weights
from lottery_ticket.foundations.learned_masks import objectives
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.training import run_settings, step_hooks
from lottery_ticket.foundations.values import steps

with lazy.imports():
    from lottery_ticket.foundations.learned_masks import (
        concrete_masks,
        grad_balance,
    )
    from lottery_ticket.foundations.networks import tracing
    from lottery_ticket.foundations.training import learning_rate

FEWEST = 500  # Iterations, of which the multiplier's running mean has 100.
_log = logging.getLogger(__name__)


def search(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns the mask of the highest scores, and the weights as they were.

    Raises:
        ValueError: If the objective is not for the dataset's task, the density
            keeps nothing, or training would be over before it starts.
    """
    recipe, flags = gem.search_recipe(), gem.concrete
    _check(gem, dataset, model)
    per_epoch = dataset.train.iterations_per_epoch
    length = steps.iterations(recipe.training_len, per_epoch)
    if length < FEWEST:
        _log.warning(
            "A search of %s iterations is short: what holds the density has "
            "little time, and masks may be far from it. Use %s or more",
            *(length, FEWEST),
        )
    if flags.search_drop < 1 and not recipe.lr_drops:
        _log.warning(
            "search_drop=%s has no effect: it is in the first epoch of a "
            "search_len of %s. Give that in iterations",
            *(flags.search_drop, recipe.training_len),
        )
    searched = concrete_masks.search(
        model,
        flags.method(),
        gem.search.density,
        per_epoch,
        gem.search.mask_seed,
    )
    start = flags.method().start(gem.search.density)
    scores = {
        name: np.full(mask.shape, start, np.float32)
        for name, mask in model.masks.items()
    }
    searched.reset(weights, scores, gem.recipe.init_seed)
    ends = {*range(per_epoch, length + 1, per_epoch), length}
    hook = _hook(flags.method(), recipe, model, per_epoch)
    gem.train_search(_plain(dataset), searched, ends, hook)
    masks, scores = _found(gem, model)
    results = {
        **gem.last_event(
            *("nominal_density", "positive_share", "multiplier", "objective")
        ),
        **concrete_masks.boundary(scores, masks),
    }
    return gem_weights.Ticket(masks, weights, results)


def inverted(gem, model) -> dict:
    """Returns the mask of as many of the lowest scores of the same search."""
    masks, scores = _found(gem, model)
    kept = sum(int(mask.sum()) for mask in masks.values())
    lowest = {name: -each for name, each in scores.items()}
    return concrete_masks.highest(lowest, kept)


def _hook(method, recipe, model, per_epoch):
    """What makes a training that of scores."""
    if method.sparsity_control == "grad_balance":
        control = grad_balance.GradBalance(
            method.slack, method.scale, method.balance_decay
        )
    else:
        drops = [steps.iterations(each, per_epoch) for each in recipe.lr_drops]
        rate = learning_rate.LearningRate(
            recipe.lr, recipe.schedule, drops, recipe.lr_drop_factor or 1.0
        )
        control = grad_balance.Lagrange(method.slack, method.scale, rate)
    minimised = objectives.Minimised(method.objective, model.logits)
    return step_hooks.Hooks([minimised, control])


def _check(gem, dataset, model):
    """Raises if a stage could not be done, or would have no iteration."""
    entry = objectives.OBJECTIVES[gem.concrete.objective]
    if entry.has_classes and dataset.task != "classification":
        raise ValueError(
            f"objective={gem.concrete.objective} compares probabilities of "
            f"classes. Received: a dataset of the task {dataset.task}. Use "
            "objective=loss"
        )
    if entry.records == "features" and not tracing.has_relus(model.network):
        raise ValueError(
            f"objective={gem.concrete.objective} compares outputs of ReLUs, "
            "and this network has none. Use another objective"
        )
    if not gem.tuning.skip_fine_tune:
        course = run_settings.Course(gem.concrete.start_iteration)
        course.span(gem.recipe.training_len, dataset.train.iterations_per_epoch)


def _plain(dataset):
    """The dataset without augmentation."""
    if dataset.augment is None:
        return dataset
    plain = copy.copy(dataset)
    plain.augment = None
    return plain


def _found(gem, model):
    """Masks and scores that the search has left, in the model's order."""
    found = [
        save_restore.restore_network(folder)
        for folder in (
            paths.masks(gem.search_directory),
            files.join(gem.search_directory, "scores"),
        )
    ]
    return [{name: each[name] for name in model.masks} for each in found]
