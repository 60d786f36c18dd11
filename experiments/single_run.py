"""Experiments that train one network, in one folder."""

from collections.abc import Callable

from lottery_ticket.experiments import from_recipe, recipes
from lottery_ticket.foundations import plans
from lottery_ticket.foundations.training import run_settings


def plan(
    recipe: recipes.Recipe,
    output_dir: str,
    give_start: Callable,
    output: run_settings.Output,
    *,
    course: run_settings.Course = run_settings.Course(),  # noqa: B008  Frozen.
    finetune: bool = False,
    reads: tuple[str, ...] = (),
    before_data: Callable[[], object] | None = None,
) -> plans.Plan:
    """Returns the plan of an experiment that trains one network.

    Args:
        recipe: Dataset, network and training.
        output_dir: Folder of the run.
        give_start: Function (dataset, model) that gives the model the weights
            and masks to start from.
        output: What the run writes and shows; its settings are all that the
            results depend on.
        course: Where it starts, and what it does on the way.
        finetune: Whether to train at the schedule's last rate throughout.
        reads: Folders of results that it starts from.
        before_data: Function () that is called first, as it may raise: data
            need not be loaded then.
    """

    def work():
        if before_data is not None:
            before_data()
        dataset = from_recipe.dataset(recipe)
        model = from_recipe.model(recipe, dataset, output.quiet)
        give_start(dataset, model)
        from_recipe.train(
            recipe,
            dataset,
            model,
            output_dir,
            course=course,
            finetune=finetune,
            output=output,
        )

    writes = (plans.Run(output_dir, output.settings),)
    return plans.Plan(output_dir, writes, work, reads, output.quiet)
