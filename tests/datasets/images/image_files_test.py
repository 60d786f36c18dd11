"""Tests of datasets/images/image_files.py."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets.images import augmentation, image_files
from lottery_ticket.tests import grids
from lottery_ticket.tests.datasets import picture_files

SEED = tf.constant([1, 2])


def made(tmp_path, count=6, shape=(8, 8, 3), **options):
    names = [f"{i}.png" for i in range(count)]
    for i, name in enumerate(names):
        picture_files.save(tmp_path / name, picture_files.pixels(10 * i))
    return image_files.ImageFiles(str(tmp_path), names, shape, **options)


def read(files, rows, seed=None):
    """Reads as training does: in a graph, in tf.data."""
    batches = tf.data.Dataset.from_tensors(np.array(rows, np.int32))
    batches = batches.map(lambda rows: files.read(rows, seed))
    assert batches.element_spec.shape[1:] == files.shape[1:]
    return next(batches.as_numpy_iterator())


def test_it_stands_for_an_array(tmp_path):
    files = made(tmp_path)
    assert (len(files), files.shape, files.dtype) == (6, (6, 8, 8, 3), np.uint8)
    x = files.decode_all()
    assert (x.shape, x.dtype) == (files.shape, files.dtype)
    np.testing.assert_array_equal(x[:, 0, 0, 0], [0, 10, 20, 30, 40, 50])
    part = files[np.array([4, 1])]
    np.testing.assert_array_equal(part.decode_all(), x[[4, 1]])


@pytest.mark.slow
def test_rows_are_read_in_their_order(tmp_path):
    files = made(tmp_path)
    rows = [5, 0, 3, 3, 1]
    expected = files.decode_all()[rows]
    np.testing.assert_array_equal(read(files, rows), expected)
    np.testing.assert_array_equal(read(files, rows, SEED), expected)


def test_formats_and_grey_images(tmp_path):
    grey = picture_files.pixels(100, channels=1)
    picture_files.save(tmp_path / "a.jpg", grey)
    picture_files.save(tmp_path / "b.PNG", grey)
    files = image_files.ImageFiles(str(tmp_path), ["a.jpg", "b.PNG"], (8, 8, 3))
    assert (files.decode_all() == 100).all()
    files = image_files.ImageFiles(str(tmp_path), ["a.jpg", "b.PNG"], (8, 8, 1))
    assert (files.decode_all() == 100).all()


@pytest.mark.parametrize("suffix", ["bmp", "gif"])
def test_bmp_and_the_first_frame_of_a_gif(tmp_path, suffix):
    images = pytest.importorskip("PIL.Image")
    first, second = (
        images.new("RGB", (8, 8), colour) for colour in ("red", "blue")
    )
    options = {"append_images": [second], "save_all": True}
    first.save(tmp_path / f"a.{suffix}", **(options if suffix == "gif" else {}))
    files = image_files.ImageFiles(str(tmp_path), [f"a.{suffix}"], (8, 8, 3))
    np.testing.assert_array_equal(files.decode_all()[0, 0, 0], [255, 0, 0])
    np.testing.assert_array_equal(read(files, [0])[0, 0, 0], [255, 0, 0])


def test_stretch_and_centre_crop(tmp_path):
    # Black, but white in the middle third.
    image = np.zeros((60, 120, 3), np.uint8)
    image[:, 40:80] = 255
    picture_files.save(tmp_path / "a.png", image)

    def decoded(fit, size):
        files = image_files.ImageFiles(
            str(tmp_path), ["a.png"], (size, size, 3), fit
        )
        return files.decode_all()[0, :, :, 0]

    stretched = decoded("stretch", 30)
    assert (stretched[:, 11:19] == 255).all() and (stretched[:, :9] == 0).all()
    # 224 of 256 of the short side are 52 (52.5) pixels: 40 of them white.
    middle = decoded("centre_crop", 52)
    np.testing.assert_array_equal(middle, image[4:56, 34:86, 0])


@pytest.mark.slow
def test_random_crops_come_from_their_seed(tmp_path):
    x, y = np.meshgrid(np.arange(40), np.arange(30))
    image = np.stack([2 * x, 2 * y, 0 * x], axis=-1).astype(np.uint8)
    picture_files.save(tmp_path / "a.png", image)
    files = image_files.ImageFiles(
        str(tmp_path), ["a.png"] * 20, (16, 16, 3), "centre_crop"
    )
    rows = range(20)
    plain, files = files.decode_all(), files.with_random_crop()
    np.testing.assert_array_equal(read(files, rows), plain)
    np.testing.assert_array_equal(files.decode_all(), plain)
    first = read(files, rows, SEED)
    np.testing.assert_array_equal(first, read(files, rows, SEED))
    assert (first != read(files, rows, tf.constant([1, 3]))).any()
    # Rows grow downwards; columns grow or, mirrored, fall.
    assert (np.diff(first[..., 1].astype(int), axis=1) >= 0).all()
    signs = np.sign(first[:, 0, -1, 0].astype(int) - first[:, 0, 0, 0])
    assert set(signs) == {-1, 1}
    assert len({each.tobytes() for each in first}) == 20


def damage(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    ("rows", "suffix"),
    grids.thinned(
        itertools.product([[3], [0, 3, 1], [0, 1, 3], [3, 0]], ["png", "jpg"]),
        [([3], "png"), ([0, 3, 1], "jpg")],
    ),
)
def test_a_damaged_image_is_named_as_it_is_read(tmp_path, rows, suffix):
    made(tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    path = tmp_path / f"3.{suffix}"
    picture_files.save(path, image)
    damage(path)
    names = ["0.png", "1.png", "2.png", path.name]
    files = image_files.ImageFiles(str(tmp_path), names, (8, 8, 3))
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        read(files, rows)
    assert image_files.unreadable(error.value) == str(path)
    for act in (files.decode_all, files.check):
        with pytest.raises(
            ValueError, match=f"as RGB images .*: .*/3.{suffix}"
        ):
            act()


def test_other_errors_name_no_image():
    assert image_files.unreadable(ValueError("diverged")) is None


def test_images_of_another_size_are_named(tmp_path):
    files = made(tmp_path, 8)
    for i in range(2, 8):
        image = picture_files.pixels(0, height=9)
        picture_files.save(tmp_path / f"{i}.png", image)
    with pytest.raises(ValueError) as error:
        files.check()
    for words in ("of 8x8 pixels", "2.png", "and 1 more"):
        assert words in str(error.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    files = made(tmp_path)
    (tmp_path / "4.png").unlink()
    with pytest.raises(tf.errors.InvalidArgumentError, match="4.png"):
        read(files, [2, 4])


def test_the_checksum_is_of_names_sizes_and_reading(tmp_path):
    files = made(tmp_path)
    found = {
        files.checksum,
        files[:3].checksum,
        files[::-1].checksum,
        files.with_random_crop().checksum,
        made(tmp_path, fit="stretch").checksum,
        made(tmp_path, shape=(4, 4, 3)).checksum,
    }
    assert len(found) == 6
    assert made(tmp_path).checksum == files.checksum
    damage(tmp_path / "0.png")
    assert files.checksum not in found


X = np.random.default_rng(0).integers(0, 256, (60, 120, 3), np.uint8)


def test_resized_against_a_numpy_twin():
    # At half the size, antialiasing weighs 4 pixels by 1, 3, 3, 1.
    x = image_files.resized(X, 60, 60).numpy()
    padded = np.pad(X.astype(float), ((0, 0), (1, 1), (0, 0)))
    weights = np.array([1, 3, 3, 1])
    for column in range(60):
        part = padded[:, 2 * column : 2 * column + 4]
        inside = np.arange(2 * column - 1, 2 * column + 3)
        used = weights * ((inside >= 0) & (inside < 120))
        expected = (part * used[:, np.newaxis]).sum(1) / used.sum()
        np.testing.assert_allclose(x[:, column], expected, atol=0.502)
    np.testing.assert_array_equal(image_files.resized(X, 60, 120), X)


@pytest.mark.parametrize(
    ("size", "top", "left"),
    # 224 of 256 of 60 pixels are 52.5, rounded to an even number.
    [((10, 10), slice(4, 56), slice(34, 86)), ((8, 4), slice(4, 56), None)],
)
def test_the_middle_has_a_margin_and_the_ratio(size, top, left):
    x = image_files.centre(tf.constant(X), *size).numpy()
    if left is None:  # 26 columns, half of the rows.
        left = slice(47, 73)
    np.testing.assert_array_equal(x, X[top, left])


def test_the_smallest_image_has_a_middle():
    x = image_files.centre(tf.zeros((1, 1, 3)), 224, 224)
    assert x.shape == (1, 1, 3)


def test_a_random_part_is_that_of_its_box():
    shape, seed = (1, 11, 4), tf.constant([1, 2])
    draws = augmentation.draw(seed, shape, augmentation.DRAW_LIMIT)
    box = augmentation.crop_box(draws, 60, 120)
    top, left, rows, columns = (int(each[0, 0]) for each in box)
    found = image_files.random_box(draws, 60, 120)
    assert [int(each) for each in found] == [top, left, rows, columns]


@pytest.mark.slow
def test_random_parts_of_a_jpeg_are_those_of_all_of_it(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (70, 90, 3), np.uint8)
    picture_files.save(tmp_path / "a.jpg", image)
    picture_files.save(
        tmp_path / "b.png",
        tf.io.decode_image((tmp_path / "a.jpg").read_bytes()).numpy(),
    )
    first, second = (
        image_files.ImageFiles(str(tmp_path), [name] * 40, (16, 16, 3))
        for name in ("a.jpg", "b.png")
    )
    found = [
        read(files.with_random_crop(), range(40), SEED)
        for files in (first, second)
    ]
    np.testing.assert_array_equal(*found)


def mixed(tmp_path):
    """A PNG that TensorFlow reads, and a BMP that Pillow does."""
    images = pytest.importorskip("PIL.Image")
    x = np.random.default_rng(0).integers(0, 9, (2, 8, 8, 3), np.uint8) * 28
    images.fromarray(x[0]).save(tmp_path / "a.png")
    palette = images.fromarray(x[1]).quantize(9)
    palette.save(tmp_path / "b.bmp")
    expected = np.stack([x[0], np.array(palette.convert("RGB"))])
    return expected, ["a.png", "b.bmp"]


@pytest.mark.slow
def test_files_of_pillow_are_among_others(tmp_path):
    x, names = mixed(tmp_path)
    options = {"by_pillow": [False, True]}
    files = image_files.ImageFiles(str(tmp_path), names, (8, 8, 3), **options)
    np.testing.assert_array_equal(files.decode_all(), x)
    rows = [1, 0, 1]
    np.testing.assert_array_equal(read(files, rows), x[rows])
    np.testing.assert_array_equal(read(files[[1, 0]], [0, 1]), x[::-1])
    part = read(files.with_random_crop(), rows, SEED)
    assert part.shape == (3, 8, 8, 3) and set(np.unique(part[1])) != {0}
    (tmp_path / "b.bmp").write_bytes(b"BM")
    with pytest.raises(ValueError, match="first: .*b.bmp cannot be read"):
        files.check()


def test_what_pillow_reads_is_another_dataset(tmp_path):
    _, names = mixed(tmp_path)
    place = str(tmp_path), names, (8, 8, 3)
    checksums = [
        image_files.ImageFiles(*place, by_pillow=flags).checksum
        for flags in (None, [False, False], [True, False], [False, True])
    ]
    assert checksums[0] == checksums[1] and len(set(checksums)) == 3
