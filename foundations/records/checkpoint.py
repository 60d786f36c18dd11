"""The state of a run under way, from which a killed one goes on."""

import hashlib
import io
import json
import logging
from typing import Any

import numpy as np

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths

_DIGEST_LENGTH = hashlib.sha256().digest_size
_log = logging.getLogger(__name__)


def save(directory: str, arrays: dict[str, Any], facts: dict) -> None:
    """Saves arrays and JSON values of a run, in place of those before."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(buffer, facts=text, **arrays)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).digest()
    files.write(paths.checkpoint(directory), digest + data)


def load(directory: str) -> tuple[dict[str, np.ndarray], dict] | None:
    """Returns (arrays, facts) as saved, or None where there is nothing.

    A damaged checkpoint is named in a warning and counts as none.
    """
    path = paths.checkpoint(directory)
    try:
        data = files.read(path)
    except FileNotFoundError:
        return None
    digest, data = data[:_DIGEST_LENGTH], data[_DIGEST_LENGTH:]
    if hashlib.sha256(data).digest() != digest:
        _log.warning("%s is damaged: its run starts over", path)
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    return arrays, json.loads(arrays.pop("facts").tobytes())


def remove(directory: str) -> None:
    """Removes the checkpoint of a run, if there is one."""
    files.remove(paths.checkpoint(directory))
