"""Published YAML configs of rare gems, as flags of gem_miner.

What a key says by itself stands in published_keys; here is what takes several.
Source: what they do is that of the code of Sreenivasan et al. 2022
(https://arxiv.org/abs/2202.12002).
"""

import logging
import math

import attrs

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.experiments.published_configs import published_keys
from lottery_ticket.experiments.settings import (
    fine_tuning,
    recipe_table,
    recipe_table_gem,
    recipes,
)
from lottery_ticket.experiments.stages.gem import gem_search, search_algos
from lottery_ticket.foundations.learned_masks import score_rounding
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.training import schedules
from lottery_ticket.foundations.values import fields, names, seeds
from lottery_ticket.models import registry as models

# What every published config has, and no flag here is called.
MARKS = ("arch", "conv_type", "bn_type")
# Flag of the command line -> flags that go with the file's value of it, and go
# with it.
_GOES_WITH = {
    "density": ("target_sparsity", "prune_fraction"),
    "target_sparsity": ("density", "prune_fraction"),
    "prune_fraction": ("density", "target_sparsity"),
    "model": (
        *("width", "shortcut", "affine", "last_pooling", "hidden_units"),
        "use_bias",
    ),
    "dataset": ("validation_size",),
    "optimizer": ("momentum", "epsilon"),
    "schedule": ("lr_drops", "lr_drop_factor"),
    "regularization": ("regularization_weight", "alpha", "alpha_prime"),
    "rounding": ("prob_layers", "evaluation_samples", "noise_ratio"),
    "init": ("fan_mode", "gain", "scale_fan"),
    "clamp_in_forward": ("project_every",),
    "drop_bottom_half": ("score_init",),
    "fine_tune_len": ("fine_tune_lr_drops",),
    "fine_tune_optimizer": ("fine_tune_momentum",),
    "fine_tune_schedule": ("fine_tune_lr_drops", "fine_tune_lr_drop_factor"),
    "sanity_checks": ("reinit_init",),
}
_TUNING = fields.names_of(fine_tuning.FineTuning)
_DROP_FACTOR = 0.1
_SCHEDULES = {"cosine_lr": "cosine_by_epoch", "multistep_lr": "piecewise"}
_NAMES = {"hc_iter": "gem_miner"}  # Of runs, by algo, where it is not that.
_log = logging.getLogger(__name__)


def translate(values: dict, given=None) -> dict:
    """Returns the flags of gem_miner that a config file means.

    A file is a published one if it has arch, conv_type or bn_type; any other is
    of our flags. With another algo on the command line than such a file's, what
    that algo does not use is left out, and the regularization, with a line that
    says so.

    What a published file does not say has the published code's default, not
    ours: one without prune_type, say, prunes by a threshold. But where that
    code ignores a setting by mistake, it counts here: gamma and milestones
    shape the learning rate, and the density of ep and global_ep is
    target_sparsity. Results go to
    results/SUBFOLDER/NAME/density_D/trialN/1/gem_miner, unless the command line
    says otherwise. Keys without effect are warned of.

    Args:
        values: Dict, key -> value, as from a YAML file.
        given: Dict, flag -> text of the command line, which wins: what the
            file says of the same thing in other words is left out.

    Raises:
        ValueError: If a key of a published file is unknown, or has a value
            of the wrong type, or one that cannot be had here.
    """
    given = dict(given or {})
    if not set(MARKS) & set(values):
        return _fitting(values, given)
    keys = published_keys.read(values, given)
    flags = {
        **published_keys.flags(keys),
        **_network(keys),
        **_data(keys),
        **_seeds(keys),
        **_training(keys, prefix=""),
        **_training(keys, prefix="fine_tune_"),
        **_amount(keys),
        **_saved(keys),
        **_checks(keys),
    }
    flags = _effective(_of_algo(flags, keys))
    _warn_of_drops(keys, flags)
    flags = _without(flags, _superseded(given))
    return {"output_dir": _output_dir(keys, {**flags, **given}), **flags}


def _fitting(values, given):
    """Our flags, but for those that the command line leaves without effect."""
    values = _without(values, _superseded(given))
    algo = given.get("algo")
    usual = attrs.fields(gem_search.GemSearch).algo.default
    if algo in (None, values.get("algo", usual)):
        return values
    others = {"regularization", "regularization_weight"} | _unused(algo)
    left_out = ", ".join(name for name in values if name in others)
    if left_out:
        _log.warning(
            "Of the config's flags, algo=%s leaves out: %s", algo, left_out
        )
    return _without(values, others)


def _unused(algo):
    """Flags that have no effect with an algo."""
    found = gem_search.unused(algo)
    is_tuned = search_algos.ALGOS[algo].is_tuned
    return found if is_tuned else found.union(_TUNING)


def _superseded(given):
    """Flags that go with what the command line says otherwise."""
    return [other for name in given for other in _GOES_WITH.get(name, ())]


def _without(flags, names):
    return {name: flags[name] for name in flags if name not in names}


def _effective(flags):
    """Flags but for those that the others leave without effect."""
    flags = _without(flags, _unused(flags["algo"]))
    kinds = recipes.Recipe, gem_search.GemSearch, fine_tuning.FineTuning
    known = {each.name: each for kind in kinds for each in attrs.fields(kind)}

    def has_effect(name):
        uses = fields.facts(known[name]).used_with if name in known else {}
        return all(
            flags.get(other, known[other].default) in values
            for other, values in uses.items()
        )

    return {name: flags[name] for name in flags if has_effect(name)}


def _network(keys):
    if keys["arch"] is None:
        raise ValueError(
            "arch is missing, the network: the published default, TwoLayerFC, "
            "cannot be built. Expected one of "
            f"{', '.join(published_keys.ARCHS)}"
        )
    name, fixed = published_keys.ARCHS[keys["arch"]]
    taken = models.MODELS[name].options
    flags = {"model": name, **fixed}
    if name == "conv4" and keys["width"] != 1:
        flags["width"] = keys["width"]
    if "affine" in taken:
        if keys["bn_type"] is None:
            raise ValueError(
                f"bn_type is missing, which {keys['arch']} needs: "
                "NonAffineBatchNorm or AffineBatchNorm"
            )
        flags["affine"] = keys["bn_type"] != "NonAffineBatchNorm"
    if "use_bias" in taken:
        flags["use_bias"] = keys["bias"]
    if "mask_shortcuts" in taken and keys["arch"] != "cResNet18":
        _log.warning(
            "The published code neither prunes nor counts the 1x1 shortcuts of "
            "%s; here they are like other layers. --mask_shortcuts=False does "
            "as it did",
            keys["arch"],
        )
    if keys["bias"]:
        _log.warning("Biases have no scores here, and are not pruned")
    return flags


def _data(keys):
    """The data, and the recipe of this network and dataset, if there is one.

    That gives no more than what the published code has no key for.
    """
    plain = keys["dataset"].lower().replace("_", "").replace("-", "")
    names.check("dataset", plain, published_keys.DATASETS)
    name, augmentation, images = published_keys.DATASETS[plain]
    held_out = datasets.DATASETS[name].VALIDATION_SIZE
    if keys["use_full_data"]:
        held_out = 0
    elif held_out < 1:
        held_out = round(images * held_out)
    # The published code evaluates after each epoch.
    epoch = max(math.ceil((images - held_out) / keys["batch_size"]), 1)
    known = {
        (each["model"], each["dataset"]): recipe
        for recipe, each in recipe_table_gem.RECIPES.items()
    }
    model, _ = published_keys.ARCHS[keys["arch"]]
    return {
        "recipe": known.get((model, name), "own_model"),
        "dataset": name,
        "normalization": "standardize",
        "augmentation": augmentation,
        **recipe_table.evaluated_every(epoch),
    }


def _seeds(keys):
    flags = {"seed": keys["seed"] * keys["trial_num"]}
    if keys["fixed_init"]:
        flags["init_seed"] = keys["seed_fixed_init"]
    is_random = keys["algo"] in ("sr", "random")
    if is_random and keys["chg_mask"]:
        flags["mask_seed"] = seeds.derive(flags["seed"], "chg_mask")
    if is_random and keys["chg_weight"]:
        flags["init_seed"] = seeds.derive(flags["seed"], "chg_weight")
    return flags


def _training(keys, prefix):
    """Optimizer and schedule of the search (""), or of "fine_tune_"."""
    optimizer = keys[f"{prefix}optimizer"]
    if optimizer == "sgd" and keys["momentum"]:
        optimizer = "nesterov" if keys["nesterov"] else "momentum"
    is_imp = keys["algo"] == "imp"
    epochs = keys["iter_period" if is_imp and not prefix else "epochs"]
    drops = [*schedules.published_drops(epochs)]
    if keys["milestones"] is not None:
        drops = [f"{epoch}ep" for epoch in keys["milestones"]]
    factor = keys["gamma"]
    if factor is None:
        is_used = is_imp or epochs == 6  # So it is there.
        factor = keys["lr_gamma"] if is_used else _DROP_FACTOR
    flags = {
        "optimizer": optimizer,
        "momentum": keys["momentum"],
        "schedule": _SCHEDULES.get(keys[f"{prefix}lr_policy"], "constant"),
        "lr_drop_factor": factor,
    }
    if flags["schedule"] == "piecewise":
        flags |= {"lr_drops": drops} if drops else {"schedule": "constant"}
    if not prefix and optimizer in fine_tuning.EPSILONS:
        flags["epsilon"] = fine_tuning.EPSILONS[optimizer]
    return {f"{prefix}{name}": value for name, value in flags.items()}


def _saved(keys):
    """Weights that are saved on the way.

    Warns of those that cannot be: a search's stand still, and first and last
    weights are saved anyway.
    """
    asked = keys["ckpt_at_fixed_epochs"] or []
    is_trained = keys["algo"] == "wt"
    can_be = [e for e in asked if is_trained and 0 < e < keys["epochs"]]
    idle = [str(each) for each in asked if each not in can_be]
    if idle:
        _log.warning(
            "ckpt_at_fixed_epochs has no effect at %s: it is for the weights "
            "of weight_training, between start and end",
            ", ".join(idle),
        )
    lengths = [f"{epoch}ep" for epoch in can_be]
    return {"save_iterations": lengths} if lengths else {}


def _of_algo(flags, keys):
    """Flags as the published code reads their keys with this algo."""
    algo, found = flags["algo"], dict(flags)
    if algo not in search_algos.having("is_hypercube"):
        del found["score_init"]
    if algo != "hc_iter":
        del found["unflag"]
    if found.get("retraining") == "lr_rewind":
        del found["rewind_iteration"]
    if found["rounding"] == "naive_prob":
        if keys["arch"] == "Conv4":
            found["prob_layers"] = ["dense0"]
        else:
            found["rounding"] = "naive"  # Only Conv4 has what it draws.
    if not keys["noise"] or found["rounding"] == "all_ones":
        del found["noise_ratio"]
    draws = score_rounding.draws(found["rounding"], found.get("noise_ratio", 0))
    if not draws:
        del found["evaluation_samples"]
    return found


def _amount(keys):
    """How much is kept: the algos read prune_rate in four ways."""
    rate, target = keys["prune_rate"], keys["target_sparsity"]
    algo, kind = keys["algo"], keys["prune_type"]
    is_of_all = algo == "global_ep_iter" or (
        algo == "global_ep" and not keys["override_prune_rate"]
    )
    if is_of_all and kind != "BottomK":
        raise ValueError(
            f"algo={algo} needs prune_type: BottomK, as its threshold is of "
            f"all layers. Received: {kind}"
        )
    if algo == "hc_iter" and kind == "FixThresholding":
        _log.warning(
            "prune_type=FixThresholding, which is the default, takes what is "
            "not above the threshold: target_sparsity has no effect"
        )
        return {}
    is_gradual = algo in search_algos.having("is_gradual")
    if is_gradual and (algo == "imp" or keys["override_prune_rate"]):
        return {"prune_fraction": rate}
    if algo == "wt" or algo == "hc" and not keys["bottom_k_on_forward"]:
        return {}
    if algo == "sr" and keys["smart_ratio"] >= 0:
        return {"density": round(1 - keys["smart_ratio"], 12)}
    if keys["random_subnet"]:
        return {"density": rate}
    if algo in ("ep", "global_ep"):
        if keys["override_prune_rate"]:
            return {"density": rate if algo == "ep" else round(1 - rate, 12)}
        events = max((keys["epochs"] - 1) // keys["iter_period"], 1)
        if events > 1:
            _log.warning(
                "Without override_prune_rate, the published code keeps what "
                "one of %s events leaves, a density of %.4g; here it is that "
                "of target_sparsity, %.4g",
                events,
                (target / 100) ** (1 / events),
                target / 100,
            )
    return {"target_sparsity": target}


def _checks(keys):
    algo = keys["algo"]
    if keys["skip_fine_tune"] or algo == "wt":
        return {}
    usual = not keys["skip_sanity_checks"]
    is_random = algo in ("sr", "random")
    wanted = {
        "weight_reinit": usual or is_random and keys["reinit"],
        "mask_shuffle": usual or is_random and keys["shuffle"],
        "score_inversion": keys["invert_sanity_check"] and algo == "hc_iter",
    }
    found: dict = {"sanity_checks": [n for n in wanted if wanted[n]]}
    if wanted["weight_reinit"]:
        found["reinit_init"] = "kaiming_normal"
    return found


def _warn_of_drops(keys, flags):
    """Says of gamma and milestones whether they have an effect."""
    given = " and ".join(
        f"{key}={keys[key]}"
        for key in ("gamma", "milestones")
        if keys[key] is not None
    )
    phases = {flags.get("schedule"), flags.get("fine_tune_schedule")}
    if given and "piecewise" in phases:
        _log.warning(
            "%s shape the learning rate here. The published code ignores them: "
            "its rate drops by %s at %s",
            given,
            _DROP_FACTOR,
            ",".join(schedules.published_drops(keys["epochs"])) or "no time",
        )
    elif given:
        _log.warning("%s have no effect: they are for multistep_lr", given)


def _output_dir(keys: dict, flags: dict) -> str:
    """Folder that tells densities and trials apart, as reports expect it."""
    if keys["only_sanity"] and keys["sanity_folder"] is not None:
        return keys["sanity_folder"]
    above = [keys["log_dir"] or "results", keys["subfolder"]]
    own = [keys["name"] or keys["arch"], keys["run_idx"], _folder(flags)]
    folder = files.join(*(part for part in (*above, *own) if part))
    level = 0 if flags["algo"] == "wt" else 1
    name = _NAMES.get(flags["algo"], flags["algo"])
    return paths.run(paths.trial(folder, keys["trial_num"]), level, name)


def _folder(flags):
    """Name of the folder of a density, if one is known."""
    if "target_sparsity" in flags:
        return f"density_{float(flags['target_sparsity']) / 100:g}"
    for name in ("density", "prune_fraction"):
        if name in flags:
            return f"{name}_{float(flags[name]):g}"
    return None
