r"""Prints one line of flags per trial, for runners/lottery_experiment.

    lottery-ticket argfile_runner lottery_experiment \
        lottery_experiment_argfile --output_dir=results --trials=5
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations.command_line import flags


def lines(
    output_dir: str, *, trials: int = 20, first_trial: int = 1
) -> list[str]:
    """Prints one line of flags per trial of the lottery experiment.

    Each trial has a seed of its own, its number. Any flag of
    lottery_experiment (--recipe, --iterations, ...) may be given too; it goes
    into every line.

    Args:
        output_dir: Folder of the results; trials go to OUTPUT_DIR/trial1, ...
        trials: Number of trials.
        first_trial: Number of the first one.

    Raises:
        ValueError: If there are no trials.
    """
    return [
        sweep.line(output_dir=folder, seed=trial)
        for trial, folder in sweep.trials(output_dir, trials, first_trial)
    ]


if __name__ == "__main__":
    flags.print_lines(lines, lottery_experiment.plan)
