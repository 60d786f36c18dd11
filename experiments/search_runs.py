"""Finished searches for a mask of weights that stay frozen."""

import dataclasses
import functools

import numpy as np

from lottery_ticket.experiments import (
    from_recipe,
    gem,
    given_networks,
    recipe_changes,
    recipes,
)
from lottery_ticket.foundations import (
    files,
    paths,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.supermasks import learned_masks

Network = dict[str, np.ndarray]
KINDS = ("gem_search", "supermask")  # What has trained a mask alone.


@dataclasses.dataclass(frozen=True, eq=False)
class SearchRun:
    """A learned mask, and the weights that stayed as they were.

    Args:
        directory: Folder of the search.
        recipe: recipes.Recipe.
        rescaling: What kept weights are multiplied by, a name in
            learned_masks.RESCALINGS.
        masks: Dict, layer name -> learned mask, in the order of the network.
        frozen: Dict, name -> array that the search began with, none pruned.
        final: Dict, name -> array that the network computes with at the end.
        data: Checksum of the dataset that it was trained on.
    """

    directory: str
    recipe: recipes.Recipe
    rescaling: str
    masks: Network
    frozen: Network
    final: Network
    data: str

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over its masks, and the network under them."""
        final = {f"final/{name}": each for name, each in self.final.items()}
        return save_restore.checksum({**self.masks, **final})

    def dataset(self):
        """Returns the dataset that it was trained on.

        Raises:
            ValueError: If the data are no longer those.
            FileNotFoundError: If they cannot be had.
        """
        dataset = from_recipe.dataset(self.recipe)
        given_networks.check_data(self.directory, self.data, dataset)
        return dataset

    def check_network(self, model) -> None:
        """Raises unless a model is of the network that was searched.

        Args:
            model: ModelBase.

        Raises:
            ValueError: If only one of the two has a variable.
        """
        given_networks.check_network(self.directory, self.final, model)


def read(directory: str, data_dir: str | None = None) -> SearchRun:
    """Returns a finished search, its files checked.

    Args:
        directory: Folder of it, or of the gem_miner that it belongs to.
        data_dir: Folder of its data, where it needed one.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If it is not finished, files of it are damaged, or it is
            no search that left the weights as they were.
    """
    directory = _of_search(directory.rstrip("/"))
    if not files.exists(paths.record(directory)):
        run_record.check_source(paths.masks(directory))
        raise FileNotFoundError(
            "Expected the folder of a finished search for a mask, such as "
            f"results/trial1/1/gem_miner. Received: {directory}, which has no "
            "run.json"
        )
    masks, frozen, final = (
        given_networks.network(folder(directory))
        for folder in (paths.masks, paths.initial, paths.final)
    )
    record = run_record.read(directory)
    settings = record["settings"]
    _check_kind(directory, settings)
    found = SearchRun(
        directory,
        recipe_changes.apply(
            recipe_changes.RecipeChanges(data_dir=data_dir), settings
        ),
        settings.get("rescaling", "none"),
        {name: masks[name] for name in record["density"]},
        frozen,
        final,
        record["inputs"]["dataset"],
    )
    _check_is_frozen(found)
    return found


def _of_search(directory):
    """The folder itself, or the search in it where there is one."""
    inner = files.join(directory, gem.SEARCH_FOLDER)
    is_run = {"run.json", "checkpoint.bin"} & set(files.names(inner))
    return inner if is_run else directory


def _check_kind(directory, settings):
    experiment, algo = settings.get("experiment"), settings.get("algo")
    if experiment not in KINDS:
        raise ValueError(
            "Expected a search that left the weights as they were: a "
            "supermask's, or a gem_miner's that trained scores. Received: "
            f"{directory}, of {experiment}{f' with algo={algo}' * bool(algo)}"
        )


def _check_is_frozen(run):
    """Raises unless the search ends with what its mask leaves of the start."""
    expected = learned_masks.effective(run.frozen, run.masks, run.rescaling)
    moved = [
        name
        for name in run.masks
        if not np.array_equal(expected[name], run.final[name])
    ]
    if moved:
        raise ValueError(
            f"The weights of {run.directory} are at the end not those from "
            f"before it under its mask: {', '.join(moved)}"
        )
