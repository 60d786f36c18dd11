"""MaskSearch: how a mask is learned, as flags."""

import dataclasses
import numbers

import numpy as np

from lottery_ticket.experiments import weight_actions
from lottery_ticket.foundations import integers, names, seeds
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.supermasks import learned_masks

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class MaskSearch:
    """What weights are frozen at, and how masks come from logits.

    Args:
        sampling: bernoulli draws a mask from the probabilities, the sigmoids of
            the logits, for each iteration and each evaluation. round takes, for
            each weight with a probability of one half, the rounded probability,
            else the probability itself; in evaluation all are rounded.
        sigmoid_bias: What all logits start from, and no more than that. 0
            keeps each weight with a probability of one half, or with round
            prunes all of them in the first evaluation.
        rescaling: none; dynamic multiplies each layer's weights by their number
            over that of the kept ones, anew for each mask; dynamic_no_gradient
            takes this factor for a constant when the logits are trained.
        mask_1_action: What the weights are frozen at, as for a lottery
            experiment whose masks keep everything. rewind leaves them as they
            are drawn; signed_constant is the paper's other choice.
        signed_constant: Magnitude that an action of constants gives to every
            weight, in place of each layer's standard deviation.
        signed_constant_multiplier: What constants are multiplied by.
        evaluation_samples: How many masks are drawn and evaluated at the end;
            with round there is one. For another number, remove
            supermask.json, nothing else, and run the same command with it.
        mask_seed: Seed of all masks that are drawn; None derives it from seed.
    """

    sampling: str = "bernoulli"
    sigmoid_bias: float = 0.0
    rescaling: str = "none"
    mask_1_action: str = "rewind"
    signed_constant: float | None = None
    signed_constant_multiplier: float = 1.0
    evaluation_samples: int = 10
    mask_seed: int | None = None

    def __post_init__(self):
        """Checks all.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                constant is given to an action that has none.
        """
        names.check("sampling", self.sampling, learned_masks.SAMPLINGS)
        names.check("rescaling", self.rescaling, learned_masks.RESCALINGS)
        mask_1.check(self.mask_1_action)
        action = mask_1.resolve(self.mask_1_action)
        checked = {
            "mask_1_action": action,
            "signed_constant": weight_actions.constant(
                self.signed_constant, action
            ),
            "sigmoid_bias": _number("sigmoid_bias", self.sigmoid_bias),
            "signed_constant_multiplier": _number(
                "signed_constant_multiplier", self.signed_constant_multiplier
            ),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_multiplier()
        for name, low in {"evaluation_samples": 1, "mask_seed": 0}.items():
            value = getattr(self, name)
            if value is not None:
                integers.check(name, value, low)

    def resolved(self, seed: int) -> "MaskSearch":
        """Returns the same with its mask_seed filled in.

        Args:
            seed: Master seed of the experiment.
        """
        if self.mask_seed is not None:
            return self
        return dataclasses.replace(self, mask_seed=seeds.derive(seed, "mask"))

    def settings(self) -> dict:
        """Returns all that shapes the mask, as JSON values."""
        settings = dataclasses.asdict(self)
        del settings["evaluation_samples"]
        return settings

    def weights(self, model, drawn: Network, seed: int) -> Network:
        """Returns what the weights are frozen at.

        Args:
            model: ModelBase, whose masks keep everything.
            drawn: Dict, name -> array: the network as drawn, or as given.
            seed: Seed of actions that are random.
        """
        start = mask_1.Start(
            drawn,
            model.masks,
            drawn,
            model.draw,
            constant=self.signed_constant,
        )
        frozen = mask_1.apply(self.mask_1_action, start, seed)
        factor = np.float32(self.signed_constant_multiplier)
        return {
            **frozen,
            **{name: factor * frozen[name] for name in model.masks},
        }

    def logits(self, model) -> Network:
        """Returns the logits that training starts from.

        Args:
            model: ModelBase; each of its masks has logits.
        """
        return {
            name: np.full(mask.shape, self.sigmoid_bias, np.float32)
            for name, mask in model.masks.items()
        }

    def _check_multiplier(self):
        multiplier = self.signed_constant_multiplier
        if not multiplier >= weight_actions.SMALLEST:
            raise ValueError(
                "signed_constant_multiplier must be above 0, as a float32, "
                f"too. Received: {multiplier}"
            )
        if multiplier != 1 and not weight_actions.takes_constant(
            self.mask_1_action
        ):
            raise ValueError(
                "signed_constant_multiplier is for an action of constants, "
                "such as mask_1_action=signed_constant. Received: "
                f"mask_1_action={self.mask_1_action}"
            )


def _number(name, value):
    """The value as a float, once it is a number that float32 can hold."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not abs(value) <= weight_actions.LARGEST:  # Nor NaN.
        raise ValueError(
            f"{name} must be a finite number, as a float32. Received: {value!r}"
        )
    return float(value)
