"""The door to a folder of results: its runs, as a data frame, and its gaps."""

from lottery_ticket.analysis.reading import (
    headlines,
    runs,
    selection,
    tree,
)
from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.foundations.values import names_0_1_0


def read(
    output_dir: str,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
    files: dict[str, str] | None = None,
    options: options_lib.Options = options_lib.USUAL,
) -> tree.Tree:
    """Returns the runs below a folder, and what is wrong with the others.

    Reads run.json and the test and validation logs; opens no array. The tree's
    `runs` is a data frame with the columns `reading.runs.COLUMNS`:

    - experiment, trial (a number where it is one), level, run (text, "" where
      an experiment trains once a level), directory;
    - density of all masked layers together, density_LAYER of each;
    - effective_density, effective_LAYER: the same, of the kept weights that lie
      on a path from input to output; NaN where that is not known;
    - accuracy, loss: on the test set, after the last of the iterations; where
      another metric is a run's headline, the column has its name (mae), as
      early_stop_accuracy has (early_stop_mae), and headline and
      higher_is_better stand behind the others;
    - early_stop_iteration, early_stop_accuracy, early_stop_loss: see
      `logs.early_stop_iteration`; accuracy and loss are on the test set, as
      evaluated nearest to that iteration. NaN where there is no validation;
    - kind (the function that trained it), recipe, dataset, model, seed;
    - criterion, invert_scores, one_shot, retraining, rewind_iteration, restart,
      mask_1_action, mask_0_action: settings of these names. What a lottery
      experiment's run.json does not have, as it is older than the setting, is
      as it was then; of other kinds it is None;
    - early_stop_censored: whether the lowest validation loss is the last one,
      so that the true minimum may lie beyond; optimizer, lr and training_len as
      set, and train_s, the seconds that training took; NaN or None where that
      is not known;
    - weights_kept, weights_effective: of all masked layers together, kept and
      on a path; flops, flops_dense: FLOPs of one example with the weights kept
      and with all, see `flop_counts`; ticket_bytes: masks and final weights in
      a ticket's file, see `byte_counts`. NaN where that is not known, as of
      older runs;
    - start_accuracy, which bears the metric's name as accuracy does: on the
      test set as first evaluated, before weights are trained;
    - sign_agreement: share of the kept weights that training left with the
      sign they began with; NaN as of older runs.

    Lottery experiments come first, then the others, by their lowest level; then
    by name, level, trial and run.

    Args:
        output_dir: Folder of results, or several with commas between them;
            see `tree.walk`.
        experiments: Names of experiments as in a flag, such as
            "same_init,reinit"; see `tree.Tree`.
        levels: Levels to draw; see `tree.Tree`.
        files: Names of result files by experiment, for the sections of a
            report; see `tree.Tree`.
        options: What sections compare, and how they show it; its metric
            chooses runs, too.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If there are runs, but none of such an experiment or
            metric, none of the chosen ones at one of the levels, or none of an
            experiment that has a label or is named as control.
    """
    places = tree.walk(output_dir)
    of_runs = [place for place in places if place.is_run]
    found, origins, problems = runs.read(of_runs)
    chosen = found
    if not found.empty:  # Where there is no run, nothing is known.
        chosen = selection.choose(found, experiments)
        chosen = headlines.of_metric(chosen, options.metric)
        chosen = headlines.of_chosen(chosen, found)
        selection.check_levels(chosen, levels or ())
        selection.check_labels(chosen, options.names)
        if options.control != options_lib.CONTROL:
            selection.check_control(chosen, options.control)
    return tree.Tree(
        output_dir=output_dir,
        places=places,
        runs=found,
        problems=problems,
        chosen=chosen,
        experiments=experiments,
        levels=levels,
        files=files or names_0_1_0.RESULT_FILES,
        options=options,
        origins=origins,
    )


def check_some(found: tree.Tree) -> None:
    """Raises ValueError where there is no complete run to report."""
    if found.runs.empty:
        raise ValueError(
            f"{found.output_dir} holds no complete run. Found: "
            f"{found.problems[0] if found.problems else 'no folder of a run'}"
        )
