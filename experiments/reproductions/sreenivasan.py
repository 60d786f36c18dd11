"""Rare Gems: Sreenivasan et al. 2022, https://arxiv.org/abs/2202.12002.

Tables print no spreads: accuracies have the usual margin.
"""

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

RESNET = "--recipe=cifar10_resnet20_gem"
DIGITS = "--recipe=digits_fc_gem"
METHODS = "--methods=gem_miner,ep,global_ep,sr,random"
ABLATION = "--methods=gem_miner,ep,global_ep,global_ep_iter,global_ep_l2_iter"
GEMS = "--methods=gem_miner"
CHECKS = "--checks=weight_reinit,mask_shuffle"
TINY = (
    *("--training_len=6ep", "--fine_tune_len=1ep", "--prune_period=2"),
    *("--subset=60", "--train_batch_size=20"),
)
TINY_RESNET = (
    *(RESNET, "--densities=.2", claims.NARROW, *TINY),
    *("--validation_size=20", "--jit=False"),
)


def _steps(*flags):
    return (steps.Step("gem_miner", "gem_miner_argfile", flags),)


def _accuracy(method, density, published, table, column=measures.AT_END):
    when = "before" if column == BEFORE else "after"
    return claims.Claim(
        f"accuracy of {method} at {claims.percent(density)} {when} fine-tuning",
        table,
        measures.gem(method, density, column),
        claims.near(published, unit=" %"),
    )


def _better(text, source, first, second, said="better"):
    return claims.Claim(
        text,
        source,
        measures.difference(first, second),
        claims.above(0, said),
        scales=("paper", "short"),
    )


BEFORE = "before_accuracy"
SHUFFLED, REDRAWN = "mask_shuffle_accuracy", "weight_reinit_accuracy"
_AT_5 = measures.gem("gem_miner", 0.05)
STUDIES = {
    "gems_resnet20": claims.Study(
        "Gem-Miner, ResNet-20 on CIFAR-10",
        "sreenivasan_2022",
        {
            "paper": _steps(
                *(RESNET, GEMS, CHECKS, "--densities=.0372,.0144"),
                "--regularization_weights=3e-5,1e-4",
            ),
            "smoke": _steps(GEMS, CHECKS, *TINY_RESNET),
        },
        {
            "gem_1_44": _accuracy("gem_miner", 0.0144, 77.89, "table 4"),
            "gem_3_72": _accuracy("gem_miner", 0.0372, 83.4, "table 2"),
            "shuffled": _accuracy(
                "gem_miner", 0.0372, 78.73, "table 2, shuffled", SHUFFLED
            ),
            "redrawn": _accuracy(
                "gem_miner", 0.0372, 78.6, "table 2, redrawn", REDRAWN
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "gem_steps_resnet20": claims.Study(
        "from edge-popup to Gem-Miner step by step, ResNet-20 on CIFAR-10",
        "sreenivasan_2022",
        {
            "paper": _steps(
                *(RESNET, ABLATION, "--published", "--densities=.0059"),
                *("--regularization_weights=1e-4", "--prune_period=8"),
            ),
            "smoke": _steps(ABLATION, *TINY_RESNET),
        },
        {
            "gem_before": _accuracy(
                "gem_miner", 0.0059, 45.30, "table 3", BEFORE
            ),
            "gem_after": _accuracy("gem_miner", 0.0059, 66.15, "table 3"),
            "ep_before": _accuracy("ep", 0.0059, 19.57, "table 3", BEFORE),
            "ep_after": _accuracy("ep", 0.0059, 24.47, "table 3"),
            "global_ep_before": _accuracy(
                "global_ep", 0.0059, 22.22, "table 3", BEFORE
            ),
            "global_ep_after": _accuracy("global_ep", 0.0059, 34.42, "table 3"),
            "gradual_before": _accuracy(
                "global_ep_iter", 0.0059, 31.56, "table 3", BEFORE
            ),
            "gradual_after": _accuracy(
                "global_ep_iter", 0.0059, 63.54, "table 3"
            ),
            "gradual_l2_before": _accuracy(
                "global_ep_l2_iter", 0.0059, 19.67, "table 3", BEFORE
            ),
            "gradual_l2_after": _accuracy(
                "global_ep_l2_iter", 0.0059, 63.72, "table 3"
            ),
        },
        trials=3,
        data="cifar10",
    ),
    "gems_digits": claims.Study(
        "the same orders on digits, FC 300-100",
        "sreenivasan_2022",
        {
            "short": _steps(DIGITS, METHODS, CHECKS, "--densities=.05,.0144"),
            "smoke": _steps(
                *(DIGITS, METHODS, CHECKS, "--densities=.2"), *TINY
            ),
        },
        {
            "before": _better(
                "accuracy of gem_miner at 5 % before fine-tuning, less ep's",
                "table 3",
                measures.gem("gem_miner", 0.05, BEFORE),
                measures.gem("ep", 0.05, BEFORE),
            ),
            "smart_ratio": _better(
                "accuracy of gem_miner at 5 % before fine-tuning, less sr's",
                "sec. 4: masks by smart ratio know nothing yet",
                measures.gem("gem_miner", 0.05, BEFORE),
                measures.gem("sr", 0.05, BEFORE),
            ),
            "fine_tuning": _better(
                "accuracy of gem_miner at 5 % after fine-tuning, less before",
                "table 3",
                _AT_5,
                measures.gem("gem_miner", 0.05, BEFORE),
            ),
            "shuffled": _better(
                "accuracy of gem_miner at 1.44 %, less that of a shuffled mask",
                "fig. 3: 3 to 10 points at 1.4 % and below",
                measures.gem("gem_miner", 0.0144),
                measures.gem("gem_miner", 0.0144, SHUFFLED),
            ),
        },
    ),
}
