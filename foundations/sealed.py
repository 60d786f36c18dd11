"""JSON files that hold a checksum of themselves."""

import hashlib
import json
import logging

from lottery_ticket.foundations import files

_log = logging.getLogger(__name__)


def write(path: str, record: dict) -> None:
    """Writes a record as JSON, its checksum behind it.

    Args:
        path: File to write.
        record: JSON values by name, written in this order.
    """
    sealed = {**record, "checksum": _seal(record)}
    files.write(path, json.dumps(sealed, indent=1).encode())


def read(path: str) -> dict | None:
    """Returns the record in a file, or None where there is none that is whole.

    A file that is damaged is named in a warning, and counts as none.
    """
    if not files.exists(path):
        return None
    try:
        record = json.loads(files.read(path))
        seal = record.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        record, seal = None, None
    if record is None or seal != _seal(record):
        _log.warning("%s is damaged: its run counts as not done", path)
        return None
    return record


def _seal(record):
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
