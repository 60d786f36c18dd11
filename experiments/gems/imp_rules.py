"""How iterative magnitude pruning comes to a gem's density: its rounds."""

import attrs

from lottery_ticket.experiments import level_rules
from lottery_ticket.foundations import steps
from lottery_ticket.foundations.selection import quotas

USUAL_FRACTION = 0.2


def rounds(search, epochs: int) -> int:
    """Returns the number of rounds, each of which trains and prunes.

    Args:
        search: GemSearch.
        epochs: Whole epochs of the recipe's training.

    Raises:
        ValueError: If there is no round.
    """
    found = search.imp_rounds or epochs // search.prune_period
    if found < 1:
        raise ValueError(
            f"imp has rounds of prune_period={search.prune_period} epochs, and "
            f"training is of {epochs}. Expected one round at least. Train "
            "longer, or give imp_rounds"
        )
    return found


def recipe(search, recipe):
    """Returns the recipe of a round: all layers are pruned, and compared.

    Args:
        search: GemSearch.
        recipe: recipes.Recipe of the whole.
    """
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

    Args:
        search: GemSearch.
        rounds: Their number.
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
    """Returns what the pruning after the last round keeps.

    Args:
        search: GemSearch.
        masks: Dict, layer name -> mask of the last round.
    """
    if search.density is not None:
        return quotas.of_densities({"*": search.density}, masks, "global")
    return quotas.of_fractions(
        {"*": _fraction(search)}, masks, "global", rounding=_rounding(search)
    )


def _fraction(search):
    return search.prune_fraction or USUAL_FRACTION


def _rounding(search):
    return "ceil_plus_one" if search.ties == "legacy" else "exact"
