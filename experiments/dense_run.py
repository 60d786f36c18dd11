"""A finished run that kept all weights, before and after its training."""

import dataclasses
import functools

import numpy as np

from lottery_ticket.experiments import (
    given_networks,
    recipe_changes,
    recipes,
    tickets,
)
from lottery_ticket.foundations import (
    masks,
    paths,
    run_record,
    save_restore,
)

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class DenseRun:
    """A network before and after training, and how it was trained.

    Args:
        directory: Folder of the run.
        recipe: recipes.Recipe.
        masks: Dict, layer name -> mask of ones, in the order of the network.
        initial: Dict, name -> array before training.
        final: Dict, name -> array after it.
        data: Checksum of the dataset that it was trained on.
    """

    directory: str
    recipe: recipes.Recipe
    masks: Network
    initial: Network
    final: Network
    data: str

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over its weights before and after training."""
        ends = {"initial": self.initial, "final": self.final}
        return save_restore.checksum(
            {
                f"{end}/{name}": array
                for end, network in ends.items()
                for name, array in network.items()
            }
        )

    def check_data(self, dataset) -> None:
        """Raises unless a dataset is the one that the run was trained on.

        Args:
            dataset: DatasetBase.

        Raises:
            ValueError: If it is another.
        """
        given_networks.check_data(self.directory, self.data, dataset)

    def give_start(self, model) -> None:
        """Gives a model the weights from before training, none of them masked.

        Args:
            model: ModelBase.

        Raises:
            ValueError: If it is another network.
        """
        given_networks.check_network(self.directory, self.initial, model)
        model.reset(self.initial)


def read(directory: str, data_dir: str | None = None) -> DenseRun:
    """Returns a finished dense run, its files checked.

    Args:
        directory: Folder of the run, such as results/trial1/0/same_init.
        data_dir: Folder of its data, where it needed one.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If the run is not finished, files of it are damaged, it
            lacks weights, it learned a mask, its recipe does not name its
            data, or it did not start from the beginning of training.
    """
    ticket = tickets.read(directory)
    _check_is_dense(ticket)
    changes = recipe_changes.RecipeChanges(data_dir=data_dir)
    return DenseRun(
        ticket.directory,
        recipe_changes.apply(changes, ticket.settings),
        ticket.masks,
        ticket.initial,
        given_networks.network(paths.final(ticket.directory)),
        run_record.read(ticket.directory)["inputs"]["dataset"],
    )


def _check_is_dense(ticket):
    density = masks.density(ticket.masks)
    if density < 1:
        raise ValueError(
            "A dense run is needed, such as level 0 of a lottery experiment. "
            f"Received: {ticket.directory}, of density {density:.4g}"
        )
    if ticket.settings["dataset"] is None:  # As find_ticket's are.
        raise ValueError(
            "A run whose recipe names its dataset and model is needed. "
            f"Received: {ticket.directory}, whose own were given from Python"
        )
    if ticket.start_iteration:
        raise ValueError(
            "A run from the beginning of training is needed. Received: "
            f"{ticket.directory}, from iteration {ticket.start_iteration} on"
        )
