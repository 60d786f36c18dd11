r"""Prints one line of flags per trial, for runners/lottery_experiment.

    lottery-ticket argfile_runner lottery_experiment \
        lottery_experiment_argfile --output_dir=results --trials=5
"""

import shlex

from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations import fields, paths
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
    fields.check("trials", trials, int, at_least=1)
    return [
        shlex.join(
            [
                f"--output_dir={paths.trial(output_dir, trial)}",
                f"--seed={trial}",
            ]
        )
        for trial in range(first_trial, first_trial + trials)
    ]


def main(argv=None):
    """Prints the lines; None takes sys.argv's flags."""
    flags.print_lines(lines, lottery_experiment.plan, argv)


if __name__ == "__main__":
    main()
