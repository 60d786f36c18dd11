"""Loss and accuracy of any number of networks, by one compiled evaluation."""

import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks import network_variables
from lottery_ticket.foundations.training import batches, evaluation
from lottery_ticket.foundations.values import dataset_base, names


class NetworkEvaluation:
    """Evaluates networks of one model; nothing is compiled twice.

    What is compiled is kept with the model, for all datasets of the same
    shapes; the data are not.

    Attributes:
        tensors: Dict, name of a split -> its (x, y) on the device, of those
            splits that are evaluated and not streamed.
    """

    def __init__(
        self,
        model: typing.Any,
        dataset: dataset_base.DatasetBase,
        splits: tuple[str, ...] | None = None,
    ):
        """Puts the splits on the device; compiles at the first use.

        Data that training had put there for this model, a ModelBase, goes.
        Splits are named in the order wanted; None means all that the dataset
        has. Raises ValueError if it has no such split.
        """
        known = dataset.splits
        for name in splits or ():
            names.check("split", name, known)
        self._splits = {name: known[name] for name in splits or known}
        for program in model.programs.values():
            program.unload()
        self._model = model
        self._evaluation = _compiled(model, dataset)
        self.tensors = {
            name: batches.load(split)
            for name, split in self._splits.items()
            if not split.is_streamed
        }

    def evaluate(
        self, network: dict[str, np.ndarray] | None = None
    ) -> dict[str, dict[str, float]]:
        """Returns mean loss and accuracy over each split.

        Every example counts, none is augmented. The model's own weights and
        masks stay as they are, and masks of the model do not matter: a network
        is evaluated as it is given. Numbers are in float32's shortest exact
        form, as logs have them.

        Args:
            network: Dict, name -> array; what it does not name is as the model
                has it. None is the model as it stands.

        Returns:
            Dict, name of a split -> {"loss": in nats, "accuracy": in [0, 1]}.

        Raises:
            ValueError: If a name is not one of the model's, or an array has
                another shape or holds what float32 cannot.
        """
        variables = self._model.variables
        network = network or {}
        network_variables.check_presets(
            network, {name: each.shape for name, each in variables.items()}
        )
        stands = [(variables[name], each) for name, each in network.items()]
        with keras.StatelessScope(stands):
            futures = {
                name: self._evaluation.start(split, self.tensors.get(name))
                for name, split in self._splits.items()
            }
        return {
            name: _named(*each.result())  # Sync point.
            for name, each in futures.items()
        }


def in_lists(
    results: list[dict[str, dict[str, float]]],
) -> dict[str, dict[str, list[float]]]:
    """Returns results of several networks as lists.

    Args:
        results: Dicts, split -> {"loss": ., "accuracy": .}.
    """
    return {
        split: {name: [each[split][name] for each in results] for name in first}
        for split, first in results[0].items()
    }


def shortest(value: float) -> float:
    """Returns a number in float32's shortest exact form: .1, not .10000001."""
    return float(str(np.float32(value)))


def _compiled(model, dataset):
    x, y = dataset.train.x, dataset.train.y
    kind = (x.shape[1:], str(x.dtype), str(y.dtype), repr(dataset.prepare))
    key = "evaluation", *kind
    if key not in model.compiled:
        model.compiled[key] = evaluation.Evaluation(model, dataset)
    return model.compiled[key]


def _named(loss, accuracy):
    return {"loss": shortest(loss), "accuracy": shortest(accuracy)}
