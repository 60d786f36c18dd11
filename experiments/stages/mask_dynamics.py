"""Dynamic sparse training, as a recipe has it: what changes masks, and when."""

import dataclasses
import logging

from lottery_ticket.foundations.selection import granularity
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import masks, steps

_log = logging.getLogger(__name__)


def is_on(recipe) -> bool:
    """Whether masks change while a recipes.Recipe trains."""
    return _method(recipe) is not None


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
        per_epoch: Iterations in one epoch.
        given: run_settings.Course without events.
        stop_iteration: Length at which training stops before its end.
    """
    found = hooks.moving_masks(recipe.hooks)
    if found is None or masks.density(model.masks) == 1:
        return given
    name, options = found
    length = steps.iterations(recipe.training_len, per_epoch)
    schedule = options.schedule(per_epoch, length)
    start, end = (
        steps.iterations(each, per_epoch)
        for each in (
            given.start_iteration,
            stop_iteration or recipe.training_len,
        )
    )
    updates = schedule.iterations(start, end)
    if not updates and not stop_iteration:
        _log.warning(
            "hooks=%s changes no mask of a run that begins at iteration %s: "
            "all its updates are before",
            name,
            start,
        )
    return dataclasses.replace(given, event_iterations=updates)


def check_pruned(recipe, given) -> None:
    """Raises ValueError if a hook needs masks that prune, and these do not.

    Args:
        recipe: recipes.Recipe.
        given: Dict, layer name -> mask to start from.
    """
    if masks.density(given) == 1:
        check_whole(recipe, "These keep all weights")


def check_whole(recipe, why: str) -> None:
    """Raises ValueError if a hook needs masks that prune, where there are none.

    Args:
        recipe: recipes.Recipe.
        why: What there is instead, a clause.
    """
    name = hooks.needing_pruned(recipe.hooks)
    if name is not None:
        raise ValueError(
            f"{why}, and hooks={name} is for masks that prune. Give such masks "
            "as those of prune_at_init --criterion=random --allocation=erk"
        )


def check_granularity(recipe, chosen: granularity.Granularity) -> None:
    """Raises ValueError if masks are to change, and groups were pruned."""
    if is_on(recipe) and chosen != granularity.WEIGHT:
        raise ValueError(
            f"hooks={_method(recipe)} moves single weights: expected "
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
            f"{why}. Expected masks that stay. Received: hooks="
            f"{_method(recipe)}"
        )


def _method(recipe):
    """Name of what changes masks, or None."""
    found = hooks.moving_masks(recipe.hooks)
    return None if found is None else found[0]
