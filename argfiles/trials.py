"""Trials of several networks: what argfiles of the same tree share."""

from lottery_ticket.experiments import recipes
from lottery_ticket.foundations import fields, files, names, paths

# Network -> what its recipes' names begin with.
NETWORKS = {
    "fc": "mnist_fc",
    "conv2": "cifar10_conv2",
    "conv4": "cifar10_conv4",
    "conv6": "cifar10_conv6",
}


def each_trial(
    output_dir: str, networks: tuple[str, ...], trials: int, first_trial: int
) -> list[tuple[str, int, str]]:
    """Returns (network, number, folder) of all trials of all networks.

    Args:
        output_dir: Folder that holds a folder for each network.
        networks: Names in NETWORKS, or of recipes.
        trials: Number of trials.
        first_trial: Number of the first one.

    Raises:
        ValueError: If a network is unknown, or there are no trials.
    """
    fields.check("trials", trials, int, at_least=1)
    for network in networks:
        names.check("network", network, [*NETWORKS, *recipes.RECIPES])
    return [
        (network, trial, paths.trial(files.join(output_dir, network), trial))
        for network in networks
        for trial in range(first_trial, first_trial + trials)
    ]


def recipe(network: str, ending: str) -> str:
    """Returns the name of a network's recipe.

    Args:
        network: A name in NETWORKS; any other is a recipe's name already.
        ending: What the names of such recipes end with, such as "zhou".
    """
    is_known = network in NETWORKS
    return f"{NETWORKS[network]}_{ending}" if is_known else network
