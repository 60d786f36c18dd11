"""Plans of experiments on one network: they train it, or measure on it."""

import dataclasses
from collections.abc import Callable

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe, mask_dynamics
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.records import lock, plans
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import names

with lazy.imports():
    from lottery_ticket.foundations.training import compacted_model


def plan(
    recipe: recipes.Recipe,
    output_dir: str,
    work: Callable,
    writes: tuple[plans.Run | plans.Result, ...],
    *,
    reads: tuple[str, ...] = (),
    quiet: bool = False,
    before_data: Callable[[], object] | None = None,
) -> plans.Plan:
    """Returns the plan of work on the dataset and the network of a recipe.

    Args:
        recipe: Dataset, network and training.
        output_dir: Folder of the results.
        work: Function (dataset, model) that does it.
        writes: Runs and results that come of it; see plans.Plan.
        reads: Folders of results that it starts from.
        quiet: Whether to show no progress.
        before_data: Function () that is called first, as it may raise: data
            need not be loaded then.
    """

    def make_and_work():
        if before_data is not None:
            before_data()
        dataset = from_recipe.dataset(recipe)
        folders = (*dict.fromkeys(each.directory for each in writes), *reads)
        work(dataset, from_recipe.model(recipe, dataset, quiet, folders))

    program = from_recipe.program(recipe)
    return plans.Plan(output_dir, writes, make_and_work, reads, quiet, program)


def training(
    recipe: recipes.Recipe,
    output_dir: str,
    give_start: Callable,
    output: run_settings.Output,
    *,
    course: run_settings.Course = run_settings.Course(),  # noqa: B008  Frozen.
    finetune: bool = False,
    reads: tuple[str, ...] = (),
    before_data: Callable[[], object] | None = None,
    is_compacted: bool = False,
) -> plans.Plan:
    """Returns the plan of an experiment that trains once, in one folder.

    Args: as for `plan`, and
        give_start: Function (dataset, model) that gives the model the weights
            and masks to start from. It may return facts to record: a dict, name
            -> JSON value.
        output: What the run writes and shows; its settings are those of a
            plans.Run.
        course: Where it starts, and what it does on the way.
        finetune: Whether to train at the schedule's last rate throughout.
        is_compacted: Whether it is trained as a smaller network; see
            compacted_model.
    """
    names.check("on_collapse", output.on_collapse, collapse.POLICIES)

    def work(dataset, model):
        facts = give_start(dataset, model) or {}
        mask_dynamics.check_pruned(recipe, model.masks)
        from_recipe.train(
            recipe,
            dataset,
            compacted_model.of(model) if is_compacted else model,
            output_dir,
            course=course,
            finetune=finetune,
            output=dataclasses.replace(
                output, settings=plans.made(output.settings), facts=facts
            ),
        )

    return plan(
        recipe,
        output_dir,
        work,
        (plans.Run(output_dir, output.settings),),
        reads=reads,
        quiet=output.quiet,
        before_data=before_data,
    )


def measuring(
    recipe: recipes.Recipe,
    result: plans.Result,
    prepare: Callable,
    measure: Callable,
    *,
    runs: tuple[plans.Run, ...] = (),
    part: str | None = None,
    reads: tuple[str, ...] = (),
    quiet: bool = False,
) -> plans.Plan:
    """Returns the plan of an experiment that ends with a result file.

    Args: as for `plan`, and
        result: The file, in the folder of the results.
        prepare: Function (dataset, model) that checks, or trains; a training
            holds its folder itself.
        measure: Function (dataset, model, what `prepare` returned) -> pair of
            the file's JSON values and a text about them, "" to say nothing. It
            holds the folder of the results.
        runs: What is trained on the way.
        part: File of the work so far, which goes once the result is there.
    """
    directory = result.directory

    def work(dataset, model):
        prepared = prepare(dataset, model)
        with lock.hold(directory):
            found, text = measure(dataset, model, prepared)
            result.write({**found, **model.headline.facts})
            if part is not None:
                files.remove(part)
        if text:
            progress.say(f"{directory}: {text}", quiet)

    writes = (*runs, result)
    return plan(recipe, directory, work, writes, reads=reads, quiet=quiet)
