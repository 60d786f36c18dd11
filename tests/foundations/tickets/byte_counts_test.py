"""Tests of foundations/tickets/byte_counts.py."""

import numpy as np

from lottery_ticket.foundations.tickets import byte_counts


def test_kept_values_the_mask_and_what_has_none():
    mask = np.zeros((8, 8), np.uint8)
    mask[0, :3] = 1
    kernel = np.arange(1, 65, dtype=np.float32).reshape(8, 8) * mask
    bias = np.arange(4, dtype=np.float32)
    network = {"layer": kernel, "layer_bias": bias}
    # Three values, 64 bits of the mask at most, four values.
    found = byte_counts.content({"layer": mask}, network)
    assert 3 * 4 + 4 * 4 < found <= 3 * 4 + 8 + 4 * 4
    dense = byte_counts.content({"layer": np.ones_like(mask)}, network)
    assert dense == 64 * 4 + 4 * 4


def test_types_that_no_file_takes_count_as_they_are():
    numbers = np.zeros(3, np.complex64)
    assert byte_counts.content({}, {"own": numbers}) == 24
