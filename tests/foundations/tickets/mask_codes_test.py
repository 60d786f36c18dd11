"""Tests of foundations/tickets/mask_codes.py."""

import zlib

import numpy as np
import pytest

from lottery_ticket.foundations.tickets import mask_codes

SHAPES = [(1,), (7,), (8,), (9,), (64, 300), (3, 3, 16, 32), (0,), ()]


def entropy_bytes(mask):
    """What masks of so many kept weights, any of them, hold at least."""
    share = mask.mean()
    if share in (0, 1):
        return 0.0
    bits = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    return mask.size * bits / 8


def decoded(mask):
    code = mask_codes.encode(mask)
    assert code.kept == np.count_nonzero(mask)
    return mask_codes.decode(code, mask.size).reshape(mask.shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("density", [0, 1e-3, 0.1, 0.5, 0.9, 1])
def test_what_is_decoded_is_what_was_encoded(shape, density):
    rng = np.random.default_rng(1)
    for _ in range(5):
        mask = (rng.random(shape) < density).astype(np.uint8)
        np.testing.assert_array_equal(decoded(mask), mask)
        assert decoded(mask).dtype == np.uint8


@pytest.mark.parametrize("density", [0.001, 0.003, 0.012, 0.03, 0.1, 0.3, 0.5])
def test_random_masks_come_near_their_entropy(density):
    mask = np.random.default_rng(2).random((784, 300)) < density
    code = mask_codes.encode(mask)
    assert len(code.data) <= 1.07 * entropy_bytes(mask) + 2
    assert code.kind == ("bits" if density == 0.5 else "gaps")


def test_gaps_are_what_is_said_of_them():
    mask = np.zeros(200, np.uint8)
    mask[[5, 6, 133]] = 1  # Gaps 5, 0 and 126.
    code = mask_codes.encode(mask)
    assert (code.kind, code.kept, code.shift) == ("gaps", 3, 5)
    # 5 >> 5 and 0 >> 5 are 0, 126 >> 5 is 3: 1 1 0001. Low: 00101 00000 11110.
    expected = [0b11000100, 0b00101000, 0b00111100]
    assert list(code.data) == expected


def test_masks_of_rows_and_columns_take_next_to_nothing():
    mask = np.zeros((512, 512), np.uint8)
    mask[:, ::7] = 1
    code = mask_codes.encode(mask)
    assert code.kind == "deflated" and len(code.data) < 200
    np.testing.assert_array_equal(decoded(mask), mask)


def test_whole_and_empty_kernels_take_nothing():
    assert mask_codes.encode(np.ones((4, 5))) == ("all", 20, 0, b"")
    assert mask_codes.encode(np.zeros((4, 5))) == ("none", 0, 0, b"")


@pytest.mark.parametrize(
    "code",
    [
        ("all", 19, 0, b""),
        ("all", 20, 0, b"x"),
        ("none", 1, 0, b""),
        ("bits", 1, 0, b"\x80\x00"),  # A byte is missing.
        ("bits", 2, 0, b"\x80\x00\x00"),
        ("bits", 2, 0, b"\x80\x00\x01"),  # Behind the last weight.
        ("deflated", 1, 0, b"\x80\x00\x00"),
        ("deflated", 1, 0, zlib.compress(b"\x80\x00\x00") + b"x"),
        ("deflated", 1, 0, zlib.compress(b"\x80\x00\x00")[:-1]),
        ("deflated", 0, 0, zlib.compress(bytes(10**6))),
        ("gaps", 0, 0, b""),
        ("gaps", 20, 0, b"\xff\xff\xff"),
        ("gaps", 1, 60, b"\x80" + b"\xff" * 8),
        ("gaps", 1, 4, b"\x80"),
        ("gaps", 1, 0, b"\x00"),
        ("gaps", 1, 0, b"\x00\x00\x00\x80"),  # The 24th of 20.
        ("gaps", 2, 4, b"\xc0\xff"),  # The 15th and the 31st.
        ("gaps", 1, 4, b"\x80\xff"),  # Low bits of no gap.
        ("gaps", 1, 0, b"\x80" * 100),
    ],
)
def test_bytes_that_are_no_code_of_the_kernel_are_refused(code):
    with pytest.raises(ValueError, match="code does not fit|are damaged"):
        mask_codes.decode(mask_codes.Code(*code), 20)


def test_what_is_inflated_is_bounded():
    bomb = zlib.compress(bytes(10**8), 9)
    with pytest.raises(ValueError, match="does not fit"):
        mask_codes.inflated(bomb, 1000)
    assert mask_codes.inflated(zlib.compress(b"abc"), 3) == b"abc"
