"""Adnan et al. 2025, https://arxiv.org/abs/2505.05143.

Its numbers are of ResNets and VGGs on images; orders alone are judged here, at
the end of training. A ticket's masks are trained from another draw, whose
weights have come to iteration 500: as they are, permuted so that hidden units
match, and permuted at random.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

SPARSE = 0.01


def _steps(densities, level, start, *flags):
    recipe = (
        "--recipe=digits_fc",
        "--scope=global",
        "--fractions=*=.2",
        *flags,
    )
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


def _better(text, source, first, second):
    return claims.Claim(
        f"accuracy at 1 % {text}",
        source,
        measures.gain(SPARSE, second, first, measures.AT_END),
        claims.above(0, "better"),
        scales=("paper", "short"),
    )


STUDIES = {
    "alignment_digits": claims.Study(
        "masks for another draw, FC 300-100 on digits",
        "frontier/alignment",
        {
            "short": _steps(".5,.25,.12,.06,.035,.02,.01", 7, "500it"),
            "smoke": _steps(".5", 1, "1it", *claims.TINY),
        },
        {
            "permuted": _better(
                "of permuted masks, less that of masks as they are",
                "appendix tables, of ResNet-20 on CIFAR-10",
                *("permuted", "naive"),
            ),
            "random": _better(
                "of permuted masks, less that of masks permuted at random",
                "a control of ours",
                *("permuted", "permuted_random"),
            ),
            "ticket": _better(
                "of the ticket itself, less that of permuted masks",
                "appendix tables, of ResNet-20 on CIFAR-10",
                *(measures.TICKET, "permuted"),
            ),
        },
    ),
}
