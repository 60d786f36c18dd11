"""Adnan et al. 2025, https://arxiv.org/abs/2505.05143.

Its numbers are of ResNets and VGGs on images, trained by another recipe;
orders alone are judged here, at the end of training. A ticket's masks are
trained from another draw, whose weights have come to where the ticket was
rewound to: as they are, permuted so that hidden units match, and permuted at
random.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

DIGITS = ("--recipe=digits_fc", "--scope=global", "--fractions=*=.2")
RESNET = ("--recipe=cifar10_resnet20",)
RESNETS = "of ResNet-20 on CIFAR-10"


def _steps(recipe, densities, level, start):
    tickets = (f"--densities={densities}", f"--rewind_iteration={start}")
    levels = f"--levels={level}"
    aligned = (*recipe, f"--start_iteration={start}")
    return (
        steps.Step(
            "lottery_experiment",
            "lottery_experiment_argfile",
            (*recipe, *tickets),
        ),
        steps.Step("train", "aligned_argfile", (*aligned, "--levels=0")),
        steps.Step("align", "align_argfile", (levels,)),
        steps.Step("train", "aligned_argfile", (*aligned, levels)),
    )


def _claims(density, said, of=""):
    """Orders at a density, and what the source says of its two.

    Args:
        density: Of the tickets, of all kernels.
        said: Of permuted masks over others, and of tickets over permuted ones.
        of: What is said of the density; "" is its number.
    """
    source = f"appendix tables, {RESNETS}"
    at = f"accuracy at {of or claims.percent(density)}"
    own = "a control of ours"
    return {
        "permuted": _better(
            f"{at} of permuted masks, less that of masks as they are",
            *(source, "permuted", "naive", density, said[0]),
        ),
        "random": _better(
            f"{at} of permuted masks, less that of masks permuted at random",
            *(own, "permuted", "permuted_random", density),
        ),
        "ticket": _better(
            f"{at} of the ticket itself, less that of permuted masks",
            *(source, measures.TICKET, "permuted", density, said[1]),
        ),
    }


def _better(text, source, first, second, density, said="better"):
    return claims.Claim(
        text,
        source,
        measures.gain(density, second, first, measures.AT_END),
        claims.above(0, said),
        scales=("paper", "short"),
    )


STUDIES = {
    "alignment_digits": claims.Study(
        "masks for another draw, FC 300-100 on digits",
        "frontier/alignment",
        {
            "short": _steps(
                *(DIGITS, ".5,.25,.12,.06,.035,.02,.01", 7, "500it")
            ),
            "smoke": _steps((*DIGITS, *claims.TINY), ".5", 1, "1it"),
        },
        _claims(0.01, ("better", "better")),
    ),
    # It rewinds after an eighth of its training, as the source does.
    "alignment_resnet20": claims.Study(
        "masks for another draw, ResNet-20 on CIFAR-10",
        "frontier/alignment",
        {
            "paper": _steps(RESNET, ".5,.25,.125,.06,.03", 5, "3750it"),
            "smoke": _steps(
                *((*RESNET, *claims.TINY_DEEP), ".5", 1, "1it"),
            ),
        },
        _claims(
            *(0.0415, ("86.16 against 85.70", "89.27 against 86.16")),
            "3 % of what is pruned",  # The rest of kernels is kept.
        ),
        trials=3,
        data="cifar10",
    ),
}
