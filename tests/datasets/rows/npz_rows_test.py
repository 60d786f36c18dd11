"""Tests of datasets/rows/npz_rows.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.rows import npz_rows

X, Y = np.zeros((4, 3), np.float32), np.arange(4) % 2
IMAGES = np.zeros((4, 8, 8), np.uint8)


def saved(folder, **arrays):
    path = str(folder / "a.npz")
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (IMAGES, Y, False),
        (IMAGES[..., None], Y[:, None], False),
        (IMAGES, np.eye(2)[Y], True),  # Its labels.
        (IMAGES, np.eye(2, dtype=int)[Y], True),
        (IMAGES, Y / 2, True),
        (IMAGES, IMAGES, True),
        (X, Y, True),
        (X[:, 0], Y, True),
        (np.zeros((4, 2, 2, 2, 1)), Y, True),
    ],
)
def test_what_are_no_images_with_labels(tmp_path, x, y, expected):
    path = saved(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y)
    assert npz_rows.holds_rows(path) == expected
    arrays = npz_rows.read(path)
    for found, given in zip(arrays, (x, y, x, y), strict=True):
        np.testing.assert_array_equal(found, given)


def test_several_inputs_are_named(tmp_path):
    parts = {"x_train_left": X, "x_train_right": Y, "y_train": Y}
    parts |= {"x_test_left": X[:2], "x_test_right": Y[:2], "y_test": Y[:2]}
    path = saved(tmp_path, **parts)
    assert npz_rows.holds_rows(path)
    x_train, y_train, x_test, _ = npz_rows.read(path)
    assert list(x_train) == ["left", "right"] and len(x_test["left"]) == 2
    np.testing.assert_array_equal(x_train["right"], Y)
    np.testing.assert_array_equal(y_train, Y)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x_train": X, "y_train": Y, "y_test": Y},
            "no x_test, nor x_test_NAME .* x_train",
        ),
        ({"x": X}, "no x_train, nor x_train_NAME of several. It has x$"),
        ({}, "It has nothing"),
        (
            {"x_train": X, "x_train_b": X, "y_train": Y},
            "it has x_train, and x_train_b, as of several",
        ),
        (
            {"x_train": X, "y_train": Y, "y_train_b": Y},
            "it has y_train, and y_train_b, as of several",
        ),
        ({"x_train": np.array([None])}, "no .npz of plain"),
    ],
)
def test_files_that_lack_something(tmp_path, arrays, message):
    path = saved(tmp_path, **arrays)
    with pytest.raises(ValueError, match=f"no dataset file: .*{message}"):
        npz_rows.read(path)


def test_a_file_without_a_test_set(tmp_path):
    x, y = npz_rows.read(saved(tmp_path, x_train=X, y_train=Y))
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)


def test_a_damaged_file(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK")
    assert not npz_rows.holds_rows(str(path))  # Others say what it lacks.
    assert not npz_rows.holds_rows(str(tmp_path / "none.npz"))
    with pytest.raises(ValueError, match="it is damaged"):
        npz_rows.read(str(path))


def test_arrays_of_other_names_are_warned_of(tmp_path, caplog):
    npz_rows.read(saved(tmp_path, x_train=X, y_train=Y))
    assert not caplog.records
    npz_rows.read(
        saved(tmp_path, x_train_a=X, y_train=Y, x_val_a=X, y_val=Y, w_train=Y)
    )
    (record,) = caplog.records
    assert "a.npz: x_val_a, y_val, w_train are not read" in record.getMessage()
