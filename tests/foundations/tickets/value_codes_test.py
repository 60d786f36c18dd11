"""Tests of foundations/tickets/value_codes.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.tickets import value_codes

MASK = np.array([[1, 0], [0, 1]], np.uint8)
CASES = {
    "w": [
        ([[1, 2], [3, 4]], None),
        ([[1, 2], [3, 4]], MASK),  # Values are held where it prunes.
        ([[1, -0.0], [0, 4]], MASK),
        ([[1, 2], [3, 4]], np.ones((2, 2))),
        (5.0, None),
        ([], None),
    ],
    "k": [([[1, 0], [0, 4]], MASK), ([0.0], np.zeros(1))],
    "s": [([[7, 7], [7, 7]], MASK), ([0, 0, 0], None), ([[0, 0]], MASK[:1])],
    "c": [([[3, 0], [0, 3]], MASK)],
}


@pytest.mark.parametrize("dtype", value_codes.DTYPES)
@pytest.mark.parametrize("kind", CASES)
def test_each_is_written_in_its_shortest_way_and_read_back(kind, dtype):
    for values, mask in CASES[kind]:
        if dtype not in ("float16", "float32", "float64"):
            values = np.abs(values)
        array = np.array(values).astype(dtype)
        found, data = value_codes.encode(array, mask)
        if dtype.startswith("float"):  # Of others, -0 is 0, or more is alike.
            assert found == kind, (values, mask)
        kept = 0 if mask is None else int(np.sum(mask))
        count = value_codes.count(found, array.size, kept)
        assert len(data) == count * array.itemsize
        read = value_codes.decode(found, data, dtype, array.shape, mask)
        assert read.dtype == array.dtype and read.shape == array.shape
        assert read.tobytes() == array.tobytes()


def test_every_bit_counts():
    nan = np.array([np.nan, -np.nan, -0.0, np.inf], np.float32)
    kind, data = value_codes.encode(nan, None)
    read = value_codes.decode(kind, data, "float32", (4,), None)
    assert read.tobytes() == nan.tobytes()
    assert value_codes.encode(np.array([0.0, -0.0]), None)[0] == "w"


def test_the_order_of_bytes_is_the_same_on_every_machine():
    array = np.array([1.0, 2.0], ">f4")
    assert value_codes.encode(array, None)[1] == b"\0\0\x80\x3f\0\0\0\x40"
