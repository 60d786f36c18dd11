"""Concrete Ticket Search: Arora & Teuscher 2025, arXiv 2512.07142.

Numbers are of the result files that were published with the code, of ResNet-20
on CIFAR-10, n = 3: their standard deviations are .1 to .6 points above 70 %, 1
to 3 below 60 %; the margins are .6 points, and 1 below 70 %. Searches there are
for the loss (CTS), and as long as a training.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

RECIPE = "--recipe=cifar10_resnet20_cts"
FILES = "result files, n = 3"
DENSITIES = (0.018, 0.00738)
AT_2, AT_1 = DENSITIES
BEFORE = "before_accuracy"
DENSE, WARM, FRESH, ROUNDS = "wt", "cts_warm", "cts", "ltr"


def _searches(methods, warm, *flags):
    words = (f"--methods={methods}", f"--warm_iteration={warm}", *flags)
    densities = f"--densities={AT_2:g},{AT_1:g}"
    return steps.Step(
        "gem_miner", "gem_miner_argfile", (RECIPE, densities, *words)
    )


def _at_init(*flags):
    words = ("--criteria=snip,random", "--dense=False", *flags)
    densities = f"--densities={AT_2:g},{AT_1:g}"
    return steps.Step(
        "prune_at_init", "prune_at_init_argfile", (RECIPE, densities, *words)
    )


def _rewound(warm, *flags):
    words = (f"--rewind_iteration={warm}", f"--experiment_name={ROUNDS}")
    return steps.Step(
        "lottery_experiment",
        "lottery_experiment_argfile",
        (RECIPE, *words, *flags),
    )


def _accuracy(text, measure, published, margin=0.6):
    return claims.Claim(
        f"accuracy of {text}",
        FILES,
        measure,
        claims.near(published, margin, " %"),
    )


def _found(method, density, published, **margin):
    """Of a search's network, after training."""
    how = "rewound" if method == WARM else "from the draw"
    return _accuracy(
        f"CTS at {claims.percent(density)}, {how}",
        measures.gem(method, density),
        published,
        **margin,
    )


def _order(text, density, other, bound, scales=("paper",)):
    return claims.Claim(
        f"accuracy at {claims.percent(density)} of CTS, rewound, less that of "
        f"{text}",
        FILES,
        measures.difference(
            measures.gem(WARM, density),
            measures.accuracy(density, other, measures.AT_END),
        ),
        bound,
        scales=scales,
    )


_BOTH = ("paper", "short")
_SHORT = ("--training_len=8ep", "--lr_drops=4ep,6ep")
_TINY = (
    claims.NARROW,
    *("--training_len=4ep", "--lr_drops=2ep,3ep", "--subset=60"),
    *("--validation_size=20", "--train_batch_size=20", "--test_interval=3"),
    *("--validate_interval=3", "--jit=False", "--lr=.01", "--densities=.1"),
)
STUDIES = {
    "cts_resnet20": claims.Study(
        "Concrete Ticket Search, ResNet-20 on CIFAR-10",
        "frontier/cts",
        {
            "paper": (
                _searches(f"{DENSE},{FRESH},{WARM}", "792it"),  # 88 an epoch.
                _at_init(),
                _rewound("792it", "--iterations=22"),
            ),
            "short": (
                _searches(f"{DENSE},{WARM}", "88it", *_SHORT),
                _at_init(*_SHORT),
            ),
            "smoke": (
                _searches(f"{DENSE},{FRESH},{WARM}", "2it", *_TINY),
                _at_init(*_TINY),
                _rewound("2it", *_TINY),
            ),
        },
        {
            "dense": _accuracy(
                "the dense network",
                measures.accuracy(1.0, DENSE, measures.AT_END),
                92.1,
            ),
            "cts_2": _found(WARM, AT_2, 80.6),
            "cts_1": _found(WARM, AT_1, 72.2),
            "fresh_2": _found(FRESH, AT_2, 77.0),
            "fresh_before": _accuracy(
                "CTS at 1.8 %, from the draw, before training",
                measures.gem(FRESH, AT_2, BEFORE),
                *(61.1, 1),
            ),
            "ltr_2": _accuracy(
                "IMP, rewound, at 1.8 %",
                measures.accuracy(AT_2, ROUNDS, measures.AT_END),
                83.5,
            ),
            "ltr_1": _accuracy(
                "IMP, rewound, at 0.738 %",
                measures.accuracy(AT_1, ROUNDS, measures.AT_END),
                *(68.4, 1),
            ),
            "below_ltr": _order(
                *("IMP, rewound", AT_2, ROUNDS),
                claims.below(0, "80.6 against 83.5"),
            ),
            "above_ltr": _order(
                *("IMP, rewound", AT_1, ROUNDS),
                claims.above(0, "72.2 against 68.4"),
            ),
            "snip_2": _order(
                *("SNIP", AT_2, "snip"),
                *(claims.above(0, "80.6 against 70.5"), _BOTH),
            ),
            "random_2": _order(
                *("random masks", AT_2, "random_at_init"),
                *(claims.above(0, "80.6 against 50.7"), _BOTH),
            ),
        },
        trials=3,
        data="cifar10",
    ),
}
