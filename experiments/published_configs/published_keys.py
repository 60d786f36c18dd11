"""The keys of the published configs: what they take, and flags that say it.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import dataclasses
import logging
import math
from collections.abc import Callable

from lottery_ticket.experiments.stages.gem import gem_search, search_algos
from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.values import fields, names

SCOPES = {
    "BottomK": "global",
    "LocalBottomK": "layerwise",
    "FixThresholding": "threshold",
}
# Name of a network there -> its name here, with its options.
_PAD = {"shortcut": "pad"}
_MAX = {"last_pooling": "max"}
ARCHS = {
    "resnet20": ("resnet20", _PAD),
    "resnet32": ("resnet32", _PAD),
    "resnet32_double": ("resnet32", {**_PAD, "width": 2}),
    "vgg16": ("vgg16", _MAX),
    "tinyvgg16": ("vgg16", _MAX),
    "MobileNetV2": ("mobilenet_v2", {}),
    "WideResNet28": ("wide_resnet28", {}),
    "cResNet18": ("cifar_resnet18", {}),
    "ResNet18": ("resnet18", {}),
    "TinyResNet18": ("tiny_resnet18", {}),
    "ResNet50": ("resnet50", {}),
    "ResNet101": ("resnet101", {}),
    **{f"Conv{depth}": (f"conv{depth}", {}) for depth in (2, 4, 6, 8)},
    "FC": ("fc", {"hidden_units": [300, 100]}),
}
# Name of a dataset there, in small letters -> its name here, what images go
# through, and images to train on, those for validation included.
DATASETS = {
    "cifar10": ("cifar10", "crop_flip", 50000),
    "cifar100": ("cifar100", "crop_flip", 50000),
    "tinyimagenet": ("tiny_imagenet", "crop_flip", 100000),
    "imagenet": ("imagenet", "resized_crop", 1281167),
    "mnist": ("mnist", "none", 60000),
    "caltech101": ("caltech101", "none", 6960),  # Some 8,700, less a fifth.
}


@dataclasses.dataclass(frozen=True)
class Key:
    """What a key takes, and what it is here.

    Args:
        kind: bool, int, float, str, or list for a list of integers, which a
            text such as 80,120 may be as well.
        default: What a file means that does not have it. None can be written,
            too.
        flag: Flag that says the same, if one does by itself.
        to: Dict or function, value -> that flag's, or None to leave it out. A
            value that is not in the dict is the flag's, too.
        choices: All texts that it takes; () are any.
        low: The least number that it takes; None is any.
        high: The greatest.
    """

    kind: type
    default: object = None
    flag: str | None = None
    to: Callable | dict = dataclasses.field(default_factory=dict)
    _: dataclasses.KW_ONLY
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


_IF_TRUE = {False: None}
_DTYPES = ("float32", "mixed_float16")
_POLICIES = ("cosine_lr", "multistep_lr", "constant_lr")
_OPTIMIZERS = ("sgd", "adam")
_NORMS = ("NonAffineBatchNorm", "AffineBatchNorm", "LearnedBatchNorm")
_SCORES = ("unif", "skew", "half", "bimodal", "bern", "all_one")
_ROUNDINGS = ("naive", "prob", "naive_prob", "all_ones", "pb")
_PENALTIES = gem_search.PENALTIES
KEYS = {
    "algo": Key(str, "ep", "algo", choices=tuple(search_algos.ALGOS)),
    "arch": Key(str, choices=tuple(ARCHS)),
    "width": Key(float, 1.0),
    "dataset": Key(str, "MNIST"),
    "data": Key(str, None, "data_dir"),
    "name": Key(str),
    "subfolder": Key(str),
    "log_dir": Key(str),
    "run_idx": Key(str),
    "batch_size": Key(int, 64, "train_batch_size", low=1),
    "epochs": Key(int, 10, "training_len", "{}ep".format, low=1),
    "optimizer": Key(str, "sgd", choices=_OPTIMIZERS),
    "lr": Key(float, 1e-3, "lr"),
    "lr_policy": Key(str, choices=_POLICIES),
    "momentum": Key(float, 0.9),
    "wd": Key(float, 5e-4, "weight_decay"),
    "nesterov": Key(bool, False),
    "no_bn_decay": Key(bool, False),
    "fine_tune_optimizer": Key(str, "sgd", choices=_OPTIMIZERS),
    "fine_tune_lr": Key(float, 0.01, "fine_tune_lr"),
    "fine_tune_lr_policy": Key(str, choices=_POLICIES),
    "fine_tune_wd": Key(float, 1e-4, "fine_tune_weight_decay"),
    "lr_gamma": Key(float, 0.1),
    # Without effect there, as a schedule's drops come from its length alone.
    "gamma": Key(float),
    "milestones": Key(list),
    "iter_period": Key(int, 5, "prune_period", low=1),
    "target_sparsity": Key(float, 0.5),
    "prune_rate": Key(float, 0.5),
    "override_prune_rate": Key(bool, False),
    "prune_type": Key(
        str, "FixThresholding", "prune_scope", SCOPES, choices=tuple(SCOPES)
    ),
    "score_init": Key(str, "unif", "score_init", choices=_SCORES),
    "init": Key(
        str, "kaiming_normal", "init", choices=tuple(kernel_initializers.INITS)
    ),
    "mode": Key(str, "fan_in", "fan_mode", choices=kernel_initializers.MODES),
    "nonlinearity": Key(
        str, "relu", "gain", choices=tuple(kernel_initializers.GAINS)
    ),
    "scale_fan": Key(bool, False, "scale_fan", {True: "legacy", False: "none"}),
    "bias": Key(bool, False),
    "bn_type": Key(str, choices=_NORMS),
    "hc_quantized": Key(bool, False, "quantized"),
    "quantize_threshold": Key(float, 0.5, "threshold"),
    "round": Key(
        str, "naive", "rounding", {"pb": "pseudo_boolean"}, choices=_ROUNDINGS
    ),
    "noise": Key(bool, False),
    "noise_ratio": Key(float, 0.0, "noise_ratio"),
    "num_test": Key(int, 1, "evaluation_samples"),
    "regularization": Key(
        str, None, "regularization", {None: "none"}, choices=_PENALTIES
    ),
    "lmbda": Key(float, 1e-3, "regularization_weight"),
    "alpha": Key(float, 1.0, "alpha"),
    "alpha_prime": Key(float, 1.0, "alpha_prime"),
    "project_freq": Key(int, 1, "project_every"),
    "differentiate_clamp": Key(bool, False, "clamp_in_forward", _IF_TRUE),
    "unflag_before_finetune": Key(bool, False, "unflag"),
    "bottom_k_on_forward": Key(bool, False, "bottom_k_on_forward", _IF_TRUE),
    "weight_training": Key(bool, False),
    "random_subnet": Key(bool, False),
    "smart_ratio": Key(float, -1.0),
    "sr_version": Key(int, 1, "smart_ratio_version", low=1, high=2),
    "skip_fine_tune": Key(bool, False, "skip_fine_tune", _IF_TRUE),
    "skip_sanity_checks": Key(bool, False),
    "invert_sanity_check": Key(bool, False),
    "only_sanity": Key(bool, False),
    "sanity_folder": Key(str),
    "shuffle": Key(bool, False),
    "reinit": Key(bool, False),
    "chg_mask": Key(bool, False),
    "chg_weight": Key(bool, False),
    "seed": Key(int, 42),
    "trial_num": Key(int, 1),
    "fixed_init": Key(bool, False),
    "seed_fixed_init": Key(int, 24),
    "use_full_data": Key(bool, None, "validation_size", {True: 0, False: None}),
    "label_smoothing": Key(float, None, "label_smoothing", {None: 0.0}),
    "mixed_precision": Key(int, 0, "dtype", _DTYPES.__getitem__, low=0, high=1),
    "pretrained": Key(str, None, "presets"),
    "evaluate": Key(bool),
    "mode_connect": Key(bool, False),
    "drop_bottom_half_weights": Key(bool, None, "drop_bottom_half", _IF_TRUE),
    "ckpt_at_fixed_epochs": Key(list),
    "imp_rewind_iter": Key(int, 1000, "rewind_iteration", "{}it".format),
    "imp_rounds": Key(int, -1, "imp_rounds", lambda n: n if n > 0 else None),
    "imp_no_rewind": Key(
        bool, False, "retraining", {**_IF_TRUE, True: "lr_rewind"}
    ),
    "multiprocessing_distributed": Key(
        bool, False, "strategy", {**_IF_TRUE, True: "mirrored"}
    ),
    # What these can say here is what they say by default.
    "conv_type": Key(str, choices=("SubnetConv",)),
    "first_layer_type": Key(str, choices=("SubnetConv",)),
    "freeze_weights": Key(bool, True),
    "trainer": Key(str, "default", choices=("default",)),
}
# Where things go, how they are shown and on what they run is said elsewhere
# here, and a stopped run goes on by itself.
IDLE = frozenset(
    """
    config results_filename print_freq gpu num_workers workers world_size rank
    dist_backend resume start_epoch imp_resume_round imp_rewind_model
    checkpoint_at_prune pretrained2 mode_connect_filename how_to_connect
    interpolate
    """.split()
)
# The published code reads them, and does nothing with them.
DEAD = frozenset(
    """
    lr_adjust save_every warmup_length hc_warmup hc_period num_round
    plot_hc_convergence compare_rounding shift num_trial evaluate_only
    save_model load_ckpt iter_start iter_ep weight_decay width_mult
    imp_resume_epoch imp_resume_iter rewind_score rewind_to_epoch
    lam_finetune_loss num_step_finetune transfer_learning dense_training
    first_layer_dense last_layer_dense submask_size metric pruning_strategy
    how_to_prune start_from_nothing flips td temp max_iter loss data_dir
    hidden_size no_cuda
    """.split()
)
_DEAD_PREFIX = "transformer_"
# What imp's configs mean where they are silent: .2 is in those there are, and
# its last training is as its rounds.
_OF_IMP = {"prune_rate": 0.2, "skip_sanity_checks": True}
_AS_ROUNDS = ("optimizer", "lr", "lr_policy", "wd")
_log = logging.getLogger(__name__)


def is_dead(name: str) -> bool:
    """Whether the published code does nothing with a key."""
    return name in DEAD or name.startswith(_DEAD_PREFIX)


def read(values: dict, given: dict | None = None) -> dict:
    """Returns the value of each key in KEYS: the file's, or the default.

    Its algo is what the keys together come to. Keys that do nothing there, and
    those of machines and files that do nothing here, are warned of.

    Args:
        values: Dict, key -> value, as from a YAML file.
        given: Dict, flag -> text of the command line, which wins for algo, and
            for keys that other flags follow from.

    Raises:
        ValueError: If a key is unknown, or its value of the wrong type, or one
            that cannot be had here; the error names the key.
    """
    values, given = _plain(values), given or {}
    found = {name: key.default for name, key in KEYS.items()}
    for name in values:
        if not is_dead(name) and name not in IDLE:
            names.check("key", name, [*KEYS, *sorted(IDLE | DEAD)])
            found[name] = _value(name, values[name], KEYS[name])
    found |= _overridden(given)
    found["algo"] = given.get("algo") or _algo(found)
    _check_can_be(found)
    if found["algo"] == "imp":
        tuned = {f"fine_tune_{name}": found[name] for name in _AS_ROUNDS}
        silent = {**_OF_IMP, **tuned}
        found |= {name: silent[name] for name in silent if name not in values}
    for where, is_such in (
        (", in the published code as here", is_dead),
        (" here, of files, devices and printing", IDLE.__contains__),
    ):
        such = ", ".join(filter(is_such, values))
        if such:
            _log.warning("Without effect%s: %s", where, such)
    return found


def flags(keys: dict) -> dict:
    """Returns dict, flag -> value, of what keys, as read, say by themselves."""
    found = {}
    for name, key in KEYS.items():
        value, to = keys[name], key.to
        if key.flag is not None:
            found[key.flag] = (
                to(value) if callable(to) else to.get(value, value)
            )
    return {name: value for name, value in found.items() if value is not None}


def _plain(values):
    """The same, with underscores for dashes in names, and "None" as None."""
    found = {}
    for name, value in values.items():
        plain = name.replace("-", "_")
        if plain in found:
            raise ValueError(
                f"{plain} is given twice, with dashes and with underscores"
            )
        found[plain] = None if value == "None" else value
    return found


def _overridden(given):
    """Keys that other flags follow from, as the command line has them."""
    scopes = {scope: kind for kind, scope in SCOPES.items()}
    truths = {"true": True, "false": False}
    found = {
        "prune_type": scopes.get(given.get("prune_scope", "").lower()),
        "skip_fine_tune": truths.get(given.get("skip_fine_tune", "").lower()),
    }
    for key in ("epochs", "iter_period", "batch_size"):
        number = given.get(KEYS[key].flag, "").lower().removesuffix("ep")
        if number.isdecimal() and int(number):
            found[key] = int(number)
    return {key: value for key, value in found.items() if value is not None}


def _algo(keys):
    if keys["random_subnet"]:
        return "sr" if keys["smart_ratio"] >= 0 else "random"
    if keys["weight_training"]:
        return "wt"
    is_top = keys["algo"] == "hc_iter" and keys["bottom_k_on_forward"]
    return "hc" if is_top else keys["algo"]  # Then no event takes anything.


def _check_can_be(keys):
    """Raises where a file asks for what cannot be had here."""
    if keys["bottom_k_on_forward"] and keys["algo"] == "hc_iter":
        raise ValueError("bottom_k_on_forward is for algo=hc, without events")
    if keys["mode_connect"] or keys["evaluate"]:
        raise ValueError(
            "mode_connect and evaluate are for the command mask_connectivity, "
            "which takes two finished folders: lottery-ticket "
            "mask_connectivity --first=DIR --second=DIR --way=probabilistic"
        )
    if not keys["freeze_weights"]:
        raise ValueError("freeze_weights must be True: weights stand still")
    if keys["no_bn_decay"] and keys["bn_type"] != "NonAffineBatchNorm":
        raise ValueError(
            "no_bn_decay cannot be had with bn_type: "
            f"{keys['bn_type']}: weight decay here is of all trained variables"
        )
    is_scaled = keys["init"] in kernel_initializers.HAVE_SCALED_FAN
    if is_scaled and keys["scale_fan"] and keys["prune_rate"] != 0.5:
        raise ValueError(
            "scale_fan multiplies the fan by 1 - prune_rate, as the published "
            "code does, for a prune_rate of .5 alone. Received: "
            f"{keys['prune_rate']}. Leave scale_fan out and give "
            "--scale_fan=kept, which multiplies by the density"
        )


def _value(name, value, key):
    """A value as the published code reads it."""
    if value is None and key.default is None:
        return None
    is_true_or_false = isinstance(value, bool)
    if name == "regularization" and is_true_or_false:
        raise ValueError(
            f"regularization={value} says not which: the published code would "
            f"add nothing. Expected one of {', '.join(key.choices)}, or no "
            "such key"
        )
    if name == "mixed_precision" and is_true_or_false:
        value = int(value)
    if key.kind is list:
        return _integers(name, value)
    if key.kind is str:
        if isinstance(value, int | float) and not is_true_or_false:
            value = str(value)
        if not isinstance(value, str):
            raise ValueError(f"{name} must be some text. Received: {value!r}")
    elif key.kind is float:
        value = fields.as_float(value)
    elif key.kind is int:
        value = _integer(value)
    fields.check(
        name,
        value,
        key.kind,
        choices=key.choices,
        at_least=key.low,
        at_most=key.high,
    )
    return value


def _integer(value):
    """A number without a fraction as an integer; all else as it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_whole = is_number and math.isfinite(value) and value == int(value)
    return int(value) if is_whole else value


def _integers(name, value):
    """Integers of a list, or of a text such as 80,120."""
    if isinstance(value, str):
        value = value.strip("[]() ").split(",")
        value = [int(x) if x.strip().isdecimal() else x for x in value]
    if not isinstance(value, list):
        raise ValueError(
            f"{name} must be integers such as [80, 120]. Received: {value!r}"
        )
    value = [_integer(part) for part in value]
    for part in value:
        fields.check(f"each of {name}", part, int)
    return value
