"""Tests of analysis/reading/saved_weights.py."""

import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import (
    mask_arrays,
    records,
    saved_weights,
    tree,
)
from lottery_ticket.tests.analysis import fake_results


def written(folder, count):
    """A run's row and record; it saved so many networks of one layer."""
    networks = [{"a": [float(index), 0.5]} for index in range(count + 1)]
    fake_results.write_saving(folder, networks)
    runs, _ = mask_arrays.whole(results.read(str(folder)).runs)
    (run,) = runs.to_dict("records")
    return run, records.read(run["directory"], tree.RUN)


def test_points_are_in_the_order_of_iterations(tmp_path):
    run, record = written(tmp_path, 11)
    points = saved_weights.points(record)
    assert [*points] == [*range(10, 120, 10)]  # 100 behind 20.
    assert points[100] == "iteration100"
    for folder, value in ((points[100], 9), (saved_weights.FINAL, 11)):
        assert [*saved_weights.arrays(run, folder)["a"]] == [value, 0.5]
    np.testing.assert_array_equal(
        saved_weights.arrays(run, "masks")["a"], [1, 1]
    )


def test_nothing_is_saved(tmp_path):
    run, record = written(tmp_path, 0)
    assert saved_weights.points(record) == {}
    saved_weights.check(run, record)


def test_what_has_changed_is_an_error(tmp_path):
    run, record = written(tmp_path, 2)
    saved_weights.check(run, record)
    path = pathlib.Path(run["directory"], "iteration20/a.npy")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"damaged \(.*/iteration20/a.npy is"):
        saved_weights.check(run, record)
