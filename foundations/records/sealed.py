"""JSON files that hold a checksum of themselves."""

import hashlib
import json
import logging

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import names_0_1_0

_log = logging.getLogger(__name__)


def write(path: str, record: dict) -> None:
    """Writes JSON values by name, in this order, their checksum behind them."""
    sealed = {**record, "checksum": _seal(record)}
    files.write(path, json.dumps(sealed, indent=1).encode())


def read(path: str, *, warn: bool = True) -> dict | None:
    """Returns the record in a file, or None where there is none that is whole.

    A file that is damaged is named in a warning, unless the caller says so
    itself, and counts as none. Settings in it have their names of today.
    """
    if not files.exists(path):
        return None
    record = look(path)
    seal = record.pop("checksum", None) if record else None
    if record is None or seal != _seal(record):
        if warn:
            _log.warning("%s is damaged: its run counts as not done", path)
        return None
    if isinstance(record.get("settings"), dict):
        record["settings"] = names_0_1_0.settings(record["settings"])
    return record


def look(path: str) -> dict | None:
    """Returns what a JSON file holds by name, whole or not; None if nothing."""
    try:
        record = json.loads(files.read(path))
    except (ValueError, RecursionError, FileNotFoundError):
        return None
    return record if isinstance(record, dict) else None


def _seal(record):
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
