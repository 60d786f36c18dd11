"""How criteria, actions and methods look in figures: names, and lines."""

from typing import Any

from lottery_ticket.analysis.look import figure_style
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import entries

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
# Of values that share a colour the first, solid, has variant 0; the others are
# its controls or variants.
VARIANTS = (
    {"linestyle": "-", "linewidth": 1.1},
    {
        "linestyle": (0, (3, 1.2)),
        "markerfacecolor": "white",
        "markeredgewidth": 0.7,
        "linewidth": 0.8,
    },
    {"linestyle": (0, (1, 1.2)), "marker": "*", "markersize": 4},
    {"linestyle": (0, (1, 2.5)), "marker": "X", "markersize": 3.4},
)
# What the others are measured against, in grey.
REFERENCE = {"color": "#808080", "linestyle": "-", "marker": "."}


def is_known(setting: str, value: str) -> bool:
    """Whether a setting's value has a name here."""
    return value in SETTINGS[setting]


def label(setting: str, value: str) -> str:
    """Returns a setting's value for readers, such as "layer shuffled"."""
    if is_known(setting, value):
        return SETTINGS[setting][value].label
    return str(value).replace("_", " ")


def styles(setting: str, values) -> dict[str, dict]:
    """Returns the style of each value's line, always the same for one value.

    Values of no family come after those that are in one, in the styles of
    `figure_style.SERIES` behind the tenth.
    """
    known = {
        name: _style(entry)
        for name, entry in sorted(SETTINGS[setting].items(), key=_order)
        if entry.is_reference or entry.family is not None
    }
    unknown = [value for value in dict.fromkeys(values) if value not in known]
    more = figure_style.SERIES[figure_style.DISTINCT_COLORS :]
    for index, value in enumerate(unknown):
        known[value] = more[index % len(more)]
    wanted = set(values)
    return {value: look for value, look in known.items() if value in wanted}


def _order(each):
    """Sort key: by family and variant, a reference last."""
    _, entry = each
    return entry.is_reference, entry.family or 0, entry.variant


def _style(entry):
    if entry.is_reference:
        return REFERENCE
    look = figure_style.SERIES[entry.family]
    base = {"color": look["color"], "marker": look["marker"]}
    return {**base, **VARIANTS[entry.variant]}
