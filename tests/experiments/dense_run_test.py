"""Tests of experiments/dense_run.py, on the bundled digits."""

import dataclasses
import pathlib

import numpy as np
import pytest

from lottery_ticket.experiments import (
    dense_run,
    from_recipe,
    mask_search,
    supermask,
)
from lottery_ticket.foundations import paths, save_restore
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import trunks


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder of a finished dense run."""
    return trunks.train(tmp_path_factory.mktemp("results") / "trial1/0/dense")


def test_it_is_as_it_was_trained(run):
    dense = dense_run.read(run + "/")
    assert dense.directory == run
    assert dense.recipe == trunks.RECIPE
    assert list(dense.masks) == ["layer0", "layer1"]
    assert all((mask == 1).all() for mask in dense.masks.values())
    for network, folder in ((dense.initial, "initial"), (dense.final, "final")):
        saved = save_restore.restore_network(f"{run}/{folder}")
        assert list(network) == list(saved)
        for name, array in saved.items():
            np.testing.assert_array_equal(network[name], array)
    assert dense.data == from_recipe.dataset(trunks.RECIPE).checksum


def test_its_checksum_is_of_both_ends(run):
    dense = dense_run.read(run)
    assert dense_run.read(run).checksum == dense.checksum
    for end in ("initial", "final"):
        network = getattr(dense, end)
        moved = {**network, "layer0": network["layer0"] + 1}
        other = dataclasses.replace(dense, **{end: moved})
        assert other.checksum != dense.checksum


def test_a_model_gets_the_weights_from_before_training(run):
    dense = dense_run.read(run)
    model = from_recipe.model(dense.recipe, from_recipe.dataset(dense.recipe))
    model.reset(masks=trunks.masks(), seed=9)
    dense.give_start(model)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, dense.initial[name])
    without = {n: a for n, a in dense.initial.items() if n != "layer1_bias"}
    other = dataclasses.replace(dense, initial=without)
    with pytest.raises(ValueError, match="another network: .* layer1_bias"):
        other.give_start(model)


def test_other_data_are_an_error(run):
    dense = dense_run.read(run)
    dense.check_data(from_recipe.dataset(trunks.RECIPE))
    other = dataclasses.replace(trunks.RECIPE, subset=100)
    with pytest.raises(ValueError, match="trained on other data than"):
        dense.check_data(from_recipe.dataset(other))


def test_runs_that_are_not_dense_are_refused(tmp_path):
    pruned = trunks.train(tmp_path / "pruned", masks=trunks.masks())
    kept = 316 / 444
    with pytest.raises(ValueError, match=f"dense run .* density {kept:.4f}"):
        dense_run.read(pruned)
    late = trunks.train(tmp_path / "late", start_iteration="5it")
    with pytest.raises(ValueError, match="from iteration 5 on"):
        dense_run.read(late)


@pytest.mark.slow
def test_a_run_that_learned_a_mask_is_refused_though_it_keeps_all(tmp_path):
    directory = str(tmp_path / "supermask")
    search = mask_search.MaskSearch(sigmoid_bias=100)
    planned.run(supermask.plan, directory, trunks.RECIPE, search, quiet=True)
    with pytest.raises(ValueError, match="learned a mask, and trained no we"):
        dense_run.read(directory)


def test_a_run_of_data_from_python_is_refused(run, monkeypatch):
    found = dense_run.tickets.read(run)
    given = {**found.settings, "dataset": None, "model": None}
    own = dataclasses.replace(found, settings=given)
    monkeypatch.setattr(dense_run.tickets, "read", lambda _: own)
    with pytest.raises(ValueError, match="dense, whose own were given from"):
        dense_run.read(run)


def test_runs_that_cannot_be_trusted_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="which has no run.json"):
        dense_run.read(str(tmp_path / "nothing"))
    run = trunks.train(tmp_path / "run")
    path = pathlib.Path(paths.final(run), "layer0.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="final/layer0.npy is missing or dam"):
        dense_run.read(run)
