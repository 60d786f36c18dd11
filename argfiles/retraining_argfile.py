r"""Prints one line of flags per trial and way to retrain pruned networks.

    lottery-ticket argfile_runner lottery_experiment retraining_argfile \
        --output_dir=results --rewind_iteration=500it --trials=5
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.experiments.settings import level_rules
from lottery_ticket.foundations.command_line import flags


def lines(
    output_dir: str,
    *,
    rewind_iteration: str,
    retrainings: str = ",".join(level_rules.RETRAININGS),
    trials: int = 5,
    first_trial: int = 1,
) -> list[str]:
    """Prints one line of flags per trial and way to retrain.

    Compares weights that are rewound to an iteration (rewind), the same with
    the learning rate alone (lr_rewind) and fine-tuning at the last rate
    (finetune), all for the iterations from there to the end. The experiments
    are named so; each trains its own level 0, from the same seed to the same
    bytes. Any flag of lottery_experiment may be given too; it goes into every
    line.

    Source: Renda et al. 2020 (https://arxiv.org/abs/2003.02389).

    Args:
        output_dir: Folder of the results; trials go to OUTPUT_DIR/trial1, ...
        rewind_iteration: Where retraining starts, such as 500it or 2ep.
        retrainings: Those of rewind, lr_rewind and finetune to run.
        trials: Number of trials.
        first_trial: Number of the first one.

    Raises:
        ValueError: If there are no trials or a way to retrain is unknown.
    """
    chosen = retrainings.split(",")
    chosen = sweep.known("retraining", chosen, level_rules.RETRAININGS)
    level_rules.LevelRules(rewind_iteration=rewind_iteration)
    return [
        sweep.line(
            output_dir=folder,
            seed=trial,
            experiment_name=name,
            retraining=name,
            rewind_iteration=rewind_iteration,
        )
        for trial, folder in sweep.trials(output_dir, trials, first_trial)
        for name in chosen
    ]


if __name__ == "__main__":
    flags.print_lines(lines, lottery_experiment.plan)
