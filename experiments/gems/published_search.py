"""Searches of the published configs, as flags: algo, scores, events, checks.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import logging

from lottery_ticket.experiments.gems import search_algos
from lottery_ticket.foundations import kernel_draws
from lottery_ticket.foundations.supermasks import score_rounding

_log = logging.getLogger(__name__)
SCOPES = {
    "BottomK": "global",
    "LocalBottomK": "layerwise",
    "FixThresholding": "threshold",
}
_IMP_FRACTION = 0.2  # What its configs have; the parser's .5 is for the others.


def algo(keys: dict) -> str:
    """Returns the algo, a name in search_algos.ALGOS.

    Args:
        keys: Dict, published key -> value, all of them.
    """
    if keys["random_subnet"]:
        return "sr" if keys["smart_ratio"] >= 0 else "random"
    if keys["weight_training"]:
        return "wt"
    is_top = keys["algo"] == "hc_iter" and keys["bottom_k_on_forward"]
    return "hc" if is_top else keys["algo"]  # Then no event takes anything.


def flags(keys: dict, written, name: str) -> dict:
    """Returns the flags of a search.

    Args:
        keys: Dict, published key -> value, all of them.
        written: The keys that the file has.
        name: The algo.

    Raises:
        ValueError: If the file asks for what cannot be done here.
    """
    found = {"algo": name, **_init(keys), **_amount(keys, written, name)}
    if name in search_algos.having("trains_scores"):
        found.update(_scores(keys, name))
    if name in search_algos.having("is_hypercube") and not keys["bottom_k_on_forward"]:
        found.update(_hypercube(keys, name))
    if name == "sr":
        found["smart_ratio_version"] = keys["sr_version"]
    if name == "imp":
        found.update(_imp(keys))
    if keys["pretrained"] is not None:
        found["presets"] = keys["pretrained"]
    return found


def checks(keys: dict, written, name: str) -> dict:
    """Returns the flags of the sanity checks.

    Args:
        keys: As for `flags`.
        written: As for `flags`. imp has checks only if it says so.
        name: The algo.
    """
    if keys["skip_fine_tune"] or name == "wt":
        return {}
    is_silent = name == "imp" and "skip_sanity_checks" not in written
    usual = not (keys["skip_sanity_checks"] or is_silent)
    is_random = name in ("sr", "random")
    wanted = {
        "weight_reinit": usual or is_random and keys["reinit"],
        "mask_shuffle": usual or is_random and keys["shuffle"],
        "score_inversion": keys["invert_sanity_check"] and name == "hc_iter",
    }
    found = {"sanity_checks": [name for name in wanted if wanted[name]]}
    if wanted["weight_reinit"]:
        found["reinit_init"] = "kaiming_normal"
    return found


def _init(keys):
    found = {"init": keys["init"]}
    if keys["init"] in kernel_draws.HAVE_FAN_MODE:
        found.update(fan_mode=keys["mode"], gain=keys["nonlinearity"])
    if keys["init"] not in kernel_draws.HAVE_SCALED_FAN:
        return found
    found["scale_fan"] = "legacy" if keys["scale_fan"] else "none"
    if keys["scale_fan"] and keys["prune_rate"] != 0.5:
        raise ValueError(
            "scale_fan multiplies the fan by 1 - prune_rate, as the published "
            "code does, for a prune_rate of .5 alone. Received: "
            f"{keys['prune_rate']}. Leave scale_fan out and give "
            "--scale_fan=kept, which multiplies by the density"
        )
    return found


def _amount(keys, written, name):
    """How much is kept: the algos read prune_rate in four ways."""
    rate, target = keys["prune_rate"], {"target_sparsity": _target(keys)}
    if name in ("hc_iter", "global_ep_iter"):
        return {"prune_period": keys["iter_period"], **_of_events(keys, name)}
    if name == "imp":
        fraction = rate if "prune_rate" in written else _IMP_FRACTION
        return {"prune_period": keys["iter_period"], "prune_fraction": fraction}
    if name == "hc" and keys["bottom_k_on_forward"]:
        return target
    if name in ("hc", "wt"):
        return {}
    if name == "sr" and keys["smart_ratio"] >= 0:
        return {"density": _rest(keys["smart_ratio"])}
    if keys["random_subnet"]:
        return {"density": rate}
    if name in ("ep", "global_ep"):
        if keys["override_prune_rate"]:
            return {"density": rate if name == "ep" else _rest(rate)}
        _say_events_count(keys, name)
    return target


def _of_events(keys, name):
    kind = keys["prune_type"]
    if name == "global_ep_iter" and kind != "BottomK":
        raise ValueError(
            "algo=global_ep_iter needs prune_type: BottomK, as its threshold "
            f"is of all layers. Received: {kind}"
        )
    found = {}
    if name == "hc_iter":
        found["prune_scope"] = SCOPES[kind]
    if found.get("prune_scope") == "threshold":
        _log.warning(
            "prune_type=FixThresholding, which is the default, takes what is "
            "not above the threshold: target_sparsity has no effect"
        )
        return found
    if keys["override_prune_rate"]:
        return {**found, "prune_fraction": keys["prune_rate"]}
    return {**found, "target_sparsity": _target(keys)}


def _scores(keys, name):
    found = {"regularization": keys["regularization"] or "none"}
    if keys["regularization"] is not None:
        found["regularization_weight"] = keys["lmbda"]
    if keys["regularization"] == "var_red_1":
        found.update(alpha=keys["alpha"], alpha_prime=keys["alpha_prime"])
    if name not in search_algos.having("is_hypercube"):
        return found
    if keys["drop_bottom_half_weights"]:
        found["drop_bottom_half"] = True
    else:
        found["score_init"] = keys["score_init"]
    if keys["differentiate_clamp"]:
        found["clamp_in_forward"] = True
    else:
        found["project_every"] = keys["project_freq"]
    if keys["bottom_k_on_forward"]:
        found["bottom_k_on_forward"] = True
    return found


def _hypercube(keys, name):
    rounding = {"pb": "pseudo_boolean"}.get(keys["round"], keys["round"])
    if rounding == "naive_prob" and keys["arch"] != "Conv4":
        rounding = "naive"  # Only Conv4 has the layer that it draws.
    found = {
        "quantized": keys["hc_quantized"],
        "threshold": keys["quantize_threshold"],
        "rounding": rounding,
    }
    if rounding == "naive_prob":
        found["prob_layers"] = ["dense0"]
    if keys["noise"] and rounding != "all_ones":
        found["noise_ratio"] = keys["noise_ratio"]
    if score_rounding.draws(rounding, found.get("noise_ratio", 0)):
        found["evaluation_samples"] = keys["num_test"]
    if name == "hc_iter":
        found["unflag"] = keys["unflag_before_finetune"]
    return found


def _imp(keys):
    found = {"imp_rounds": keys["imp_rounds"]} if keys["imp_rounds"] > 0 else {}
    if keys["imp_no_rewind"]:
        return {**found, "retraining": "lr_rewind"}
    return {**found, "rewind_iteration": f"{keys['imp_rewind_iter']}it"}


def _target(keys):
    return keys["target_sparsity"]


def _rest(fraction):
    """1 less a fraction, as one would write it."""
    return round(1 - fraction, 12)


def _say_events_count(keys, name):
    """Warns where the published code keeps what one event of many would."""
    events = max((keys["epochs"] - 1) // keys["iter_period"], 1)
    if name == "global_ep" and keys["prune_type"] != "BottomK":
        raise ValueError(
            "algo=global_ep needs prune_type: BottomK, as its threshold is of "
            f"all layers. Received: {keys['prune_type']}"
        )
    if events > 1:
        density = keys["target_sparsity"] / 100
        _log.warning(
            "Without override_prune_rate, the published code keeps what one of "
            "%s events leaves, a density of %.4g; here it is that of "
            "target_sparsity, %.4g",
            events,
            density ** (1 / events),
            density,
        )
