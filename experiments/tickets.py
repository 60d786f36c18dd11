"""Finished runs that others branch from, and the dense ones they came from."""

import dataclasses
import functools
import os

import numpy as np

from lottery_ticket.experiments import given_networks, recipes
from lottery_ticket.foundations import (
    fields,
    files,
    names_0_1_0,
    paths,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.mask_actions import mask_0

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Ticket:
    """A finished run.

    Args:
        directory: Its folder.
        settings: Dict, name -> JSON value, as recorded.
        start_iteration: Iterations of training that lie before the run.
        masks: Dict, layer name -> mask, in the order of the network.
        initial: Dict, name -> array that the run started from.
    """

    directory: str
    settings: dict
    start_iteration: int
    masks: Network
    initial: Network

    @property
    def is_finetuned(self) -> bool:
        """Whether it was trained at the last learning rate throughout."""
        if "is_finetuned" in self.settings:  # A branch says so itself.
            return self.settings["is_finetuned"]
        # A level 0 has its experiment's retraining only on record.
        is_dense = self.settings.get("level") == 0
        return not is_dense and self.settings.get("retraining") == "finetune"

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over its masks and the weights that it started from."""
        start = {f"initial/{name}": each for name, each in self.initial.items()}
        return save_restore.checksum({**self.masks, **start})


def read(directory: str) -> Ticket:
    """Returns a finished run, its masks and initial weights checked.

    Args:
        directory: Folder of the run, such as results/trial1/8/same_init.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If the run is not finished, files of it are damaged, or its
            pruned weights are held at other values than 0.
    """
    directory = directory.rstrip("/")
    if not files.is_remote(directory):
        directory = os.path.abspath(os.path.expanduser(directory))
    if not files.exists(paths.record(directory)):
        run_record.check_source(paths.masks(directory))
        raise FileNotFoundError(
            "A ticket must be the folder of a finished run, such as "
            f"results/trial1/8/same_init. Received: {directory}, which has no "
            "run.json"
        )
    found = given_networks.network(paths.masks(directory))
    record = run_record.read(directory)
    masks = {name: found[name] for name in record["density"]}
    _check_is_trained(directory, record["settings"])
    _check_not_held(directory, record["settings"], masks)
    return Ticket(
        directory,
        record["settings"],
        record["inputs"].get("start_iteration", 0),
        masks,
        given_networks.network(paths.initial(directory)),
    )


def start(ticket: Ticket, masks: Network) -> Network:
    """Returns weights that the kept ones of some masks started from.

    Where a ticket's masks keep them, they are its own initial weights. Other
    masks need the dense network's: those that the ticket was rewound to.

    Args:
        ticket: Ticket.
        masks: Dict, layer name -> mask.

    Raises:
        FileNotFoundError: If level 0 of the ticket's experiment is needed, and
            is not beside it.
        ValueError: If the ticket did not start from the weights of that level.
    """
    if all((mask <= ticket.masks[name]).all() for name, mask in masks.items()):
        return ticket.initial
    iteration = ticket.start_iteration
    dense = _level_0(ticket)
    folder = paths.initial(dense)
    if iteration:
        folder = paths.at_iteration(dense, iteration)
    weights = given_networks.network(folder)
    for name, mask in ticket.masks.items():
        if (weights[name] != ticket.initial[name])[mask == 1].any():
            raise ValueError(
                f"Masks other than the ticket's need the dense network that it "
                f"was rewound to, but {ticket.directory} did not start from "
                f"the weights in {folder}: layer {name!r} differs"
            )
    return weights


def dense_final(ticket: Ticket) -> Network:
    """Returns the weights that level 0 of a ticket's experiment ended with.

    Args and Raises: as for `start`; and a ValueError if that run is not dense.
    """
    dense = _level_0(ticket)
    counts = run_record.read(dense)["density"].values()
    if any(kept < total for kept, total in counts):
        raise ValueError(
            "A dense run is needed, that keeps all weights. Received: "
            f"{dense}, whose masks prune"
        )
    return given_networks.network(paths.final(dense))


def _check_is_trained(directory, settings):
    """Raises if a run has trained no weights, but a mask."""
    if settings.get("experiment") == "supermask":
        raise ValueError(
            f"{directory} learned a mask, and trained no weights. To train "
            f"those under it: train --masks={directory}/masks "
            f"--presets={directory}/initial"
        )


def _check_not_held(directory, settings, masks):
    """Raises if pruned weights are not 0: what follows sets them to that."""
    action = names_0_1_0.value(settings, "mask_0_action")
    is_pruned = not all(mask.all() for mask in masks.values())
    if is_pruned and mask_0.holds(action):
        raise ValueError(
            "A ticket must have pruned weights that are 0. Received: "
            f"{directory}, which holds them at other values "
            f"(mask_0_action={action})"
        )


def _level_0(ticket):
    """Folder of the finished dense run that a ticket was pruned from."""
    place = paths.parse_run(ticket.directory)
    if place["level"] is None:
        raise FileNotFoundError(
            f"{ticket.directory} is not of a lottery experiment: a dense run "
            "is needed, and only those have one beside them, at level 0"
        )
    trial = ticket.directory.rsplit("/", 2)[0]
    dense = paths.run(trial, 0, place["experiment_name"], place["run_id"])
    record = run_record.read(dense)
    if record is None:
        raise FileNotFoundError(
            f"The dense run that {ticket.directory} was pruned from is needed, "
            f"and there is no finished one in {dense}"
        )
    for name in fields.names_of(recipes.Recipe):
        there, here = (
            names_0_1_0.value(settings, name)
            for settings in (record["settings"], ticket.settings)
        )
        if there != here:
            raise ValueError(
                f"{dense} is not the dense run that {ticket.directory} was "
                f"pruned from: {name} is {there!r} there, {here!r} here"
            )
    return dense
