"""Tests of datasets/images/npz_files.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.images import npz_files


def save_npz(path, **changes):
    x, y = np.zeros((5, 3, 3), np.uint8), np.arange(5)
    arrays = {"x_train": x, "y_train": y, "x_test": x[:2], "y_test": y[:2]}
    np.savez(path, **{**arrays, **changes})


def test_npz_gets_a_channel_axis_and_flat_labels(tmp_path):
    save_npz(tmp_path / "a.npz", y_test=np.zeros((2, 1), int))
    x_train, y_train, x_test, y_test = npz_files.read(str(tmp_path / "a.npz"))
    assert (x_train.shape, x_test.shape) == ((5, 3, 3, 1), (2, 3, 3, 1))
    assert (y_train.shape, y_test.shape) == ((5,), (2,))


def test_what_is_written_is_read(tmp_path):
    path = str(tmp_path / "new" / "a.npz")
    x, y = np.ones((3, 2, 2, 3), np.uint8), np.arange(3)
    npz_files.write(path, (x, y, x[:1], y[:1]))
    for array, expected in zip(
        npz_files.read(path), (x, y, x[:1], y[:1]), strict=True
    ):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"y_train": np.arange(5.0)},
        {"x_train": np.zeros((5, 3, 3), complex)},
        {"x_test": np.zeros((2, 3, 3), "U1")},
        {"x_test": np.zeros((2, 0, 3), np.uint8)},
    ],
)
def test_images_and_labels_must_be_numbers(tmp_path, changes):
    save_npz(tmp_path / "a.npz", **changes)
    with pytest.raises(ValueError, match="images must be numbers"):
        npz_files.read(str(tmp_path / "a.npz"))


def test_images_must_have_one_shape(tmp_path):
    save_npz(tmp_path / "a.npz", x_test=np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(ValueError, match=r"one shape.*\(3, 3, 1\), \(3, 4, 1"):
        npz_files.read(str(tmp_path / "a.npz"))


def test_files_that_are_no_dataset_are_named(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=np.zeros(3))
    with pytest.raises(ValueError, match="a.npz is no dataset.*y_train"):
        npz_files.read(str(path))
    save_npz(path, y_train=np.array([{}] * 5, object))
    with pytest.raises(ValueError, match="a.npz is no dataset file"):
        npz_files.read(str(path))
    save_npz(path, y_train=np.arange(4))
    with pytest.raises(ValueError, match=r"label each.*\(5, 3, 3\).*\(4,\)"):
        npz_files.read(str(path))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="a.npz is no dataset file"):
        npz_files.read(str(path))
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(ValueError, match="b.npy is no dataset file"):
        npz_files.read(str(tmp_path / "b.npy"))


@pytest.mark.parametrize(
    ("dtype", "highest", "is_dark"),
    [
        ("uint8", 1, True),
        ("int64", 1, True),
        ("uint8", 0, True),
        ("uint8", 255, False),
        ("uint8", 2, False),
        ("bool", 1, False),
        ("float32", 1, False),
    ],
)
def test_integers_from_0_to_1_are_warned_of(
    tmp_path, caplog, dtype, highest, is_dark
):
    x = np.full((2, 3, 3, 1), highest, dtype)
    path, y = str(tmp_path / "a.npz"), np.arange(2)
    npz_files.write(path, (x, y, x, y))
    npz_files.read(path)
    assert ("a.npz holds integer pixels from 0 to 1" in caplog.text) == is_dark


def test_arrays_of_other_names_are_warned_of(tmp_path, caplog):
    save_npz(tmp_path / "a.npz", x_train=np.full((5, 3, 3), 9, np.uint8))
    npz_files.read(str(tmp_path / "a.npz"))
    assert not caplog.records
    x = np.full((5, 3, 3), 9, np.uint8)
    save_npz(tmp_path / "a.npz", x_train=x, x_val=x, y_train_fine=np.arange(5))
    npz_files.read(str(tmp_path / "a.npz"))
    (record,) = caplog.records
    assert "a.npz: x_val, y_train_fine are not read" in record.getMessage()
