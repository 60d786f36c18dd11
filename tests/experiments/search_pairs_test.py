"""Tests of experiments/search_pairs.py, on the bundled digits."""

import numpy as np
import pytest

from lottery_ticket.experiments import search_pairs
from lottery_ticket.tests.experiments import searches


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two searches by name, that differ in their masks alone."""
    out = tmp_path_factory.mktemp("searches")
    return {
        "first": searches.search(out / "first", 1),
        "second": searches.search(out / "second", 2),
    }


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Searches by name, that differ from the first in one thing more."""
    out = tmp_path_factory.mktemp("others")
    changed = searches.changed
    return {
        "init": searches.search(out / "init", 2, changed(init_seed=5)),
        "split": searches.search(out / "split", 2, changed(split_seed=5)),
        "rescaled": searches.search(out / "rescaled", 2, rescaling="dynamic"),
        "l2": searches.search(out / "l2", 2, changed(normalization="l2")),
        "wide": searches.search(out / "wide", 2, changed(hidden_units=(7,))),
    }


def test_pairs_differ_in_their_masks_alone(folders):
    one, other = search_pairs.read(folders["first"], folders["second"])
    assert (one.masks["layer0"] != other.masks["layer0"]).any()
    for name, array in one.frozen.items():
        np.testing.assert_array_equal(array, other.frozen[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("init", "layer0, layer1 differ. Both searches need the same init_see"),
        ("rescaled", "whose rescaling are 'none' and 'dynamic'"),
        ("l2", "whose normalization are 'scale' and 'l2'"),
        ("wide", r"whose hidden_units are \(6,\) and \(7,\)"),
    ],
)
def test_other_pairs_are_refused(folders, others, name, message):
    with pytest.raises(ValueError, match=message):
        search_pairs.read(folders["first"], others[name])


@pytest.mark.slow
def test_examples_must_be_the_same_in_the_splits_used(folders, others):
    pair = search_pairs.read(folders["first"], others["split"])
    for splits in (None, ("train",), ("validate", "test")):
        with pytest.raises(ValueError, match="search both with one split_seed"):
            search_pairs.dataset(pair, splits)
    dataset = search_pairs.dataset(pair, ("test",))
    assert dataset.checksum == pair[0].data
    with pytest.raises(ValueError, match="Unknown split 'tests'"):
        search_pairs.dataset(pair, ("tests",))
    same = search_pairs.read(folders["first"], folders["second"])
    assert search_pairs.dataset(same).checksum == same[0].data
