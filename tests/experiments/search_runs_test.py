"""Tests of experiments/search_runs.py, on the bundled digits."""

import pathlib
import shutil

import numpy as np
import pytest

from lottery_ticket.experiments import search_runs
from lottery_ticket.foundations import paths, run_record, save_restore
from lottery_ticket.tests.experiments import searches, trunks


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


@pytest.mark.parametrize("name", ["first", "rescaled"])
def test_a_search_is_read_as_it_was(folders, name):
    run = search_runs.read(folders[name] + "/")
    assert run.directory == folders[name]
    assert list(run.masks) == ["layer0", "layer1"]
    for folder, network in (
        (paths.masks, run.masks),
        (paths.initial, run.frozen),
        (paths.final, run.final),
    ):
        saved = save_restore.restore_network(folder(folders[name]))
        for entry, array in network.items():
            np.testing.assert_array_equal(array, saved[entry])
    assert run.recipe.hidden_units == (6,)
    assert run.rescaling == ("none" if name == "first" else "dynamic")
    assert run.dataset().checksum == run.data


def test_of_a_gem_it_is_its_search(folders, tmp_path):
    inner = copied(folders, "first", tmp_path / "gem/search")
    found = search_runs.read(str(tmp_path / "gem"))
    assert found.directory == str(inner)
    (inner / "run.json").unlink()
    (inner / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="gem/search is not finished"):
        search_runs.read(str(tmp_path / "gem"))


def test_checksums_are_of_masks_and_networks(folders):
    first, second = (
        search_runs.read(folders[name]) for name in ("first", "second")
    )
    assert first.checksum == search_runs.read(folders["first"]).checksum
    assert first.checksum != second.checksum


def test_other_runs_are_refused(folders, tmp_path):
    with pytest.raises(ValueError, match="as they were.* of lottery_exper.*t$"):
        search_runs.read(folders["trained"])
    settings = {"experiment": "gem_miner", "algo": "sr"}
    gem = trunks.train(tmp_path / "gem", settings=settings)
    with pytest.raises(ValueError, match="of gem_miner with algo=sr$"):
        search_runs.read(gem)


def test_data_that_have_changed_are_refused(folders, tmp_path):
    directory = copied(folders, "first", tmp_path / "old")
    record = run_record.read(str(directory))
    record["inputs"]["dataset"] = "other"
    run_record.write(str(directory), record)
    with pytest.raises(ValueError, match="was trained on other data"):
        search_runs.read(str(directory)).dataset()


def test_weights_that_moved_are_refused(folders, tmp_path):
    directory = copied(folders, "first", tmp_path / "moved")
    final = save_restore.restore_network(paths.final(str(directory)))
    final["layer1"] = final["layer1"] + np.float32(1)
    record = run_record.read(str(directory))
    saved = save_restore.save_network(f"{directory}/final", final)
    record["checksums"] |= {f"final/{name}": s for name, s in saved.items()}
    run_record.write(str(directory), record)
    with pytest.raises(ValueError, match="under its mask: layer1"):
        search_runs.read(str(directory))


def test_damaged_and_unfinished_ones_are_refused(folders, tmp_path):
    directory = copied(folders, "first", tmp_path / "run")
    path = directory / "initial/layer0.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="initial/layer0.npy is missing or"):
        search_runs.read(str(directory))
    (directory / "run.json").unlink()
    with pytest.raises(FileNotFoundError, match="which has no run.json"):
        search_runs.read(str(directory))
    (directory / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="is not finished"):
        search_runs.read(str(directory))


def test_another_network_is_refused(folders):
    run = search_runs.read(folders["first"])

    class Model:
        variables = {"layer0": None, "layer9": None}

    with pytest.raises(ValueError, match="another network: .*layer9"):
        run.check_network(Model())
    Model.variables = dict.fromkeys(run.final)
    run.check_network(Model())
