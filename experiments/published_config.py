"""Published YAML configs of rare gems, read as flags of gem_miner.

Source: the keys, their defaults and what they do are those of the code of
Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import logging

import attrs

from lottery_ticket.experiments import fine_tuning, gem_search
from lottery_ticket.experiments.gems import (
    published_keys,
    published_networks,
    published_search,
    published_training,
)
from lottery_ticket.foundations import fields, files, paths

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
# Flag of the command line -> key that other flags follow from, and its unit.
_OVERRIDES = {
    "training_len": ("epochs", "ep"),
    "prune_period": ("iter_period", ""),
    "train_batch_size": ("batch_size", ""),
}
# The same with words: flag -> key, and text -> value.
_WORDS = {
    "skip_fine_tune": ("skip_fine_tune", {"true": True, "false": False}),
    "prune_scope": (
        "prune_type",
        {scope: kind for kind, scope in published_search.SCOPES.items()},
    ),
}
_NAMES = {"hc_iter": "gem_miner"}  # Of runs, by algo, where it is not that.
_log = logging.getLogger(__name__)


def translate(values: dict, given=None) -> dict:
    """Returns the flags of gem_miner that a config file means.

    A file is a published one if it has arch, conv_type or bn_type: each of
    theirs has all three, and no flag here has these names. Any other file is
    of our flags. With another algo on the command line than a file's, what that
    algo does not use is left out, and the regularization, with a line that
    says so.

    A published file means what it means to the published code. A key that it
    does not have has that code's default, not ours: a file without
    prune_type, say, prunes by a threshold. But where that code ignores a
    setting by mistake, it counts here: gamma and milestones shape the learning
    rate, and the density of ep and global_ep is target_sparsity. Results go to
    results/SUBFOLDER/NAME/density_D/trialN/1/gem_miner, unless the command
    line says otherwise.

    Keys that do nothing there, and those of machines and files that do nothing
    here, are warned of, in a line each.

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
    values = _underscored(values)
    values = {name: None if v == "None" else v for name, v in values.items()}
    keys = published_keys.read(values)
    keys = {**keys, **_overridden(given)}
    algo = given.get("algo") or published_search.algo(keys)
    _check_evaluates(keys)
    flags = {
        **_network(keys),
        **published_training.recipe(keys, algo),
        **published_training.fine_tuning(keys, set(values), algo),
        **published_training.saved(keys, algo),
        **published_training.seed(keys, algo),
        **published_search.flags(keys, set(values), algo),
        **published_search.checks(keys, set(values), algo),
    }
    _warn(values, keys, flags)
    flags = _without(flags, _superseded(given))
    return {"output_dir": _output_dir(keys, {**flags, **given}), **flags}


def _fitting(values, given):
    """Our flags, but for those that the command line leaves without effect."""
    values = _without(values, _superseded(given))
    algo = given.get("algo")
    usual = attrs.fields(gem_search.GemSearch).algo.default
    if algo in (None, values.get("algo", usual)):
        return values
    others = {"regularization", "regularization_weight"}
    others |= gem_search.unused(algo)
    if algo == "wt":
        others |= set(fields.names_of(fine_tuning.FineTuning))
    left_out = [name for name in values if name in others]
    if left_out:
        _log.warning(
            "Of the config's flags, algo=%s leaves out: %s",
            algo,
            ", ".join(left_out),
        )
    return _without(values, left_out)


def _superseded(given):
    """Flags that go with what the command line says otherwise."""
    return [other for name in given for other in _GOES_WITH.get(name, ())]


def _without(flags, names):
    return {name: flags[name] for name in flags if name not in names}


def _underscored(values):
    """The same, names with dashes having underscores."""
    found = {}
    for name, value in values.items():
        plain = name.replace("-", "_")
        if plain in found:
            raise ValueError(
                f"{plain} is given twice, with dashes and with underscores"
            )
        found[plain] = value
    return found


def _overridden(given):
    """Keys that other flags follow from, as the command line has them."""
    found = {}
    for flag, (key, known) in _WORDS.items():
        word = given.get(flag, "").lower()
        if word in known:
            found[key] = known[word]
    for flag, (key, unit) in _OVERRIDES.items():
        number = given.get(flag, "").removesuffix(unit)
        if number.isdecimal() and int(number):
            found[key] = int(number)
    return found


def _network(keys):
    network = {
        **published_networks.model(keys),
        **published_networks.dataset(keys),
    }
    return {**published_networks.recipe(network), **network}


def _check_evaluates(keys):
    """Raises where a file is not for training at all."""
    if keys["mode_connect"] or keys["evaluate"]:
        raise ValueError(
            "mode_connect and evaluate are for the command mask_connectivity, "
            "which takes two finished folders: lottery-ticket "
            "mask_connectivity --first=DIR --second=DIR --way=probabilistic"
        )


def _warn(values, keys, flags):
    dead = [name for name in values if published_keys.is_dead(name)]
    idle = [name for name in values if name in published_keys.IDLE]
    if dead:
        _log.warning(
            "Without effect, in the published code as here: %s",
            ", ".join(dead),
        )
    if idle:
        _log.warning(
            "Without effect here, of files, devices and printing: %s",
            ", ".join(idle),
        )
    published_training.say_drops(keys, flags)


def _output_dir(keys, flags):
    """Folder that tells densities and trials apart, as reports expect it."""
    if keys["only_sanity"] and keys["sanity_folder"] is not None:
        return keys["sanity_folder"]
    amount = _amount(flags)
    above = [keys["log_dir"] or "results", keys["subfolder"]]
    own = [keys["name"] or keys["arch"], keys["run_idx"], amount]
    folder = files.join(*(part for part in (*above, *own) if part))
    level = 0 if flags["algo"] == "wt" else 1
    name = _NAMES.get(flags["algo"], flags["algo"])
    return paths.run(paths.trial(folder, keys["trial_num"]), level, name)


def _amount(flags):
    if "target_sparsity" in flags:
        return f"density_{float(flags['target_sparsity']) / 100:g}"
    for name in ("density", "prune_fraction"):
        if name in flags:
            return f"{name}_{float(flags[name]):g}"
    return None
