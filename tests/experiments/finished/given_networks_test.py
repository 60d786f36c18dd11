"""Tests of experiments/finished/given_networks.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.foundations.records import (
    run_record,
    save_restore,
    unready,
)


def test_masks_of_several_folders_are_combined(tmp_path):
    for name, mask in {"a": [1, 0, 1], "b": [0, 0, 1]}.items():
        network = {"x": np.array(mask, np.uint8)}
        save_restore.save_network(str(tmp_path / name), network)
    both = f"{tmp_path / 'a'},{tmp_path / 'b'}"
    for given in (both, both.split(",")):
        union = given_networks.masks(given)
        np.testing.assert_array_equal(union["x"], [1, 0, 1])
        both_keep = given_networks.masks(given, "intersect")
        np.testing.assert_array_equal(both_keep["x"], [0, 0, 1])
    save_restore.save_network(both, {"x": np.array([0, 1, 0], np.uint8)})
    mask = given_networks.masks(both)  # Now there is such a folder.
    np.testing.assert_array_equal(mask["x"], [0, 1, 0])
    assert given_networks.masks(None) is None
    given = {"x": np.ones(1)}
    assert given_networks.masks(given) is given
    with pytest.raises(ValueError, match="combine_masks 'intersct'. Did you"):
        given_networks.masks(None, "intersct")


def test_a_folder_without_a_network_is_an_error(tmp_path):
    with pytest.raises(unready.Unready, match="No saved network") as error:
        given_networks.network(f"{tmp_path}/masks/")
    assert error.value.folder == str(tmp_path)


def test_a_run_that_is_not_finished_is_no_source(tmp_path):
    (tmp_path / "checkpoint.bin").touch()
    with pytest.raises(ValueError, match="is not finished"):
        given_networks.network(str(tmp_path / "masks"))


@pytest.mark.parametrize("action", ["zero", "freeze_init"])
def test_masks_of_held_weights_are_warned_of(tmp_path, caplog, action):
    masks = {"x": np.array([1, 0], np.uint8)}
    sums = save_restore.save_network(str(tmp_path / "masks"), masks)
    checksums = {f"masks/{name}": each for name, each in sums.items()}
    run_record.write(
        str(tmp_path),
        {
            "settings": {"mask_0_action": action},
            "inputs": {},
            "checksums": checksums,
        },
    )
    found = given_networks.masks(f"{tmp_path}/masks/")
    np.testing.assert_array_equal(found["x"], [1, 0])
    is_warned = "held at other values" in caplog.text
    assert is_warned == (action != "zero")


def test_folders_among_flags(tmp_path):
    (tmp_path / "a,b").mkdir()
    given = (f"{tmp_path}/a,b", "c,d", None, {"layer0": 1}, ["e", {}, "f"])
    expected = (f"{tmp_path}/a,b", "c", "d", "e", "f")
    assert given_networks.folders(*given) == expected
