"""How experiments look in figures: what each is called, and its style."""

import itertools

from lottery_ticket.analysis.look import figure_style, setting_styles
from lottery_ticket.analysis.reading import tree

# Experiments that are named after no criterion, action or method alone.
LABELS = {
    "same_init": "winning ticket",
    "reinit": "random reinit",
    "reuse": "reused values",
    "reuse_sign": "reused, same sign",
    "shuffle": "shuffled masks",
    "random": "random masks",
    "random_global": "random, global",
    "random_at_init": "random at init",
    "oneshot": "one-shot",
    "transfer": "transferred",
    "rewind": "rewinding",
    "lr_rewind": "LR rewinding",
    "finetune": "fine-tuning",
    "dense": "dense",
    "large_init": "magnitude at init",
    "supermask": "supermask",
    "supermask_rescaled": "supermask, rescaled",
    "supermask_signed": "supermask, constant",
    "supermask_both": "supermask, constant, rescaled",
}
# How the names of experiments about an action begin.
ACTIONS = {
    "mask_1_": ("mask_1_action", "kept"),
    "mask_0_": ("mask_0_action", "pruned"),
}
# What was done to masks on top, as the end of an experiment's name says.
ENDINGS = {
    "_shuffle": "shuffled",
    "_reinit": "reinit",
    "_invert": "inverted",
}


def label(experiment: str, sizes) -> str:
    """Returns an experiment's name, and `count_text` of sizes at each level."""
    return f"{name(experiment)} {count_text(sizes)}"


def count_text(sizes) -> str:
    """Returns of how many values each mean is, such as "($n$ = 3–5)"."""
    ends = dict.fromkeys(str(end) for end in (min(sizes), max(sizes)))
    return f"($n$ = {'–'.join(ends)})"


def name(experiment: str) -> str:
    """Returns an experiment's name for readers, such as "SNIP, shuffled"."""
    own = experiment.rpartition("/")[2]
    parts = [tree.name(experiment), _plain(own) or _treated(own) or own]
    return " ".join(filter(None, parts))


def series(experiments) -> dict[str, dict]:
    """Returns dict, experiment -> its style, the same in all figures.

    Give it all names that figures may draw. Beyond thirty, styles come again.
    """
    names = dict.fromkeys(experiments)
    return dict(zip(names, itertools.cycle(figure_style.SERIES), strict=False))


def _plain(name):
    return LABELS.get(name) or _setting(name)


def _treated(name):
    """An experiment or criterion, and what was done to its masks; or None."""
    for ending, text in ENDINGS.items():
        base = name.removesuffix(ending)
        is_criterion = setting_styles.is_known("criterion", base)
        if base != name and (base in LABELS or is_criterion):
            return f"{_plain(base)}, {text}"
    return None


def _setting(name):
    """A criterion, action or method, if an experiment is named after one."""
    for beginning, (setting, what) in ACTIONS.items():
        action = name.removeprefix(beginning)
        if action != name and setting_styles.is_known(setting, action):
            return f"{what}: {setting_styles.label(setting, action)}"
    for setting in ("criterion", "method"):
        if setting_styles.is_known(setting, name):
            return setting_styles.label(setting, name)
    return None
