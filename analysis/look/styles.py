"""How what figures compare is called and looks: experiments, settings, levels.

An experiment and a setting's value look the same in all figures.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lottery_ticket.analysis.look import figure_style, tables
from lottery_ticket.analysis.reading import tree
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import matplotlib
    from matplotlib import mathtext

# Experiments that are named after no criterion, action or method alone, or
# mean something else by it. Each has the look of its place in
# `figure_style.SERIES`, unless the value that it is named after has one.
LABELS = {
    "same_init": "ticket",
    "reinit": "random reinit",
    "reuse": "reused values",
    "reuse_sign": "reused, same sign",
    "shuffle": "shuffled masks",
    "random": "random masks",
    "random_global": "random, global",
    "oneshot": "one-shot",
    "transfer": "transferred",
    "rewind": "rewinding",
    "lr_rewind": "LR rewinding",
    "finetune": "fine-tuning",
    "dense": "dense",
    "random_at_init": "random at init",
    "large_init": "magnitude at init",
    "supermask": "supermask",
    "supermask_rescaled": "supermask, rescaled",
    "supermask_signed": "supermask, constant",
    "supermask_both": "supermask, constant, rescaled",
    "erk": "random, ERK",
    "erk_ham": "random, ERK, with HAM",
    "set": "SET",
    "rigl": "RigL",
}
# Setting -> how the names of experiments about one of its values begin, and
# what they are called before the value.
NAMED_AFTER = {
    "mask_1_action": ("mask_1_", "kept: "),
    "mask_0_action": ("mask_0_", "pruned: "),
    "criterion": ("", ""),
    "method": ("", ""),
}
BRANCHED = "mask_1_action"  # What branches are named after, by its value alone.
# What was done to masks on top, as the end of an experiment's name says.
ENDINGS = {
    "_shuffle": "shuffled",
    "_reinit": "reinit",
    "_invert": "inverted",
}
# How the experiments of a criterion are marked, with what was done to masks.
ENDING_ROUNDS = {"_shuffle": 6, "_reinit": 7, "_invert": 9}
# Names of experiments, as argfiles/gem_miner_argfile.py gives them to what it
# compares: each is a search with flags, so they are no registry's.
METHODS = {
    name: entries.Entry(
        None,
        label,
        "see gem_miner_argfile",
        entries.HERE,
        **dict[str, Any](look),
    )
    for name, label, look in (
        ("gem_miner", "Gem-Miner", {"family": 0}),
        ("hc", "hypercube", {"family": 7}),
        ("ep", "edge-popup", {"family": 1}),
        ("global_ep", "global edge-popup", {"family": 2}),
        ("global_ep_iter", "global edge-popup, gradual", {"family": 6}),
        ("global_ep_l2_iter", "global edge-popup, gradual + L2", {"family": 9}),
        ("imp", "IMP, cold", {"family": 4}),
        ("imp_warm", "IMP, warm", {"family": 8}),
        ("lr_rewind", "LR rewinding", {"family": 5}),
        ("signed", "signed supermask", {"family": 1, "variant": 1}),
        ("cts_kl", "CTS-KL", {"family": 7, "variant": 1}),
        ("cts", "CTS", {"family": 7, "variant": 2}),
        ("cts_kl_warm", "CTS-KL, rewound", {"family": 8, "variant": 1}),
        ("cts_warm", "CTS, rewound", {"family": 8, "variant": 2}),
        ("gaussian", "Gaussian gates", {"family": 9, "variant": 1}),
        ("hard_concrete", "hard concrete gates", {"family": 9, "variant": 2}),
        ("sr", "smart ratio", {"family": 3}),
        ("random", "random masks", {"is_reference": True}),
        ("wt", "dense", {}),
    )
}
# Setting -> its values, entries by name.
SETTINGS = {
    "criterion": criteria.CRITERIA,
    "mask_1_action": mask_1.MASK_1_ACTIONS,
    "mask_0_action": mask_0.MASK_0_ACTIONS,
    "method": METHODS,
}
# Setting -> which round of `figure_style.look` has the markers of its values:
# none of an experiment in LABELS.
ROUNDS = {"criterion": 2, "mask_1_action": 3, "mask_0_action": 4, "method": 5}
# Of values that share a colour the first, solid, has variant 0; the others are
# its controls or variants.
VARIANTS = (
    {"linestyle": "-", "linewidth": 1.1},
    {
        "linestyle": (0, (3, 1.2)),
        "fillstyle": "left",
        "markeredgewidth": 0.7,
        "linewidth": 0.8,
    },
    {"linestyle": (0, (1, 1.2)), "markersize": 3.4},
    {"linestyle": (0, (1, 2.5)), "markersize": 3.4},
)
VARIANT_ROUNDS = (0, 0, 6, 9)  # Further, for a marker of their own.
# What the others are measured against, in grey.
REFERENCE = {"color": "#808080", "linestyle": "-", "marker": "."}
REFERENCE_MARKERS = {"mask_1_action": "x"}  # Else that of REFERENCE.
# Of values that no entry knows: a round that no other has.
MORE = tuple(
    figure_style.look(color, 12)
    for color in range(figure_style.DISTINCT_COLORS)
)
NO_LABELS: dict[str, str] = {}  # Nobody wants other names.
SHOWN = 6  # How many levels a figure has unless it is told which.


def label(experiment: str, sizes, labels: dict[str, str] = NO_LABELS) -> str:
    """Returns an experiment's name, and `count_text` of sizes at each level.

    For figures: what is in the name is literal, but for labels with TeX.
    """
    text = name(experiment, labels)
    if text == name(experiment) or not _is_tex(text):
        text = literal(text)
    return f"{text} {count_text(sizes)}"


def literal(text: str) -> str:
    r"""Returns a text as figures take it: its $ are no marks of TeX, but \$.

    Any name of a folder, a layer or a setting needs it.
    """
    return text.replace("$", r"\$")


def _is_tex(text):
    """Whether figures can draw a text as it is, with the TeX in it."""
    try:
        mathtext.MathTextParser("path").parse(text)
    except ValueError:
        return False
    return True


def count_text(sizes) -> str:
    """Returns of how many values each mean is, such as "($n$ = 3–5)"."""
    ends = dict.fromkeys(str(end) for end in (min(sizes), max(sizes)))
    return f"($n$ = {'–'.join(ends)})"


def name(experiment: str, labels: dict[str, str] = NO_LABELS) -> str:
    """Returns an experiment's name for readers, such as "SNIP, shuffled".

    Labels are names that somebody wants, by experiment, or by its name in its
    tree.
    """
    if experiment in labels:
        return labels[experiment]
    own = tree.own_name(experiment)
    known = labels.get(own) or _plain(own) or _treated(own)
    return " ".join(filter(None, [tree.name(experiment), known or own]))


def series(experiments) -> dict[str, dict]:
    """Returns dict, experiment -> its style.

    A known experiment has its own, in every figure; of several trees, those of
    the first one do. All others have what is left. Give it all names that
    figures may draw. Beyond thirty, styles come again.
    """
    names = dict.fromkeys(experiments)
    found, seen = {}, set()
    for each in names:
        own = tree.own_name(each)
        usual = None if own in seen else _usual(own)
        seen.add(own)
        if usual is not None:
            found[each] = usual
    taken = [(look["color"], look["marker"]) for look in found.values()]
    left = [
        look
        for look in figure_style.SERIES
        if (look["color"], look["marker"]) not in taken
    ]
    others = [each for each in names if each not in found]
    found |= dict(zip(others, itertools.cycle(left), strict=False))
    return {each: found[each] for each in names}


def setting_label(setting: str, value: str) -> str:
    """Returns a setting's value for readers, such as "layer shuffled"."""
    if value in SETTINGS[setting]:
        return SETTINGS[setting][value].label
    return str(value).replace("_", " ")


def of_setting(setting: str, values) -> dict[str, dict]:
    """Returns dict, value of a setting -> the style of its line.

    Values of no family come after those that are in one, in the styles of MORE.
    """
    known = {
        name: _style(setting, entry)
        for name, entry in sorted(SETTINGS[setting].items(), key=_order)
        if _has_own(entry)
    }
    unknown = [value for value in dict.fromkeys(values) if value not in known]
    known |= dict(zip(unknown, itertools.cycle(MORE), strict=False))
    wanted = set(values)
    return {value: look for value, look in known.items() if value in wanted}


def spread_levels(runs, count: int = SHOWN) -> list[int]:
    """Returns at most `count` levels, evenly spread over the densities.

    Those at which most experiments have runs come first, and the densest.
    """
    by_level = runs.groupby("level")
    densities, sizes = by_level["density"].mean(), by_level["experiment"]
    sizes = sizes.nunique()
    is_first = (sizes == sizes.max()) | (densities == densities.max())
    chosen = [*densities[is_first & (densities > 0)].unique()]
    if len(chosen) > count:
        chosen = figure_style.spaced(chosen, count)
    others = set(densities[densities > 0]).difference(chosen)
    while others and len(chosen) < count:  # Each in the widest gap.
        gaps = {d: min(abs(np.log(d / c)) for c in chosen) for d in others}
        chosen.append(max(sorted(gaps), key=lambda d: gaps[d]))
        others.remove(chosen[-1])
    chosen.sort(reverse=True)
    return [int(densities.index[densities == d][0]) for d in chosen]


def level_colors(levels: Sequence[int]) -> dict:
    """Returns a colour of each level, the densest first: from dark to light."""
    positions = np.linspace(0, 0.85, len(levels))
    found = matplotlib.colormaps["viridis"](positions)
    return dict(zip(levels, found, strict=True))


def level_text(runs, level: int) -> str:
    """Returns a level's density in percent; a range if its runs differ."""
    densities = runs["density"][runs["level"] == level]
    return f"{tables.percent_range(densities, down=True)} %"


def level_legend(figure, runs, colors: dict, columns, more=()) -> None:
    """Puts a legend of densities, a colour each, and more entries above all."""
    entries = [
        (level_text(runs, level), {"color": color})
        for level, color in colors.items()
    ]
    figure_style.legend(figure, [*entries, *more], columns, "Weights kept")


def _usual(name):
    """The style that an experiment has in every figure, or None."""
    for setting, (beginning, _) in NAMED_AFTER.items():
        entry = SETTINGS[setting].get(name.removeprefix(beginning))
        if name.startswith(beginning) and entry is not None and _has_own(entry):
            return _style(setting, entry)
    if name in LABELS:
        return figure_style.SERIES[[*LABELS].index(name)]
    action = SETTINGS[BRANCHED].get(name)
    if action is not None and _has_own(action):
        return _style(BRANCHED, action)
    for ending, round_ in ENDING_ROUNDS.items():
        entry = criteria.CRITERIA.get(name.removesuffix(ending))
        if entry is None or entry.family is None or entry.variant:
            continue
        if name.endswith(ending):
            return figure_style.look(entry.family, round_)
    return None


def _has_own(entry):
    """Whether a value has a look of its own."""
    return entry.is_reference or entry.family is not None


def _plain(name):
    """What is called so, or a value that an experiment is named after."""
    if name in LABELS:
        return LABELS[name]
    for setting, (beginning, what) in NAMED_AFTER.items():
        value = name.removeprefix(beginning)
        if name.startswith(beginning) and value in SETTINGS[setting]:
            return what + setting_label(setting, value)
    return setting_label(BRANCHED, name) if name in SETTINGS[BRANCHED] else None


def _treated(name):
    """An experiment or criterion, and what was done to its masks; or None."""
    for ending, text in ENDINGS.items():
        base = name.removesuffix(ending)
        is_known = base in LABELS or base in SETTINGS["criterion"]
        if base != name and is_known:
            return f"{_plain(base)}, {text}"
    return None


def _order(each):
    """Sort key: by family and variant, a reference last."""
    _, entry = each
    return entry.is_reference, entry.family or 0, entry.variant


def _style(setting, entry):
    if entry.is_reference:
        usual = REFERENCE["marker"]
        return {**REFERENCE, "marker": REFERENCE_MARKERS.get(setting, usual)}
    round_ = ROUNDS[setting] + VARIANT_ROUNDS[entry.variant]
    look = figure_style.look(entry.family, round_)
    base = {"color": look["color"], "marker": look["marker"]}
    return {**base, **VARIANTS[entry.variant]}
