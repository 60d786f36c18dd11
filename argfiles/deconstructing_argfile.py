r"""Prints one line of flags per experiment of "Deconstructing Lottery Tickets".

    lottery-ticket argfile_runner lottery_experiment deconstructing_argfile \
        --output_dir=results --grid=criteria,mask_1,mask_0 --networks=fc,conv2
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import lottery_experiment, untrained
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.criteria import criteria as criteria_lib
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import fields, names

# What every experiment is but for one: the winning tickets.
USUAL = {
    "criterion": "large_final",
    "mask_1_action": "rewind",
    "mask_0_action": "zero",
}
USUAL_NAME = USUAL["criterion"]
# Grid -> flag in which its experiments differ, and all values of that.
GRIDS = {
    "criteria": ("criterion", criteria_lib.CRITERIA),
    "mask_1": ("mask_1_action", mask_1.MASK_1_ACTIONS),
    "mask_0": ("mask_0_action", mask_0.MASK_0_ACTIONS),
}
# Grid -> the values that it takes when none are chosen.
VALUES = {
    "criteria": (
        *untrained.CRITERIA,
        "large_final_diff_sign_single",
        "large_final_same_sign_single",
    ),
    "mask_1": (
        "rewind",
        "reinit",
        "random_reinit",
        "random_reshuffle",
        "rand_signed_constant",
        "signed_reinit",
        "signed_reshuffle",
        "signed_constant",
        "random_reinit_rescaling",
        "signed_reinit_rescaling",
        "signed_constant_rescaling",
        "rand_signed_constant_rescaling",
    ),
    "mask_0": tuple(mask_0.MASK_0_ACTIONS),
}


def lines(
    output_dir: str,
    *,
    grid: tuple[str, ...] = ("criteria",),
    networks: tuple[str, ...] = ("fc",),
    criteria: tuple[str, ...] | None = None,
    mask_1_actions: tuple[str, ...] | None = None,
    mask_0_actions: tuple[str, ...] | None = None,
    iterations: int = 24,
    trials: int = 5,
    first_trial: int = 1,
) -> list[str]:
    """Prints one line of flags per network, trial and experiment.

    Results lie in OUTPUT_DIR/{network}/trial1/{level}/{experiment}/. The
    experiments of criteria have the criterion's name; those of mask_1 and
    mask_0 prune by large_final and are called mask_1_ and mask_0_ with the
    action's name. Rewinding (mask_1) and zeros (mask_0) are what all others
    have: that experiment is large_final itself, once, whatever the grids.

    Each experiment trains its own level 0, in a trial from the same seed to the
    same bytes: one of 25 trainings, of the criteria that end in _single one of
    two, as they keep what they keep, whatever the fractions, and prune once.
    Any flag of lottery_experiment may be given too; it goes into every line.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), and the
    settings that were released with it. The released code cannot do reinit (a
    fresh draw), freeze_reinit and freeze_final.

    Args:
        output_dir: Folder that holds a folder for each network.
        grid: Which experiments, of criteria (which weights go), mask_1 (what
            kept weights start from) and mask_0 (what pruned weights are), such
            as mask_1,mask_0.
        networks: Which networks, of fc, conv2, conv4 and conv6, on MNIST and
            CIFAR-10 as in the paper, or any recipes by name, such as
            digits_fc.
        criteria: Criteria of the grid of that name; None takes the 17 of Zhou
            et al.
        mask_1_actions: Mask-1 actions of the grid mask_1; None takes those of
            Zhou et al. and reinit, but not mask_init, which beside pruned
            weights of zero trains as rewind does.
        mask_0_actions: Mask-0 actions of the grid mask_0; None takes all.
        iterations: Number of prunings; 0 trains the dense networks alone.
        trials: Number of trials.
        first_trial: Number of the first one; a trial's number is its seed.

    Raises:
        ValueError: If a name is unknown, values are given of a grid that is
            not, or there are no trials.
    """
    fields.check("iterations", iterations, int, at_least=0)
    chosen = {
        "criteria": criteria,
        "mask_1": mask_1_actions,
        "mask_0": mask_0_actions,
    }
    experiments = _experiments(grid, chosen)
    return [
        sweep.line(
            recipe=sweep.recipe(network, "zhou"),
            output_dir=folder,
            seed=trial,
            experiment_name=name,
            **settings,
            # What decides by itself keeps what it keeps, whatever fractions.
            iterations=min(iterations, 1)
            if criteria_lib.CRITERIA[settings["criterion"]].decides
            else iterations,
        )
        for network, trial, folder in sweep.network_trials(
            output_dir, networks, trials, first_trial
        )
        for name, settings in experiments.items()
    ]


def _experiments(grids, chosen):
    """Dict, experiment's name -> its criterion and actions."""
    for grid in grids:
        names.check("grid", grid, GRIDS)
    experiments = {}
    for grid, (flag, known) in GRIDS.items():
        if grid not in grids and chosen[grid] is not None:
            raise ValueError(
                f"A {flag} is chosen, but not the grid {grid}. Received: "
                f"grid={','.join(grids)}"
            )
        values = VALUES[grid] if chosen[grid] is None else chosen[grid]
        for value in values if grid in grids else ():
            names.check(flag, value, known)
            settings = {**USUAL, flag: value}
            name = value if grid == "criteria" else f"{grid}_{value}"
            experiments[USUAL_NAME if settings == USUAL else name] = settings
    return experiments


if __name__ == "__main__":
    flags.print_lines(lines, lottery_experiment.plan)
