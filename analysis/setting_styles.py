"""How criteria, actions and methods look in figures: names, and lines."""

from lottery_ticket.analysis import figure_style

CRITERIA = {
    "snip": "SNIP",
    "grad": "gradient",
    "grasp": "GraSP",
    "synflow": "SynFlow",
    "large_init_large_final": "large init, large final",
    "small_init_small_final": "small init, small final",
    "large_final_same_sign": "large final, same sign",
    "large_final_diff_sign": "large final, other sign",
    "large_final_same_sign_single": "any of same sign",
    "large_final_diff_sign_single": "any of other sign",
    "magnitude_increase_same_sign": "magnitude increase, same sign",
    "magnitude_increase_diff_sign": "magnitude increase, other sign",
    "magnitude_increase_same_sign_legacy": (
        "magnitude increase, same sign (legacy)"
    ),
    "magnitude_increase_diff_sign_legacy": (
        "magnitude increase, other sign (legacy)"
    ),
}
MASK_1_ACTIONS = {
    "mask_init": "rewind, pruned at 0",
    "random_reinit": "layer shuffled",
    "signed_reinit": "layer shuffled, own signs",
    "random_reshuffle": "kept shuffled",
    "signed_reshuffle": "kept shuffled, own signs",
    "signed_constant": "constant, own signs",
    "rand_signed_constant": "constant, shuffled signs",
    "random_reinit_rescaling": "layer shuffled, rescaled",
    "signed_reinit_rescaling": "layer shuffled, own signs, rescaled",
    "signed_constant_rescaling": "constant, own signs, rescaled",
    "rand_signed_constant_rescaling": "constant, shuffled signs, rescaled",
    "reinit": "fresh draw",
    "reuse": "reused values",
    "reuse_sign": "reused values, own signs",
}
MASK_0_ACTIONS = {
    "zero": "at 0",
    "freeze_init": "at init",
    "freeze_init_zero_mask": "at init, 0 if it shrank (variant 1)",
    "freeze_init_zero_all": "as variant 1, kept ones too (variant 2)",
    "freeze_init_zero_reshuffle": "at init, as many 0 at random",
    "freeze_init_zero_rev": "at init, 0 if it grew",
    "freeze_reinit": "at a fresh draw",
    "freeze_final": "at final",
}
METHODS = {
    "gem_miner": "Gem-Miner",
    "hc": "hypercube",
    "ep": "edge-popup",
    "global_ep": "global edge-popup",
    "global_ep_iter": "global edge-popup, gradual",
    "global_ep_l2_iter": "global edge-popup, gradual + L2",
    "imp": "IMP, cold",
    "imp_warm": "IMP, warm",
    "lr_rewind": "LR rewinding",
    "sr": "smart ratio",
    "random": "random masks",
    "wt": "dense",
}
LABELS = {
    "criterion": CRITERIA,
    "mask_1_action": MASK_1_ACTIONS,
    "mask_0_action": MASK_0_ACTIONS,
    "method": METHODS,
}
# Values that share a colour: the first is drawn solid; the others, which are
# its controls or variants, by `VARIANTS`.
FAMILIES = {
    "criterion": (
        ("large_final", "small_final"),
        ("magnitude_increase",),
        (
            "large_final_same_sign",
            "large_final_diff_sign",
            "large_final_same_sign_single",
            "large_final_diff_sign_single",
        ),
        ("movement",),
        ("large_init", "small_init"),
        ("snip", "grad"),
        (
            "magnitude_increase_same_sign",
            "magnitude_increase_diff_sign",
            "magnitude_increase_same_sign_legacy",
            "magnitude_increase_diff_sign_legacy",
        ),
        ("large_init_large_final", "small_init_small_final"),
        ("grasp",),
        ("synflow",),
    ),
    "mask_1_action": (
        ("rewind", "mask_init"),
        ("signed_constant", "rand_signed_constant"),
        ("signed_reshuffle", "random_reshuffle"),
        ("signed_reinit", "random_reinit"),
        ("reuse_sign", "reuse"),
        (),
        ("signed_reinit_rescaling", "random_reinit_rescaling"),
        ("signed_constant_rescaling", "rand_signed_constant_rescaling"),
    ),
    "mask_0_action": (
        ("zero",),
        ("freeze_init",),
        (
            "freeze_init_zero_mask",
            "freeze_init_zero_reshuffle",
            "freeze_init_zero_rev",
        ),
        ("freeze_init_zero_all",),
        ("freeze_final",),
        ("freeze_reinit",),
    ),
    # Apart from each other: lines are dashed for another reason.
    "method": (
        ("gem_miner",),
        ("ep",),
        ("global_ep",),
        ("sr",),
        ("imp",),
        ("lr_rewind",),
        ("global_ep_iter",),
        ("hc",),
        ("imp_warm",),
        ("global_ep_l2_iter",),
    ),
}
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
REFERENCES = {
    "criterion": "random",
    "mask_1_action": "reinit",
    "method": "random",
}
REFERENCE = {"color": "#808080", "linestyle": "-", "marker": "."}


def is_known(setting: str, value: str) -> bool:
    """Whether a setting's value has a name or a style here.

    Args:
        setting: One of LABELS.
        value: Possibly one of its values.
    """
    known = {REFERENCES.get(setting), *LABELS[setting]}
    return value in known.union(*FAMILIES[setting])


def label(setting: str, value: str) -> str:
    """Returns a setting's value for readers, such as "layer shuffled".

    Args:
        setting: One of LABELS.
        value: Its value, such as "random_reinit".
    """
    return LABELS[setting].get(value, str(value).replace("_", " "))


def styles(setting: str, values) -> dict[str, dict]:
    """Returns the style of each value's line, always the same for one value.

    Values that are not known here come after those that are, in the styles of
    `figure_style.SERIES` behind the tenth.

    Args:
        setting: One of LABELS.
        values: Values of it; they come back in the order of this module.
    """
    known = {}
    for index, family in enumerate(FAMILIES[setting]):
        look = figure_style.SERIES[index]
        base = {"color": look["color"], "marker": look["marker"]}
        for value, variant in zip(family, VARIANTS, strict=False):
            known[value] = {**base, **variant}
    if setting in REFERENCES:
        known[REFERENCES[setting]] = REFERENCE
    unknown = [value for value in dict.fromkeys(values) if value not in known]
    more = figure_style.SERIES[figure_style.DISTINCT_COLORS :]
    for index, value in enumerate(unknown):
        known[value] = more[index % len(more)]
    wanted = set(values)
    return {value: look for value, look in known.items() if value in wanted}
