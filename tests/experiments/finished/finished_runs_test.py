"""Tests of experiments/finished/finished_runs.py."""

import dataclasses
import json
import logging
import pathlib
import re
import shutil

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import supermask
from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    unready,
)
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import searches, trunks

MASKS = {
    "b": np.array([1, 0, 1, 0], np.uint8),  # The network's order.
    "a": np.array([[1, 1], [0, 1]], np.uint8),
}
DENSE = {
    "a": np.array([[1.0, -2], [3, -4]]),
    "a_bias": np.array([5.0, 6]),
    "b": np.array([7.0, -8, 9, -1]),
}
FINAL = {name: -2 * array for name, array in DENSE.items()}
LATER = {name: array + 10 for name, array in DENSE.items()}
FULL = {name: np.ones_like(mask) for name, mask in MASKS.items()}


def write_run(
    directory, masks, start=0, recipe=None, settings=None, **networks
):
    """A finished run of these networks, folder -> dict."""
    networks = {"masks": masks, **networks}
    checksums = {
        f"{folder}/{name}": checksum
        for folder, network in networks.items()
        for name, checksum in save_restore.save_network(
            f"{directory}/{folder}", network
        ).items()
    }
    recipe = recipe or recipes.Recipe(seed=1)
    record = {
        "settings": json.loads(
            json.dumps({**recipe.settings(), **(settings or {})})
        ),
        "inputs": {"start_iteration": start},
        "density": {name: [int(m.sum()), m.size] for name, m in masks.items()},
        "checksums": checksums,
    }
    run_record.write(str(directory), record)


def masked(network):
    return {n: x * MASKS[n] if n in MASKS else x for n, x in network.items()}


@pytest.fixture
def trial(tmp_path):
    """A trial with a dense run and a ticket at level 2."""
    write_run(
        tmp_path / "trial1/0/same_init",
        FULL,
        initial=DENSE,
        final=FINAL,
        iteration5=LATER,
    )
    write_run(tmp_path / "trial1/2/same_init", MASKS, initial=masked(DENSE))
    return tmp_path / "trial1"


def ticket_of(trial):
    return finished_runs.ticket(f"{trial}/2/same_init")


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], strict=True)


def damage(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_ticket_is_what_was_recorded(trial, monkeypatch):
    found = ticket_of(trial)
    assert list(found.masks) == ["b", "a"]
    assert_same(found.masks, MASKS)
    assert_same(found.initial, masked(DENSE))
    assert found.start_iteration == 0
    assert found.settings["seed"] == 1
    monkeypatch.chdir(trial / "2/same_init")
    assert finished_runs.ticket(".").directory == f"{trial}/2/same_init"
    monkeypatch.chdir(trial)
    assert (
        finished_runs.ticket("2/same_init/").directory == f"{trial}/2/same_init"
    )


def test_a_run_of_before_starts_were_recorded_starts_at_0(trial):
    path = paths.record(f"{trial}/2/same_init")
    record = run_record.read(f"{trial}/2/same_init")
    del record["inputs"]["start_iteration"]
    pathlib.Path(path).unlink()
    run_record.write(f"{trial}/2/same_init", record)
    assert ticket_of(trial).start_iteration == 0


@pytest.mark.parametrize("folder", ["masks", "initial"])
def test_a_damaged_ticket_is_refused(trial, folder):
    damage(trial / f"2/same_init/{folder}/b.npy")
    with pytest.raises(ValueError, match=f"{folder}/b.npy is missing or dam"):
        ticket_of(trial)
    (trial / f"2/same_init/{folder}/b.npy").unlink()
    with pytest.raises(ValueError, match=f"{folder}/b.npy is missing or dam"):
        ticket_of(trial)


def test_an_unfinished_ticket_is_refused(trial, caplog):
    path = trial / "2/same_init/run.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    with caplog.at_level(logging.WARNING):
        with pytest.raises(ValueError, match="2/same_init is not finished"):
            ticket_of(trial)
    assert "run.json is damaged" in caplog.text
    path.rename(path.with_name("checkpoint.bin"))
    with pytest.raises(unready.Unready, match="is not finished") as error:
        ticket_of(trial)
    assert error.value.folder == f"{trial}/2/same_init"


def test_a_ticket_that_holds_pruned_weights_is_refused(trial):
    settings = {"mask_0_action": "freeze_init"}
    for level, masks in ((3, FULL), (4, MASKS)):
        write_run(
            trial / f"{level}/same_init",
            masks,
            settings=settings,
            initial=DENSE,
        )
    assert_same(finished_runs.ticket(f"{trial}/3/same_init").initial, DENSE)
    with pytest.raises(
        ValueError,
        match="must have pruned weights that are 0. Received: .*4/same_init, "
        r"which holds them at other values \(mask_0_action=freeze_init\)",
    ):
        finished_runs.ticket(f"{trial}/4/same_init")
    settings = {"mask_0_action": "zero"}
    write_run(
        trial / "5/same_init", MASKS, settings=settings, initial=masked(DENSE)
    )
    assert finished_runs.ticket(f"{trial}/5/same_init").settings[
        "mask_0_action"
    ]


@pytest.mark.parametrize("place", ["3/same_init", "2/same_init/masks"])
def test_what_is_no_run_is_refused(trial, place):
    with pytest.raises(FileNotFoundError, match=f"{place}, which has no run"):
        finished_runs.ticket(f"{trial}/{place}")


def test_a_ticket_without_networks_is_refused(trial):
    run_record.write(
        f"{trial}/3/same_init",
        {"settings": {}, "inputs": {}, "density": {}, "checksums": {"a": "b"}},
    )
    with pytest.raises(FileNotFoundError, match="No saved network"):
        finished_runs.ticket(f"{trial}/3/same_init")


def test_kept_weights_start_where_the_ticket_did(trial):
    ticket = ticket_of(trial)
    fewer = {**MASKS, "b": np.array([1, 0, 0, 0], np.uint8)}
    for masks in (MASKS, fewer):
        assert finished_runs.start(ticket, masks) is ticket.initial


def test_others_start_where_the_dense_network_did(trial):
    others = {**MASKS, "b": np.array([0, 1, 1, 0], np.uint8)}
    assert_same(finished_runs.start(ticket_of(trial), others), DENSE)


def test_others_start_at_the_iteration_it_was_rewound_to(trial):
    write_run(trial / "2/late", MASKS, 5, initial=masked(LATER))
    (trial / "0/same_init").rename(trial / "0/late")
    late = finished_runs.ticket(f"{trial}/2/late")
    assert late.start_iteration == 5
    assert_same(finished_runs.start(late, FULL), LATER)
    write_run(trial / "2/late", MASKS, 6, initial=masked(LATER))
    with pytest.raises(FileNotFoundError, match="No saved net.*0/late/iter.*6"):
        finished_runs.start(finished_runs.ticket(f"{trial}/2/late"), FULL)


def test_a_ticket_that_was_not_rewound_has_no_other_weights(trial):
    write_run(trial / "2/same_init", MASKS, initial=masked(FINAL))
    with pytest.raises(ValueError, match="did not start from .*layer 'b' diff"):
        finished_runs.start(ticket_of(trial), FULL)


def test_a_learned_mask_is_no_ticket(tmp_path):
    settings = {"experiment": "supermask"}
    write_run(tmp_path / "once", MASKS, settings=settings, initial=DENSE)
    with pytest.raises(ValueError, match="train --masks=.*/once/masks --pres"):
        finished_runs.ticket(f"{tmp_path}/once")


def test_a_run_at_level_0_that_prunes_is_not_dense(trial):
    write_run(trial / "0/pruned", MASKS, initial=DENSE, final=masked(DENSE))
    with pytest.raises(ValueError, match="0/pruned, whose masks prune"):
        finished_runs.dense_final(finished_runs.ticket(f"{trial}/0/pruned"))


def test_the_dense_weights_after_training(trial):
    assert_same(finished_runs.dense_final(ticket_of(trial)), FINAL)
    damage(trial / "0/same_init/final/a.npy")
    with pytest.raises(ValueError, match="final/a.npy is missing or damaged"):
        finished_runs.dense_final(ticket_of(trial))


@pytest.mark.parametrize(
    "use",
    [
        finished_runs.dense_final,
        lambda ticket: finished_runs.start(ticket, FULL),
    ],
)
def test_a_dense_run_that_is_missing_is_named(trial, use):
    ticket = ticket_of(trial)
    (trial / "0/same_init/run.json").unlink()
    with pytest.raises(unready.Unready, match="no finished one in") as error:
        use(ticket)
    assert error.value.folder == f"{trial}/0/same_init"
    (trial / "2/same_init").rename(trial / "once")
    with pytest.raises(FileNotFoundError, match="not of a lottery experiment"):
        use(finished_runs.ticket(f"{trial}/once"))


def test_a_dense_run_of_something_else_is_refused(trial):
    write_run(
        trial / "0/same_init",
        FULL,
        recipe=recipes.Recipe(seed=1, lr=0.5),
        initial=DENSE,
        final=FINAL,
    )
    message = re.escape("lr is 0.5 there, 0.0012 here")
    with pytest.raises(ValueError, match=message):
        finished_runs.dense_final(ticket_of(trial))


@pytest.fixture(scope="module")
def dense_folder(tmp_path_factory):
    """Folder of a finished dense run."""
    return trunks.train(tmp_path_factory.mktemp("results") / "trial1/0/dense")


def test_a_dense_run_is_as_it_was_trained(dense_folder):
    dense = finished_runs.dense(dense_folder + "/")
    assert dense.directory == dense_folder
    assert dense.recipe == trunks.RECIPE
    assert list(dense.masks) == ["layer0", "layer1"]
    assert all((mask == 1).all() for mask in dense.masks.values())
    for network, folder in ((dense.initial, "initial"), (dense.final, "final")):
        saved = save_restore.restore_network(f"{dense_folder}/{folder}")
        assert list(network) == list(saved)
        for name, array in saved.items():
            np.testing.assert_array_equal(network[name], array)
    assert (
        dense.inputs["dataset"] == from_recipe.dataset(trunks.RECIPE).checksum
    )


def test_a_checksum_is_of_the_parts_asked_for(dense_folder):
    dense = finished_runs.dense(dense_folder)
    both = dense.checksum("initial", "final")
    assert (
        finished_runs.dense(dense_folder).checksum("initial", "final") == both
    )
    assert len({both, dense.checksum("initial"), dense.checksum("final")}) == 3
    moved = {**dense.initial, "layer0": dense.initial["layer0"] + 1}
    other = dataclasses.replace(dense, initial=moved)
    assert other.checksum("initial", "final") != both
    assert other.checksum("masks") == save_restore.checksum(dense.masks)


def test_another_network_is_refused(dense_folder):
    dense = finished_runs.dense(dense_folder)
    check = finished_runs.check_network
    check("there", dense.initial, dense.final)
    fewer = {n: a for n, a in dense.initial.items() if n != "layer1_bias"}
    turned = {**dense.initial, "layer1": dense.initial["layer1"].T}
    message = (
        r"there is of another network: 'layer1_bias' has shape {} there, {}"
    )
    with pytest.raises(
        ValueError, match=message.format("None", r"\(10,\) here")
    ):
        check("there", fewer, dense.final)
    with pytest.raises(
        ValueError, match=message.format(r"\(10,\)", "None here")
    ):
        check("there", dense.final, fewer)
    with pytest.raises(ValueError, match=r"'layer1' has shape \(10, 6\) there"):
        check("there", turned, dense.final)


def test_other_data_are_an_error(dense_folder):
    dense = finished_runs.dense(dense_folder)
    dense.check_data(from_recipe.dataset(trunks.RECIPE))
    other = attrs.evolve(trunks.RECIPE, subset=100)
    with pytest.raises(ValueError, match="trained on other data than"):
        dense.check_data(from_recipe.dataset(other))


def test_runs_that_are_not_dense_are_refused(tmp_path):
    pruned = trunks.train(tmp_path / "pruned", masks=trunks.masks())
    kept = 316 / 444
    with pytest.raises(ValueError, match=f"dense run .* density {kept:.4f}"):
        finished_runs.dense(pruned)
    late = trunks.train(tmp_path / "late", start_iteration="5it")
    with pytest.raises(ValueError, match="from iteration 5 on"):
        finished_runs.dense(late)


@pytest.mark.slow
def test_a_run_that_learned_a_mask_is_refused_though_it_keeps_all(tmp_path):
    directory = str(tmp_path / "supermask")
    search = supermask.MaskSearch(sigmoid_bias=100)
    planned.run(supermask.plan, directory, trunks.RECIPE, search, quiet=True)
    with pytest.raises(ValueError, match="learned a mask, and trained no we"):
        finished_runs.dense(directory)


def test_a_run_of_data_from_python_is_refused(dense_folder, monkeypatch):
    found = finished_runs.ticket(dense_folder)
    given = {**found.settings, "dataset": None, "model": None}
    own = dataclasses.replace(found, settings=given)
    monkeypatch.setattr(finished_runs, "ticket", lambda *_: own)
    with pytest.raises(ValueError, match="dense, whose own were given from"):
        finished_runs.dense(dense_folder)


def test_runs_that_cannot_be_trusted_are_refused(tmp_path):
    nothing = str(tmp_path / "nothing")
    with pytest.raises(unready.Unready, match="has no run.json") as error:
        finished_runs.dense(nothing)
    assert error.value.folder == nothing
    run = trunks.train(tmp_path / "run")
    path = pathlib.Path(paths.final(run), "layer0.npy")
    damage(path)
    with pytest.raises(ValueError, match="final/layer0.npy is missing or dam"):
        finished_runs.dense(run).checksum("final")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of runs, by name."""
    out = tmp_path_factory.mktemp("searches")
    return {
        "first": searches.search(out / "first", 1),
        "second": searches.search(out / "second", 2),
        "rescaled": searches.search(out / "rescaled", 2, rescaling="dynamic"),
        "trained": trunks.train(out / "trained"),
    }


def copied(folders, name, directory):
    return pathlib.Path(shutil.copytree(folders[name], directory))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "rescaled"])
def test_a_search_is_read_as_it_was(folders, name):
    run = finished_runs.search(folders[name] + "/")
    assert run.directory == folders[name]
    assert list(run.masks) == ["layer0", "layer1"]
    for folder, network in (
        (paths.masks, run.masks),
        (paths.initial, run.initial),
        (paths.final, run.final),
    ):
        saved = save_restore.restore_network(folder(folders[name]))
        for entry, array in network.items():
            np.testing.assert_array_equal(array, saved[entry])
    assert run.recipe.hidden_units == (6,)
    assert run.rescaling == ("none" if name == "first" else "dynamic")
    run.check_data(from_recipe.dataset(run.recipe))


def test_of_a_gem_it_is_its_search(folders, tmp_path):
    inner = copied(folders, "first", tmp_path / "gem/search")
    found = finished_runs.search(str(tmp_path / "gem"))
    assert found.directory == str(inner)
    (inner / "run.json").unlink()
    (inner / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="gem/search is not finished"):
        finished_runs.search(str(tmp_path / "gem"))


def test_checksums_are_of_masks_and_networks(folders):
    first, second = (
        finished_runs.search(folders[name]) for name in ("first", "second")
    )
    parts = ("masks", "final")
    again = finished_runs.search(folders["first"])
    assert first.checksum(*parts) == again.checksum(*parts)
    assert first.checksum(*parts) != second.checksum(*parts)


def test_what_is_no_search_is_refused(folders, tmp_path):
    with pytest.raises(ValueError, match="as they were.* of lottery_exper.*t$"):
        finished_runs.search(folders["trained"])
    settings = {"experiment": "gem_miner", "algo": "sr"}
    gem = trunks.train(tmp_path / "gem", settings=settings)
    with pytest.raises(ValueError, match="of gem_miner with algo=sr$"):
        finished_runs.search(gem)


def test_weights_that_moved_are_refused(folders, tmp_path):
    directory = copied(folders, "first", tmp_path / "moved")
    final = save_restore.restore_network(paths.final(str(directory)))
    final["layer1"] = final["layer1"] + np.float32(1)
    record = run_record.read(str(directory))
    saved = save_restore.save_network(f"{directory}/final", final)
    record["checksums"] |= {f"final/{name}": s for name, s in saved.items()}
    run_record.write(str(directory), record)
    with pytest.raises(ValueError, match="under its mask: layer1"):
        finished_runs.search(str(directory))


def test_damaged_and_unfinished_searches_are_refused(folders, tmp_path):
    directory = copied(folders, "first", tmp_path / "run")
    damage(directory / "initial/layer0.npy")
    with pytest.raises(ValueError, match="initial/layer0.npy is missing or"):
        finished_runs.search(str(directory))
    (directory / "run.json").unlink()
    with pytest.raises(FileNotFoundError, match="which has no run.json"):
        finished_runs.search(str(directory))
    (directory / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="is not finished"):
        finished_runs.search(str(directory))
