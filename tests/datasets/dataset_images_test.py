"""Tests of datasets/dataset_images.py."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from lottery_ticket.datasets import (
    dataset_caltech101,
    dataset_imagenet,
    dataset_images,
    dataset_own,
    dataset_tiny_imagenet,
)
from lottery_ticket.datasets.images import augmentation, preparation


class Tiny(dataset_images.DatasetImages):
    """Twelve 2x2 images to train on, each filled with its own number."""

    VALIDATION_SIZE = 4
    MAX_VALUE = 20
    NUM_CLASSES = 5

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images."""
        x = np.arange(15, dtype=np.uint8).reshape(-1, 1, 1, 1)
        x = np.tile(x, (1, 2, 2, 1))
        y = np.arange(15) % 3
        return x[:12], y[:12], x[12:], y[12:]


def numbers(split):
    return split.x[:, 0, 0, 0].tolist()


def test_validation_is_carved_out_of_train_by_its_seed():
    made = Tiny()
    sizes = {name: split.size for name, split in made.splits.items()}
    assert sizes == {"train": 8, "validate": 4, "test": 3}
    both = numbers(made.train) + numbers(made.validate)
    assert sorted(both) == list(range(12))
    assert numbers(made.test) == [12, 13, 14]
    assert numbers(Tiny().validate) == numbers(made.validate)
    assert numbers(Tiny(split_seed=1).validate) != numbers(made.validate)


def test_labels_stay_with_their_images():
    for split in Tiny(subset=0.5).splits.values():
        np.testing.assert_array_equal(split.y, split.x[:, 0, 0, 0] % 3)


def test_validation_can_be_left_out():
    made = Tiny(validation_size=0)
    assert made.validate is None
    assert made.train.size == 12
    with pytest.raises(ValueError, match=r"validation_size must be in \[0, 12"):
        Tiny(validation_size=12)


def test_images_stay_as_they_are_and_are_prepared_later():
    made = Tiny()
    assert made.input_shape == (2, 2, 1)
    assert made.train.x.dtype == np.uint8
    assert made.prepare == preparation.Scale(20)
    assert Tiny(normalization="l2").prepare == preparation.L2()
    with pytest.raises(ValueError, match="normalization 'l3'. Did you mean"):
        Tiny(normalization="l3")


def test_standardize_measures_all_training_images():
    x = np.arange(12) / 20
    for seed in (0, 1):
        made = Tiny(normalization="standardize", split_seed=seed)
        np.testing.assert_allclose(made.prepare.mean, [x.mean()], atol=1e-6)
        np.testing.assert_allclose(made.prepare.std, [x.std()], atol=1e-6)


def test_standardize_needs_the_datasets_channels():
    class Colour(Tiny):
        MEAN = STD = (0.5, 0.5, 0.5)

    with pytest.raises(ValueError, match="have 3 channels.*Received: 1"):
        Colour(normalization="standardize")
    assert Colour().input_shape == (2, 2, 1)


def test_augmentation_is_of_training_and_by_its_seed():
    made = Tiny(augmentation="crop_flip", augment_seed=5)
    assert made.augment == augmentation.CropFlip()
    assert made.augment_seed == 5
    assert Tiny().augment is None
    with pytest.raises(ValueError, match="augmentation 'flop'. Did you mean"):
        Tiny(augmentation="flop")


def test_the_number_of_classes_is_the_datasets():
    assert Tiny().num_classes == 5

    class Counted(Tiny):
        NUM_CLASSES = None

    assert Counted().num_classes == 3
    # A subset without the last class changes nothing.
    assert Counted(subset=2, split_seed=1).num_classes == 3

    class Few(Tiny):
        NUM_CLASSES = 2

    with pytest.raises(ValueError, match=r"in \[0, 2\).*from 0 to 2"):
        Few()


def test_a_subset_leaves_validation_and_test_alone():
    made = Tiny(subset=3)
    assert [split.size for split in made.splits.values()] == [3, 4, 3]
    assert numbers(made.validate) == numbers(Tiny().validate)
    assert set(numbers(made.train)) < set(numbers(Tiny().train))
    with pytest.raises(ValueError, match="subset must be.*up to 8. Received"):
        Tiny(subset=9)


def test_random_labels_are_of_training_only():
    made, plain = Tiny(random_labels=1.0, labels_seed=2), Tiny()
    assert (made.train.y != plain.train.y).any()
    assert made.train.y.max() < 5
    for name in ("validate", "test"):
        np.testing.assert_array_equal(made.splits[name].y, plain.splits[name].y)
    with pytest.raises(
        ValueError, match=r"random_labels must be a number, at least 0"
    ):
        Tiny(random_labels=2)


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


def test_pixels_out_of_range():
    class Low(Tiny):
        MAX_VALUE = 10

    for normalization in ("scale", "standardize"):
        with pytest.raises(ValueError, match=r"Pixels must be in \[0, 10\]"):
            Low(normalization=normalization)
    Low(normalization="l2")


def test_image_size_is_for_images_from_files():
    with pytest.raises(ValueError, match="image_size can only.*2x2 images"):
        Tiny(image_size=32)
    for size in (0, 2.5):
        with pytest.raises(ValueError, match="image_size must be an integer"):
            Tiny(image_size=size)


COLOURS = np.random.default_rng(0).integers(0, 256, (3, 3, 3), np.uint8)
RGB = Image.fromarray(COLOURS.repeat(8, 0).repeat(8, 1))  # 24 pixels a side.
# Format, and how its file is named, -> modes; in each, turns of EXIF.
GRID = {
    ("JPEG", "JPEG"): ("L", "RGB", "CMYK"),
    ("PNG", "JPEG"): ("RGB", "P"),  # ImageNet has one such.
    ("PNG", "png"): ("1", "L", "LA", "P", "RGB", "RGBA"),
    ("BMP", "bmp"): ("1", "L", "P", "RGB"),
    ("GIF", "gif"): ("L", "P"),
    ("WEBP", "jpg"): ("RGB", "RGBA"),
}
TURNED = ("JPEG", "PNG", "WEBP")
LOSSY = ("JPEG", "WEBP")


def every_image():
    """Yields (class, suffix, image, how it is saved) of the grid."""
    for (kind, suffix), modes in GRID.items():
        for mode in modes:
            image = RGB.quantize(9) if mode == "P" else RGB.convert(mode)
            for turn in (1, 6) if kind in TURNED else (1,):
                exif = Image.Exif()
                exif[0x0112] = turn
                options = {"exif": exif} if turn > 1 else {}
                if kind == "GIF":
                    options["transparency"] = 3
                yield f"{kind}_{suffix}_{mode}_{turn}", suffix, image, options


def save_grid(folder, inner="", parts=("",)):
    """Writes a class for each kind; returns them as Pillow shows them."""
    shown = {}
    for name, suffix, image, options in every_image():
        for part in parts:
            place = folder / part / name / inner
            place.mkdir(parents=True, exist_ok=True)
            for i in range(5):
                path = place / f"{i}.{suffix}"
                image.save(path, name.split("_")[0], quality=95, **options)
        with Image.open(path) as opened:
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
        shown[name] = np.array(turned.convert("RGB"), int)
    return shown


def own(folder):
    shown = save_grid(folder, parts=("train", "test"))
    return shown, dataset_own.DatasetOwn.load(folder, 24)


def caltech(folder):
    shown = save_grid(folder / "101_ObjectCategories")
    return shown, dataset_caltech101.DatasetCaltech101.load(folder, 24)


def imagenet(folder):
    shown = save_grid(folder, parts=("train", "val"))
    # The middle at its own size.
    x, y, *test = dataset_imagenet.DatasetImagenet.load(folder, 21)
    shown = {name: each[1:22, 1:22] for name, each in shown.items()}
    return shown, (x.decode_all(), y, test[0].decode_all(), test[1])


def tiny_imagenet(folder):
    shown = save_grid(folder / "train", "images")
    known = sorted(shown, key=str.lower)
    (folder / "wnids.txt").write_text("\n".join(known))
    (folder / "val" / "images").mkdir(parents=True)
    lines = []
    for name, suffix, image, options in every_image():
        path = folder / "val" / "images" / f"{name}.{suffix}"
        image.save(path, name.split("_")[0], quality=95, **options)
        lines.append(f"{path.name}\t{name}\t0\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))
    return shown, dataset_tiny_imagenet.DatasetTinyImagenet.load(folder, 24)


@pytest.mark.slow
@pytest.mark.parametrize("door", [own, caltech, imagenet, tiny_imagenet])
def test_every_door_shows_what_pillow_does(tmp_path, monkeypatch, door):
    imagenet_class = dataset_imagenet.DatasetImagenet
    count = len(list(every_image()))
    monkeypatch.setattr(imagenet_class, "NUM_CLASSES", count)
    shown, (x_train, y_train, x_test, y_test) = door(tmp_path)
    known = sorted(shown, key=str.lower)
    assert set(y_train) == set(range(count))
    for x, label in [
        *zip(x_train, y_train, strict=True),
        *zip(x_test, y_test, strict=True),
    ]:
        difference = np.abs(x - shown[known[label]]).mean()
        is_lossy = known[label].startswith(LOSSY)
        assert difference <= (2 if is_lossy else 0), known[label]


def test_what_eight_bits_cannot_hold_is_named_at_every_door(tmp_path):
    folder = tmp_path / "101_ObjectCategories" / "ant"
    folder.mkdir(parents=True)
    for i in range(5):
        deep = Image.fromarray(np.full((8, 8), 9000 * i, np.uint16))
        deep.save(folder / f"{i}.png")
    for load, place in (
        (dataset_caltech101.DatasetCaltech101.load, tmp_path),
        (dataset_own.DatasetOwn.load, folder.parent),
    ):
        with pytest.raises(ValueError, match=r"\d.png is an image of 16 bits"):
            load(str(place), 8)
