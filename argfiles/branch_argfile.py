r"""Prints one line of flags per branch of a ticket, for runners/branch.

    lottery-ticket argfile_runner branch branch_argfile \
        --output_dir=results --experiment=reinit,shuffle --levels=8,12,16
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import branch
from lottery_ticket.experiments.settings import recipe_changes
from lottery_ticket.foundations.command_line import flag_values, flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import fields, seeds

# Experiment -> (selection, mask_1_action), see experiments/branch.
EXPERIMENTS = {
    "reinit": ("ticket", "reinit"),
    "reuse": ("ticket", "reuse"),
    "reuse_sign": ("ticket", "reuse_sign"),
    "signed_draw": ("ticket", "signed_draw"),
    "signed_draw_initial": ("ticket", "signed_draw_initial"),
    "signed_draw_norms": ("ticket", "signed_draw_norms"),
    "shuffle": ("shuffle", "rewind"),
    "random": ("shuffle", "reinit"),
    "random_global": ("random_global", "reinit"),
    "oneshot": ("oneshot", "rewind"),
    "transfer": ("ticket", "rewind"),
}
USUAL_NAME = "same_init"
DRAW_NOTHING = ("oneshot", "transfer")


def lines(
    output_dir: str,
    changes: recipe_changes.RecipeChanges = recipe_changes.UNCHANGED,
    *,
    experiment: str = "reinit",
    trials: int = 20,
    first_trial: int = 1,
    levels: str = "1-30",
    runs: int = 3,
    experiment_name: str = USUAL_NAME,
) -> list[str]:
    """Prints one line of flags per trial, level, experiment and run.

    Tickets are those of the finished lottery experiment in the same output_dir,
    whose recipe need not be given again: flags of the recipe are changes, and
    go into every line, as do the other flags of branch.

    Source: three runs for each ticket, as Frankle & Carbin 2019
    (https://arxiv.org/abs/1803.03635) reinitialize. The 2018 library had 10, at
    level 0 too.

    Args:
        output_dir: Folder that holds trial1, trial2, ...
        changes: What is other than for the tickets; see RecipeChanges.
        experiment: One or several, separated by commas, of reinit (fresh
            weights), reuse (values of the ticket's initial weights at other
            places), reuse_sign (the same, each where the ticket's weight has
            its sign), signed_draw (fresh weights, each with the sign that the
            ticket's ended with), signed_draw_initial (with the sign it began
            with), signed_draw_norms (with the ticket's trained normalisations,
            too), shuffle (each layer's mask permuted), random (the same,
            with fresh weights), random_global (as many weights of all layers
            together at random, fresh), oneshot (masks of as many weights by
            the dense network's magnitudes alone) and transfer (the ticket with
            another recipe or dataset, which must be given).
        trials: Number of trials.
        first_trial: Number of the first one.
        levels: Levels, such as 1-30 or 4,8,12.
        runs: Runs per trial, level and experiment, each with a draw of its own;
            oneshot and transfer draw nothing, and run once.
        experiment_name: Name of the lottery experiment's runs. Unless it is
            same_init, the branches' names begin with it, as in rewind_reinit.

    Raises:
        ValueError: If an experiment is unknown or does not fit a level, a
            transfer changes nothing, levels cannot be read, or there are no
            trials or runs.
    """
    fields.check("runs", runs, int, at_least=1)
    given = {
        name: flag_values.text(value)
        for name, value in fields.given(changes).items()
    }
    chosen = sweep.known("experiment", experiment.split(","), EXPERIMENTS)
    if "transfer" in chosen and not given.keys() - {"data_dir"}:
        raise ValueError(
            "transfer needs what a ticket is transferred to, such as "
            "--recipe=fashion_mnist_fc or --dataset=cifar100"
        )
    folders = {
        name: sweep.beside(name, experiment_name, USUAL_NAME) for name in chosen
    }
    own = [
        sweep.line(
            output_dir=paths.run(folder, level, folders[name], run),
            ticket=paths.run(folder, level, experiment_name),
            **_flags(trial, level, name, run),
        )
        for trial, folder in sweep.trials(output_dir, trials, first_trial)
        for level in _levels(levels, chosen)
        for name in chosen
        for run in ([""] if name in DRAW_NOTHING else range(1, runs + 1))
    ]
    return [f"{line} {sweep.line(**given)}".rstrip() for line in own]


def _flags(trial, level, name, run):
    """Flags of an experiment, and the seed of its draw."""
    selection, mask_1_action = EXPERIMENTS[name]
    flags: dict = {"selection": selection, "mask_1_action": mask_1_action}
    if name not in DRAW_NOTHING:
        flags["init_seed"] = seeds.derive(trial, name, level, run)
    return flags


def _levels(text, chosen):
    """Levels that a text names, checked for the experiments chosen."""
    levels = sweep.levels(text)
    for name in chosen:
        if 0 in levels and EXPERIMENTS[name][0] != "ticket":
            raise ValueError(
                f"{name} is for pruned networks: levels must begin at 1. "
                f"Received: {text!r}"
            )
    return levels


if __name__ == "__main__":
    flags.print_lines(lines, branch.plan)
