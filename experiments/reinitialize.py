"""Control runs: a ticket's masks, with other weights to start from."""

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import one_network
from lottery_ticket.foundations.mask_actions import reuse
from lottery_ticket.foundations.records import plans, save_restore
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import seeds


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    *,
    masks: str | list | dict | None = None,
    combine_masks: str = "union",
    initialization_distribution: str | dict | None = None,
    same_sign: str | dict | None = None,
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Trains a network with finished masks from weights that are drawn anew.

    Without a distribution, the weights are a fresh draw from the initialiser
    ("reinit"), which no lottery experiment of the same seed has drawn. With
    one, they are sampled from its values at the kept positions ("reuse"), and
    with `same_sign` from those of the right sign ("reuse_sign"). Biases start
    at 0.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    "random reinitialization"; the others are the 2018 library's.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network and training; see Recipe. Its fractions are
            not used; init_seed is the seed of the draw.
        masks: Folder of masks (or dict), or several as for `train`. Without
            them, nothing is pruned.
        combine_masks: How several masks become one, union or intersect.
        initialization_distribution: Folder (or dict) of a network to sample
            kernels from, such as a ticket's initial weights.
        same_sign: Folder (or dict) of a network whose signs to keep; needs a
            distribution.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, or output_dir holds results made
            with other settings.
        FileNotFoundError: If data, masks or networks cannot be had.
    """
    values, signs = initialization_distribution, same_sign
    if signs is not None and values is None:
        raise ValueError(
            "same_sign needs initialization_distribution, the network whose "
            "values are sampled. Received: None"
        )
    reads = given_networks.folders(masks, values, signs)
    masks = given_networks.masks(masks, combine_masks)
    values, signs = map(given_networks.network, (values, signs))
    settings = {
        **recipe.settings(),
        "experiment": "reinitialize",
        "masks": save_restore.checksum(masks),
        "initialization_distribution": save_restore.checksum(values),
        "same_sign": save_restore.checksum(signs),
    }
    # Never the draw that the seed gives the ticket itself.
    seed = seeds.derive(recipe.init_seed, "reinitialize")

    def give_start(_, model):
        model.reset(masks=masks, seed=seed)
        if values is not None:
            presets = reuse.reuse(values, model.masks, seed, signs)
            model.reset(presets, masks, seed)

    return one_network.training(
        recipe,
        output_dir,
        give_start,
        run_settings.Output(
            settings, save_summaries=save_summaries, quiet=quiet
        ),
        reads=reads,
    )
