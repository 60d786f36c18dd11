"""MaskSearch: how a mask is learned, as flags."""

import numpy as np

from lottery_ticket.experiments.settings import (
    level_rules,
    recipes,
    weight_actions,
)
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.values import fields, seeds

Network = dict[str, np.ndarray]


@fields.settings
class MaskSearch:
    """What weights are frozen at, and how masks come from logits."""

    sampling: str = fields.field(
        "bernoulli",
        "How masks come from probabilities, the sigmoids of logits: drawn "
        "(bernoulli), or rounded, in training each of them with a probability "
        "of one half (round).",
        choices=learned_masks.SAMPLINGS,
    )
    sigmoid_bias: float = fields.field(
        0.0,
        "What all logits start from; at 0 or below, round has no weight in the "
        "first evaluation.",
        at_least=-weight_actions.LARGEST,
        at_most=weight_actions.LARGEST,
        convert=fields.as_float,
    )
    rescaling: str = fields.field(
        "none",
        "Whether each layer's weights are multiplied by their number over that "
        "of the kept ones: none, dynamic, or dynamic_no_gradient, for which "
        "this factor is a constant when logits are trained.",
        choices=learned_masks.RESCALINGS,
    )
    mask_1_action: str = fields.like(
        level_rules.LevelRules,
        "mask_1_action",
        help="What the weights are frozen at; rewind leaves them as they are "
        "drawn, signed_constant is the paper's other choice.",
    )
    signed_constant: float | None = fields.like(
        level_rules.LevelRules, "signed_constant"
    )
    signed_constant_multiplier: float = fields.like(
        level_rules.LevelRules,
        "signed_constant",
        default=1.0,
        help="What constants are multiplied by.",
    )
    evaluation_samples: int = fields.field(
        10,
        "How many masks are drawn and evaluated at the end; with round there "
        "is one.",
        at_least=1,
    )
    mask_seed: recipes.Filled[int] = fields.left_open(
        "Seed of all masks that are drawn; None derives it from seed.",
        at_least=0,
    )

    def __attrs_post_init__(self):
        """Raises a ValueError if a constant is given where there is none."""
        fields.check_uses(self)

    def resolved(self, seed: int) -> "MaskSearch":
        """Returns the same, its mask_seed derived from a master seed."""
        return fields.filled(self, {"mask_seed": seeds.derive(seed, "mask")})

    def settings(self) -> dict:
        """Returns all that shapes the mask, as JSON values."""
        settings = fields.as_dict(self)
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
