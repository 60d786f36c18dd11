"""Tests of datasets/image_headers.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import image_headers
from lottery_ticket.tests.datasets import picture_files


def test_height_width_and_channels(tmp_path):
    for name, channels in (("a.png", 1), ("b.jpg", 1), ("c.jpg", 3)):
        picture_files.save(
            tmp_path / name, picture_files.pixels(0, 5, 7, channels)
        )
    picture_files.save(tmp_path / "d.png", np.zeros((5, 7, 4), np.uint8))
    paths = [str(tmp_path / name) for name in ("a.png", "b.jpg", "c.jpg")]
    shapes = image_headers.shapes([*paths, str(tmp_path / "d.png")])
    assert shapes.tolist() == [[5, 7, 1], [5, 7, 1], [5, 7, 3], [5, 7, 3]]


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="a.png cannot be read as an image"):
        image_headers.shapes([str(tmp_path / "a.png")])
