r"""Prints one line of flags per ticket and way to match, for runners/align.

    lottery-ticket argfile_runner align align_argfile \
        --output_dir=results --levels=6,7

Its lines wait for the other draw's dense runs, which aligned_argfile trains.
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import align
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths

# Matching -> end of the names of what it made: alignments, and trainings.
ENDINGS = {"activations": "", "weights": "_weights", "random": "_random"}
OTHER_DRAW = "other_draw"
USUAL_NAME = "same_init"


def lines(
    output_dir: str,
    *,
    levels: str,
    matchings: str = "activations,random",
    trials: int = 5,
    first_trial: int = 1,
    experiment_name: str = USUAL_NAME,
) -> list[str]:
    """Prints one line of flags per trial, level and way to match units.

    Tickets are those of the finished lottery experiment in the same output_dir.
    Each trial has another draw of its own, OUTPUT_DIR/trial1/0/other_draw,
    which aligned_argfile trains; it trains that draw under the masks found
    here, too. Results lie beside the tickets, in OUTPUT_DIR/trial1/{level}/
    align, .../align_weights and .../align_random. Any flag of align (--points,
    --data_dir, ...) may be given too; it goes into every line.

    Args:
        output_dir: Folder that holds trial1, trial2, ...
        levels: Levels of the tickets, such as 8,12 or 6-12.
        matchings: Ways to match units, separated by commas: activations,
            weights, random.
        trials: Number of trials.
        first_trial: Number of the first one.
        experiment_name: Name of the lottery experiment's runs.

    Raises:
        ValueError: If levels cannot be read, one is the dense network's 0, a
            matching is unknown or there are no trials.
    """
    chosen = sweep.known("matching", sweep.words(matchings), ENDINGS)
    wanted = sweep.levels(levels)
    if 0 in wanted:
        raise ValueError(
            "Masks of the dense network need no match: levels must begin at "
            f"1. Received: {levels!r}"
        )
    return [
        sweep.line(
            output_dir=alignment(folder, level, each, experiment_name),
            first=paths.run(folder, 0, experiment_name),
            second=other_draw(folder, experiment_name),
            ticket=paths.run(folder, level, experiment_name),
            matching=each,
        )
        for _, folder in sweep.trials(output_dir, trials, first_trial)
        for level in wanted
        for each in chosen
    ]


def alignment(
    trial_folder: str, level: int, matching: str, experiment_name: str
) -> str:
    """Returns the folder of a ticket's permuted masks."""
    name = f"align{ENDINGS[matching]}"
    return paths.run(
        trial_folder, level, sweep.beside(name, experiment_name, USUAL_NAME)
    )


def other_draw(trial_folder: str, experiment_name: str) -> str:
    """Returns the folder of the dense run of a trial's other draw."""
    name = sweep.beside(OTHER_DRAW, experiment_name, USUAL_NAME)
    return paths.run(trial_folder, 0, name)


if __name__ == "__main__":
    flags.print_lines(lines, align.plan)
