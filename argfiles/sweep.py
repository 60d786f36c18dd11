"""What argfiles share: trials and their folders, names, and lines of flags."""

import shlex
from collections.abc import Iterable

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.command_line import flag_values
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import fields, names

# Network -> what its recipes' names begin with.
NETWORKS = {
    "fc": "mnist_fc",
    "conv2": "cifar10_conv2",
    "conv4": "cifar10_conv4",
    "conv6": "cifar10_conv6",
}


def line(**flags) -> str:
    """Returns a line of flags, as a shell takes it."""
    return shlex.join(f"--{name}={value}" for name, value in flags.items())


def trials(
    output_dir: str, trials: int, first_trial: int
) -> list[tuple[int, str]]:
    """Returns (number, folder) of so many trials, from the first one on.

    Folders are output_dir/trial1 and so on. Raises ValueError if there are no
    trials.
    """
    fields.check("trials", trials, int, at_least=1)
    numbers = range(first_trial, first_trial + trials)
    return [(number, paths.trial(output_dir, number)) for number in numbers]


def network_trials(
    output_dir: str, networks: tuple[str, ...], count: int, first_trial: int
) -> list[tuple[str, int, str]]:
    """Returns (network, number, folder) of all trials of all networks.

    The output_dir holds a folder for each. Raises ValueError if a network is
    neither in NETWORKS nor a recipe, or there are no trials.
    """
    known("network", networks, [*NETWORKS, *recipes.RECIPES])
    return [
        (network, *trial)
        for network in networks
        for trial in trials(files.join(output_dir, network), count, first_trial)
    ]


def recipe(network: str, ending: str) -> str:
    """Returns the name of a network's recipe.

    It is that in NETWORKS with an ending, such as "zhou"; any other is a
    recipe's name already.
    """
    is_known = network in NETWORKS
    return f"{NETWORKS[network]}_{ending}" if is_known else network


def known(kind: str, words: Iterable[str], names_known) -> list[str]:
    """Returns words without spaces around them, all of them known.

    Raises ValueError if one is not; `kind` is what it calls them.
    """
    found = [word.strip() for word in words]
    for name in found:
        names.check(kind, name, names_known)
    return found


def words(text: str) -> list[str]:
    """Returns the words between the commas of a text, which may be empty."""
    return [word for word in text.split(",") if word.strip()]


def levels(text: str) -> list[int]:
    """Returns the levels that a text names, such as '0-30' or '4,8,12-16'.

    Raises ValueError if it cannot be read, or names none.
    """
    found = flag_values.convert("levels", str(text), tuple[int, ...])
    fields.check("each of levels", min(found, default=None), int, at_least=0)
    return list(found)


def check_fall(densities: tuple[float, ...]) -> None:
    """Raises a ValueError unless each density is below the one before."""
    if list(densities) != sorted(set(densities), reverse=True):
        raise ValueError(
            f"densities must fall. Received: {', '.join(map(str, densities))}"
        )


def beside(name: str, experiment_name: str, usual_name: str) -> str:
    """Returns what is called an experiment about the runs of another one.

    That is `name` where those runs have their usual one. Raises ValueError if
    `experiment_name` can be no name.
    """
    paths.check_experiment_name(experiment_name)
    is_usual = experiment_name == usual_name
    return name if is_usual else f"{experiment_name}_{name}"
