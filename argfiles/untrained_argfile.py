r"""Prints one line of flags per dense network, for runners/untrained.

    lottery-ticket argfile_runner untrained untrained_argfile \
        --output_dir=results --networks=fc,conv2
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import untrained
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths

USUAL_NAME = "large_final"  # As deconstructing_argfile calls it.


def lines(
    output_dir: str,
    *,
    networks: tuple[str, ...] = ("fc",),
    trials: int = 5,
    first_trial: int = 1,
    experiment_name: str = USUAL_NAME,
) -> list[str]:
    """Prints one line of flags per network and trial.

    Scores and prunes the dense network that is level 0 of a finished lottery
    experiment in the same output_dir, and evaluates what is left as it was
    before training. Results lie in OUTPUT_DIR/{network}/trial1/0/untrained/.
    Any flag of untrained (--criteria, --mask_1_actions, --data_dir, ...) may be
    given too; it goes into every line.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).

    Args:
        output_dir: Folder that holds a folder for each network, as
            deconstructing_argfile has them.
        networks: Which networks, of fc, conv2, conv4 and conv6, or any recipes
            by name.
        trials: Number of trials.
        first_trial: Number of the first one.
        experiment_name: Name of the lottery experiment. Unless it is
            large_final, results lie in .../{experiment_name}_untrained/.

    Raises:
        ValueError: If a name is unknown, or there are no trials.
    """
    name = sweep.beside("untrained", experiment_name, USUAL_NAME)
    return [
        sweep.line(
            output_dir=paths.run(folder, 0, name),
            run=paths.run(folder, 0, experiment_name),
        )
        for _, _, folder in sweep.network_trials(
            output_dir, networks, trials, first_trial
        )
    ]


if __name__ == "__main__":
    flags.print_lines(lines, untrained.plan)
