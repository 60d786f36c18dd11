"""Gems of a small network on a few digits, for tests."""

import json

from lottery_ticket.experiments import gem_miner
from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import (
    concrete_flags,
    gem_search,
    gem_stages,
    search_algos,
)
from lottery_ticket.experiments.stages.gem import gem_run as gem_lib
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.tests import planned

PER_EPOCH = 4  # 240 digits in batches of 60.
RECIPE = {
    "recipe": "digits_fc_gem",
    "hidden_units": (12,),
    "use_bias": True,
    "fractions": {"*": 0.2},
    "subset": 240,
    "training_len": "5ep",
    "test_interval": PER_EPOCH,
    "validate_interval": PER_EPOCH,
    "jit": False,
    "seed": 1,
}
SIZES = {"layer0": 64 * 12, "layer1": 12 * 10}


def recipe(**changes):
    """Returns the recipe: 5 epochs of 4 iterations, with changes."""
    return recipes.Recipe(**{**RECIPE, **changes})


def search(**flags):
    """Returns a search with two events unless flags say otherwise."""
    algo = flags.get("algo", "hc_iter")
    asked = {"density", "prune_fraction", "target_sparsity"} & set(flags)
    usual = {}
    has_none = algo in ("hc", "wt", "signed") or search_algos.ALGOS[algo].gate
    if not has_none and not asked:
        usual["density"] = 0.25
    if algo in ("hc_iter", "global_ep_iter", "imp"):
        usual["prune_period"] = 2
    return gem_search.GemSearch(**{**usual, **flags})


def arguments(checks=(), tuning=None, reinit_init=None, changes=None, **flags):
    """Returns recipe, search, tuning and checks as gem_miner takes them.

    Args:
        checks: Names of sanity checks.
        tuning: Dict of flags of the fine-tuning; None is 2 epochs of it, and
            nothing of concrete, which has none.
        reinit_init: As for SanityChecks.
        changes: Dict of changes of the recipe.
        flags: Of the search.
    """
    if tuning is None:
        is_soft = flags.get("algo") == "concrete"
        tuning = {} if is_soft else {"fine_tune_len": "2ep"}
    return (
        recipe(**(changes or {})),
        search(**flags),
        fine_tuning.FineTuning(**tuning),
        gem_stages.SanityChecks(checks, reinit_init),
    )


def gem(directory, presets=None, concrete=None, **flags):
    """Returns a gem.Gem; flags are as for `arguments`.

    Args:
        concrete: Dict of flags of a search by soft masks.
    """
    given, asked, *rest = arguments(**flags)
    resolved = asked.resolved(given.seed)
    return gem_lib.Gem(
        str(directory),
        given,
        resolved,
        *rest,
        presets,
        save_summaries=False,
        quiet=True,
        concrete=concrete_flags.ConcreteSearch(**(concrete or {})),
    )


def made(gem):
    """Returns dataset and model of a gem."""
    dataset = from_recipe.dataset(gem.recipe)
    return dataset, from_recipe.model(gem.recipe, dataset, quiet=True)


def train(directory, presets=None, save_iterations=(), concrete=None, **flags):
    """Makes a gem; returns gem.json. Flags are as for `arguments` and `gem`."""
    planned.run(
        gem_miner.plan,
        str(directory),
        *arguments(**flags),
        concrete_flags.ConcreteSearch(**(concrete or {})),
        presets=presets,
        save_iterations=save_iterations,
        save_summaries=False,
        quiet=True,
    )
    return json.loads((directory / "gem.json").read_text())


def networks(directory, *folders):
    """Returns networks of a run by folder."""
    return [
        save_restore.restore_network(str(directory / each)) for each in folders
    ]
