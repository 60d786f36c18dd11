"""The keys of the published configs: their types, defaults and values.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import dataclasses
import math

from lottery_ticket.experiments.gems import search_algos
from lottery_ticket.foundations import kernel_draws, names
from lottery_ticket.foundations.supermasks import regularizers


@dataclasses.dataclass(frozen=True)
class Key:
    """What a key takes.

    Args:
        kind: bool, int, float, str, or list for a list of integers, which a
            text such as 80,120 may be as well.
        default: What a file means that does not have it. None can be written,
            too.
        choices: All values that it takes; () are any.
        low: The least number that it takes; None is any.
    """

    kind: type
    default: object = None
    choices: tuple = ()
    low: int | None = None


_POLICIES = ("cosine_lr", "multistep_lr", "constant_lr")
_OPTIMIZERS = ("sgd", "adam")
_NORMS = ("NonAffineBatchNorm", "AffineBatchNorm", "LearnedBatchNorm")
_REGULARIZATIONS = tuple(
    name for name in regularizers.REGULARIZERS if name != "none"
)
KEYS = {
    "algo": Key(str, "ep", tuple(search_algos.ALGOS)),
    "arch": Key(str),
    "width": Key(float, 1.0),
    "dataset": Key(str, "MNIST"),
    "data": Key(str),
    "name": Key(str),
    "subfolder": Key(str),
    "log_dir": Key(str),
    "run_idx": Key(str),
    "batch_size": Key(int, 64, low=1),
    "epochs": Key(int, 10, low=1),
    "optimizer": Key(str, "sgd", _OPTIMIZERS),
    "lr": Key(float, 1e-3),
    "lr_policy": Key(str, None, _POLICIES),
    "momentum": Key(float, 0.9),
    "wd": Key(float, 5e-4),
    "nesterov": Key(bool, False),
    "no_bn_decay": Key(bool, False),
    "fine_tune_optimizer": Key(str, "sgd", _OPTIMIZERS),
    "fine_tune_lr": Key(float, 0.01),
    "fine_tune_lr_policy": Key(str, None, _POLICIES),
    "fine_tune_wd": Key(float, 1e-4),
    "lr_gamma": Key(float, 0.1),
    # Without effect there, as a schedule's drops come from its length alone.
    "gamma": Key(float),
    "milestones": Key(list),
    "iter_period": Key(int, 5, low=1),
    "target_sparsity": Key(float, 0.5),
    "prune_rate": Key(float, 0.5),
    "override_prune_rate": Key(bool, False),
    "prune_type": Key(
        str, "FixThresholding", ("BottomK", "LocalBottomK", "FixThresholding")
    ),
    "score_init": Key(
        str, "unif", ("unif", "skew", "half", "bimodal", "bern", "all_one")
    ),
    "init": Key(str, "kaiming_normal", tuple(kernel_draws.INITS)),
    "mode": Key(str, "fan_in", ("fan_in", "fan_out")),
    "nonlinearity": Key(str, "relu", tuple(kernel_draws.GAINS)),
    "scale_fan": Key(bool, False),
    "bias": Key(bool, False),
    "bn_type": Key(str, None, _NORMS),
    "hc_quantized": Key(bool, False),
    "quantize_threshold": Key(float, 0.5),
    "round": Key(
        str, "naive", ("naive", "prob", "naive_prob", "all_ones", "pb")
    ),
    "noise": Key(bool, False),
    "noise_ratio": Key(float, 0.0),
    "num_test": Key(int, 1),
    "regularization": Key(str, None, _REGULARIZATIONS),
    "lmbda": Key(float, 1e-3),
    "alpha": Key(float, 1.0),
    "alpha_prime": Key(float, 1.0),
    "project_freq": Key(int, 1),
    "differentiate_clamp": Key(bool, False),
    "unflag_before_finetune": Key(bool, False),
    "bottom_k_on_forward": Key(bool, False),
    "weight_training": Key(bool, False),
    "random_subnet": Key(bool, False),
    "smart_ratio": Key(float, -1.0),
    "sr_version": Key(int, 1, (1, 2)),
    "skip_fine_tune": Key(bool, False),
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
    "use_full_data": Key(bool),
    "label_smoothing": Key(float),
    "mixed_precision": Key(int, 0, (0, 1)),
    "pretrained": Key(str),
    "evaluate": Key(bool),
    "mode_connect": Key(bool, False),
    "drop_bottom_half_weights": Key(bool),
    "ckpt_at_fixed_epochs": Key(list),
    "imp_rewind_iter": Key(int, 1000),
    "imp_rounds": Key(int, -1),
    "imp_no_rewind": Key(bool, False),
    "multiprocessing_distributed": Key(bool, False),
    # What these can say here is what they say by default.
    "conv_type": Key(str, None, ("SubnetConv",)),
    "first_layer_type": Key(str, None, ("SubnetConv",)),
    "freeze_weights": Key(bool, True, (True,)),
    "trainer": Key(str, "default", ("default",)),
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


def is_dead(name: str) -> bool:
    """Whether the published code does nothing with a key."""
    return name in DEAD or name.startswith(_DEAD_PREFIX)


def read(values: dict) -> dict:
    """Returns the value of each key in KEYS: the file's, or the default.

    Args:
        values: Dict, key -> value, as from a YAML file.

    Raises:
        ValueError: If a key is unknown, or its value of the wrong type or none
            of those it takes; the error names the key.
    """
    found = {name: key.default for name, key in KEYS.items()}
    for name, value in values.items():
        if is_dead(name) or name in IDLE:
            continue
        names.check("key", name, [*KEYS, *sorted(IDLE | DEAD)])
        found[name] = _value(name, value, KEYS[name])
    return found


def _value(name, value, key):
    if value is None and key.default is None:
        return None
    if name == "regularization" and isinstance(value, bool):
        raise ValueError(
            f"regularization={value} says not which: the published code would "
            f"add nothing. Expected one of {', '.join(key.choices)}, or no "
            "such key"
        )
    if isinstance(value, bool) and key.choices == (0, 1):
        value = int(value)
    read, expected = _KINDS[key.kind]
    try:
        value = read(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must be {expected}. Received: {value!r}"
        ) from None
    if key.kind is str and key.choices:
        names.check(name, value, key.choices)
    elif key.choices and value not in key.choices:
        raise ValueError(
            f"{name} must be {' or '.join(map(str, key.choices))}. "
            f"Received: {value!r}"
        )
    if key.low is not None and value < key.low:
        raise ValueError(
            f"{name} must be at least {key.low}. Received: {value!r}"
        )
    return value


def _is_number(value):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _read_bool(value):
    if not isinstance(value, bool):
        raise TypeError
    return value


def _read_integer(value):
    if not _is_number(value) or int(value) != value:
        raise TypeError
    return int(value)


def _read_float(value):
    if not _is_number(value):
        raise TypeError
    return float(value)


def _read_text(value):
    if not isinstance(value, str) and not _is_number(value):
        raise TypeError
    return str(value)


def _read_integers(value):
    if isinstance(value, str):
        value = [int(part) for part in value.strip("[]() ").split(",")]
    return [_read_integer(part) for part in value]


_KINDS = {
    bool: (_read_bool, "True or False"),
    int: (_read_integer, "an integer"),
    float: (_read_float, "a finite number"),
    str: (_read_text, "some text"),
    list: (_read_integers, "integers such as [80, 120]"),
}
