"""Dynamic sparse training, as a recipe has it: what changes masks, and when."""

import dataclasses
import logging

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.selection import granularity, mask_updates
from lottery_ticket.foundations.training import run_settings, step_hooks
from lottery_ticket.foundations.values import masks, seeds, steps

with lazy.imports():
    from lottery_ticket.foundations.training import dynamic_masks

_log = logging.getLogger(__name__)


def is_on(recipe) -> bool:
    """Whether masks change while a recipes.Recipe trains."""
    return recipe.dynamic in mask_updates.DYNAMIC


def hook(recipe, per_epoch: int) -> step_hooks.StepHook:
    """Returns what a recipe's training needs for that, new for each run.

    Args:
        recipe: recipes.Recipe.
        per_epoch: Iterations in one epoch.

    Raises:
        ValueError: If there would be no update in all of its training.
    """
    if not is_on(recipe):
        return step_hooks.NONE
    seed = seeds.derive(recipe.seed, "dynamic")
    own = _schedule(recipe, per_epoch)
    return dynamic_masks.DynamicMasks(recipe.dynamic, own, seed)


def course(
    recipe,
    model,
    per_epoch: int,
    given: run_settings.Course,
    stop_iteration: str | None = None,
) -> run_settings.Course:
    """Returns a course with a recipe's updates of masks as its events.

    Where a model keeps all its weights, as at level 0, there are none.

    Args:
        recipe: recipes.Recipe.
        model: Trainee, with the masks to start from.
        per_epoch: As of `hook`.
        given: run_settings.Course without events.
        stop_iteration: Length at which training stops before its end.
    """
    if not is_on(recipe) or masks.density(model.masks) == 1:
        return given
    start, end = (
        steps.iterations(each, per_epoch)
        for each in (
            given.start_iteration,
            stop_iteration or recipe.training_len,
        )
    )
    updates = _schedule(recipe, per_epoch).iterations(start, end)
    if not updates and not stop_iteration:
        _log.warning(
            "dynamic=%s changes no mask of a run that begins at iteration %s: "
            "all its updates are before",
            recipe.dynamic,
            start,
        )
    return dataclasses.replace(given, event_iterations=updates)


def check_pruned(recipe, given) -> None:
    """Raises ValueError if masks are to change, and nothing is pruned.

    Args:
        recipe: recipes.Recipe.
        given: Dict, layer name -> mask to start from.
    """
    if is_on(recipe) and masks.density(given) == 1:
        raise ValueError(
            f"dynamic={recipe.dynamic} moves what masks keep, and these keep "
            "all weights. Give masks that prune, such as those of "
            "prune_at_init --criterion=random --allocation=erk"
        )


def check_granularity(recipe, chosen: granularity.Granularity) -> None:
    """Raises ValueError if masks are to change, and groups were pruned."""
    if is_on(recipe) and chosen != granularity.WEIGHT:
        raise ValueError(
            f"dynamic={recipe.dynamic} moves single weights: expected "
            f"granularity=weight. Received: {chosen}"
        )


def check_off(recipe, why: str) -> None:
    """Raises ValueError if masks are to change where that makes no sense.

    Args:
        recipe: recipes.Recipe.
        why: What there is instead, a clause.
    """
    if is_on(recipe):
        raise ValueError(
            f"{why}. Expected dynamic=none. Received: {recipe.dynamic}"
        )


def _schedule(recipe, per_epoch):
    length = steps.iterations(recipe.training_len, per_epoch)
    made = mask_updates.Schedule(
        recipe.drop_fraction,
        steps.iterations(recipe.dynamic_interval, per_epoch),
        recipe.dynamic_end * length,
    )
    if not made.iterations(0, length):
        raise ValueError(
            f"dynamic={recipe.dynamic} would change no mask: the first update "
            f"is after {made.interval} iterations, and there is none from "
            f"iteration {made.end:g} on. Give a shorter dynamic_interval"
        )
    return made
