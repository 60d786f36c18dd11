"""Frankle et al. 2019, 2020 and 2021, and Renda et al. 2020.

Rewinding (https://arxiv.org/abs/1903.01611), linear mode connectivity
(https://arxiv.org/abs/1912.05671), pruning at initialisation
(https://arxiv.org/abs/2009.08576) and three ways to retrain
(https://arxiv.org/abs/2003.02389). What is judged are orders, and the bound of
2 points under which a network counts as stable.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps
from lottery_ticket.foundations.values import interpolation

RESNET = "--recipe=cifar10_resnet20"
# Densities of all kernels of it, whose last and shortcuts are not pruned, where
# 16.8 and 3.52 % are kept of what is.
OF_16_8, OF_3_52 = 0.178, 0.0466
STABLE = 100 * interpolation.STABLE_BELOW
END = {"column": measures.AT_END}
TINY_RESNET = (RESNET, *claims.TINY_DEEP, "--iterations=1")
# Digits have a rate that is constant, with which there is nothing to rewind.
DROPPING = ("--recipe=digits_fc", "--schedule=piecewise")
BOTH = ("paper", "short")


def _lottery(*flags):
    return steps.Step("lottery_experiment", "lottery_experiment_argfile", flags)


def _instability(*flags):
    return steps.Step("instability", "instability_argfile", flags)


def _barrier(text, source, density, iteration, bound):
    return claims.Claim(
        f"barrier {text}, test error",
        source,
        measures.barrier(density, iteration),
        bound,
        scales=BOTH,
    )


def _at_init(*flags):
    return (steps.Step("prune_at_init", "prune_at_init_argfile", flags),)


def _no_difference(criterion, check, density):
    return claims.Claim(
        f"accuracy at {claims.percent(density)} of {criterion} with "
        f"{_CHECKED[check]}, less that of its own",
        "sec. 5",
        measures.gain(density, criterion, f"{criterion}_{check}", **END),
        claims.near(0, text="no difference"),
        scales=BOTH,
    )


def _no_differences(density):
    return {
        f"{criterion}_{check}": _no_difference(criterion, check, density)
        for criterion in ("snip", "synflow")
        for check in ("shuffle", "reinit")
    }


def _retraining(text, density, first, second):
    return claims.Claim(
        text,
        "fig. 1",
        measures.gain(density, second, first, **END),
        claims.above(0, "better"),
        scales=BOTH,
    )


_CHECKED = {"shuffle": "its mask shuffled", "reinit": "weights drawn anew"}
_IS_STABLE = claims.below(STABLE, f"below {STABLE:g} points: stable")
_IS_NOT = claims.above(STABLE, f"above {STABLE:g} points: not stable")
# Half as wide, a twelfth as long, and pruned at once.
_SMALL_RESNET = (
    *(RESNET, "--width=.5", "--training_len=2500it", "--densities=.168"),
    *("--lr_drops=1500it,2000it", "--test_interval=500"),
    "--validate_interval=500",
)
_CHECKS = ("--criteria=snip,synflow", "--checks=shuffle,reinit")
STUDIES = {
    "rewinding_resnet20": claims.Study(
        "rewinding ResNet-20 on CIFAR-10",
        "frankle_2019",
        {
            "paper": (
                _lottery(RESNET, "--iterations=10"),
                _lottery(
                    *(RESNET, "--iterations=10", "--rewind_iteration=1000it"),
                    "--experiment_name=rewound",
                ),
            ),
            "short": (
                _lottery(*_SMALL_RESNET),
                _lottery(
                    *(*_SMALL_RESNET, "--rewind_iteration=100it"),
                    "--experiment_name=rewound",
                ),
            ),
            "smoke": (
                _lottery(*TINY_RESNET),
                _lottery(
                    *(*TINY_RESNET, "--rewind_iteration=1it"),
                    "--experiment_name=rewound",
                ),
            ),
        },
        {
            "better": claims.Claim(
                "accuracy at 16.8 % of what is pruned, rewound to 3 to 4 % of "
                "training less to 0",
                "fig. 1",
                measures.gain(OF_16_8, "same_init", "rewound", **END),
                claims.above(0, "better"),
                scales=BOTH,
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "stable_lenet": claims.Study(
        "copies of LeNet-300-100 on MNIST",
        "frankle_2020",
        {
            "paper": (
                _lottery("--recipe=mnist_fc", "--iterations=1"),
                _instability("--levels=0", "--iterations=0it"),
            ),
            "short": (
                *(
                    _lottery(
                        *("--recipe=mnist_fc", "--iterations=1"),
                        "--training_len=10000it",
                    ),
                    _instability("--levels=0", "--iterations=0it"),
                ),
            ),
            "smoke": (
                _lottery("--recipe=mnist_fc", *claims.TINY, "--iterations=1"),
                _instability("--levels=0", "--iterations=0it", "--points=3"),
            ),
        },
        {
            "dense": _barrier(
                "of the dense network at initialisation",
                *("fig. 3", 1.0, 0, _IS_STABLE),
            ),
        },
        trials=3,
        data="mnist",
    ),
    "stable_resnet20": claims.Study(
        "copies of ResNet-20 on CIFAR-10",
        "frankle_2020",
        {
            "paper": (
                _lottery(RESNET, "--iterations=1"),
                _instability("--levels=0", "--iterations=0it,2000it"),
            ),
            "smoke": (
                _lottery(*TINY_RESNET),
                _instability(
                    *("--levels=0", "--iterations=0it,2it", "--points=3")
                ),
            ),
        },
        {
            "at_0": _barrier(
                "of the dense network at initialisation",
                *("fig. 3", 1.0, 0, _IS_NOT),
            ),
            "at_2000": _barrier(
                "of the dense network at iteration 2,000",
                *("fig. 3", 1.0, 2000, _IS_STABLE),
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "stable_tickets_resnet20": claims.Study(
        "copies of tickets, ResNet-20 on CIFAR-10",
        "frankle_2020",
        {
            "paper": (
                _lottery(RESNET, "--iterations=8", "--rewind_iteration=500it"),
                _instability("--levels=8", "--iterations=500it"),
            ),
            "smoke": (
                _lottery(*TINY_RESNET, "--rewind_iteration=1it"),
                _instability("--levels=1", "--iterations=1it", "--points=3"),
            ),
        },
        {
            "at_500": _barrier(
                "at 16.8 % of what is pruned, at iteration 500, to which "
                "tickets are rewound",
                *("fig. 5", OF_16_8, 500, _IS_STABLE),
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "stable_digits": claims.Study(
        "copies of FC 300-100 on digits",
        "frankle_2020",
        {
            "short": (
                _lottery("--recipe=digits_fc", "--iterations=8"),
                _instability("--levels=0,8", "--iterations=0it"),
            ),
            "smoke": (
                _lottery("--recipe=digits_fc", *claims.TINY, "--iterations=1"),
                _instability("--levels=0", "--iterations=0it", "--points=3"),
            ),
        },
        {
            "dense": _barrier(
                "of the dense network at initialisation",
                *("fig. 3, of LeNet", 1.0, 0, _IS_STABLE),
            ),
            "ticket": _barrier(
                "at 17.3 % at initialisation",
                *("fig. 5, of LeNet", 0.173, 0, _IS_STABLE),
            ),
        },
    ),
    "at_init_digits": claims.Study(
        "pruning at initialisation and its checks, FC 300-100 on digits",
        "frankle_2021",
        {
            "short": _at_init(
                *("--recipe=digits_fc", "--densities=.05", *_CHECKS)
            ),
            "smoke": _at_init(
                *("--recipe=digits_fc", "--densities=.05", *_CHECKS),
                *claims.TINY,
            ),
        },
        _no_differences(0.05),
    ),
    "at_init_resnet20": claims.Study(
        "pruning at initialisation and its checks, ResNet-20 on CIFAR-10",
        "frankle_2021",
        {
            "paper": _at_init(RESNET, "--densities=.2", *_CHECKS),
            "smoke": _at_init(
                *(RESNET, *claims.TINY_DEEP, "--densities=.2", *_CHECKS)
            ),
        },
        _no_differences(0.2),
        trials=3,
        data="cifar10",
    ),
    "retraining_resnet20": claims.Study(
        "three ways to retrain ResNet-20 on CIFAR-10",
        "renda_2020",
        {
            "paper": (
                steps.Step(
                    "lottery_experiment",
                    "retraining_argfile",
                    (
                        "--recipe=cifar10_resnet20_160ep",
                        *("--rewind_iteration=1000it", "--iterations=15"),
                    ),
                ),
            ),
            "smoke": (
                steps.Step(
                    "lottery_experiment",
                    "retraining_argfile",
                    (*TINY_RESNET, "--rewind_iteration=1it"),
                ),
            ),
        },
        {
            "lr_rewind": _retraining(
                "accuracy at 3.52 % of what is pruned, learning rate rewound "
                "less fine-tuned",
                *(OF_3_52, "lr_rewind", "finetune"),
            ),
            "rewind": _retraining(
                "accuracy at 3.52 % of what is pruned, weights rewound less "
                "fine-tuned",
                *(OF_3_52, "rewind", "finetune"),
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "retraining_digits": claims.Study(
        "three ways to retrain FC 300-100 on digits",
        "renda_2020",
        {
            "short": (
                steps.Step(
                    "lottery_experiment",
                    "retraining_argfile",
                    (
                        *(*DROPPING, "--lr_drops=1000it,1500it"),
                        *("--rewind_iteration=200it", "--iterations=16"),
                    ),
                ),
            ),
            "smoke": (
                steps.Step(
                    "lottery_experiment",
                    "retraining_argfile",
                    (
                        *(*DROPPING, "--lr_drops=3it", *claims.TINY),
                        *("--rewind_iteration=2it", "--iterations=1"),
                    ),
                ),
            ),
        },
        {
            "lr_rewind": _retraining(
                "accuracy at 3.1 %, learning rate rewound less fine-tuned",
                *(0.0313, "lr_rewind", "finetune"),
            ),
        },
        levels=claims.Levels(
            {
                "lr_rewind": "learning rate rewound",
                "rewind": "weights rewound",
                "finetune": "fine-tuned",
            },
            (1, 0.415, 0.215, 0.173, 0.139, 0.112, 0.073, 0.0477, 0.0313),
            measures.AT_END,
            "after training",
        ),
    ),
}
