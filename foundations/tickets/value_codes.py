"""Values of variables as bytes: what a mask prunes, and repeats, left out."""

import numpy as np

# A letter a variable: all values; those that its mask keeps, the others being
# 0; the same of which all are one value, written once.
WHOLE, KEPT, SAME, KEPT_SAME = "w", "k", "s", "c"
KINDS = (WHOLE, KEPT, SAME, KEPT_SAME)
DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        *("float32", "float16", "float64", "bool"),
        *("int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64"),
    )
}


def encode(array: np.ndarray, mask: np.ndarray | None) -> tuple[str, bytes]:
    """Returns how the values of a variable are written, and the bytes.

    Every bit counts: -0 is not 0, and values held where the mask prunes are
    written like the others.

    Args:
        array: The variable, of a type in DTYPES.
        mask: Its mask, of the same shape; None for a variable without.
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    flat = flat.astype(DTYPES[flat.dtype.name], copy=False)
    bits = flat.view(f"<u{flat.itemsize}")
    if _is_one(bits):
        return SAME, flat[:1].tobytes()
    keeps = None if mask is None else np.asarray(mask).reshape(-1).astype(bool)
    if keeps is None or keeps.all() or bits[~keeps].any():
        return WHOLE, flat.tobytes()
    if _is_one(bits[keeps]):
        return KEPT_SAME, flat[keeps][:1].tobytes()
    return KEPT, flat[keeps].tobytes()


def count(kind: str, size: int, kept: int) -> int:
    """Returns how many values are written of a variable of so many."""
    return {WHOLE: size, KEPT: kept, SAME: 1, KEPT_SAME: 1}[kind]


def decode(
    kind: str, data: bytes, dtype: str, shape: tuple, mask: np.ndarray | None
) -> np.ndarray:
    """Returns a variable's values, from what `encode` made of them.

    The bytes must be as many as `count` says, and a kind that leaves out what
    is pruned needs the mask.
    """
    values = np.frombuffer(data, DTYPES[dtype])
    if kind in (SAME, WHOLE):
        array = np.empty(shape, dtype)
        array[...] = values[0] if kind == SAME else values.reshape(shape)
        return array
    array = np.zeros(shape, dtype)
    array[np.asarray(mask).astype(bool)] = values
    return array


def _is_one(bits):
    return bits.size > 1 and bool((bits == bits[0]).all())
