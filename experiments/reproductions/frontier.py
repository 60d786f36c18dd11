"""The methods of docs/frontier.md side by side, and beside their baselines.

All weights are trained alike, by the recipe of Concrete Ticket Search, at four
densities; of each mask there are three controls: shuffled in each layer, with
weights drawn anew, and with magnitudes alone drawn anew. Claims are orders, and
sources have them of other networks.
"""

import dataclasses

from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.sweeps import steps

DENSITIES = (0.05, 0.02, 0.01, 0.005)
# Rounds of about 20 % that meet all of these.
_ROUNDS = (
    *((13, 1.0, 0.05), (4, 0.05, 0.02)),
    *((3, 0.02, 0.01), (3, 0.01, 0.005)),
)
LEVELS = tuple(
    round(start * (end / start) ** (step / count), 6)
    for count, start, end in _ROUNDS
    for step in range(1, count + 1)
)
METHODS = {
    "imp": "IMP",
    "ltr": "IMP, rewound",
    "gem_miner": "Gem-Miner",
    "cts": "CTS",
    "cts_kl": "CTS-KL",
    "cts_warm": "CTS, rewound",
    "cts_kl_warm": "CTS-KL, rewound",
    "snip": "SNIP",
    "synflow": "SynFlow",
    "rigl": "RigL",
    "set": "SET",
    "erk": "random, ERK",
    "erk_ham": "random, ERK, with HAM",
}
CONTROLS = {
    "shuffle": "mask shuffled",
    "reinit": "weights redrawn",
    "signed_draw": "signed draw",
}
ROUNDS = ("imp", "ltr")
DYNAMIC = ("rigl", "set")
CTS = "wt,cts,cts_kl,cts_warm,cts_kl_warm"
CHECKS = "--checks=mask_shuffle,weight_reinit"
STATIC = "snip,synflow,erk,erk_ham"


@dataclasses.dataclass(frozen=True)
class _Setting:
    """How long all trainings are, and at which densities masks are found."""

    recipe: str
    warm: str  # What is rewound to.
    end: str  # Length of a training.
    drops: str  # When its rate drops.
    densities: tuple[float, ...] = DENSITIES
    levels: tuple[float, ...] = LEVELS  # Of iterative pruning.
    more: tuple[str, ...] = ()  # Flags of all trainings.


def _smallest(recipe):
    """What only shows that it runs."""
    return _Setting(
        *(recipe, "3it", "50ep", "30ep,40ep"),
        densities=(0.1,),
        levels=(0.5, 0.1),
        more=(
            *("--training_len=50ep", "--lr_drops=30ep,40ep"),
            *("--hidden_units=30,20", "--subset=60", "--validation_size=20"),
            *("--train_batch_size=20", "--test_interval=75"),
            *("--validate_interval=75", "--jit=False", "--lr=.01"),
        ),
    )


def _steps(setting):
    """All methods, and controls of all."""
    own = (f"--recipe={setting.recipe}", *setting.more)
    densities = f"--densities={_text(setting.densities)}"
    levels = f"--densities={_text(setting.levels)}"
    # It is fine-tuned as all others are trained.
    fine_tuned = (
        *("--fine_tune_lr=.1", "--fine_tune_weight_decay=.001"),
        f"--fine_tune_len={setting.end}",
        f"--fine_tune_lr_drops={setting.drops}",
    )
    return (
        _lottery("imp", *own, levels),
        _lottery("ltr", *own, levels, f"--rewind_iteration={setting.warm}"),
        _gem("gem_miner", *own, densities, *fine_tuned),
        _gem(CTS, *own, densities, f"--warm_iteration={setting.warm}"),
        _at_init(STATIC, *own, densities, "--checks=shuffle,reinit"),
        _at_init(",".join(DYNAMIC), *own, densities),
        *(_branches(method, setting) for method in METHODS),
    )


def _lottery(name, *flags):
    name_flag = f"--experiment_name={name}"
    return steps.Step(
        "lottery_experiment", "lottery_experiment_argfile", (name_flag, *flags)
    )


def _gem(methods, *flags):
    words = (f"--methods={methods}", CHECKS, *flags)
    return steps.Step("gem_miner", "gem_miner_argfile", words)


def _at_init(methods, *flags):
    words = (f"--criteria={methods}", "--dense=False", *flags)
    return steps.Step("prune_at_init", "prune_at_init_argfile", words)


def _branches(method, setting):
    """Controls of a method's masks; those that changed stay as they end."""
    controls = [*CONTROLS] if method in ROUNDS else ["signed_draw"]
    if method in DYNAMIC:  # Others have checks that shuffle and draw anew.
        controls = ["reinit", "signed_draw"]
    count = len(setting.densities)
    levels = [*range(1, count + 1)]
    if method in ROUNDS:
        levels = [setting.levels.index(each) + 1 for each in setting.densities]
    static = ("--hooks=none",) if method in DYNAMIC else ()
    return steps.Step(
        "branch",
        "branch_argfile",
        (
            f"--experiment_name={method}",
            f"--experiment={','.join(controls)}",
            f"--levels={','.join(map(str, levels))}",
            *("--runs=1", *static),
        ),
    )


def _text(numbers):
    return ",".join(f"{number:g}" for number in numbers)


def _better(text, source, first, second, density):
    """The claim that one is better than another after training.

    Both are a method, and the control of it that is meant, if any.
    """
    pair = (measures.controlled(density, *each) for each in (first, second))
    return claims.Claim(
        f"accuracy at {claims.percent(density)} of {text}",
        source,
        measures.difference(*pair),
        claims.above(0, "better"),
        scales=("paper", "short"),
    )


def _claims():
    warm = "cts_kl_warm"
    cts, resnet = "Arora & Teuscher 2025", "ResNet-20 on CIFAR-10"
    return {
        "cts_snip": _better(
            "CTS-KL, rewound, less SNIP's",
            f"{cts}, result files of {resnet}",
            *((warm,), ("snip",), 0.01),
        ),
        "cts_ltr": _better(
            "CTS-KL, rewound, less that of IMP, rewound",
            f"{cts}, abstract: {resnet} at .7 %",
            *((warm,), ("ltr",), 0.005),
        ),
        "cts_shuffled": _better(
            "CTS-KL, less that of its mask shuffled",
            f"{cts}, abstract",
            *(("cts_kl",), ("cts_kl", "shuffle"), 0.01),
        ),
        "cts_redrawn": _better(
            "CTS-KL, rewound, less that of weights redrawn",
            f"{cts}, abstract",
            *((warm,), (warm, "reinit"), 0.01),
        ),
        "signed_draw": _better(
            "a signed draw under IMP's mask, less that of weights redrawn",
            "Oh et al. 2025, abstract",
            *(("imp", "signed_draw"), ("imp", "reinit"), 0.02),
        ),
        "rigl_set": _better(
            "RigL, less SET's",
            "Evci et al. 2020, of ResNet-50",
            *(("rigl",), ("set",), 0.02),
        ),
        "set_static": _better(
            "SET, less that of masks that stay",
            "Evci et al. 2020, of ResNet-50",
            *(("set",), ("erk",), 0.02),
        ),
        "ham": _better(
            "random masks with HAM, less without",
            "Jacobs et al. 2026, abstract",
            *(("erk_ham",), ("erk",), 0.02),
        ),
    }


_COMPARISON = claims.Comparison(METHODS, CONTROLS, DENSITIES)
STUDIES = {
    "frontier_digits": claims.Study(
        "methods of 2018 to 2025 side by side, FC 300-100 on digits",
        "frontier/comparison",
        {
            "short": _steps(
                _Setting("digits_fc_cts", "500it", "2000it", "1000it,1500it")
            ),
            "smoke": _steps(_smallest("digits_fc_cts")),
        },
        _claims(),
        comparison=_COMPARISON,
    ),
    "frontier_mnist": claims.Study(
        "methods of 2018 to 2025 side by side, LeNet-300-100 on MNIST",
        "frontier/comparison",
        {
            "short": _steps(
                _Setting("mnist_fc_cts", "1000it", "20ep", "10ep,15ep")
            ),
            "smoke": _steps(_smallest("mnist_fc_cts")),
        },
        _claims(),
        trials=3,
        data="mnist",
        comparison=_COMPARISON,
    ),
}
