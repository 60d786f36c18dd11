"""Tests of datasets/images/decoding.py: files are as Pillow shows them."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from lottery_ticket.datasets.images import decoding, image_files
from lottery_ticket.tests import grids

BASE = np.random.default_rng(0).integers(0, 256, (6, 4, 3), np.uint8)
RGB = Image.fromarray(BASE.repeat(4, 0).repeat(4, 1))  # 24 high, 16 wide.
ALPHA = np.zeros((24, 16), np.uint8)
ALPHA[8:16], ALPHA[16:] = 128, 255


def image(mode):
    if mode == "RGBA":
        return Image.fromarray(np.dstack([np.array(RGB), ALPHA]), "RGBA")
    if mode == "LA":
        return Image.fromarray(np.dstack([np.array(RGB.convert("L")), ALPHA]))
    if mode == "P":
        return RGB.quantize(16)
    return RGB.convert(mode)


def png(bits, kind, rows, chunks=()):
    """A PNG that Pillow does not write: header, lines, chunks between."""
    height, width = rows.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    flat = rows.reshape(height, -1)
    if bits == 16:
        lines = flat.astype(">u2")
    else:
        parts = np.unpackbits(flat.astype(np.uint8)[..., None], axis=-1)
        parts = parts[..., 8 - bits :].reshape(height, -1)
        lines = np.packbits(parts, axis=1)
    data = b"".join(b"\0" + line.tobytes() for line in lines)
    found = b"\x89PNG\r\n\x1a\n"
    for name, content in (
        (b"IHDR", header),
        *chunks,
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    ):
        check = zlib.crc32(name + content)
        found += struct.pack(">I", len(content)) + name + content
        found += struct.pack(">I", check)
    return found


def bmp(bits, rows, compression=0, top_down=False, masks=b""):
    """A BMP of lines of bytes that Pillow does not write."""
    height = len(rows)
    data = b"".join(rows if top_down else reversed(rows))
    width = 4
    start = 14 + 40 + len(masks)
    head = struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start)
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, -height if top_down else height, 1, bits,
        compression, len(data), 0, 0, 0, 0,
    )  # fmt: skip
    return head + info + masks + data


def pixels(tmp_path, name):
    """A file as a dataset reads it, looked at first."""
    look = decoding.look(str(tmp_path / name))
    files = image_files.ImageFiles(
        str(tmp_path), [name], look[:3], by_pillow=[look.by_pillow]
    )
    return files.decode_all()[0]


def shown(path, channels):
    """A file as Pillow shows it."""
    with Image.open(path) as opened:
        turned = ImageOps.exif_transpose(opened)
        x = turned.convert("RGBA").convert("L" if channels == 1 else "RGB")
    return np.array(x).reshape(x.height, x.width, channels)


def check(tmp_path, name, slack=0):
    x = pixels(tmp_path, name)
    expected = shown(tmp_path / name, x.shape[-1])
    assert x.shape == expected.shape
    difference = np.abs(x.astype(int) - expected)
    assert difference.mean() <= slack, difference.mean()


MODES = {
    "png": ("1", "L", "P", "RGB", "RGBA", "LA"),
    "jpg": ("L", "RGB", "CMYK"),
    "bmp": ("1", "L", "P", "RGB", "RGBA"),
    "gif": ("1", "L", "P", "RGB", "RGBA"),
    "webp": ("L", "RGB", "RGBA"),
}
GRID = [(suffix, mode) for suffix, modes in MODES.items() for mode in modes]


@pytest.mark.parametrize(
    ("suffix", "mode"), grids.thinned(GRID, [("png", "P"), ("bmp", "P")])
)
def test_modes_and_formats_are_as_pillow_shows_them(tmp_path, suffix, mode):
    options = {"jpg": {"quality": 95}, "webp": {"lossless": True}}
    path = tmp_path / f"a.{suffix}"
    image(mode).save(path, **options.get(suffix, {}))
    check(tmp_path, path.name, slack=3 if suffix == "jpg" else 0)


TURNS = list(itertools.product(("jpg", "png", "webp"), range(10)))


@pytest.mark.parametrize(
    ("suffix", "number"), grids.thinned(TURNS, [("jpg", 6), ("png", 3)])
)
def test_photographs_are_turned(tmp_path, suffix, number):
    exif = Image.Exif()
    exif[0x0112] = number
    path = tmp_path / f"a.{suffix}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95}}
    RGB.save(path, exif=exif.tobytes(), **options.get(suffix, {}))
    look = decoding.look(str(path))
    swapped = number in (5, 6, 7, 8)
    assert look[:2] == ((16, 24) if swapped else (24, 16))
    assert look.by_pillow == (2 <= number <= 8)
    check(tmp_path, path.name, slack=3 if suffix == "jpg" else 0)


@pytest.mark.parametrize(
    ("name", "options"),
    grids.first(
        4,
        [
            ("transparent.gif", {"transparency": 3}),
            ("frames.gif", {"save_all": True}),
            ("interlaced.gif", {"interlace": 1}),
            ("transparent.png", {"transparency": 3}),
            ("alphas.png", {"transparency": bytes(range(16))}),
            ("turned.png", {"transparency": bytes(range(16)), "exif": 6}),
            ("gif_in.png", {"format": "GIF"}),
            ("png_in.jpg", {"format": "PNG"}),
            ("png_in.gif", {"format": "PNG", "transparency": 1}),
        ],
    ),
)
def test_palettes_of_any_make(tmp_path, name, options):
    options, palette = dict(options), image("P")
    if "exif" in options:
        exif = Image.Exif()
        exif[0x0112] = options["exif"]
        options["exif"] = exif.tobytes()
    if "save_all" in options:
        options["append_images"] = [palette.rotate(180)]
    palette.save(tmp_path / name, **options)
    check(tmp_path, name)


GREY = np.arange(16).reshape(4, 4)
RED, GREEN, BLUE = (0xF800, 0x07E0, 0x001F)
LINES = [struct.pack("<4H", RED, GREEN, BLUE, RED ^ GREEN)] * 3
MASKS = struct.pack("<III", RED, GREEN, BLUE)
WIDE = [bytes(range(start, start + 12)) for start in (0, 50, 100)]
RARE = {
    "grey_1.png": png(1, 0, GREY % 2),
    "grey_2.png": png(2, 0, GREY % 4),
    "grey_4.png": png(4, 0, GREY),
    "grey_key.png": png(8, 0, GREY, [(b"tRNS", b"\0\3")]),
    "rgb_key.png": png(8, 2, BASE[:4], [(b"tRNS", b"\0\3\0\3\0\3")]),
    "gamma.png": png(8, 2, BASE[:4], [(b"gAMA", struct.pack(">I", 100000))]),
    "rgb_555.bmp": bmp(16, LINES),
    "rgb_565.bmp": bmp(16, LINES, compression=3, masks=MASKS),
    "top_down.bmp": bmp(24, WIDE, top_down=True),
    "bottom_up.bmp": bmp(24, WIDE),
}


def test_ink_without_a_mark_of_adobe_is_read_as_pillow_does(tmp_path):
    path = tmp_path / "ink.jpg"
    Image.new("CMYK", (4, 4), (255, 255, 0, 0)).save(path)
    assert not decoding.look(path).by_pillow
    text = path.read_bytes()
    start = text.index(b"\xff\xee")
    end = start + 2 + int.from_bytes(text[start + 2 : start + 4], "big")
    path.write_bytes(text[:start] + text[end:])
    assert decoding.look(path).by_pillow
    check(tmp_path, "ink.jpg")


@pytest.mark.parametrize("name", grids.first(5, RARE))
def test_rare_kinds(tmp_path, name):
    (tmp_path / name).write_bytes(RARE[name])
    check(tmp_path, name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "grey.png",
            png(16, 0, GREY * 4000),
            "grey.png is an image of 16 bits",
        ),
        ("rgb.png", png(16, 2, BASE[:4] * 200), "image of 16 bits"),
        ("alpha.png", png(16, 6, np.ones((2, 2, 4))), "16 bits .*npz file"),
        ("tiff.png", "TIFF", "tiff.png is an image of the format TIFF. Exp"),
        ("icon.png", "ICO", "of the format ICO"),
        ("plain.jpg", "PPM", "of the format PPM"),
        ("none.png", b"nothing", "none.png cannot be read as an image"),
        ("empty.jpg", b"", "cannot be read as an image"),
    ],
)
def test_what_is_no_image_of_8_bits_is_named(tmp_path, name, content, message):
    if isinstance(content, str):
        RGB.save(tmp_path / name, format=content)
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        decoding.look(str(tmp_path / name))


def test_the_usual_files_are_not_pillows(tmp_path):
    for name in ("a.jpg", "a.png", "a.bmp", "a.gif"):
        RGB.save(tmp_path / name)
        assert not decoding.look(str(tmp_path / name)).by_pillow


def cmyk(kind):
    """A CMYK JPEG, with Adobe's mark or none, or as YCCK."""
    data = io.BytesIO()
    image("CMYK").save(data, "JPEG", quality=95)
    before, rest = data.getvalue().split(b"\xff\xee\x00\x0e", 1)
    mark = {"cmyk": rest[:12], "ycck": rest[:11] + b"\2", "unmarked": b""}
    segment = b"\xff\xee\x00\x0e" + mark[kind] if mark[kind] else b""
    return before + segment + rest[12:]


@pytest.mark.parametrize("kind", ["cmyk", "ycck", "unmarked"])
def test_four_inks(tmp_path, kind):
    (tmp_path / "a.JPEG").write_bytes(cmyk(kind))
    look = decoding.look(str(tmp_path / "a.JPEG"))
    assert look == (24, 16, 3, kind == "unmarked")
    check(tmp_path, "a.JPEG", slack=3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (png(16, 0, GREY * 4000), "a.png is an image of 16 bits"),
        (b"nothing", "a.png cannot be read as an image"),
        (png(8, 0, GREY)[:-30], "a.png cannot be read as an image"),
    ],
)
def test_faults_of_files_have_a_reason(tmp_path, content, message):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert message in decoding.fault(str(path))


def test_the_usual_files_are_read_without_python(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "look", None)
    for name in ("a.jpg", "a.png"):
        RGB.save(tmp_path / name)
        x = decoding.pixels(str(tmp_path / name), 3).numpy().astype(int)
        assert np.abs(x - shown(tmp_path / name, 3)).mean() < 3


def test_a_grey_image_is_read_with_one_channel(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    image("L").save(tmp_path / "a.png", exif=exif.tobytes())
    x = pixels(tmp_path, "a.png")
    assert x.shape == (16, 24, 1)
    np.testing.assert_array_equal(x, shown(tmp_path / "a.png", 1))
    three = decoding.read(str(tmp_path / "a.png").encode(), 3)
    np.testing.assert_array_equal(three, np.repeat(x, 3, axis=-1))


def photograph(rng, **options):
    """Bytes of a JPEG of some size, smooth with some noise."""
    height, width = rng.integers(9, 90, 2)
    small = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    shown = np.array(Image.fromarray(small).resize((width, height)), float)
    shown = np.clip(shown + rng.normal(scale=9, size=shown.shape), 0, 255)
    file = io.BytesIO()
    Image.fromarray(shown.astype(np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "options",
    grids.thinned(
        [
            {"subsampling": 0},
            {"subsampling": 1},
            {"subsampling": 2},
            {"subsampling": "4:1:1"},
            {"progressive": True},
            {"quality": 98, "restart_marker_blocks": 3},
        ],
        [{"subsampling": 2}],
    ),
)
def test_a_part_of_a_jpeg_has_the_pixels_of_the_whole(
    tmp_path, options, channels
):
    rng = np.random.default_rng(0)
    for _ in range(20):
        path = tmp_path / "a.jpg"
        path.write_bytes(photograph(rng, **options))
        whole = decoding.pixels(str(path), channels).numpy()
        for _ in range(5):
            rows, columns = (int(rng.integers(n)) + 1 for n in whole.shape[:2])
            top = int(rng.integers(whole.shape[0] - rows + 1))
            left = int(rng.integers(whole.shape[1] - columns + 1))
            found = top, left, rows, columns
            box = lambda *size, found=found: found  # noqa: E731
            x = decoding.pixels(str(path), channels, box).numpy()
            expected = whole[top : top + rows, left : left + columns]
            np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("cut", [2, 30, 200])
def test_a_damaged_jpeg_is_an_error_wherever_its_part_is(tmp_path, cut):
    path = tmp_path / "a.jpg"
    data = photograph(np.random.default_rng(0), quality=95)
    path.write_bytes(data)
    box = lambda height, width: (0, 0, 1, 1)  # noqa: E731
    assert decoding.pixels(str(path), 3, box).shape == (1, 1, 3)
    path.write_bytes(data[:-cut])
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoding.pixels(str(path), 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoding.pixels(str(path), 3, box)
