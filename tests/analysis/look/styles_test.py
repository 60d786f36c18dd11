"""Tests of analysis/look/styles.py."""

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.look import styles
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.tests.analysis import fake_results

KNOWN = {
    "criterion": criteria.CRITERIA,
    "mask_1_action": mask_1.MASK_1_ACTIONS,
    "mask_0_action": mask_0.MASK_0_ACTIONS,
    "method": [name for name in styles.METHODS if name != "wt"],
}


def test_label_says_how_many_runs():
    label = styles.label("reinit", [2, 1])
    assert label == "random reinit ($n$ = 1–2)"
    assert styles.label("mine", [1]) == "mine ($n$ = 1)"
    label = styles.label("conv2/same_init", [1])
    assert label == "conv2 ticket ($n$ = 1)"


def test_labels_are_by_experiment_or_by_its_name_in_its_tree():
    labels = {"reinit": "fresh", "a/reinit": "A's"}
    assert styles.name("reinit", labels) == "fresh"
    assert styles.name("a/reinit", labels) == "A's"
    assert styles.name("b/reinit", labels) == "b fresh"
    assert styles.name("snip", labels) == "SNIP"
    assert styles.label("reinit", [2], labels) == "fresh ($n$ = 2)"


def test_count_text_is_a_range_where_they_differ():
    assert styles.count_text([3, 3]) == "($n$ = 3)"
    assert styles.count_text([3, 5, 4]) == "($n$ = 3–5)"


@pytest.mark.parametrize(
    "experiment, name",
    [
        ("snip", "SNIP"),
        ("snip_shuffle", "SNIP, shuffled"),
        ("large_init_reinit", "magnitude at init, reinit"),
        ("conv2/synflow_invert", "conv2 SynFlow, inverted"),
        ("mine_shuffle", "mine_shuffle"),
        ("random_global", "random, global"),
        ("large_final_same_sign", "large final, same sign"),
        ("fc/movement", "fc movement"),
        ("mask_1_signed_constant", "kept: constant, own signs"),
        ("mask_0_freeze_init", "pruned: at init"),
        ("signed_draw", "fresh draw, trained signs"),
        ("b/signed_draw_initial", "b fresh draw, own signs"),
        ("mask_1_mine", "mask_1_mine"),
        ("conv2/supermask_both", "conv2 supermask, constant, rescaled"),
        ("gem_miner", "Gem-Miner"),
        ("fc/global_ep_l2_iter", "fc global edge-popup, gradual + L2"),
        ("lr_rewind", "LR rewinding"),
        ("imp_warm", "IMP, warm"),
    ],
)
def test_names_for_readers(experiment, name):
    assert styles.name(experiment) == name


def test_thirty_experiments_have_thirty_styles():
    names = [f"e{index}" for index in range(32)]
    series = styles.series([*names, "e0"])
    assert list(series) == names
    looks = [series[name] for name in names]
    assert looks[30:] == looks[:2]
    assert len({style["color"] for style in looks[:10]}) == 10
    assert len({style["marker"] for style in looks[:10]}) == 10
    assert len({(look["color"], look["marker"]) for look in looks}) == 30


# What experiments are called: by what was done, or a criterion or an action.
EXPERIMENTS = [
    *styles.LABELS,
    *(f"{name}{end}" for name in ("snip", "synflow") for end in styles.ENDINGS),
    *(
        beginning + value
        for setting, (beginning, _) in styles.NAMED_AFTER.items()
        for value in KNOWN[setting]
        if beginning + value not in styles.LABELS
    ),
]


def test_known_experiments_look_the_same_whatever_is_beside_them():
    together = styles.series(["mine", *EXPERIMENTS])
    for name in EXPERIMENTS:
        assert styles.series([name]) == {name: together[name]}, name
    looks = [
        (look["color"], look["marker"], look.get("fillstyle"))
        for look in together.values()
    ]
    assert len(set(looks)) == len(looks)
    hollow = [look for look in together.values() if "markerfacecolor" in look]
    assert not hollow  # Those are lower bounds.


def test_experiments_look_as_the_value_that_they_are_named_after():
    for setting, (beginning, _) in styles.NAMED_AFTER.items():
        for value, look in styles.of_setting(setting, KNOWN[setting]).items():
            assert styles.series([beginning + value]) == {
                beginning + value: look
            }


def test_a_branch_looks_as_the_action_that_it_is_named_after():
    """But for those that had a look before, such as reuse."""
    looks = styles.of_setting("mask_1_action", mask_1.MASK_1_ACTIONS)
    for name in ("signed_draw", "signed_draw_initial", "signed_draw_norms"):
        assert styles.series([name]) == {name: looks[name]}
    assert styles.series(["reuse"])["reuse"] != looks["reuse"]


def test_the_same_names_in_two_trees_are_told_apart():
    names = ["a/same_init", "b/same_init", "a/reinit", "b/reinit"]
    looks = [*styles.series(names).values()]
    assert looks[0] == styles.series(["same_init"])["same_init"]
    assert len({look["color"] for look in looks}) == 4


def _looks(found):
    keys = ("color", "marker", "linestyle", "fillstyle")
    return [tuple(style.get(key) for key in keys) for style in found.values()]


@pytest.mark.parametrize("setting", KNOWN)
def test_each_value_has_a_name_and_a_style_of_its_own(setting):
    values = list(KNOWN[setting])
    assert all(value in styles.SETTINGS[setting] for value in values)
    found = styles.of_setting(setting, values)
    assert sorted(found) == sorted(values)
    assert len(set(_looks(found))) == len(values)
    labels = {styles.setting_label(setting, value) for value in values}
    assert len(labels) == len(values)
    assert not any("_" in label for label in labels)


@pytest.mark.parametrize("setting", KNOWN)
def test_a_value_looks_the_same_whatever_is_beside_it(setting):
    found = styles.of_setting(setting, list(KNOWN[setting]))
    for value, style in found.items():
        assert styles.of_setting(setting, [value]) == {value: style}


def test_controls_share_the_colour_but_are_dashed():
    found = styles.of_setting(
        "criterion", ["small_final", "large_final", "random"]
    )
    assert list(found) == ["large_final", "small_final", "random"]
    large, small, random = found.values()
    assert large["color"] == small["color"] != random["color"]
    assert large["linestyle"] == "-" != small["linestyle"]
    assert random == styles.REFERENCE


def test_unknown_values_have_other_styles():
    assert "my_own" not in styles.SETTINGS["criterion"]
    assert styles.setting_label("criterion", "my_own") == "my own"
    found = styles.of_setting("criterion", ["my_own", "snip", "other"])
    assert list(found) == ["snip", "my_own", "other"]
    assert [found["my_own"], found["other"]] == list(styles.MORE[:2])


def test_methods_are_told_apart_without_their_dashes():
    others = [name for name in KNOWN["method"] if styles.METHODS[name].variant]
    others.append("signed")  # There are ten colours.
    own = [name for name in KNOWN["method"] if name not in others]
    found = styles.of_setting("method", own)
    colors = {style["color"] for style in found.values()}
    assert len(colors) == len(found) == 11


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def test_spread_levels(runs):
    assert styles.spread_levels(runs) == [0, 1, 2]
    assert styles.spread_levels(runs, 2) == [0, 2]


def test_levels_of_most_experiments_come_first(tmp_path):
    for level in range(7):
        fake_results.write_run(str(tmp_path), 1, level)
    for level in (5, 6):
        fake_results.write_run(str(tmp_path), 1, level, "reinit")
    runs = results.read(str(tmp_path)).runs
    assert styles.spread_levels(runs, 3) == [0, 5, 6]
    middle = set(styles.spread_levels(runs, 4)) - {0, 5, 6}
    assert middle in ({2}, {3})
    assert styles.spread_levels(runs, 2) == [0, 6]
    assert styles.spread_levels(runs, 9) == list(range(7))


def test_densities_that_differ_at_a_level_are_a_range(tmp_path):
    for name, level in (("dense", 0), ("sparse", 2)):
        fake_results.write_run_at(
            str(tmp_path / name), level, (0.1, 0.9), None, {}
        )
    runs = results.read(str(tmp_path)).runs
    runs["level"] = 0
    assert styles.level_text(runs, 0) == "100–25.0 %"


def test_a_dollar_in_a_name_is_no_mark_of_tex():
    sizes, labels = [3], {"same_init": "cost $x_$"}
    assert styles.name("$a_$/reinit") == "$a_$ random reinit"
    text = styles.label("$a_$/reinit", sizes)
    assert text == r"\$a_\$ random reinit ($n$ = 3)"
    text = styles.label("same_init", sizes, labels)
    assert text == r"cost \$x_\$ ($n$ = 3)"
    labels = {"same_init": "cost $x_0$"}
    text = styles.label("same_init", sizes, labels)
    assert text == "cost $x_0$ ($n$ = 3)"
