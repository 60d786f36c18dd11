"""Tests of selection/collapse.py: what is found, named and warned of."""

import numpy as np
import pytest

from lottery_ticket.foundations.selection import collapse

EMPTY = "layer 'conv7' keeps none of its 2,359,296 weights"
NO_PATH = "no path is left from input to output through a kept weight"


def masks(**kept):
    return {name: np.array(mask, np.uint8) for name, mask in kept.items()}


def collapsed():
    return {
        **masks(conv6=[[1, 0]]),
        "conv7": np.zeros((3, 3, 512, 512), np.uint8),
        **masks(logits=[[0], [1]]),
    }


def no_path(layers):
    return {name: np.zeros_like(mask) for name, mask in layers.items()}


@pytest.mark.parametrize(
    ("layers", "effective", "found"),
    [
        (masks(a=[1, 0], b=[1]), masks(a=[1, 0], b=[0]), []),
        (masks(a=[1, 0], b=[1]), masks(a=[0, 0], b=[0]), [NO_PATH]),
        (masks(a=[1, 0], b=[1]), None, []),
        (
            masks(a=[0, 0], b=[1], c=[0]),
            masks(a=[0, 0], b=[1], c=[0]),  # Around a and c, in a shortcut.
            [
                "layer 'a' keeps none of its 2 weights",
                "layer 'c' keeps none of its 1 weights",
            ],
        ),
        (masks(a=[0, 0]), None, ["layer 'a' keeps none of its 2 weights"]),
        (collapsed(), no_path(collapsed()), [EMPTY, NO_PATH]),
        (masks(a=[], b=[1]), masks(a=[], b=[1]), []),
        ({}, {}, []),
    ],
)
def test_finds_empty_layers_and_missing_paths(layers, effective, found, caplog):
    collapse.check(layers, effective, "warn", "level 3")
    said = f"Layer collapse, level 3: {'; '.join(found)}"
    assert caplog.messages == ([said] if found else [])


@pytest.mark.parametrize("policy", collapse.POLICIES)
def test_nothing_is_said_where_nothing_collapsed(policy, caplog):
    kept = masks(a=[1, 0])
    collapse.check(kept, kept, policy, "level 3")
    collapse.check(kept, None, policy, "level 3")
    assert not caplog.records


def test_one_warning_names_layers_and_label(caplog):
    collapse.check(collapsed(), no_path(collapsed()), "warn", "level 3")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    message = record.getMessage()
    assert message == f"Layer collapse, level 3: {EMPTY}; {NO_PATH}"


def test_stop_is_an_error_that_says_what_to_do(caplog):
    message = (
        f"^Layer collapse, level 3: {EMPTY}. What is finished is kept. .*"
        "go on all the same with --on_collapse=warn$"
    )
    with pytest.raises(ValueError, match=message):
        collapse.check(collapsed(), None, "stop", "level 3")
    assert not caplog.records


def test_an_unknown_policy_is_an_error_even_where_nothing_collapsed():
    with pytest.raises(ValueError, match="Unknown on_collapse 'stopp'. Did"):
        collapse.check({}, None, "stopp", "level 3")
