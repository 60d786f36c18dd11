"""The shell of a ticket's file: parts by name, and a hash over all of them.

It is a file of safetensors, which its many readers open: the length of a
header, the header in JSON, and bytes behind it. The last part is the SHA-256 of
all bytes before. Differs: of all ways to write such a header, one alone is
taken, that of `pack`; no two parts overlap, and none is named twice.

Source: https://github.com/huggingface/safetensors, "Format".
"""

import hashlib
import json

# In this order; each at most once.
PARTS = ("facts", "masks", "initial", "final")
MARK = {"format": "lottery_ticket", "version": "1"}
_SEAL = "sha256"
_SEAL_BYTES = 32
_MOST_OF_HEADER = 4096  # Bytes.
_DAMAGED = "it is damaged, or cut off"


def pack(parts: dict[str, bytes]) -> bytes:
    """Returns a file of parts, whose names are of PARTS."""
    ordered = {name: parts[name] for name in PARTS if name in parts}
    body = _header({name: len(data) for name, data in ordered.items()})
    body += b"".join(ordered.values())
    return body + hashlib.sha256(body).digest()


def unpack(data: bytes) -> dict[str, bytes]:
    """Returns the parts of a file.

    Raises ValueError, whose text says what is wrong, unless all bytes are as
    `pack` would write them.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > _MOST_OF_HEADER:
        raise ValueError("it is no ticket, or damaged")
    header = data[8 : 8 + length]
    sizes = _sizes(header)
    expected = _header(sizes)
    if data[: len(expected)] != expected:
        raise ValueError(_DAMAGED)
    if len(data) != len(expected) + sum(sizes.values()) + _SEAL_BYTES:
        raise ValueError(_DAMAGED)
    if hashlib.sha256(data[:-_SEAL_BYTES]).digest() != data[-_SEAL_BYTES:]:
        raise ValueError(f"{_DAMAGED}: its bytes have changed")
    found, start = {}, len(expected)
    for name, size in sizes.items():
        found[name] = data[start : start + size]
        start += size
    return found


def seal(data: bytes) -> str:
    """Returns the SHA-256 in a file's bytes, as hexadecimal digits."""
    return data[-_SEAL_BYTES:].hex()


def _header(sizes):
    """The first bytes of a file: the header and, before it, its length."""
    described, start = {}, 0
    for name, size in {**sizes, _SEAL: _SEAL_BYTES}.items():
        described[name] = {
            "dtype": "U8",
            "shape": [size],
            "data_offsets": [start, start + size],
        }
        start += size
    whole = {"__metadata__": MARK, **described}
    text = json.dumps(whole, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _sizes(header):
    """Sizes of the parts, as far as a header can be read."""
    try:
        described = json.loads(header)
        mark = described.pop("__metadata__")
        sizes = {name: each["shape"][0] for name, each in described.items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(_DAMAGED) from error
    except RecursionError as error:
        raise ValueError(_DAMAGED) from error
    if isinstance(mark, dict) and mark.get("format") == MARK["format"]:
        version = mark.get("version")
        if version != MARK["version"]:
            raise ValueError(
                f"its format is version {version!r}, and this lottery_ticket "
                f"reads version {MARK['version']}"
            )
    else:
        raise ValueError("it is no ticket")
    if any(type(size) is not int or size < 0 for size in sizes.values()):
        raise ValueError(_DAMAGED)
    return {name: sizes[name] for name in PARTS if name in sizes}
