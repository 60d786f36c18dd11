"""Tests of experiments/finished/given_networks.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.finished import given_networks
from lottery_ticket.foundations.records import (
    run_record,
    save_restore,
    sealed,
    unready,
)
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.tests.foundations.tickets import small


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


def test_masks_of_an_alignment_are_a_source_once_it_is_finished(tmp_path):
    masks = {"x": np.array([1, 0], np.uint8)}
    given = str(tmp_path / "masks")
    save_restore.save_network(str(tmp_path / "permutations"), masks)
    sums = save_restore.save_network(given, masks)
    text = f"The alignment in {tmp_path} is not finished"
    with pytest.raises(unready.Unready, match=text) as error:
        given_networks.masks(given)
    assert error.value.folder == str(tmp_path)
    checksums = {f"masks/{name}": each for name, each in sums.items()}
    record = {"settings": {}, "checksums": checksums}
    sealed.write(str(tmp_path / "alignment.json"), record)
    np.testing.assert_array_equal(given_networks.masks(given)["x"], [1, 0])
    (tmp_path / "masks" / "x.npy").write_bytes(b"other")
    with pytest.raises(unready.Unready, match="x.npy is missing or damaged"):
        given_networks.masks(given)


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


def test_a_tickets_file_is_like_a_folder(tmp_path):
    ticket = small.ticket({"a": (6, 5)})
    path = str(tmp_path / "mine.ticket")
    ticket_file.write(path, ticket)
    for given in (path, f"{path}/masks", f"{path}/masks/", [path]):
        found = given_networks.masks(given)
        np.testing.assert_array_equal(found["a"], ticket.masks["a"])
    for which, network in ticket.networks.items():
        found = given_networks.network(f"{path}/{which}")
        np.testing.assert_array_equal(found["a"], network["a"])
    with pytest.raises(ValueError, match="Say which weights of .*: .*/initial"):
        given_networks.network(path)
    with pytest.raises(ValueError, match="holds final, initial, masks. Rece"):
        given_networks.network(f"{path}/weights")


def test_a_folder_may_have_the_name_of_a_ticket(tmp_path):
    place = str(tmp_path / "old.ticket/masks")
    save_restore.save_network(place, {"x": np.ones(3, np.uint8)})
    np.testing.assert_array_equal(given_networks.masks(place)["x"], 1)
    assert not ticket_file.is_packed(str(tmp_path / "old.ticket"))


def test_masks_of_held_weights_in_a_file_are_warned_of(tmp_path, caplog):
    ticket = small.ticket({"a": (6, 5)})
    ticket.settings["mask_0_action"] = "freeze_init"
    try:
        ticket_file.write(f"{tmp_path}/mine.ticket", ticket)
    finally:
        del ticket.settings["mask_0_action"]
    given_networks.masks(f"{tmp_path}/mine.ticket")
    assert "held at other values" in caplog.text
