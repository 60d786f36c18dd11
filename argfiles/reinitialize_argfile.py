r"""Prints one line of flags per control run, for runners/reinitialize.

    lottery-ticket argfile_runner reinitialize reinitialize_argfile \
        --output_dir=results --experiment=reinit --trials=5 --levels=8,12,16
"""

import re
import shlex

from lottery_ticket.experiments import reinitialize
from lottery_ticket.foundations import flags, names, paths, seeds

EXPERIMENTS = ("reinit", "reuse", "reuse_sign")


def lines(
    output_dir: str,
    *,
    experiment: str = "reinit",
    trials: int = 20,
    first_trial: int = 1,
    levels: str = "0-30",
    runs: int = 10,
    experiment_name: str = "same_init",
) -> list[str]:
    """Prints one line of flags per trial, level and run of a control.

    Masks, and for reuse and reuse_sign the initial weights, come from the
    finished lottery experiment of the same trial and level, below the same
    output_dir. Any flag of reinitialize (--recipe, --training_len, ...) may be
    given too; it goes into every line, and should be what the tickets had.

    Args:
        output_dir: Folder that holds trial1, trial2, ...
        experiment: reinit (fresh weights), reuse (values of the ticket's
            initial weights at other places) or reuse_sign (the same, each
            where the ticket's weight has its sign).
        trials: Number of trials.
        first_trial: Number of the first one.
        levels: Levels, such as 0-30 or 4,8,12.
        runs: Runs per trial and level, each with a draw of its own.
        experiment_name: Name of the lottery experiment's runs.

    Raises:
        ValueError: If the experiment is unknown, levels cannot be read, or
            there are no trials or runs.
    """
    names.check("experiment", experiment, EXPERIMENTS)
    paths.check_experiment_name(experiment_name)
    if trials < 1 or runs < 1:
        raise ValueError(
            "trials and runs must be at least 1. "
            f"Received: trials={trials}, runs={runs}"
        )
    return [
        shlex.join(
            _flags(output_dir, experiment, experiment_name, trial, level, run)
        )
        for trial in range(first_trial, first_trial + trials)
        for level in _levels(levels)
        for run in range(1, runs + 1)
    ]


def _flags(output_dir, experiment, experiment_name, trial, level, run):
    trial_dir = paths.trial(output_dir, trial)
    ticket = paths.run(trial_dir, level, experiment_name)
    words = [
        f"--output_dir={paths.run(trial_dir, level, experiment, run)}",
        f"--seed={trial}",
        f"--init_seed={seeds.derive(trial, experiment, level, run)}",
        f"--masks={paths.masks(ticket)}",
    ]
    if experiment != "reinit":
        words.append(f"--initialization_distribution={paths.initial(ticket)}")
    if experiment == "reuse_sign":
        words.append(f"--same_sign={paths.initial(ticket)}")
    return words


def _levels(text):
    """Returns the levels in text such as '0-30' or '4,8,12-16'."""
    levels = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if not match:
            raise ValueError(
                "levels must be numbers and ranges such as 0-30 or 4,8,12. "
                f"Received: {text!r}"
            )
        first, last = match[1], match[2] or match[1]
        levels += range(int(first), int(last) + 1)
    if not levels:
        raise ValueError(f"levels must name at least one. Received: {text!r}")
    return levels


def main(argv=None):
    """Prints the lines; None takes sys.argv's flags."""
    flags.print_lines(lines, reinitialize.train, argv)


if __name__ == "__main__":
    main()
