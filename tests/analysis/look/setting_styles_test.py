"""Tests of analysis/look/setting_styles.py."""

import pytest

from lottery_ticket.analysis.look import figure_style, setting_styles
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.mask_actions import mask_0, mask_1

KNOWN = {
    "criterion": criteria.CRITERIA,
    "mask_1_action": mask_1.MASK_1_ACTIONS,
    "mask_0_action": mask_0.MASK_0_ACTIONS,
    "method": [name for name in setting_styles.METHODS if name != "wt"],
}


def _looks(styles):
    keys = ("color", "marker", "linestyle", "markerfacecolor")
    return [tuple(style.get(key) for key in keys) for style in styles.values()]


@pytest.mark.parametrize("setting", KNOWN)
def test_each_value_has_a_name_and_a_style_of_its_own(setting):
    values = list(KNOWN[setting])
    assert all(setting_styles.is_known(setting, value) for value in values)
    styles = setting_styles.styles(setting, values)
    assert sorted(styles) == sorted(values)
    assert len(set(_looks(styles))) == len(values)
    labels = {setting_styles.label(setting, value) for value in values}
    assert len(labels) == len(values)
    assert not any("_" in label for label in labels)


@pytest.mark.parametrize("setting", KNOWN)
def test_a_value_looks_the_same_whatever_is_beside_it(setting):
    styles = setting_styles.styles(setting, list(KNOWN[setting]))
    for value, style in styles.items():
        assert setting_styles.styles(setting, [value]) == {value: style}


def test_controls_share_the_colour_but_are_dashed():
    styles = setting_styles.styles(
        "criterion", ["small_final", "large_final", "random"]
    )
    assert list(styles) == ["large_final", "small_final", "random"]
    large, small, random = styles.values()
    assert large["color"] == small["color"] != random["color"]
    assert large["linestyle"] == "-" != small["linestyle"]
    assert random == setting_styles.REFERENCE


def test_unknown_values_have_other_styles():
    assert not setting_styles.is_known("criterion", "my_own")
    assert setting_styles.label("criterion", "my_own") == "my own"
    styles = setting_styles.styles("criterion", ["my_own", "snip", "other"])
    assert list(styles) == ["snip", "my_own", "other"]
    more = figure_style.SERIES[figure_style.DISTINCT_COLORS :]
    assert [styles["my_own"], styles["other"]] == list(more[:2])


def test_methods_are_told_apart_without_their_dashes():
    styles = setting_styles.styles("method", KNOWN["method"])
    colors = {style["color"] for style in styles.values()}
    assert len(colors) == len(styles) == 11
