"""Tests of datasets/dataset_shapes.py."""

import numpy as np

from lottery_ticket.datasets import dataset_shapes


def test_pictures_are_the_same_each_time():
    made, again = (dataset_shapes.DatasetShapes() for _ in range(2))
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [4500, 500, 1000]
    assert (made.input_shape, made.num_outputs) == ((12, 12, 1), 5)
    assert made.task == "multi_label" and made.checksum == again.checksum
    assert made.train.x.dtype == np.uint8 and made.train.x.max() > 250
    np.testing.assert_allclose(made.train.y.mean(axis=0), 0.5, atol=0.03)


def test_a_shape_is_where_its_label_says_so():
    x, y, _, _ = dataset_shapes.DatasetShapes.load(None, "multi_label")
    ink = dataset_shapes.INK * dataset_shapes.SHAPES.sum(axis=(1, 2))
    noise = 144 * (dataset_shapes.NOISE - 1) / 2
    found = x.sum(axis=(1, 2, 3), dtype=float)
    np.testing.assert_allclose(
        found.mean(), noise + (y @ ink).mean(), rtol=0.01
    )
    # Pixels of one shape alone are brighter than any noise.
    alone = x[(y == [0, 0, 0, 0, 1]).all(axis=1), ..., 0]
    assert len(alone) > 50
    for picture in alone:
        above = np.argwhere(picture >= dataset_shapes.NOISE)
        assert len(above) and (np.ptp(above, axis=0) <= 2).all()
