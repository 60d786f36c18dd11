"""Experiments that train one network, in one folder."""

from collections.abc import Callable

from lottery_ticket.experiments import ingredients, recipes
from lottery_ticket.foundations import plans


def plan(
    recipe: recipes.Recipe,
    output_dir: str,
    settings: dict,
    give_start: Callable,
    *,
    reads: tuple[str, ...] = (),
    before_data: Callable[[], object] | None = None,
    save_summaries: bool = True,
    quiet: bool = False,
    **options,
) -> plans.Plan:
    """Returns the plan of an experiment that trains one network.

    Args:
        recipe: Dataset, network and training.
        output_dir: Folder of the run.
        settings: All that its results depend on, as JSON values.
        give_start: Function (dataset, model) that gives the model the weights
            and masks to start from.
        reads: Folders of results that it starts from.
        before_data: Function () that is called first, as it may raise: data
            need not be loaded then.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.
        options: Further keyword arguments of `ingredients.train`.
    """

    def work():
        if before_data is not None:
            before_data()
        dataset = ingredients.dataset(recipe)
        model = ingredients.model(recipe, dataset, quiet)
        give_start(dataset, model)
        ingredients.train_alone(
            recipe,
            dataset,
            model,
            output_dir,
            settings,
            save_summaries,
            quiet,
            **options,
        )

    writes = (plans.Part(output_dir, settings),)
    return plans.Plan(output_dir, writes, work, reads, quiet)
