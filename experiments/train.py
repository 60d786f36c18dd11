"""Trains one network once."""

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import one_network
from lottery_ticket.foundations.records import plans, save_restore
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import steps


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    *,
    masks: str | list | dict | None = None,
    combine_masks: str = "union",
    presets: str | dict | None = None,
    start_iteration: str = "0it",
    save_iterations: tuple[str, ...] = (),
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Trains one network, with masks and initial weights if given.

    Results lie in OUTPUT_DIR itself. A finished run is not trained again; a
    stopped one goes on.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network and training; see Recipe. Its fractions are
            not used.
        masks: Folder of masks (or dict); several, separated by commas (or a
            list), are combined. Without them, nothing is pruned.
        combine_masks: How several masks become one: union keeps what any of
            them keeps, intersect what all keep.
        presets: Folder (or dict) of a network to start from; what it does not
            name is drawn from init_seed.
        start_iteration: Length of training that lies before this run, such as
            500it or 2ep: batches and learning rates are those from there on.
            With presets saved after that length, training goes on from them.
        save_iterations: Lengths such as 500it,2ep after which the weights are
            saved too, in OUTPUT_DIR/iteration{i}; every:5ep is after each 5
            epochs.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, or output_dir holds results made
            with other settings.
        FileNotFoundError: If data, masks or presets cannot be had.
    """
    reads = given_networks.folders(masks, presets)
    masks = given_networks.masks(masks, combine_masks)
    presets = given_networks.network(presets)
    steps.parse(start_iteration)
    course = run_settings.Course(
        start_iteration, tuple(map(steps.point_text, save_iterations))
    )
    settings = {
        **recipe.settings(),
        "experiment": "train",
        "masks": save_restore.checksum(masks),
        "presets": save_restore.checksum(presets),
        "start_iteration": start_iteration,
        **course.settings(),
    }
    return one_network.training(
        recipe,
        output_dir,
        lambda _, model: model.reset(presets, masks, recipe.init_seed),
        run_settings.Output(
            settings, save_summaries=save_summaries, quiet=quiet
        ),
        course=course,
        reads=reads,
    )
