"""Tests of foundations/records/run_record.py."""

import logging
import pathlib

import numpy as np
import pytest

from lottery_ticket.foundations.records import (
    checkpoint,
    paths,
    run_record,
    save_restore,
    sealed,
    unready,
)
from lottery_ticket.foundations.values import names_0_1_0

NETWORK = {"layer0": np.arange(4.0)}
SETTINGS = {"experiment": "train"}
IDENTITY = {"settings": {"lr": 0.1, "layers": [3]}, "inputs": {"masks": None}}


@pytest.fixture
def run(tmp_path):
    """A complete run in a folder."""
    directory = str(tmp_path / "run")
    checksums = {}
    for folder in ("initial", "final"):
        saved = save_restore.save_network(f"{directory}/{folder}", NETWORK)
        checksums |= {f"{folder}/{name}": s for name, s in saved.items()}
    run_record.write(directory, {**IDENTITY, "checksums": checksums})
    return directory


def damage(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_a_complete_run_is_complete(run):
    assert run_record.is_complete(run, IDENTITY["settings"])
    found = run_record.restore(run, IDENTITY)
    assert set(found) == {"initial", "final"}
    for network in found.values():
        np.testing.assert_array_equal(network["layer0"], NETWORK["layer0"])


@pytest.mark.parametrize(
    ("data", "is_recorded", "expected"),
    [
        (None, True, False),
        (b"", True, False),
        (b"1", True, False),
        (b"0" * 160, True, True),  # As long as it was: bytes are not read.
        (None, False, False),
        (b"", False, False),
        (b"1", False, True),  # 0.1.0 recorded no sizes.
    ],
)
def test_sizes_tell_what_is_whole(run, data, is_recorded, expected):
    settings, path = IDENTITY["settings"], pathlib.Path(run, "final/layer0.npy")
    record = run_record.read(run)
    assert record["sizes"]["final/layer0.npy"] == path.stat().st_size == 160
    if not is_recorded:
        del record["sizes"]
        sealed.write(paths.record(run), record)
    assert run_record.is_complete(run, settings, verify=False)
    path.unlink() if data is None else path.write_bytes(data)
    assert run_record.is_complete(run, settings, verify=False) == expected
    assert not run_record.is_complete(run, settings)


def test_all_folders_are_restored_but_those_saved_on_the_way(tmp_path):
    directory, checksums = str(tmp_path), {"train.json": "x"}
    folders = ("initial", "final", "masks", "logits", "iteration7")
    for index, folder in enumerate(folders):
        network = {"layer0": np.full(2, index)}
        saved = save_restore.save_network(f"{directory}/{folder}", network)
        checksums |= {f"{folder}/{name}": s for name, s in saved.items()}
    checksums["train.json"] = save_restore.write_log(
        directory, "train", {"iteration": [], "loss": [], "accuracy": []}
    )["train.json"]
    run_record.write(directory, {**IDENTITY, "checksums": checksums})
    found = run_record.restore(directory, IDENTITY)
    assert set(found) == set(folders[:4])
    for index, folder in enumerate(folders[:4]):
        np.testing.assert_array_equal(found[folder]["layer0"], index)


def test_no_run_is_not(tmp_path):
    assert not run_record.is_complete(str(tmp_path), {})
    assert run_record.restore(str(tmp_path), IDENTITY) is None


@pytest.mark.parametrize("file", ["final/layer0.npy", "initial/layer0.npy"])
def test_a_flipped_bit_is_found_and_named(run, file, caplog):
    damage(pathlib.Path(run, file))
    assert not run_record.is_complete(run, IDENTITY["settings"])
    with caplog.at_level(logging.WARNING):
        assert run_record.restore(run, IDENTITY) is None
    assert file in caplog.text


def test_a_missing_file_is_found(run):
    pathlib.Path(run, "final/layer0.npy").unlink()
    assert run_record.restore(run, IDENTITY) is None


def test_a_damaged_record_counts_as_none(run, caplog):
    path = pathlib.Path(paths.record(run))
    for text in (
        path.read_text().replace("0.1", "0.2"),
        path.read_text()[:-10],
        "[]",
        '"a"',
    ):
        path.write_text(text)
        assert run_record.read(run) is None
    assert caplog.text.count("is damaged") == 4


def test_a_damaged_record_still_guards_against_other_settings(run, caplog):
    path = pathlib.Path(paths.record(run))
    path.write_text(path.read_text()[:-10])
    assert not run_record.is_complete(run, IDENTITY["settings"])
    assert run_record.restore(run, IDENTITY) is None
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        run_record.is_complete(run, {"lr": 0.2, "layers": [3]})
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.2 now"):
        run_record.restore(run, {**IDENTITY, "settings": {"lr": 0.2}})
    with pytest.raises(ValueError, match="masks: None there, 1 now"):
        run_record.restore(run, {**IDENTITY, "inputs": {"masks": 1}})


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('{\n "settings"', "", "its settings cannot be read"),
        ('"inputs"', '"imputs"', "its inputs cannot be read"),
        ("0.1", "0.3", "lr: 0.3 there, 0.1 now"),
    ],
)
def test_a_record_damaged_at_its_head_is_not_overwritten(run, old, new, why):
    path = pathlib.Path(paths.record(run))
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=f"is damaged .*{why}.*Move {run} a"):
        run_record.restore(run, IDENTITY)


@pytest.mark.parametrize("text", ["", "x", "[]", '{"name": "theirs"}'])
def test_a_record_of_somebody_else_is_not_overwritten(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    for look in (
        lambda: run_record.is_complete(str(tmp_path), IDENTITY["settings"]),
        lambda: run_record.restore(str(tmp_path), IDENTITY),
    ):
        with pytest.raises(
            ValueError, match="run.json is damaged or was not written by"
        ):
            look()


def test_a_checkpoint_of_somebody_else_is_not_overwritten(tmp_path):
    checkpoint.save(str(tmp_path), {"a": np.ones(3)}, {})
    run_record.check_free(str(tmp_path), SETTINGS)
    path = tmp_path / "checkpoint.bin"
    path.write_bytes(path.read_bytes()[:-9])  # Ours, damaged.
    run_record.check_free(str(tmp_path), SETTINGS)
    for data in (b"x", b"x" * 99):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="bin was not written by"):
            run_record.check_free(str(tmp_path), SETTINGS)


def test_other_settings_are_an_error_that_says_which(run):
    other = {"lr": 0.2, "layers": [3], "seed": 1}
    with pytest.raises(ValueError) as error:
        run_record.is_complete(run, other)
    assert "lr: 0.1 there, 0.2 now; seed: None there, 1 now" in str(error.value)


def test_tuples_and_lists_are_the_same_setting(run):
    assert run_record.is_complete(run, {"lr": 0.1, "layers": (3,)})


def test_other_inputs_are_an_error(run):
    other = {**IDENTITY, "inputs": {"masks": "abc"}}
    with pytest.raises(ValueError, match="masks: None there, 'abc' now"):
        run_record.restore(run, other)


BEYOND = {"optimizer": {"name": "Adam", "beyond": {"mark": 1}}, "masks": None}


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_0_1_0_did_not_record_of_an_optimizer_matches_any(
    tmp_path, is_whole, caplog, monkeypatch
):
    monkeypatch.setattr(run_record, "_of_config_alone", set())
    record = {**IDENTITY, "checksums": {}}
    record["inputs"] = {"optimizer": {"name": "Adam"}, "masks": None}
    new = {**IDENTITY, "inputs": BEYOND}
    coded = {**IDENTITY, "inputs": {**record["inputs"], "optimizer_code": "a"}}
    for directory in ("old", "today"):
        facts = names_0_1_0.RECORD_VERSION if directory == "today" else {}
        run_record.write(str(tmp_path / directory), {**record, **facts})
        path = pathlib.Path(paths.record(str(tmp_path / directory)))
        if not is_whole:
            path.write_text(path.read_text()[:-10])
    for identity in (new, coded, new):
        assert run_record.restore(str(tmp_path / "old"), identity) is None
        with pytest.raises(ValueError, match="optimizer"):
            run_record.restore(str(tmp_path / "today"), identity)
    said = caplog.text.count("of an optimizer than its config was recorded")
    assert said == is_whole
    other = {**new, "inputs": {**BEYOND, "optimizer": {"name": "SGD"}}}
    with pytest.raises(ValueError, match="'Adam'} there, {'name': 'SGD'} now"):
        run_record.restore(str(tmp_path / "old"), other)


def test_results_of_unknown_origin_are_not_overwritten(tmp_path):
    run_record.check_free(str(tmp_path), SETTINGS)
    (tmp_path / "final").mkdir()
    with pytest.raises(ValueError, match="unknown origin"):
        run_record.check_free(str(tmp_path), SETTINGS)
    (tmp_path / "checkpoint.bin").touch()
    run_record.check_free(str(tmp_path), SETTINGS)


@pytest.mark.parametrize("name", ["connectivity.json", "copies"])
def test_the_folder_of_a_line_is_not_free_for_a_run(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(
        ValueError, match=f"folder of instability: it holds {name}"
    ):
        run_record.check_free(str(tmp_path), SETTINGS)


def test_the_folder_of_a_gem_is_free_for_its_network_alone(tmp_path):
    (tmp_path / "search").mkdir()
    run_record.check_free(str(tmp_path), {"experiment": "gem_miner"})
    with pytest.raises(
        ValueError, match="folder of gem_miner: it holds search"
    ):
        run_record.check_free(str(tmp_path), SETTINGS)


def test_a_run_is_ones_own_from_its_first_checkpoint_on(run, tmp_path):
    own, other = IDENTITY["settings"], {"lr": 0.3}
    run_record.check_own(str(tmp_path / "nothing"), other)
    run_record.check_own(run, own)
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.3 now"):
        run_record.check_own(run, other)
    begun = str(tmp_path / "begun")
    checkpoint.save(begun, {"a": np.ones(3)}, {"identity": IDENTITY})
    run_record.check_own(begun, own)
    with pytest.raises(ValueError, match="lr: 0.1 there, 0.3 now"):
        run_record.check_own(begun, other)


def test_a_folder_says_what_it_was_begun_with(run, tmp_path):
    recorded = run_record.read(run)["settings"]
    assert run_record.begun_with(run) == recorded
    assert run_record.begun_with(str(tmp_path / "none")) is None
    facts = {"identity": {"settings": {"lr": 0.5}}}
    begun = str(tmp_path / "begun")
    checkpoint.save(begun, {}, facts)
    assert run_record.begun_with(begun) == {"lr": 0.5}


def test_a_folder_says_whether_recurrent_kernels_have_masks(run, tmp_path):
    for folder in (run, f"{run}/masks", paths.initial(run)):
        assert run_record.is_without_recurrent(folder)
    for name, inputs in {"old": {}, "new": {"recurrent_kernels": 1}}.items():
        facts = {"identity": {"settings": {}, "inputs": inputs}}
        checkpoint.save(str(tmp_path / name), {}, facts)
    assert run_record.is_without_recurrent(str(tmp_path / "old"))
    assert not run_record.is_without_recurrent(str(tmp_path / "new"))
    assert not run_record.is_without_recurrent(str(tmp_path / "none/masks"))


def test_a_source_is_trusted_only_when_finished_and_whole(
    run, tmp_path, monkeypatch
):
    run_record.check_source(paths.final(run))
    run_record.check_source(str(tmp_path))  # Somebody's own folder.
    monkeypatch.chdir(run)
    run_record.check_source("final")
    monkeypatch.undo()
    damage(pathlib.Path(run, "final/layer0.npy"))
    run_record.check_source(paths.initial(run))
    with pytest.raises(unready.Unready, match="layer0.npy is missing") as error:
        run_record.check_source(paths.final(run))
    assert error.value.folder == run
    run_record.remove(run)
    pathlib.Path(paths.checkpoint(run)).touch()
    with pytest.raises(ValueError, match="is not finished"):
        run_record.check_source(paths.initial(run))
