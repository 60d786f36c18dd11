r"""Prints one line of flags per supermask to learn, for runners/supermask.

    lottery-ticket argfile_runner supermask supermask_argfile \
        --output_dir=results --networks=fc --variants=supermask,supermask_both
"""

import shlex

from lottery_ticket.argfiles import trials as trials_lib
from lottery_ticket.experiments import recipes, supermask
from lottery_ticket.foundations import names, paths
from lottery_ticket.foundations.command_line import flags

# Experiment -> (rescaling, mask_1_action), see experiments/mask_search.
VARIANTS = {
    "supermask": ("none", "rewind"),
    "supermask_rescaled": ("dynamic", "rewind"),
    "supermask_signed": ("none", "signed_constant"),
    "supermask_both": ("dynamic", "signed_constant"),
}


def lines(
    output_dir: str,
    *,
    networks: tuple[str, ...] = ("fc",),
    variants: tuple[str, ...] = tuple(VARIANTS),
    trials: int = 5,
    first_trial: int = 1,
) -> list[str]:
    """Prints one line of flags per network, trial and variant.

    Results lie in OUTPUT_DIR/{network}/trial1/0/{variant}/, beside those of
    deconstructing_argfile, whose trials of the same number start from the same
    weights. Any flag of supermask (--training_len, --sigmoid_bias, ...) may be
    given too; it goes into every line.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), table 1.

    Args:
        output_dir: Folder that holds a folder for each network.
        networks: Which networks, of fc, conv2, conv4 and conv6, on MNIST and
            CIFAR-10, or any recipes by name, such as digits_fc; with the
            recipes for supermasks, where there are.
        variants: Which variants, of supermask (weights as drawn),
            supermask_rescaled (dynamic weight rescaling), supermask_signed
            (signed constants) and supermask_both.
        trials: Number of trials.
        first_trial: Number of the first one; a trial's number is its seed.

    Raises:
        ValueError: If a name is unknown, or there are no trials.
    """
    for variant in variants:
        names.check("variant", variant, VARIANTS)
    return [
        shlex.join(
            [
                f"--recipe={_recipe(network)}",
                f"--output_dir={paths.run(directory, 0, variant)}",
                f"--seed={trial}",
                f"--rescaling={VARIANTS[variant][0]}",
                f"--mask_1_action={VARIANTS[variant][1]}",
            ]
        )
        for network, trial, directory in trials_lib.each_trial(
            output_dir, networks, trials, first_trial
        )
        for variant in variants
    ]


def _recipe(network):
    own = f"{network}_supermask"
    if own in recipes.RECIPES:
        return own
    return trials_lib.recipe(network, "supermask")


def main(argv=None):
    """Prints the lines; None takes sys.argv's flags."""
    flags.print_lines(lines, supermask.plan, argv)


if __name__ == "__main__":
    main()
