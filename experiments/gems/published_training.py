"""Training of the published configs, as flags: scores first, then weights.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import logging

from lottery_ticket.foundations import schedules, seeds

_log = logging.getLogger(__name__)
_DROP_FACTOR = 0.1
_SCHEDULES = {"cosine_lr": "cosine_by_epoch", "multistep_lr": "piecewise"}
_PHASE_KEYS = ("optimizer", "lr", "lr_policy", "wd")


def recipe(keys: dict, algo: str) -> dict:
    """Returns the flags of the recipe's training: of scores, or of weights.

    Args:
        keys: Dict, published key -> value, all of them.
        algo: A name in search_algos.ALGOS.

    Raises:
        ValueError: If norms are to be trained without weight decay.
    """
    if keys["no_bn_decay"] and keys["bn_type"] != "NonAffineBatchNorm":
        raise ValueError(
            "no_bn_decay cannot be had with bn_type: "
            f"{keys['bn_type']}: weight decay here is of all trained variables"
        )
    epochs = keys["iter_period"] if algo == "imp" else keys["epochs"]
    optimizer = _optimizer(keys["optimizer"], keys)
    flags = {
        "training_len": f"{keys['epochs']}ep",
        "optimizer": optimizer,
        "lr": keys["lr"],
        "weight_decay": keys["wd"],
        "label_smoothing": keys["label_smoothing"] or 0.0,
        "dtype": "mixed_float16" if keys["mixed_precision"] else "float32",
        **_schedule("", keys["lr_policy"], keys, epochs, algo),
    }
    if keys["multiprocessing_distributed"]:
        flags["strategy"] = "mirrored"
    if optimizer in ("momentum", "nesterov"):
        flags["momentum"] = keys["momentum"]
    if optimizer == "adam":
        flags["epsilon"] = 1e-8
    return flags


def fine_tuning(keys: dict, written, algo: str) -> dict:
    """Returns the flags of training the weights under the final mask.

    Args:
        keys: As for `recipe`.
        written: The keys that the file has. What it does not say of imp's last
            training is as for its rounds.
        algo: As for `recipe`.
    """
    if algo == "wt":
        return {}
    if keys["skip_fine_tune"]:
        return {"skip_fine_tune": True}
    name, lr, policy, decay = (
        keys[key]
        if algo == "imp" and f"fine_tune_{key}" not in written
        else keys[f"fine_tune_{key}"]
        for key in _PHASE_KEYS
    )
    optimizer = _optimizer(name, keys)
    flags = {
        "fine_tune_optimizer": optimizer,
        "fine_tune_lr": lr,
        "fine_tune_weight_decay": decay,
        **_schedule("fine_tune_", policy, keys, keys["epochs"], algo),
    }
    if optimizer in ("momentum", "nesterov"):
        flags["fine_tune_momentum"] = keys["momentum"]
    return flags


def saved(keys: dict, algo: str) -> dict:
    """Returns the flags of weights that are saved on the way.

    Warns of epochs after which nothing can be: of those of a search, whose
    weights stand still, and of the first and last weights, saved anyway.

    Args:
        keys: As for `recipe`.
        algo: As for `recipe`.
    """
    asked = keys["ckpt_at_fixed_epochs"] or []
    can_be = [e for e in asked if algo == "wt" and 0 < e < keys["epochs"]]
    idle = [str(each) for each in asked if each not in can_be]
    if idle:
        _log.warning(
            "ckpt_at_fixed_epochs has no effect at %s: it is for the weights "
            "of weight_training, between start and end",
            ", ".join(idle),
        )
    lengths = [f"{epoch}ep" for epoch in can_be]
    return {"save_iterations": lengths} if lengths else {}


def seed(keys: dict, algo: str) -> dict:
    """Returns the flags of randomness.

    Args:
        keys: As for `recipe`.
        algo: As for `recipe`.
    """
    flags = {"seed": keys["seed"] * keys["trial_num"]}
    if keys["fixed_init"]:
        flags["init_seed"] = keys["seed_fixed_init"]
    is_random = algo in ("sr", "random")
    if is_random and keys["chg_mask"]:
        flags["mask_seed"] = seeds.derive(flags["seed"], "chg_mask")
    if is_random and keys["chg_weight"]:
        flags["init_seed"] = seeds.derive(flags["seed"], "chg_weight")
    return flags


def say_drops(keys: dict, flags: dict) -> None:
    """Warns where gamma or milestones count, as they did not there.

    Args:
        keys: As for `recipe`.
        flags: What they have been translated to.
    """
    given = [
        f"{key}={keys[key]}"
        for key in ("gamma", "milestones")
        if keys[key] is not None
    ]
    phases = [
        name
        for name in ("schedule", "fine_tune_schedule")
        if flags.get(name) == "piecewise"
    ]
    if given and phases:
        _log.warning(
            "%s shape the learning rate here. The published code ignores them: "
            "its rate drops by %s at %s",
            " and ".join(given),
            _DROP_FACTOR,
            ",".join(schedules.published_drops(keys["epochs"])) or "no time",
        )
    elif given:
        _log.warning(
            "%s have no effect: they are for multistep_lr", " and ".join(given)
        )


def _optimizer(name, keys):
    if name == "adam":
        return name
    if not keys["momentum"]:
        return "sgd"
    return "nesterov" if keys["nesterov"] else "momentum"


def _schedule(prefix, policy, keys, epochs, algo):
    schedule = _SCHEDULES.get(policy, "constant")
    drops = schedules.published_drops(epochs)
    if keys["milestones"] is not None:
        drops = [f"{epoch}ep" for epoch in keys["milestones"]]
    if schedule != "piecewise" or not drops:
        constant = "constant" if schedule == "piecewise" else schedule
        return {f"{prefix}schedule": constant}
    is_used = algo == "imp" or epochs == 6  # So it is there.
    factor = keys["lr_gamma"] if is_used else _DROP_FACTOR
    return {
        f"{prefix}schedule": schedule,
        f"{prefix}lr_drops": list(drops),
        f"{prefix}lr_drop_factor": (
            factor if keys["gamma"] is None else keys["gamma"]
        ),
    }
