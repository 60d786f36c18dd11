"""Finished runs that others start from: tickets, dense networks, searches."""

import dataclasses
import functools
import os

import numpy as np

from lottery_ticket.experiments.finished import (
    given_networks,
    ticket_settings,
)
from lottery_ticket.experiments.settings import recipe_changes, recipes
from lottery_ticket.experiments.stages.gem import gem_run, search_algos
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    unready,
)
from lottery_ticket.foundations.selection import granularity
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import fields, masks, names_0_1_0

Network = dict[str, np.ndarray]
SEARCHES = ("gem_search", "supermask")  # What has trained a mask alone.


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """A finished run, and how it was trained.

    Args:
        directory: Its folder.
        settings: Dict, name -> JSON value, as recorded.
        inputs: Dict, as recorded: checksums of what went into it, such as
            "dataset", and "start_iteration".
        masks: Dict, layer name -> mask, in the order of the network.
        initial: Dict, name -> array that it started from.
        data_dir: Folder of its data, which is not on record.
        record: Dict, all that its run.json says.
        packed: What its file holds, if it is a ticket's; that is the directory
            then. Its `initial` is empty where the file has none.
    """

    directory: str
    settings: dict
    inputs: dict
    masks: Network
    initial: Network
    data_dir: str | None = None
    record: dict = dataclasses.field(default_factory=dict)
    packed: ticket_file.Ticket | None = None

    @functools.cached_property
    def final(self) -> Network:
        """Dict, name -> array that it ended with."""
        if self.packed is None:
            return given_networks.network(paths.final(self.directory))
        if "final" not in self.packed.networks:
            raise ValueError(
                f"{self.directory} holds no final weights. Pack it --with=both"
            )
        return self.packed.networks["final"]

    @functools.cached_property
    def first_masks(self) -> Network:
        """Dict, layer name -> mask that it started under.

        Raises ValueError if those have changed, and it is or was a ticket's
        file, which has the last ones only.
        """
        told = names_0_1_0.value(self.settings, "hooks")
        if hooks.moving_masks(told) is None:
            return self.masks
        place = paths.first_masks(self.directory)
        if self.packed is not None or not files.exists(place):
            raise ValueError(
                f"{self.directory} holds the masks that training ended with, "
                f"not those it began with, which hooks={','.join(told)} need"
            )
        found = given_networks.network(place)
        return {name: found[name] for name in self.masks}

    @property
    def is_without_recurrent(self) -> bool:
        """Whether recurrent kernels have no masks there, as in 0.1.0."""
        if self.packed is not None:
            return names_0_1_0.RECURRENT not in self.inputs
        return run_record.is_without_recurrent(self.directory)

    @functools.cached_property
    def recipe(self) -> recipes.Recipe:
        """What it was trained by."""
        own = recipe_changes.RecipeChanges(data_dir=self.data_dir)
        try:
            return recipe_changes.apply(own, self.settings)
        except (KeyError, TypeError, AttributeError) as error:
            if self.packed is None:
                raise
            raise ValueError(
                f"{self.directory} has settings that are no run's: {error!r}"
            ) from error

    @functools.cached_property
    def is_pruned(self) -> bool:
        """Whether its masks leave anything out."""
        return not all(mask.all() for mask in self.masks.values())

    @property
    def start_iteration(self) -> int:
        """Iterations of training that lie before it."""
        return self.inputs.get("start_iteration", 0)

    @property
    def is_finetuned(self) -> bool:
        """Whether it was trained at the last learning rate throughout."""
        if "is_finetuned" in self.settings:  # A branch says so itself.
            return self.settings["is_finetuned"]
        # A level 0 has its experiment's retraining only on record.
        is_dense = self.settings.get("level") == 0
        return not is_dense and self.settings.get("retraining") == "finetune"

    @property
    def is_compacted(self) -> bool:
        """Whether it was trained as a smaller network; see compacted_model."""
        return bool(self.inputs.get("compacted"))

    @functools.cached_property
    def granularity(self) -> granularity.Granularity:
        """What was pruned at once."""
        text = str(names_0_1_0.value(self.settings, "granularity"))
        return granularity.parse(text)

    @property
    def pruned_at_once(self) -> dict[str, str | None]:
        """Settings of that, as recorded; none where it was weights."""
        recorded = ("granularity", "score_pooling")
        return {n: self.settings[n] for n in recorded if n in self.settings}

    @property
    def rescaling(self) -> str:
        """Of a search: what kept weights are multiplied by."""
        return self.settings.get("rescaling", "none")

    def checksum(self, *parts: str) -> str:
        """Returns the SHA-256 over some of "masks", "initial" and "final"."""
        if parts not in self._checksums:
            self._checksums[parts] = self._checksum(parts)
        return self._checksums[parts]

    @functools.cached_property
    def _checksums(self) -> dict[tuple[str, ...], str]:
        """What `checksum` has returned."""
        return {}

    def _checksum(self, parts):
        arrays = {
            name if part == "masks" else f"{part}/{name}": array
            for part in parts
            for name, array in getattr(self, part).items()
        }
        return str(save_restore.checksum(arrays))

    def check_data(self, dataset) -> None:
        """Raises a ValueError if a dataset is not what it was trained on."""
        if dataset.checksum != self.inputs["dataset"]:
            raise ValueError(
                f"{self.directory} was trained on other data than are here "
                "now. Give the data_dir that it had"
            )


def read(
    directory: str,
    data_dir: str | None = None,
    *,
    model: str | None = None,
    dataset: str | None = None,
) -> FinishedRun:
    """Returns a finished run of any kind; see `ticket`.

    Of a ticket's file, model and dataset say where those are that are no names
    of ours; see `ticket_settings`. Else they are not used.
    """
    directory = directory.rstrip("/")
    if ticket_file.is_packed(directory):
        return _of_file(directory, data_dir, model, dataset)
    if not files.is_remote(directory):
        directory = os.path.abspath(os.path.expanduser(directory))
    try:
        seal = files.read(paths.record(directory))
    except FileNotFoundError as error:
        run_record.check_source(paths.masks(directory))
        raise unready.Unready(
            "Expected the folder of a finished run, such as "
            f"results/trial1/8/same_init. Received: {directory}, which has no "
            "run.json",
            directory,
        ) from error
    return _read(directory, data_dir, seal)


@functools.lru_cache(maxsize=2)  # For many branches of a ticket, in a row.
def _read(directory, data_dir, seal):
    """A finished run, whose run.json has such bytes."""
    del seal
    found = given_networks.network(paths.masks(directory))
    record = run_record.read(directory) or {}  # Whole, as its masks are.
    run = FinishedRun(
        directory,
        record["settings"],
        record["inputs"],
        {name: found[name] for name in record["density"]},
        given_networks.network(paths.initial(directory)),
        data_dir,
        record,
    )
    for array in (*run.masks.values(), *run.initial.values()):
        array.flags.writeable = False  # Others are given the same arrays.
    return run


def _of_file(path, data_dir, model, dataset):
    """A finished run that is packed into a ticket's file."""
    found = ticket_file.read(path)
    return FinishedRun(
        path,
        ticket_settings.own(path, found.settings, model, dataset),
        found.record["inputs"],
        found.masks,
        found.networks.get("initial", {}),
        data_dir,
        found.record,
        found,
    )


def check_initial(run: FinishedRun) -> None:
    """Raises ValueError if a run is a ticket's file without initial weights."""
    if not run.initial:
        raise ValueError(
            f"{run.directory} holds no initial weights, which training starts "
            "from. Pack it --with=both"
        )


def ticket(directory: str, data_dir: str | None = None) -> FinishedRun:
    """Returns a finished run of trained weights, pruned ones being 0.

    Args:
        directory: Folder of the run, such as results/trial1/8/same_init, or a
            ticket's file.
        data_dir: Folder of its data, where it needed one.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If the run is not finished, files of it are damaged, it
            learned a mask, or its pruned weights are held at other values.
    """
    run = read(directory, data_dir)
    check_initial(run)
    if run.settings.get("experiment") == "supermask":
        raise ValueError(
            f"{run.directory} learned a mask, and trained no weights. To train "
            f"those under it: train --masks={run.directory}/masks "
            f"--presets={run.directory}/initial"
        )
    action = str(names_0_1_0.value(run.settings, "mask_0_action"))
    if mask_0.holds(action) and masks.density(run.masks) < 1:
        raise ValueError(
            "A ticket must have pruned weights that are 0. Received: "
            f"{run.directory}, which holds them at other values "
            f"(mask_0_action={action})"
        )
    return run


def dense(directory: str, data_dir: str | None = None) -> FinishedRun:
    """Returns a finished run that kept all weights, from the start on.

    Args and errors as for `ticket`, and

    Raises:
        ValueError: If the run lacks weights, its recipe does not name its data,
            or it did not start from the beginning of training.
    """
    run = ticket(directory, data_dir)
    density = masks.density(run.masks)
    if density < 1:
        raise ValueError(
            "A dense run is needed, such as level 0 of a lottery experiment. "
            f"Received: {run.directory}, of density {density:.4g}"
        )
    if run.settings["dataset"] is None:  # As find_ticket's are.
        raise ValueError(
            "A run whose recipe names its dataset and model is needed. "
            f"Received: {run.directory}, whose own were given from Python"
        )
    if run.start_iteration:
        raise ValueError(
            "A run from the beginning of training is needed. Received: "
            f"{run.directory}, from iteration {run.start_iteration} on"
        )
    return run


def search(directory: str, data_dir: str | None = None) -> FinishedRun:
    """Returns a finished search for a mask of weights that stay frozen.

    Its `initial` are those weights, none pruned; its `final` is what the
    network computes with under the mask.

    Args: as for `ticket`, or the folder of the gem_miner that it belongs to.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If it is not finished, files of it are damaged, or it is
            no search that left the weights as they were.
    """
    directory = directory.rstrip("/")
    inner = files.join(directory, gem_run.SEARCH_FOLDER)
    has_inner = {"run.json", "checkpoint.bin"} & set(files.names(inner))
    run = read(inner if has_inner else directory, data_dir)
    kind, algo = (run.settings.get(name) for name in ("experiment", "algo"))
    if kind not in SEARCHES:
        raise ValueError(
            "Expected a search that left the weights as they were: a "
            "supermask's, or a gem_miner's that trained scores. Received: "
            f"{run.directory}, of {kind}{f' with algo={algo}' * bool(algo)}"
        )
    expected = learned_masks.effective(run.initial, run.masks, run.rescaling)
    moved = [
        n for n in run.masks if not np.array_equal(expected[n], run.final[n])
    ]
    if moved:
        is_flipped = algo in search_algos.having("flips_signs")
        raise ValueError(
            f"The weights of {run.directory} are at the end not those from "
            f"before it under its mask: {', '.join(moved)}"
            f"{f'. Signs are flipped by algo={algo}' * is_flipped}"
        )
    return run


def start(ticket: FinishedRun, masks: Network) -> Network:
    """Returns weights that the kept ones of some masks started from.

    Where a ticket's masks keep them, they are its own initial weights. Other
    masks need the dense network's: those that the ticket was rewound to.

    Raises:
        FileNotFoundError: If level 0 of the ticket's experiment is needed, and
            is not beside it.
        ValueError: If the ticket did not start from the weights of that level.
    """
    if all((mask <= ticket.masks[name]).all() for name, mask in masks.items()):
        return ticket.initial
    iteration = ticket.start_iteration
    level_0, _ = _level_0(ticket)
    folder = paths.initial(level_0)
    if iteration:
        folder = paths.at_iteration(level_0, iteration)
    weights = given_networks.network(folder)
    for name, mask in ticket.first_masks.items():
        if (weights[name] != ticket.initial[name])[mask == 1].any():
            raise ValueError(
                f"Masks other than the ticket's need the dense network that it "
                f"was rewound to, but {ticket.directory} did not start from "
                f"the weights in {folder}: layer {name!r} differs"
            )
    return weights


def end(ticket: FinishedRun, masks: Network) -> Network:
    """Returns weights that the kept ones of some masks were trained to.

    Where a ticket's masks keep them, they are its own final weights. Other
    masks need the dense network's.

    Raises:
        FileNotFoundError, ValueError: If the ticket's are not there or not
            whole, or as `dense_final`.
    """
    if all((mask <= ticket.masks[name]).all() for name, mask in masks.items()):
        return ticket.final
    return dense_final(ticket)


def dense_final(ticket: FinishedRun) -> Network:
    """Returns the weights that level 0 of a ticket's experiment ended with.

    Raises:
        FileNotFoundError: If that run is not beside the ticket.
        ValueError: If it is of another experiment, damaged, or not dense.
    """
    level_0, record = _level_0(ticket)
    if any(kept < total for kept, total in record["density"].values()):
        raise ValueError(
            "A dense run is needed, that keeps all weights. Received: "
            f"{level_0}, whose masks prune"
        )
    return given_networks.network(paths.final(level_0))


def check_network(directory: str, given: Network, own: dict) -> None:
    """Raises unless a run's arrays are those of a network.

    Args:
        directory: Folder of the run.
        given: Dict, name -> array: all its variables, or all its masks.
        own: Dict, name -> array or variable: the network's.

    Raises:
        ValueError: If a name is of only one of the two, or of two shapes.
    """
    there, here = (
        {name: tuple(each.shape) for name, each in network.items()}
        for network in (given, own)
    )
    for name in sorted({*there, *here}):
        if there.get(name) != here.get(name):
            raise ValueError(
                f"{directory} is of another network: {name!r} has shape "
                f"{there.get(name)} there, {here.get(name)} here"
            )


def _level_0(ticket):
    """Folder and record of the finished run that a ticket was pruned from."""
    place = paths.parse_run(ticket.directory)
    if place.level is None:
        raise FileNotFoundError(
            f"{ticket.directory} is not of a lottery experiment: a dense run "
            "is needed, and only those have one beside them, at level 0"
        )
    trial = ticket.directory.rsplit("/", 2)[0]
    level_0 = paths.run(trial, 0, place.experiment_name, place.run_id)
    record = run_record.read(level_0)
    if record is None:
        raise unready.Unready(
            f"The dense run that {ticket.directory} was pruned from is needed, "
            f"and there is no finished one in {level_0}",
            level_0,
        )
    for name in fields.names_of(recipes.Recipe):
        there, here = (
            names_0_1_0.value(settings, name)
            for settings in (record["settings"], ticket.settings)
        )
        if there != here:
            raise ValueError(
                f"{level_0} is not the dense run that {ticket.directory} was "
                f"pruned from: {name} is {there!r} there, {here!r} here"
            )
    return level_0, record
