"""The lottery ticket experiment: iterative pruning with rewinding."""

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.experiments.settings import level_rules, recipes
from lottery_ticket.experiments.settings import scoring as scoring_lib
from lottery_ticket.experiments.stages import levels, one_network
from lottery_ticket.foundations.records import plans


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),  # noqa: B008  It is frozen.
    scoring: scoring_lib.Scoring = scoring_lib.Scoring(),  # noqa: B008
    rules: level_rules.LevelRules = level_rules.LevelRules(),  # noqa: B008
    *,
    iterations: int | None = None,
    experiment_name: str = "same_init",
    presets: str | dict | None = None,
    keep_zeros: bool = True,
    save_iterations: tuple[str, ...] = (),
    on_collapse: str = "warn",
    copies: int = 1,
    save_summaries: bool = True,
    quiet: bool = False,
) -> plans.Plan:
    """Runs the lottery ticket experiment: train, prune, rewind, repeat.

    Level 0 is the dense network. Each later level prunes a fraction of the
    weights still kept, those of smallest magnitude, puts the others back to
    where they began, and trains again. Other criteria, densities, ways to
    retrain, and actions on kept (mask-1) and pruned weights (mask-0) are flags.
    Finished levels are skipped, so the same command resumes a stopped
    experiment.

    Results lie in OUTPUT_DIR/{level}/{experiment_name}/; `report` draws them.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    Rewinding to a later iteration: Frankle et al. 2019
    (https://arxiv.org/abs/1903.01611), sec. 3; of the learning rate alone, and
    fine-tuning: Renda et al. 2020 (https://arxiv.org/abs/2003.02389), sec. 2.
    Criteria by sign, actions: Zhou et al. 2019
    (https://arxiv.org/abs/1905.01067), sec. 2 to 4.

    Args:
        output_dir: Folder of the results, one per trial, such as
            results/trial1.
        recipe: Dataset, network and training; see Recipe.
        scoring: Which weights go first; see Scoring.
        rules: How far levels prune, where they start from; see LevelRules.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
            None is 30, or one for each of densities, or of n:m.
        experiment_name: Name of the runs; may not end in a digit.
        presets: Folder (or dict) of a network that level 0 starts from;
            without it, level 0 is drawn from init_seed.
        keep_zeros: Whether kernels of the presets, or as a function in a file
            draws them, with more than 5 % zeros, and not of zeros alone, are
            trained under a mask of them from level 0.
        save_iterations: Lengths such as 500it,2ep after which the weights of
            each level are saved too, in its folder's iteration{i}; every:5ep is
            after each 5 epochs. A level that starts later saves the later ones.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output, warn or stop before that level is trained.
        copies: How many networks each level trains, from the same weights in
            different orders of the examples; what is pruned, and is the level's
            network, is their mean. Source: Choi et al. 2024
            (https://arxiv.org/abs/2305.14852).
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a setting does not fit, output_dir holds results made
            with other settings, or a layer collapses that should not.
        FileNotFoundError: If data or presets cannot be had.
    """
    planned = levels.Levels(
        output_dir,
        recipe,
        scoring,
        rules,
        iterations=iterations,
        presets=given_networks.network(presets),
        keep_zeros=keep_zeros,
        save_iterations=save_iterations,
        experiment_name=experiment_name,
        on_collapse=on_collapse,
        save_summaries=save_summaries,
        copies=copies,
        quiet=quiet,
    )
    return one_network.plan(
        recipe,
        output_dir,
        planned.train,
        planned.writes,
        reads=given_networks.folders(presets),
        quiet=quiet,
    )
