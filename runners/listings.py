"""What there is by name: recipes, networks, datasets and criteria, and of each.

lottery-ticket recipes cifar10_resnet20
"""

import inspect
import sys
import textwrap
from collections.abc import Callable

from lottery_ticket.foundations.command_line import flag_values, terminal
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import names

with lazy.imports():
    from lottery_ticket.datasets import registry as datasets
    from lottery_ticket.experiments.settings import recipes
    from lottery_ticket.foundations.criteria import criteria
    from lottery_ticket.models import registry as models

# Of a recipe, beside its settings.
_FACTS = ("source", "expect")


def _of_recipes():
    return {name: each["expect"] for name, each in recipes.RECIPES.items()}


def _recipe(name):
    found = recipes.RECIPES[name]
    lines = [
        f"--{key}={flag_values.text(value)}"
        for key, value in found.items()
        if key not in _FACTS and value not in (None, ())
    ]
    return [f"Source: {found['source']}.", f"{found['expect']}.", "", *lines]


def _of_networks():
    return {
        name: "recipes: " + (", ".join(_recipes_of("model", name)) or "none")
        for name in models.MODELS
    }


def _network(name):
    entry = models.MODELS[name]
    return [
        *_paragraphs(entry.load()),
        "",
        f"Options: {', '.join(f'--{each}' for each in entry.options)}",
        f"Recipes: {', '.join(_recipes_of('model', name)) or 'none'}",
    ]


def _of_datasets():
    return {
        name: _paragraphs(cls)[0] for name, cls in datasets.DATASETS.items()
    }


def _dataset(name):
    used = ", ".join(_recipes_of("dataset", name)) or "none"
    text = _paragraphs(datasets.DATASETS[name])
    return [*text, "", f"Recipes: {used}"]


def _of_criteria():
    return {name: each.help for name, each in criteria.CRITERIA.items()}


def _criterion(name):
    entry = criteria.CRITERIA[name]
    return [f"{entry.help}.", f"Source: {entry.source}."]


# Command -> what it is for, what one is called, all of them, and one.
LISTINGS = {
    "recipes": ("settings of published experiments", _of_recipes, _recipe),
    "networks": ("networks that have a name", _of_networks, _network),
    "datasets": ("datasets that have a name", _of_datasets, _dataset),
    "criteria": ("criteria, which score weights", _of_criteria, _criterion),
}


def function(kind: str) -> Callable:
    """Returns the function of a listing's command.

    Args:
        kind: A name in LISTINGS.
    """
    what, all_of, one_of = LISTINGS[kind]

    def listing(name: str | None = None) -> None:
        found = all_of()
        if name is None:
            text = table(found, terminal.columns())
        else:
            names.check(f"name of {kind}", name, found)
            text = _wrapped([name, "", *one_of(name)])
        terminal.say(text, sys.stdout)

    listing.__doc__ = f"""Lists {what}, or says all of one.

    Args:
        name: Of which to say all; None lists them.
    """
    return listing


def example(kind: str) -> str:
    """Returns a command line that asks for one of a listing."""
    return f"lottery-ticket {kind} {list(LISTINGS[kind][1]())[-1]}"


def table(rows: dict[str, str], columns: int) -> str:
    """Returns names, each with its text beside it, as wide as said."""
    width = max(map(len, rows)) + 2
    lines = []
    for name, text in rows.items():
        first, *rest = textwrap.wrap(text, max(columns - width, 30)) or [""]
        lines.append(f"{name.ljust(width)}{first}")
        lines += [" " * width + line for line in rest]
    return "\n".join(lines)


def _recipes_of(setting, name):
    found = recipes.RECIPES.items()
    return [each for each, values in found if values.get(setting) == name]


def _paragraphs(cls):
    """The lines of a class's docstring, each paragraph being one."""
    text = inspect.cleandoc(cls.__doc__ or "")
    return [" ".join(part.split()) for part in text.split("\n\n")]


def _wrapped(lines):
    return "\n".join(textwrap.fill(line, terminal.columns()) for line in lines)
