"""Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635.

Numbers are those of the text; it prints no spreads, so that accuracies have the
usual margin, and what says how many times sooner a fifth of it. Accuracies are
those at the early-stopping iteration, as in the figures' upper rows.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

RATIO = 0.2  # Margin of how many times sooner, as a share of it.
PAPER = "frankle_carbin_2019"
BOTH = ("paper", "short")
COLUMNS = {"same_init": "ticket", "reinit": "reinitialised"}


def tickets(*flags, controls="reinit", levels, runs=3):
    """Returns the steps of tickets, and of controls of them at some levels."""
    control = (f"--experiment={controls}", f"--levels={levels}")
    return (
        steps.Step("lottery_experiment", "lottery_experiment_argfile", flags),
        steps.Step("branch", "branch_argfile", (*control, f"--runs={runs}")),
    )


def _drawn(levels):
    """Networks as sparse as tickets: pruned at once, and masked at random."""
    flags = ("--experiment=oneshot,random", f"--levels={levels}", "--runs=1")
    return steps.Step("branch", "branch_argfile", flags)


def _order(text, source, measure, bound):
    """What is judged of trainings that are shorter, too."""
    return claims.Claim(text, source, measure, bound, scales=BOTH)


def _times_sooner(times):
    return claims.near(times, round(RATIO * times, 2), " times")


def _conv(layers, sooner, better, sparse, *, paper, short):
    """Conv-2, Conv-4 or Conv-6: fig. 5.

    sooner and better are pairs: (density, times), (density, points); sparse is
    the density of a level above 2 %. paper and short are pairs, too: (prunings,
    levels at which tickets are drawn anew, among them that of better).
    """
    recipe = f"--recipe=cifar10_conv{layers}"
    shortened = (
        *("--training_len=3000it", "--test_interval=100"),
        "--validate_interval=100",
        "--fractions=conv*=.2,dense*=.4,logits=.2",
    )

    def all_steps(prunings, levels, *flags, **runs):
        words = (recipe, *flags, f"--iterations={prunings}")
        return tickets(*words, levels=levels, **runs)

    return claims.Study(
        f"Conv-{layers} on CIFAR-10",
        PAPER,
        {
            "paper": all_steps(*paper),
            "short": all_steps(*short, *shortened, runs=1),
            "smoke": tickets(
                *(recipe, claims.NARROW, *claims.TINY, "--iterations=1"),
                levels="1",
                runs=1,
            ),
        },
        {
            "sooner": claims.Claim(
                "how many times sooner a ticket learns at "
                f"{claims.percent(sooner[0])}",
                "fig. 5 and sec. 3",
                measures.sooner(sooner[0]),
                _times_sooner(sooner[1]),
            ),
            "better": claims.Claim(
                f"accuracy at {claims.percent(better[0])}, less the dense "
                "network's",
                "fig. 5 and sec. 3",
                measures.gain(better[0]),
                claims.near(better[1], unit=" points"),
            ),
            "sparse": claims.Claim(
                f"accuracy at {claims.percent(sparse)}, less the dense "
                "network's",
                "sec. 3: above dense down to 2 %",
                measures.gain(sparse),
                claims.above(0, "above dense"),
            ),
            "reinit": _order(
                f"accuracy at {claims.percent(better[0])}, less reinit's",
                "fig. 5",
                measures.gain(better[0], over="reinit"),
                claims.above(0, "above reinit"),
            ),
        },
        trials=3,
        data="cifar10",
        levels=claims.Levels(
            *(COLUMNS, (), measures.AT_STOP, "at the early-stopping iteration")
        ),
    )


def _digits(text, measure, bound):
    return claims.Claim(
        text, "fig. 4, of LeNet", measure, bound, scales=("short",)
    )


_MNIST = ("--recipe=mnist_fc", "--iterations=15")
STUDIES = {
    "lenet": claims.Study(
        "LeNet-300-100 on MNIST: tickets and reinit",
        PAPER,
        {
            "paper": (
                *tickets(*_MNIST, levels="2,4,7,9,12,15"),
                _drawn("7,15"),
            ),
            "short": (
                *tickets(
                    *(*_MNIST, "--training_len=10000it"), levels="7,15", runs=1
                ),
                _drawn("7,15"),
            ),
            "smoke": (
                *tickets(
                    *("--recipe=mnist_fc", *claims.TINY, "--iterations=1"),
                    levels="1",
                    runs=1,
                ),
                _drawn("1"),
            ),
        },
        {
            "dense": claims.Claim(
                "accuracy of the dense network",
                "fig. 4",
                measures.accuracy(measures.DENSE),
                claims.near(98, unit=" %"),
                is_read_off=True,
            ),
            "sooner": claims.Claim(
                "how many times sooner a ticket learns at 21.1 %",
                "sec. 2: 38 % sooner",
                measures.sooner(0.211),
                _times_sooner(1.61),
            ),
            "as_soon": claims.Claim(
                "how many times sooner a ticket learns at 3.6 %",
                "sec. 2: as the dense network",
                measures.sooner(0.036),
                _times_sooner(1),
            ),
            "better": claims.Claim(
                "accuracy at 13.5 %, less the dense network's",
                "sec. 2",
                measures.gain(0.135),
                claims.above(0.3, "more than .3 points"),
            ),
            "as_good": claims.Claim(
                "accuracy at 3.6 %, less the dense network's",
                "sec. 2: back to the dense network's",
                measures.gain(0.036),
                claims.near(0, unit=" points"),
            ),
            "sooner_than_reinit": claims.Claim(
                "how many times sooner than reinit at 21.1 %",
                "sec. 2",
                measures.sooner(0.211, than="reinit"),
                _times_sooner(2.51),
            ),
            "better_than_reinit": claims.Claim(
                "accuracy at 21.1 %, less reinit's",
                "sec. 2",
                measures.gain(0.211, over="reinit"),
                claims.near(0.5, unit=" points"),
            ),
            "reinit": _order(
                "accuracy of reinit at 21.1 %, less the dense network's",
                "sec. 2: below from 21.1 % on",
                measures.gain(0.211, experiment="reinit"),
                claims.below(0, "below dense"),
            ),
            "one_shot_sooner": _order(
                "how many times sooner than dense, pruned at once to 21.1 %",
                "fig. 4 and sec. 2: from 67.5 to 17.6 %",
                measures.sooner(0.211, experiment="oneshot"),
                claims.above(1, "sooner"),
            ),
            "one_shot_better": _order(
                "accuracy, pruned at once to 21.1 %, less the dense network's",
                "fig. 4 and sec. 2: from 95 to 5.17 %",
                measures.gain(0.211, experiment="oneshot"),
                claims.above(0, "above dense"),
            ),
            "random_later": _order(
                "how many times sooner than dense, masked at random, at 3.6 %",
                "fig. 1 and sec. 1: the sparser, the slower",
                measures.sooner(0.036, experiment="random"),
                claims.below(1, "later"),
            ),
            "random_worse": _order(
                "accuracy, masked at random, at 3.6 %, less the dense "
                "network's",
                "fig. 1 and sec. 1: the sparser, the worse",
                measures.gain(0.036, experiment="random"),
                claims.below(0, "worse"),
            ),
        },
        data="mnist",
        levels=claims.Levels(
            COLUMNS,
            (1, 0.513, 0.211, 0.135, 0.0695, 0.0358),
            measures.AT_STOP,
            "at the early-stopping iteration",
        ),
    ),
    "digits": claims.Study(
        "the same orders on digits, FC 300-100",
        PAPER,
        {
            "short": tickets(
                *("--recipe=digits_fc", "--iterations=20"),
                levels="8,17,19,20",
                runs=1,
            ),
            "smoke": tickets(
                *("--recipe=digits_fc", *claims.TINY, "--iterations=1"),
                levels="1",
                runs=1,
            ),
        },
        {
            "as_good": _digits(
                "accuracy at 17.3 %, less the dense network's",
                measures.gain(0.173, column=measures.AT_END),
                claims.near(0, text="as good"),
            ),
            "at_2": _digits(
                "accuracy at 1.68 %, less reinit's",
                measures.gain(0.0168, "reinit", column=measures.AT_END),
                claims.above(0, "better"),
            ),
            "at_1": _digits(
                "accuracy at 1.37 %, less reinit's",
                measures.gain(0.0137, "reinit", column=measures.AT_END),
                claims.above(0, "better"),
            ),
        },
        levels=claims.Levels(
            COLUMNS,
            (
                *(1, 0.415, 0.215, 0.173, 0.112, 0.073, 0.0477, 0.0313),
                *(0.0254, 0.0207, 0.0168, 0.0137),
            ),
            measures.AT_END,
            "after 2,000 iterations",
        ),
    ),
    "conv2": _conv(
        *(2, (0.088, 3.5), (0.046, 3.4), 0.0297),
        paper=(17, "8,11,14,17"),
        short=(7, "4,6"),
    ),
    "conv4": _conv(
        *(4, (0.092, 3.5), (0.111, 3.5), 0.0275),
        paper=(19, "8,11,14,17"),
        short=(7, "3,5"),
    ),
    "conv6": _conv(
        *(6, (0.151, 2.5), (0.264, 3.3), 0.0303),
        paper=(19, "7,11,14,17"),
        short=(7, "4,7"),
    ),
}
