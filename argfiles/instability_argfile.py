r"""Prints one line of flags per pair of copies, for runners/instability.

    lottery-ticket argfile_runner instability instability_argfile \
        --output_dir=results --levels=0,8 --iterations=0it,500it
"""

import shlex

from lottery_ticket.experiments import instability
from lottery_ticket.foundations import fields, paths, steps
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.sweeps import level_lists

# Unit of an iteration -> end of the experiment's name, before the number.
ENDINGS = {"iterations": "instability", "epochs": "instability_ep"}
USUAL_NAME = "same_init"


def lines(
    output_dir: str,
    *,
    trials: int = 3,
    first_trial: int = 1,
    levels: str = "0",
    iterations: str = "0it,500it",
    experiment_name: str = USUAL_NAME,
) -> list[str]:
    """Prints one line of flags per trial, level and iteration.

    Tickets are those of the finished lottery experiment in the same output_dir,
    whose recipe need not be given again. Results lie beside them: for 500it in
    OUTPUT_DIR/trial1/{level}/instability500, for 2ep in .../instability_ep2;
    those of tickets that are not named same_init in .../NAME_instability500.
    Any flag of instability (--points, --data_dir, ...) may be given too; it
    goes into every line.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671), fig. 3 and
    5 have three trials, dense and pruned.

    Args:
        output_dir: Folder that holds trial1, trial2, ...
        trials: Number of trials.
        first_trial: Number of the first one.
        levels: Levels, such as 0,8 or 0-12; 0 is the dense network.
        iterations: Lengths of training after which copies part, such as
            0it,500it or 0ep,2ep.
        experiment_name: Name of the lottery experiment's runs.

    Raises:
        ValueError: If levels or iterations cannot be read, or there are no
            trials.
    """
    paths.check_experiment_name(experiment_name)
    fields.check("trials", trials, int, at_least=1)
    lengths = [length.strip() for length in iterations.split(",")]
    names = [_name(length, experiment_name) for length in lengths]
    return [
        shlex.join(
            [
                f"--output_dir={paths.run(trial_dir, level, *name)}",
                f"--ticket={paths.run(trial_dir, level, experiment_name)}",
                f"--iteration={length}",
            ]
        )
        for trial in range(first_trial, first_trial + trials)
        for trial_dir in [paths.trial(output_dir, trial)]
        for level in level_lists.parse(levels)
        for length, name in zip(lengths, names, strict=True)
    ]


def _name(length, experiment_name):
    """Pair: name of the experiment, and the number that follows it."""
    unit, number = steps.parse(length)
    is_usual = experiment_name == USUAL_NAME
    start = "" if is_usual else f"{experiment_name}_"
    return f"{start}{ENDINGS[unit]}", number


def main(argv=None):
    """Prints the lines; None takes sys.argv's flags."""
    flags.print_lines(lines, instability.plan, argv)


if __name__ == "__main__":
    main()
