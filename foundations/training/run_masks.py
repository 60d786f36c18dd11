"""The masks that a run starts under, and what it may not do to them."""

from lottery_ticket.foundations.training import trainee
from lottery_ticket.foundations.values import masks as masks_lib


class RunMasks:
    """Masks and weights of a model before a run.

    Attributes:
        weights: Dict, name -> array.
        masks: Dict, layer name -> mask.
        effective: Dict, layer name -> mask of what is kept on a path from input
            to output. None where nothing is pruned, where it cannot be told,
            and where a pruned weight is held at another value than 0: it still
            passes on what reaches it.
    """

    def __init__(self, model: trainee.Trainee):
        """Looks at a trainee.Trainee."""
        self._model = model
        self.weights = model.weights
        self.masks = model.masks
        self.effective = _effective(self._model, self.weights, self.masks)

    def check(self, final: dict) -> None:
        """Raises RuntimeError if a pruned weight has other bits than before."""
        for name, mask in self.masks.items():
            held, found = (w[name][mask == 0] for w in (self.weights, final))
            if held.tobytes() != found.tobytes():
                raise RuntimeError(
                    f"Pruned weights of layer {name!r} moved in training. Does "
                    "the network change its kernel other than by its optimizer?"
                )

    def counted(self, outcome: dict[str, dict]) -> dict:
        """Returns "density" and "effective" as a run records them.

        They are a dict, layer name -> (kept, total), and a dict, layer name ->
        kept weights on a path from input to output, or None. The masks of the
        outcome may be others than before.
        """
        masks, effective = outcome["masks"], self.effective
        if any(
            (masks[name] != mask).any() for name, mask in self.masks.items()
        ):
            effective = _effective(self._model, outcome["final"], masks)
        return {
            "density": masks_lib.counts(masks),
            "effective": effective
            and {name: int(each.sum()) for name, each in effective.items()},
        }


def _effective(model, weights, masks):
    pruned = {name: mask == 0 for name, mask in masks.items()}
    if not any(where.any() for where in pruned.values()):
        return None
    if any(weights[name][where].any() for name, where in pruned.items()):
        return None
    return model.effective_masks(masks)
