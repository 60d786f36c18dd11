r"""Prints one line of flags per pair of copies, for runners/instability.

    lottery-ticket argfile_runner instability instability_argfile \
        --output_dir=results --levels=0,8 --iterations=0it,500it
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import instability
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import steps

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
    named = []  # Pairs: name of the experiment, and the number behind it.
    lengths = [length.strip() for length in iterations.split(",")]
    for length in lengths:
        unit, number = steps.parse(length)
        name = sweep.beside(ENDINGS[unit], experiment_name, USUAL_NAME)
        named.append((name, number))
    return [
        sweep.line(
            output_dir=paths.run(folder, level, *name),
            ticket=paths.run(folder, level, experiment_name),
            iteration=length,
        )
        for _, folder in sweep.trials(output_dir, trials, first_trial)
        for level in sweep.levels(levels)
        for length, name in zip(lengths, named, strict=True)
    ]


if __name__ == "__main__":
    flags.print_lines(lines, instability.plan)
