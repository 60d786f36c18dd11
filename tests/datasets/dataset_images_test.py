"""Tests of datasets/dataset_images.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_images


class Tiny(dataset_images.DatasetImages):
    """Twelve 2x2 images to train on, each filled with its own number."""

    VALIDATION_SIZE = 4
    MAX_VALUE = 20

    @staticmethod
    def load(data_dir):
        """Returns the images."""
        x = np.arange(15, dtype=np.uint8).reshape(-1, 1, 1, 1)
        x = np.tile(x, (1, 2, 2, 1))
        y = np.arange(15) % 3
        return x[:12], y[:12], x[12:], y[12:]


def test_validation_is_carved_out_of_train_by_its_seed():
    made = Tiny(normalization="none")
    sizes = {name: split.size for name, split in made.splits.items()}
    assert sizes == {"train": 8, "validate": 4, "test": 3}
    numbers = [split.x[:, 0].tolist() for split in made.splits.values()]
    assert sorted(numbers[0] + numbers[1]) == list(range(12))
    assert numbers[2] == [12, 13, 14]
    same, other = (Tiny(normalization="none", split_seed=s) for s in (0, 1))
    np.testing.assert_array_equal(same.validate.x, made.validate.x)
    assert (other.validate.x != made.validate.x).any()
    np.testing.assert_array_equal(other.test.x, made.test.x)


def test_labels_stay_with_their_images():
    for split in Tiny(normalization="none").splits.values():
        np.testing.assert_array_equal(split.y, split.x[:, 0] % 3)


def test_validation_can_be_left_out():
    made = Tiny(validation_size=0)
    assert made.validate is None
    assert made.train.size == 12


@pytest.mark.parametrize("size", [12, -1])
def test_validation_must_leave_something(size):
    with pytest.raises(ValueError, match=r"validation_size must be in \[0, 12"):
        Tiny(validation_size=size)


def test_normalizations():
    np.testing.assert_allclose(Tiny().test.x[0], np.full(4, 12 / 20))
    np.testing.assert_allclose(
        Tiny(normalization="l2").test.x[0], np.full(4, 0.5)
    )
    assert Tiny(normalization="l2").train.x.dtype == np.float32
    with pytest.raises(ValueError, match="normalization 'l3'. Did you mean"):
        Tiny(normalization="l3")


def test_labels_must_be_of_the_datasets_classes():
    class Few(Tiny):
        NUM_CLASSES = 2

    with pytest.raises(ValueError, match=r"in \[0, 2\).*from 0 to 2"):
        Few()


@pytest.mark.parametrize(
    "changes",
    [
        {"y_train": np.arange(5.0)},
        {"x_train": np.zeros((5, 3, 3), complex)},
        {"x_test": np.zeros((2, 3, 3), "U1")},
    ],
)
def test_images_and_labels_must_be_numbers(tmp_path, changes):
    save_npz(tmp_path / "a.npz", **changes)
    with pytest.raises(ValueError, match="images must be numbers"):
        dataset_images.read_npz(str(tmp_path / "a.npz"))


def test_an_empty_image_has_no_norm_and_stays_empty():
    made = Tiny(normalization="l2")
    x = np.concatenate([made.train.x, made.validate.x])
    norms = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(np.sort(norms), [0] + [1] * 11, rtol=1e-6)


def test_shapes():
    assert Tiny().input_shape == (4,)
    assert Tiny(flatten=False).input_shape == (2, 2, 1)


def test_permuted_labels_are_renamed_alike_in_all_splits():
    plain = Tiny()
    renamed = [Tiny(permute_labels=True, labels_seed=s) for s in (3, 3, 4)]
    for made in renamed:
        names = {}
        for name, split in made.splits.items():
            for old, new in zip(plain.splits[name].y, split.y, strict=True):
                assert names.setdefault(old, new) == new
        assert sorted(names.values()) == [0, 1, 2]
    np.testing.assert_array_equal(renamed[0].train.y, renamed[1].train.y)
    assert (renamed[0].train.y != renamed[2].train.y).any()


def save_npz(path, **changes):
    x, y = np.zeros((5, 3, 3), np.uint8), np.arange(5)
    arrays = {"x_train": x, "y_train": y, "x_test": x[:2], "y_test": y[:2]}
    np.savez(path, **{**arrays, **changes})


def test_npz_gets_a_channel_axis_and_flat_labels(tmp_path):
    save_npz(tmp_path / "a.npz", y_test=np.zeros((2, 1), int))
    x_train, y_train, x_test, y_test = dataset_images.load_named(
        "a", str(tmp_path)
    )
    assert (x_train.shape, x_test.shape) == ((5, 3, 3, 1), (2, 3, 3, 1))
    assert (y_train.shape, y_test.shape) == ((5,), (2,))


def test_files_that_are_no_dataset_are_named(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=np.zeros(3))
    with pytest.raises(ValueError, match="a.npz is no dataset.*y_train"):
        dataset_images.read_npz(str(path))
    save_npz(path, y_train=np.array([{}] * 5, object))
    with pytest.raises(ValueError, match="a.npz is no dataset file"):
        dataset_images.read_npz(str(path))
    save_npz(path, y_train=np.arange(4))
    with pytest.raises(ValueError, match=r"label each.*\(5, 3, 3\).*\(4,\)"):
        dataset_images.read_npz(str(path))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="a.npz is no dataset file"):
        dataset_images.read_npz(str(path))
    np.save(tmp_path / "b.npy", np.zeros(3))
    with pytest.raises(ValueError, match="b.npy is no dataset file"):
        dataset_images.read_npz(str(tmp_path / "b.npy"))


def test_without_file_and_internet_the_error_says_both(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_images, "_is_online", lambda: False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError) as error:
        dataset_images.load_named("mnist", str(tmp_path))
    for words in ("no file at", "mnist.npz", "no internet", "--data_dir"):
        assert words in str(error.value)


def test_a_proxy_counts_as_internet(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://localhost:1")
    assert dataset_images._is_online()
