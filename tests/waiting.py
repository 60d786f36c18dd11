"""Waits for what other processes do, on a machine that may be slow."""

import time

# For hangs alone: far more than any of it takes.
LIMIT_S = 600


def wait_for(condition):
    """Returns once `condition()` is true; raises after LIMIT_S seconds."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited for {LIMIT_S} s")
        time.sleep(0.02)
