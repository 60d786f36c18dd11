"""Named seeds derived from one master seed."""

import functools
import hashlib


# Lines of a sweep have the same ones; 1 and True are two.
@functools.lru_cache(maxsize=1024, typed=True)
def derive(seed: int, *names: str | int) -> int:
    """Returns the seed of one use of randomness, in [0, 2**31).

    One master seed serves a whole experiment; each use of randomness ("init",
    "order", "split", "labels", ...) draws from a seed of its own, so that
    changing one never moves another.

    Args:
        seed: The master seed, an integer of any size.
    """
    text = "/".join(str(part) for part in (seed, *names))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "little") & 0x7FFFFFFF
