"""Tests of foundations/records/save_restore.py."""

import hashlib
import io
import pathlib

import numpy as np
import pytest

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths, save_restore

NETWORK = {"layer0": np.array([[1.5, -2]], np.float32), "b": np.zeros(3)}


def test_a_network_survives_and_its_checksums_are_of_the_files(tmp_path):
    checksums = save_restore.save_network(str(tmp_path), NETWORK)
    restored = save_restore.restore_network(str(tmp_path))
    assert set(restored) == set(NETWORK)
    for name, array in NETWORK.items():
        np.testing.assert_array_equal(restored[name], array)
        assert restored[name].dtype == array.dtype
        data = (tmp_path / f"{name}.npy").read_bytes()
        assert checksums[f"{name}.npy"] == hashlib.sha256(data).hexdigest()


def test_arrays_are_one_archive_on_a_remote_root():
    root, network = "memory://archive", {**NETWORK, "a-b": np.ones(2)}
    [(name, checksum)] = save_restore.save_network(root, network).items()
    data = files.read(f"{root}/{name}")
    assert checksum == hashlib.sha256(data).hexdigest()
    assert files.names(root) == [name]
    with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
        assert set(loaded.files) == set(network)
    restored = save_restore.restore_network(root)
    assert [*restored] == ["a-b", "b", "layer0"]
    for each, array in network.items():
        np.testing.assert_array_equal(restored[each], array)
        one = save_restore.restore_entry(root, each)
        np.testing.assert_array_equal(one, array)
    for each, cut in enumerate([data[:-9], data[:60], b"", b"no archive"]):
        files.write(f"{root}{each}/{name}", cut)
        with pytest.raises(ValueError, match=f"{name} is damaged"):
            save_restore.restore_network(f"{root}{each}")


def test_files_of_older_runs_on_remote_roots_are_read(tmp_path):
    save_restore.save_network(str(tmp_path), NETWORK)
    for path in tmp_path.iterdir():
        files.write(f"memory://older/{path.name}", path.read_bytes())
    restored = save_restore.restore_network("memory://older")
    assert set(restored) == set(NETWORK)


def test_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="evil.npy is damaged"):
        save_restore.restore_network(str(tmp_path))


@pytest.mark.parametrize("dtype", [complex, "U3", [("a", int)], "V4"])
def test_what_is_no_number_is_named(tmp_path, dtype):
    np.save(tmp_path / "odd.npy", np.zeros(2, dtype))
    with pytest.raises(ValueError, match="odd.npy is damaged, or holds no"):
        save_restore.restore_network(str(tmp_path))


def test_a_truncated_file_is_named(tmp_path):
    save_restore.save_network(str(tmp_path), NETWORK)
    path = tmp_path / "layer0.npy"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match="layer0.npy is damaged"):
        save_restore.restore_network(str(tmp_path))


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="No saved network"):
        save_restore.restore_network(str(tmp_path))


def test_standardize_takes_every_form(tmp_path):
    save_restore.save_network(str(tmp_path), NETWORK)
    assert save_restore.standardize(None) is None
    assert save_restore.standardize(NETWORK) is NETWORK
    assert set(save_restore.standardize(str(tmp_path))) == set(NETWORK)


@pytest.mark.parametrize("given", [[NETWORK], 5, []])
def test_standardize_refuses_the_rest(given):
    with pytest.raises(ValueError, match="A network must be"):
        save_restore.standardize(given)


def test_checksum_sees_names_shapes_and_values():
    networks = [
        {"a": np.zeros((2, 1))},
        {"a": np.zeros((1, 2))},
        {"b": np.zeros((2, 1))},
        {"a": np.ones((2, 1))},
        {"a": np.zeros((2, 1), np.float32)},
    ]
    sums = {save_restore.checksum(network) for network in networks}
    assert len(sums) == len(networks)
    assert save_restore.checksum(None) is None


LOG = {"iteration": [0, 100], "loss": [2.5, 0.1], "accuracy": [0.1, 0.9]}


def test_a_log_survives(tmp_path):
    save_restore.write_log(str(tmp_path), "test", LOG)
    assert save_restore.read_log(str(tmp_path), "test") == LOG
    tail = save_restore.read_log(str(tmp_path), "test", tail=1)
    assert tail == {"iteration": [100], "loss": [0.1], "accuracy": [0.9]}


def test_log_floats_are_float32_in_their_shortest_form(tmp_path):
    values = [float(np.float32(0.1)), float(np.float32(1) / 3)]
    log = {"iteration": [1, 2], "loss": values, "accuracy": [0.5, 1.0]}
    save_restore.write_log(str(tmp_path), "train", log)
    text = pathlib.Path(paths.log(str(tmp_path), "train")).read_text()
    assert text == (
        '{"iteration":[1,2],"loss":[0.1,0.33333334],"accuracy":[0.5,1.0]}'
    )
    read = save_restore.read_log(str(tmp_path), "train")["loss"]
    assert [np.float32(v) for v in read] == [np.float32(v) for v in values]


def test_logs_of_the_2018_format_are_read(tmp_path):
    (tmp_path / "test.log").write_text(
        "iteration,0,test_loss,2.3,test_accuracy,0.1\n"
        "iteration,100,test_loss,0.3,test_accuracy,0.9\n"
    )
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["iteration"] == [0, 100]
    assert log["loss"] == [2.3, 0.3]
    assert log["accuracy"] == [0.1, 0.9]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test.json", '{"iteration": [1], "loss": []'),
        ("test.json", '{"iteration": [1], "loss": [2], "accuracy": []}'),
        ("test.json", "[]"),
        ("test.log", "iteration,0,test_loss"),
    ],
)
def test_a_damaged_log_is_named(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} is not a readable log"):
        save_restore.read_log(str(tmp_path), "test")


def test_a_missing_log_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        save_restore.read_log(str(tmp_path), "test")


def test_files_are_known_before_they_are_written(tmp_path):
    network = {"a": np.arange(3.0), "b": np.ones((2, 2))}
    found = save_restore.as_files(str(tmp_path), network)
    save_restore.save_network(str(tmp_path), network)
    for name, data in found.items():
        assert (tmp_path / name).read_bytes() == data
    assert set(found) == {"a.npy", "b.npy"}
    remote = save_restore.as_files("memory://there", network)
    assert list(remote) == [save_restore.ARCHIVE]
    log = {"iteration": [1], "loss": [0.1]}
    save_restore.write_log(str(tmp_path), "test", log)
    written = (tmp_path / "test.json").read_bytes()
    assert written == save_restore.log_bytes(log)
