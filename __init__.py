"""Lottery tickets in Keras networks: found, questioned, drawn.

    import lottery_ticket as lt

    ticket = lt.find_ticket(model, (train, test), "results/mine/trial1")
    runs = lt.read_results("results/mine").runs

What is slow to load is loaded as a name is first used.
"""

import importlib
import typing

from lottery_ticket.foundations.machine import notices

if typing.TYPE_CHECKING:
    from lottery_ticket.analysis.results import read as read_results
    from lottery_ticket.experiments.find_ticket import find_ticket
    from lottery_ticket.experiments.load_ticket import load_ticket
    from lottery_ticket.experiments.settings.recipes import Recipe
    from lottery_ticket.foundations.experiment import experiment
    from lottery_ticket.foundations.model_base import ModelBase
    from lottery_ticket.foundations.networks.compaction.compaction import (
        compact,
    )
    from lottery_ticket.foundations.selection.pruning import prune_by_percent
    from lottery_ticket.foundations.values.dataset_base import DatasetBase

notices.hold_back()

__version__ = "0.2.0"
__all__ = [
    "DatasetBase",
    "ModelBase",
    "Recipe",
    "__version__",
    "compact",
    "experiment",
    "find_ticket",
    "load_ticket",
    "prune_by_percent",
    "read_results",
]
# Name -> its module, and what it is called there.
_HOMES = {
    "DatasetBase": ("foundations.values.dataset_base", "DatasetBase"),
    "ModelBase": ("foundations.model_base", "ModelBase"),
    "Recipe": ("experiments.settings.recipes", "Recipe"),
    "compact": ("foundations.networks.compaction.compaction", "compact"),
    "experiment": ("foundations.experiment", "experiment"),
    "find_ticket": ("experiments.find_ticket", "find_ticket"),
    "load_ticket": ("experiments.load_ticket", "load_ticket"),
    "prune_by_percent": ("foundations.selection.pruning", "prune_by_percent"),
    "read_results": ("analysis.results", "read"),
}


def __getattr__(name: str) -> typing.Any:
    """Returns a public name, imported now."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    home = importlib.import_module(f"{__name__}.{module}")
    return getattr(home, attribute)


def __dir__() -> list[str]:
    """The public names, for whoever completes them."""
    return sorted({*globals(), *__all__})
