"""Masks as bytes: of each kernel the shortest of some codes, all of them exact.

An unstructured mask of density p holds n * H(p) bits. Where few weights are
kept, the gaps between them by Golomb and Rice come within some 5 % of that;
where about half are, a bit a weight does. Masks of whole rows, columns or
blocks hold less: deflated bits see that.
"""

import typing
import zlib

import numpy as np

ALL, NONE, BITS, GAPS, DEFLATED = "all", "none", "bits", "gaps", "deflated"
KINDS = (ALL, NONE, BITS, GAPS, DEFLATED)
_LEVEL = 9  # Of zlib.


class Code(typing.NamedTuple):
    """A mask as bytes.

    Args:
        kind: Which code it is, one of KINDS.
        kept: How many weights it keeps.
        shift: Of GAPS, how many low bits of a gap are written as they are.
        data: The bytes.
    """

    kind: str
    kept: int
    shift: int
    data: bytes


def encode(mask: np.ndarray) -> Code:
    """Returns a mask in its shortest code.

    GAPS, of the number of pruned weights before each kept one, in C order:
    gap >> shift in unary, as so many 0s and a 1, for all of them; from the next
    whole byte on the low bits of each, the highest first.

    Source: Golomb 1966 (https://doi.org/10.1109/TIT.1966.1053907); the case of
    a power of 2 is Rice's.

    Args:
        mask: Array of 0s and 1s.
    """
    flat = np.asarray(mask).reshape(-1).astype(bool)
    positions = np.flatnonzero(flat)
    kept = positions.size
    if kept == flat.size:
        return Code(ALL, kept, 0, b"")
    if not kept:
        return Code(NONE, 0, 0, b"")
    bits = np.packbits(flat).tobytes()
    found = [Code(BITS, kept, 0, bits)]
    if len(bits) > 8:  # Else nothing is to be gained.
        found += [
            Code(DEFLATED, kept, 0, zlib.compress(bits, _LEVEL)),
            _gaps(positions),
        ]
    return min(found, key=lambda code: len(code.data))


def decode(code: Code, size: int) -> np.ndarray:
    """Returns a mask of so many weights, flat, of uint8.

    Raises ValueError if the bytes are not the code of such a mask. Nothing is
    allocated before they promise as many weights.
    """
    if code.kind in (ALL, NONE):
        _check(not code.data and code.kept == size * (code.kind == ALL))
        return np.full(size, code.kind == ALL, np.uint8)
    if code.kind == GAPS:
        return _of_gaps(code, size)
    bits = code.data
    if code.kind == DEFLATED:
        bits = inflated(bits, (size + 7) // 8)
    _check(len(bits) == (size + 7) // 8)
    mask = np.unpackbits(np.frombuffer(bits, np.uint8))
    _check(not mask[size:].any() and int(mask.sum()) == code.kept)
    return mask[:size]


def inflated(data: bytes, most: int) -> bytes:
    """Returns what zlib has deflated, of at most so many bytes.

    Raises ValueError if it is more, or damaged; no more is ever allocated.
    """
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(f"deflated bytes are damaged ({error})") from error
    _check(stream.eof and not stream.unused_data and len(found) <= most)
    return found


def _gaps(positions):
    gaps = np.diff(positions, prepend=-1) - 1
    shift = min(
        range(int(gaps.max()).bit_length() + 1),
        key=lambda shift: gaps.size * shift + int((gaps >> shift).sum()),
    )
    unary_ends = np.cumsum((gaps >> shift) + 1) - 1
    unary = np.zeros(unary_ends[-1] + 1, bool)
    unary[unary_ends] = True
    places = np.arange(shift - 1, -1, -1)
    low = (gaps[:, None] >> places & 1).astype(bool)
    data = np.packbits(unary).tobytes() + np.packbits(low).tobytes()
    return Code(GAPS, gaps.size, shift, data)


def _of_gaps(code, size):
    kept, shift = code.kept, code.shift
    low_bytes = (kept * shift + 7) // 8
    unary_bytes = len(code.data) - low_bytes
    _check(0 < kept < size and 0 <= shift <= size.bit_length())
    _check(0 < unary_bytes <= (size + kept + 7) // 8)
    bits = np.unpackbits(np.frombuffer(code.data, np.uint8))
    unary, low = bits[: unary_bytes * 8], bits[unary_bytes * 8 :]
    ends = np.flatnonzero(unary)
    _check(ends.size == kept and not low[kept * shift :].any())
    high = np.diff(ends, prepend=-1) - 1
    _check(int(high.max()) <= size >> shift)
    gaps = high << shift
    for place in range(shift):
        column = low[place : kept * shift : shift].astype(np.int64)
        gaps |= column << (shift - 1 - place)
    positions = np.cumsum(gaps + 1) - 1
    _check(int(positions[-1]) < size)
    mask = np.zeros(size, np.uint8)
    mask[positions] = 1
    return mask


def _check(is_so):
    if not is_so:
        raise ValueError("a mask's code does not fit its kernel")
