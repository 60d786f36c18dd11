"""The lottery ticket experiment: iterative pruning with resetting."""

import functools

from lottery_ticket.experiments import ingredients, recipes
from lottery_ticket.foundations import (
    experiment,
    paths,
    progress,
    pruning,
    run_record,
    save_restore,
)


def train(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    *,
    iterations: int = 30,
    experiment_name: str = "same_init",
    presets: str | dict | None = None,
    save_summaries: bool = True,
    quiet: bool = False,
) -> None:
    """Runs the lottery ticket experiment: train, prune, reset, repeat.

    Level 0 is the dense network. Each later level prunes a fraction of the
    weights still kept, those of smallest magnitude, puts the others back to
    where they began, and trains again. Finished levels are skipped, so the same
    command resumes a stopped experiment.

    Results lie in OUTPUT_DIR/{level}/{experiment_name}/; `report` draws them.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        output_dir: Folder of the results, one per trial, such as
            results/trial1.
        recipe: Dataset, network and training; see Recipe.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
        experiment_name: Name of the runs; may not end in a digit.
        presets: Folder (or dict) of a network that level 0 starts from;
            without it, level 0 is drawn from init_seed.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, or output_dir holds results made
            with other settings.
        FileNotFoundError: If data or presets cannot be had.
    """
    presets = ingredients.network(presets)
    runs = level_runs(output_dir, recipe, iterations, experiment_name, presets)
    if _are_complete(runs):
        progress.say_complete(output_dir, quiet)
        return
    dataset = ingredients.dataset(recipe)
    model = ingredients.model(recipe, dataset, quiet)
    train_levels(recipe, dataset, model, runs, presets, save_summaries, quiet)


def train_levels(
    recipe, dataset, model, runs, presets, save_summaries=True, quiet=False
) -> None:
    """Trains, prunes and resets a given model on a given dataset.

    Args:
        recipe: recipes.Recipe, of which dataset and network do not count.
        dataset: DatasetBase.
        model: ModelBase; it ends with the masks and weights of the last level.
        runs: List of each level's (folder, settings), as from `level_runs`.
        presets: Dict, name -> array that level 0 starts from, or None.
        save_summaries: As for `train`.
        quiet: As for `train`.

    Raises:
        As `train`.
    """
    pruning.check_fractions(recipe.fractions, model.masks, recipe.scope)
    last = len(runs) - 1
    with progress.Progress(len(runs), quiet) as bar:

        def train_model(level, dataset, model):
            directory, settings = runs[level]
            return ingredients.train(
                recipe,
                dataset,
                model,
                directory,
                settings=settings,
                label=f"level {level}/{last}",
                bar=bar,
                save_summaries=save_summaries,
            )

        experiment.experiment(
            make_dataset=lambda: dataset,
            make_model=functools.partial(model.reset, seed=recipe.init_seed),
            train_model=train_model,
            prune_masks=functools.partial(
                pruning.prune_by_percent, recipe.fractions, scope=recipe.scope
            ),
            iterations=last,
            presets=presets,
        )


def is_complete(
    output_dir,
    recipe=recipes.Recipe(),  # noqa: B008  It is frozen.
    *,
    iterations=30,
    experiment_name="same_init",
    presets=None,
    save_summaries=True,
    quiet=False,
) -> bool:
    """Whether `train` with these arguments has nothing left to do.

    Raises:
        ValueError: As for `train`.
    """
    presets = ingredients.network(presets)
    return _are_complete(
        level_runs(output_dir, recipe, iterations, experiment_name, presets)
    )


def level_runs(output_dir, recipe, iterations, experiment_name, presets):
    """Returns a list of each level's (folder, settings).

    Args:
        output_dir: As for `train`.
        recipe: As for `train`.
        iterations: As for `train`.
        experiment_name: As for `train`.
        presets: Dict, name -> array that level 0 starts from, or None.

    Raises:
        ValueError: If the experiment's name or the number does not fit.
    """
    paths.check_experiment_name(experiment_name)
    if iterations < 0:
        raise ValueError(
            f"iterations must be 0 or more. Received: {iterations}"
        )
    settings = {
        **recipe.settings(),
        "experiment": "lottery_experiment",
        "presets": save_restore.checksum(presets),
    }
    return [
        (
            paths.run(output_dir, level, experiment_name),
            {**settings, "level": level},
        )
        for level in range(iterations + 1)
    ]


def _are_complete(runs):
    return all(run_record.is_complete(*run) for run in runs)
