"""Tests of analysis/reading/selection.py."""

import hypothesis
import pandas as pd
import pytest
from hypothesis import strategies as st

from lottery_ticket.analysis.reading import selection


def _runs(*rows):
    return pd.DataFrame(rows, columns=["experiment", "level", "density"])


def _choice(*args):
    runs = _runs(("a", 0, 1), ("b", 0, 1), ("a", 1, 0.5), ("c", 2, 0.2))
    chosen = selection.choose(runs, *args)
    assert list(chosen.index) == list(range(len(chosen)))
    return list(zip(chosen["experiment"], chosen["level"], strict=True))


def test_experiments_are_chosen_in_the_order_asked_for():
    assert _choice() == [("a", 0), ("b", 0), ("a", 1), ("c", 2)]
    assert _choice("b, a") == [("b", 0), ("a", 0), ("a", 1)]
    assert _choice("b,b") == [("b", 0)]


def test_levels_are_chosen():
    assert _choice(None, (1, 2)) == [("a", 1), ("c", 2)]
    assert _choice("a", (0,)) == [("a", 0)]


def test_unknown_experiments_and_levels():
    with pytest.raises(ValueError, match="Unknown experiment 'd'.*Known: a, b"):
        _choice("a,d")
    with pytest.raises(ValueError, match="Unknown experiment ''"):
        _choice("a,")
    with pytest.raises(ValueError, match="Unknown level '2'.*Known: 0, 1$"):
        _choice("a", (0, 2))


@pytest.mark.parametrize(
    "runs, expected",
    [
        # Equal but for rounding, whatever the level.
        ([("a", 3, 0.2), ("b", 1, 0.1985), ("b", 0, 1)], [1, 1, 0]),
        # Of one level, but not of one density.
        ([("a", 1, 0.2), ("b", 1, 0.19)], [0, 1]),
        # Nothing but a dense network is dense.
        ([("a", 0, 1), ("b", 1, 0.999)], [0, 1]),
        # Two levels of one experiment are never one row.
        ([("a", 1, 0.5), ("a", 2, 0.4975), ("b", 2, 0.499)], [0, 1, 1]),
        # A row's densities differ from its highest, not from their neighbours.
        ([("a", 1, 0.5), ("b", 1, 0.496), ("c", 1, 0.492)], [0, 0, 1]),
        ([("a", 1, 0.0), ("b", 2, 0.0), ("b", 1, 0.001)], [1, 1, 0]),
    ],
)
def test_rows_are_of_one_density(runs, expected):
    assert list(selection.rows(_runs(*runs))) == expected


def test_rows_have_the_index_of_the_runs():
    runs = _runs(("a", 0, 1), ("a", 1, 0.5), ("b", 1, 0.5)).iloc[[2, 1]]
    rows = selection.rows(runs)
    assert list(rows.index) == [2, 1]
    assert list(rows) == [0, 0]


@hypothesis.given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(0, 3),
            st.sampled_from([0, 0.2, 0.497, 0.499, 0.5, 0.995, 1]),
        ),
        min_size=1,
        max_size=12,
    )
)
@pytest.mark.slow
def test_a_row_is_of_one_density_and_of_one_level_of_an_experiment(given):
    runs = _runs(*given)
    runs["row"] = selection.rows(runs)
    assert set(runs["row"]) == set(range(runs["row"].max() + 1))
    tops = []
    for _, row in runs.groupby("row"):
        tops.append(row["density"].max())
        assert row["density"].min() >= (1 - selection.ROUNDING) * tops[-1]
        assert (row["density"] == 1).all() or tops[-1] < 1
        assert (row.groupby("experiment")["level"].nunique() == 1).all()
    # Rows of one density differ in level, and may differ by rounding.
    for above, below in zip(tops, tops[1:], strict=False):
        assert below <= above / (1 - selection.ROUNDING)


def test_learned_masks_are_not_trained_unless_all_are():
    kinds = ["lottery_experiment", "supermask", "reinitialize"]
    runs = pd.DataFrame({"kind": kinds})
    assert list(selection.trained(runs).index) == [0, 2]
    assert list(selection.trained(runs[1:2]).index) == [1]


def _networks(*rows):
    return pd.DataFrame(rows, columns=["experiment", "dataset", "model"])


def test_a_network_is_named_after_its_tree():
    first, second = selection.network_names(
        _networks(("fc/same_init", "mnist", "fc"), ("reinit", "mnist", "fc")),
        _networks(("fc/untrained", "mnist", "fc")),
    )
    assert first.to_list() == ["fc", "mnist fc"]
    assert second.to_list() == ["fc"]


def test_networks_of_one_tree_are_told_apart_whatever_frame_they_are_in():
    first, second = selection.network_names(
        _networks(("mine/same_init", "mnist", "fc"), ("b/random", "x", "y")),
        _networks(("mine/untrained", "mnist", "conv2")),
    )
    assert first.to_list() == ["mine mnist fc", "b"]
    assert second.to_list() == ["mine mnist conv2"]


def test_what_is_not_recorded_is_not_named():
    [names] = selection.network_names(_networks(("train", None, "fc")))
    assert names.to_list() == ["fc"]
    [names] = selection.network_names(_networks())
    assert names.empty


def test_experiments_have_a_network():
    runs = _networks(
        ("same_init", "mnist", "fc"),
        ("a_vgg", "mnist", "vgg16"),
        ("same_init", "mnist", "fc"),
        ("reinit", "mnist", "fc"),
    )
    assert selection.networks(runs) == {
        "same_init": "mnist fc",
        "a_vgg": "mnist vgg16",
        "reinit": "mnist fc",
    }
    assert selection.networks(runs[:0]) == {}


@pytest.mark.parametrize("name", ["same", "b/reinit", "A/same_init"])
def test_labels_are_of_experiments(name):
    runs = _runs(("a/same_init", 0, 1))
    selection.check_labels(runs, ["same_init", "a/same_init"])
    with pytest.raises(ValueError, match=f"Unknown experiment '{name}'"):
        selection.check_labels(runs, [name])


@pytest.mark.parametrize("name", ["reint", "a/reinit", "rein"])
def test_a_control_is_an_experiment(name):
    runs = _runs(("a/same_init", 1, 0.5), ("a/reinit", 1, 0.5))
    selection.check_control(runs, "reinit")
    selection.check_control(_runs(("snip_shuffle", 1, 0.5)), "shuffle")
    with pytest.raises(ValueError, match=f"Unknown control '{name}'"):
        selection.check_control(runs, name)
