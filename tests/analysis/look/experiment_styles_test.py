"""Tests of analysis/look/experiment_styles.py."""

import pytest

from lottery_ticket.analysis.look import experiment_styles


def test_label_says_how_many_runs():
    label = experiment_styles.label("reinit", [2, 1])
    assert label == "random reinit ($n$ = 1–2)"
    assert experiment_styles.label("mine", [1]) == "mine ($n$ = 1)"
    label = experiment_styles.label("conv2/same_init", [1])
    assert label == "conv2 winning ticket ($n$ = 1)"


def test_count_text_is_a_range_where_they_differ():
    assert experiment_styles.count_text([3, 3]) == "($n$ = 3)"
    assert experiment_styles.count_text([3, 5, 4]) == "($n$ = 3–5)"


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
        ("mask_1_mine", "mask_1_mine"),
        ("conv2/supermask_both", "conv2 supermask, constant, rescaled"),
        ("gem_miner", "Gem-Miner"),
        ("fc/global_ep_l2_iter", "fc global edge-popup, gradual + L2"),
        ("lr_rewind", "LR rewinding"),
        ("imp_warm", "IMP, warm"),
    ],
)
def test_names_for_readers(experiment, name):
    assert experiment_styles.name(experiment) == name


def test_thirty_experiments_have_thirty_styles():
    names = [f"e{index}" for index in range(32)]
    series = experiment_styles.series([*names, "e0"])
    assert list(series) == names
    styles = [series[name] for name in names]
    assert styles[30:] == styles[:2]
    assert len({style["color"] for style in styles[:10]}) == 10
    looks = {
        (style["marker"], "markerfacecolor" in style) for style in styles[:10]
    }
    assert len(looks) == 10
    looks = {(style["color"], style["marker"]) for style in styles}
    assert len(looks) == 30
