r"""Prints one line of flags per supermask to learn, for runners/supermask.

    lottery-ticket argfile_runner supermask supermask_argfile \
        --output_dir=results --networks=fc --variants=supermask,supermask_both
"""

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments import supermask
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths

# Experiment -> (rescaling, mask_1_action), see experiments/supermask.
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
    sweep.known("variant", variants, VARIANTS)
    return [
        sweep.line(
            recipe=_recipe(network),
            output_dir=paths.run(folder, 0, variant),
            seed=trial,
            rescaling=VARIANTS[variant][0],
            mask_1_action=VARIANTS[variant][1],
        )
        for network, trial, folder in sweep.network_trials(
            output_dir, networks, trials, first_trial
        )
        for variant in variants
    ]


def _recipe(network):
    own = f"{network}_supermask"
    is_recipe = own in recipes.RECIPES
    return own if is_recipe else sweep.recipe(network, "supermask")


if __name__ == "__main__":
    flags.print_lines(lines, supermask.plan)
