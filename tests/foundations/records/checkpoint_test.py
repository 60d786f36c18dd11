"""Tests of training/checkpoint.py."""

import pathlib

import numpy as np
import pytest

from lottery_ticket.foundations.records import checkpoint, paths

ARRAYS = {"network/0": np.arange(6.0).reshape(2, 3), "log": np.zeros(0)}


def test_what_is_saved_is_loaded(tmp_path):
    checkpoint.save(str(tmp_path), ARRAYS, {"iteration": 3})
    arrays, facts = checkpoint.load(str(tmp_path))
    assert facts == {"iteration": 3}
    assert set(arrays) == set(ARRAYS)
    np.testing.assert_array_equal(arrays["network/0"], ARRAYS["network/0"])
    checkpoint.remove(str(tmp_path))
    assert checkpoint.load(str(tmp_path)) is None


@pytest.mark.parametrize("position", [0, 40, 300, -1])
def test_a_flipped_bit_is_found(tmp_path, position, caplog):
    checkpoint.save(str(tmp_path), ARRAYS, {})
    path = pathlib.Path(paths.checkpoint(str(tmp_path)))
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    assert checkpoint.load(str(tmp_path)) is None
    assert "checkpoint.bin is damaged" in caplog.text


@pytest.mark.parametrize("length", [0, 10, 100])
def test_a_truncated_file_is_found(tmp_path, length):
    checkpoint.save(str(tmp_path), ARRAYS, {})
    path = pathlib.Path(paths.checkpoint(str(tmp_path)))
    path.write_bytes(path.read_bytes()[:length])
    assert checkpoint.load(str(tmp_path)) is None
