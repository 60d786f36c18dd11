"""Tests of datasets/dataset_own.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets import dataset_own
from lottery_ticket.datasets.images import npz_files
from lottery_ticket.tests.datasets import picture_files


def own(path, **settings):
    return dataset_own.DatasetOwn(str(path), **settings)


def test_a_file_of_any_size_and_channels(tmp_path):
    x = np.arange(240, dtype=np.uint8).reshape(20, 3, 2, 2)
    y = np.arange(20) % 4
    npz_files.write(str(tmp_path / "a.npz"), (x, y, x[:5], y[:5]))
    made = own(tmp_path / "a.npz")
    assert [split.size for split in made.splits.values()] == [18, 2, 5]
    assert (made.input_shape, made.num_classes) == ((3, 2, 2), 4)
    assert made.prepare.max_value == 255
    npz_files.write(str(tmp_path / "a.npz"), (x / 255, y, x[:5] / 255, y[:5]))
    assert own(tmp_path / "a.npz").prepare.max_value == 1
    npz_files.write(str(tmp_path / "a.npz"), (x / 1.0, y, x[:5] / 1.0, y[:5]))
    with pytest.raises(ValueError, match=r"in \[0, 1\].*from 0.0 to 239.0"):
        own(tmp_path / "a.npz")


@pytest.mark.parametrize("test", ["test", "val"])
def test_a_folder_with_a_test_folder(tmp_path, test):
    picture_files.save_classes(tmp_path / "train", 10, height=4, width=6)
    picture_files.save_classes(tmp_path / test, 3, ("bee",), height=4, width=6)
    made = own(tmp_path)
    assert [split.size for split in made.splits.values()] == [18, 2, 3]
    assert (made.input_shape, made.num_classes) == ((4, 6, 3), 2)
    assert not made.train.is_streamed
    np.testing.assert_array_equal(made.train.x[:, 0, 0, 0] // 10, made.train.y)
    assert made.test.y.tolist() == [1, 1, 1]


@pytest.mark.parametrize("below", ["", "train"])
def test_a_folder_without_a_test_folder(tmp_path, below):
    picture_files.save_classes(tmp_path / below, 10, channels=1)
    made = own(f"{tmp_path}/")
    assert np.bincount(made.test.y).tolist() == [2, 2]
    assert made.input_shape == (8, 8, 1)
    number = made.test.x[:, 0, 0, 0]
    np.testing.assert_array_equal(number // 10, made.test.y)
    assert not np.isin(number, made.train.x[:, 0, 0, 0]).any()


def test_large_folders_are_streamed(tmp_path, monkeypatch):
    picture_files.save_classes(tmp_path, 10)
    small = own(tmp_path, normalization="standardize")
    monkeypatch.setattr(dataset_own, "MEMORY_LIMIT_BYTES", 20 * 8 * 8 * 3 - 1)
    made = own(tmp_path, normalization="standardize")
    assert made.train.is_streamed
    assert made.prepare == small.prepare
    for name, split in made.splits.items():
        x = split.x.read(tf.range(split.size))
        np.testing.assert_array_equal(x, small.splits[name].x)
        np.testing.assert_array_equal(split.y, small.splits[name].y)


def test_images_of_several_sizes_need_an_image_size(tmp_path):
    picture_files.save_classes(tmp_path, 5)
    other = picture_files.pixels(0, 9, 7)
    picture_files.save(tmp_path / "bee" / "x.jpg", other)
    with pytest.raises(ValueError) as error:
        own(tmp_path)
    for words in ("000.png has 8x8", "x.jpg has 9x7", "--image_size"):
        assert words in str(error.value)
    assert own(tmp_path, image_size=5).input_shape == (5, 5, 3)


def test_a_damaged_image_is_named(tmp_path):
    picture_files.save_classes(tmp_path, 5)
    path = tmp_path / "ant" / "003.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match="cannot be read.*ant/003.png"):
        own(tmp_path)


def test_a_test_class_that_training_lacks(tmp_path):
    picture_files.save_classes(tmp_path / "train", 3)
    picture_files.save_classes(tmp_path / "test", 3, ("cow",))
    with pytest.raises(ValueError, match="test must hold.*Received: 'cow'"):
        own(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(ValueError, match="Received: no images"):
        own(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder at"):
        own(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="No file at"):
        own(tmp_path / "a.npz")


def test_height_width_and_channels(tmp_path):
    for name, channels in (("a.png", 1), ("b.jpg", 1), ("c.jpg", 3)):
        picture_files.save(
            tmp_path / name, picture_files.pixels(0, 5, 7, channels)
        )
    picture_files.save(tmp_path / "d.png", np.zeros((5, 7, 4), np.uint8))
    paths = [str(tmp_path / name) for name in ("a.png", "b.jpg", "c.jpg")]
    shapes = dataset_own.image_shapes([*paths, str(tmp_path / "d.png")])
    assert shapes.tolist() == [[5, 7, 1], [5, 7, 1], [5, 7, 3], [5, 7, 3]]


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="a.png cannot be read as an image"):
        dataset_own.image_shapes([str(tmp_path / "a.png")])


@pytest.mark.parametrize("is_streamed", [False, True])
def test_photographs_of_a_folder_are_turned(tmp_path, monkeypatch, is_streamed):
    images = pytest.importorskip("PIL.Image")
    limit = 0 if is_streamed else 10**9
    monkeypatch.setattr(dataset_own, "MEMORY_LIMIT_BYTES", limit)
    exif = images.Exif()
    exif[0x0112] = 6  # The left side is to be on top.
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :4] = 255
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        for number in range(5):
            image = images.fromarray(picture)
            image.save(tmp_path / name / f"{number}.png", exif=exif.tobytes())
    x = own(tmp_path).test.x
    x = x.read(tf.range(2)).numpy() if is_streamed else x
    assert (x[:, :4] == 255).all() and (x[:, 4:] == 0).all()


def test_images_of_16_bits_are_an_error(tmp_path):
    images = pytest.importorskip("PIL.Image")
    picture_files.save_classes(tmp_path, 5)
    deep = images.fromarray(np.full((8, 8), 999, np.uint16))
    deep.save(tmp_path / "ant" / "000.png")
    with pytest.raises(ValueError, match="ant/000.png is an image of 16 bits"):
        own(tmp_path)


AGES = np.arange(20) * 3 - 7


@pytest.mark.parametrize("task", ["regression", "compiled"])
@pytest.mark.parametrize("has_test", [False, True])
def test_whole_numbers_of_a_task_without_classes(tmp_path, task, has_test):
    x = np.arange(80, dtype=np.uint8).reshape(20, 2, 2)
    test = {"x_test": x[:5], "y_test": AGES[:5] + 1} if has_test else {}
    path = str(tmp_path / "a.npz")
    np.savez(path, x_train=x, y_train=AGES, **test)
    made = own(path, task=task)
    assert (made.task, made.num_classes) == (task, None)
    assert made.test.size == (5 if has_test else 4)
    found = np.concatenate([made.train.y, made.validate.y]).ravel()
    kept = np.concatenate([made.train.x, made.validate.x])[:, 0, 0, 0]
    np.testing.assert_array_equal(found, AGES[kept // 4])
    for flag in {"permute_labels": True}, {"random_labels": 0.5}:
        with pytest.raises(ValueError, match="Labels must be in"):
            own(path, task=task, **flag)
    with pytest.raises(ValueError, match="no classes are for another --task"):
        own(path)


def test_whole_numbers_are_held_out_of_each_class_where_that_can_be(tmp_path):
    x, y = np.zeros((20, 2, 2), np.uint8), np.arange(20) % 4
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y)
    made = own(tmp_path / "a.npz", task="compiled")
    assert sorted(made.test.y) == [0, 1, 2, 3]


@pytest.mark.parametrize("has_test", [False, True])
def test_boolean_labels_are_two_classes(tmp_path, has_test):
    x, y = np.zeros((20, 2, 2), np.uint8), np.arange(20) % 4 > 2
    test = {"x_test": x, "y_test": y} if has_test else {}
    settings = {"permute_labels": True, "random_labels": 0.5}
    made = []
    for dtype in bool, int:
        arrays = {"y_train": y, **test}
        arrays = {
            name: each.astype(dtype) if name.startswith("y") else each
            for name, each in arrays.items()
        }
        np.savez(tmp_path / "a.npz", x_train=x, **arrays)
        made.append(
            [own(tmp_path / "a.npz"), own(tmp_path / "a.npz", **settings)]
        )
    for booleans, numbers in zip(*made, strict=True):
        assert booleans.num_classes == 2
        assert booleans.checksum == numbers.checksum
