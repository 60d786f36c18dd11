"""Zhou et al. 2019, https://arxiv.org/abs/1905.01067.

Numbers without a figure or table are of a rerun of the authors' code by five
seeds, the reproducibility challenge of NeurIPS 2019; half of what lies between
its lowest and highest seed is the margin, on either side of their mean. The
paper prints no spread: learned masks have the usual margin.
Masks by plain magnitude deviate by 5 points between trials, so that ten of them
may well leave their claim open; docs/papers/zhou_2019.md has what was looked
into.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

RERUN = "rerun of the authors' code, n = 5"
FC = "--networks=fc"
# Evaluations change no weight, and take as long as training does.
SELDOM = ("--test_interval=5000", "--validate_interval=5000")


def _grid(*flags):
    words = (FC, *flags)
    return (steps.Step("lottery_experiment", "deconstructing_argfile", words),)


def _supermasks(*flags):
    return (steps.Step("supermask", "supermask_argfile", (FC, *flags)),)


def _untrained_steps(*flags, training=SELDOM, networks=FC):
    """Dense networks, of which only the last weights count, and their masks."""
    dense = (
        *(networks, "--grid=criteria", "--criteria=large_final"),
        *("--iterations=0", *training),
    )
    return (
        steps.Step("lottery_experiment", "deconstructing_argfile", dense),
        steps.Step("untrained", "untrained_argfile", (networks, *flags)),
    )


def _rerun(published, spread, criterion):
    """The best of all densities, as the source chooses it, by the test set."""
    return claims.Claim(
        f"best untrained network of {criterion}",
        RERUN,
        measures.untrained(criterion),
        claims.near(published, spread, " %"),
    )


def _trained(criterion, density, published):
    return claims.Claim(
        f"accuracy of {criterion} at {claims.percent(density)}",
        RERUN,
        measures.accuracy(density, f"fc/{criterion}"),
        claims.near(published, unit=" %"),
    )


def _less_plain(experiment, text, source, bound):
    """An experiment's accuracy at 7 %, less that of plain tickets."""
    return claims.Claim(
        f"accuracy at 7 % of {text}, less that of tickets",
        source,
        measures.gain(0.07, "fc/large_final", f"fc/{experiment}"),
        bound,
        scales=("paper", "short"),
    )


def _learned(variant, text, published):
    return claims.Claim(
        f"accuracy of learned masks{text}",
        "table 1",
        measures.supermask(f"fc/{variant}"),
        claims.near(published, unit=" %"),
    )


def _conv(layers, learned, untrained):
    """Masks of an untrained Conv-2, Conv-4 or Conv-6: table 1.

    learned is the number of masks that are learned, rescaled and with signed
    constants; untrained are those of masks by sign: dict, mask-1 action ->
    number. Others of the table were not seen.
    """
    networks = f"--networks=conv{layers}"
    both = (networks, "--variants=supermask_both")
    flags = (f"--criteria={_SAME_SIGN}", _ACTIONS)

    def all_steps(*short):
        learning = steps.Step("supermask", "supermask_argfile", (*both, *short))
        given = {"training": short or SELDOM, "networks": networks}
        dense = _untrained_steps(*flags, **given) if untrained else ()
        return (*dense, learning)

    own = {
        action: claims.Claim(
            f"best of {_SAME_SIGN}, {action}",
            "table 1; the margin is that of LeNet",
            measures.untrained(_SAME_SIGN, action),
            claims.near(published, 2.8, " %"),
        )
        for action, published in untrained.items()
    }
    return claims.Study(
        f"masks of an untrained Conv-{layers}, CIFAR-10",
        "zhou_2019",
        {"paper": all_steps(), "smoke": all_steps(*claims.TINY, claims.NARROW)},
        {
            **own,
            "learned": claims.Claim(
                "accuracy of learned masks, rescaled, signed constants",
                "table 1",
                measures.supermask(f"conv{layers}/supermask_both"),
                claims.near(learned, unit=" %"),
            ),
        },
        data="cifar10",
    )


_SAME_SIGN = "large_final_same_sign"
_CRITERIA = f"--criteria=large_final,{_SAME_SIGN},random"
_ACTIONS = "--mask_1_actions=rewind,signed_constant"
_MASK_1 = (
    "--grid=mask_1",
    "--mask_1_actions=rewind,random_reinit,signed_constant,"
    "rand_signed_constant",
)
_MASK_0 = (
    "--grid=mask_0",
    "--mask_0_actions=zero,freeze_init,freeze_init_zero_mask,"
    "freeze_init_zero_all",
)
_AS_GOOD = claims.near(0, text="as good")
_NO_WORSE = claims.above(
    -claims.USUAL_MARGIN, f"no worse (above -{claims.USUAL_MARGIN:g} points)"
)
STUDIES = {
    "untrained_masks": claims.Study(
        "masks of an untrained LeNet-300-100, MNIST",
        "zhou_2019",
        {
            "paper": _untrained_steps(_CRITERIA, _ACTIONS),
            "smoke": _untrained_steps(
                _CRITERIA, _ACTIONS, training=claims.TINY
            ),
        },
        {
            "large_final": _rerun(39.9, 4.8, "large_final"),
            "random": _rerun(16.9, 3.5, "random"),
            "same_sign": _rerun(79.3, 2.8, _SAME_SIGN),
            "signed_constant": claims.Claim(
                f"best of {_SAME_SIGN} with signed constants",
                "abstract and table 1; the margin is that of same_sign",
                measures.untrained(_SAME_SIGN, "signed_constant"),
                claims.near(86, 2.8, " %"),
            ),
        },
        trials=10,
        data="mnist",
    ),
    "criteria": claims.Study(
        "which weights go, LeNet-300-100 on MNIST",
        "zhou_2019",
        {
            "paper": _grid(_CRITERIA),
            "short": _grid(_CRITERIA, "--training_len=5000it"),
            "smoke": _grid(_CRITERIA, "--iterations=1", *claims.TINY),
        },
        {
            "dense": _trained("large_final", 1.0, 97.92),
            "large_final": _trained("large_final", 0.17, 98.37),
            "large_final_sparse": _trained("large_final", 0.0358, 98.00),
            "same_sign": _trained(_SAME_SIGN, 0.17, 98.34),
            "random": _trained("random", 0.17, 97.52),
            "order": claims.Claim(
                "accuracy of large_final at 3.58 %, less that of random",
                RERUN,
                measures.gain(0.0358, "fc/random", "fc/large_final"),
                claims.above(0, "98.00 against 96.05"),
                scales=("paper", "short"),
            ),
        },
        data="mnist",
        levels=claims.Levels(
            {
                "fc/large_final": "`large_final`",
                f"fc/{_SAME_SIGN}": f"`{_SAME_SIGN}`",
                "fc/random": "`random`",
            },
            (1, 0.329, 0.169, 0.0695, 0.0358, 0.0185, 0.0119),
            measures.AT_STOP,
            "where the validation loss is lowest",
        ),
    ),
    "mask_1_actions": claims.Study(
        "what kept weights start from, LeNet-300-100 on MNIST",
        "zhou_2019",
        {
            "paper": _grid(*_MASK_1, "--iterations=12"),
            "short": _grid(
                *_MASK_1, "--iterations=12", "--training_len=5000it"
            ),
            "smoke": _grid(*_MASK_1, "--iterations=1", *claims.TINY),
        },
        {
            "signed_constant": _less_plain(
                *("mask_1_signed_constant", "constants with their signs"),
                *("fig. 5", _AS_GOOD),
            ),
            "rand_signed_constant": _less_plain(
                *("mask_1_rand_signed_constant", "constants, signs permuted"),
                *("fig. 5", claims.below(0, "worse")),
            ),
            "random_reinit": _less_plain(
                *("mask_1_random_reinit", "weights permuted", "fig. 5"),
                claims.below(0, "worse"),
            ),
        },
        data="mnist",
    ),
    "mask_0_actions": claims.Study(
        "what pruned weights are, LeNet-300-100 on MNIST",
        "zhou_2019",
        {
            "paper": _grid(*_MASK_0, "--iterations=12"),
            "short": _grid(
                *_MASK_0, "--iterations=12", "--training_len=5000it"
            ),
            "smoke": _grid(*_MASK_0, "--iterations=1", *claims.TINY),
        },
        {
            "freeze_init": _less_plain(
                *("mask_0_freeze_init", "weights frozen where they began"),
                *("fig. 4", claims.below(0, "worse")),
            ),
            "zero_mask": _less_plain(
                "mask_0_freeze_init_zero_mask",
                "pruned weights 0 if they shrank, else frozen",
                *("fig. 4", _NO_WORSE),
            ),
            "zero_all": _less_plain(
                "mask_0_freeze_init_zero_all",
                "all weights 0 if they shrank, pruned ones else frozen",
                *("fig. 4", claims.above(0, "better")),
            ),
        },
        data="mnist",
    ),
    "supermasks": claims.Study(
        "learned masks of an untrained LeNet-300-100, MNIST",
        "zhou_2019",
        {
            "paper": _supermasks(),
            "short": _supermasks(
                *("--training_len=200ep", "--test_interval=2200"),
                "--validate_interval=2200",
            ),
            "smoke": _supermasks(*claims.TINY),
        },
        {
            "plain": _learned("supermask", "", 95.3),
            "both": _learned(
                "supermask_both", ", rescaled, signed constants", 98.0
            ),
            "order": claims.Claim(
                "accuracy of learned masks, rescaled, signed constants, less "
                "that of plain ones",
                "table 1",
                measures.difference(
                    measures.supermask("fc/supermask_both"),
                    measures.supermask("fc/supermask"),
                ),
                claims.above(0, "better"),
                scales=("paper", "short"),
            ),
        },
        data="mnist",
    ),
    "masks_conv2": _conv(2, 66.0, {"signed_constant": 37}),
    "masks_conv4": _conv(4, 72.5, {}),
    "masks_conv6": _conv(6, 76.5, {"rewind": 24, "signed_constant": 41}),
}
