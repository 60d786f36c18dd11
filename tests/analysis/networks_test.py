"""Tests of analysis/networks.py."""

import pandas as pd

from lottery_ticket.analysis import networks


def _frame(*rows):
    return pd.DataFrame(rows, columns=["experiment", "dataset", "model"])


def test_a_network_is_named_after_its_tree():
    first, second = networks.names(
        _frame(("fc/same_init", "mnist", "fc"), ("reinit", "mnist", "fc")),
        _frame(("fc/untrained", "mnist", "fc")),
    )
    assert first.to_list() == ["fc", "mnist fc"]
    assert second.to_list() == ["fc"]


def test_networks_of_one_tree_are_told_apart_whatever_frame_they_are_in():
    first, second = networks.names(
        _frame(("mine/same_init", "mnist", "fc"), ("b/random", "x", "y")),
        _frame(("mine/untrained", "mnist", "conv2")),
    )
    assert first.to_list() == ["mine mnist fc", "b"]
    assert second.to_list() == ["mine mnist conv2"]


def test_what_is_not_recorded_is_not_named():
    [names] = networks.names(_frame(("train", None, "fc")))
    assert names.to_list() == ["fc"]
    [names] = networks.names(_frame())
    assert names.empty
