"""The lottery ticket experiment: train, prune, rewind, repeat."""

from lottery_ticket.foundations import masks as masks_lib


def experiment(
    make_dataset,
    make_model,
    train_model,
    prune_masks,
    iterations,
    presets=None,
    rewind=None,
) -> None:
    """Trains a network, then prunes it and retrains it from where it began.

    Level 0 is the dense network. Each later level prunes with the weights that
    the level before ended with, and trains again from level 0's initial ones,
    or from others that `rewind` gives.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    iterative pruning with resetting ("strategy 1", appendix B).

    Args:
        make_dataset: Function () -> dataset, called once.
        make_model: Function (presets=, masks=) -> model with these weights and
            masks, both dicts by layer name or None; called once a level. It may
            return the same model each time. A model has a dict `masks`.
        train_model: Function (level, dataset, model) -> (initial, final), the
            weights before and after training, dicts by layer name.
        prune_masks: Function (masks, final) -> masks of the next level.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
        presets: Dict, layer name -> weights that level 0 starts from, or None
            for a fresh draw.
        rewind: Function (masks, initial, final) -> weights that a level starts
            from, of its masks, level 0's initial weights and those that the
            level before ended with. None takes the initial ones.
    """
    dataset = make_dataset()
    model = make_model(presets=presets, masks=None)
    masks = masks_lib.ones(model.masks)
    initial, final = train_model(0, dataset, model)
    for level in range(1, iterations + 1):
        masks = prune_masks(masks, final)
        start = initial if rewind is None else rewind(masks, initial, final)
        model = make_model(presets=start, masks=masks)
        _, final = train_model(level, dataset, model)
