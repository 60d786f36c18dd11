"""JSON files that hold a checksum of themselves, and those of results."""

import dataclasses
import hashlib
import json
import logging

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import json_values, names_0_1_0

_log = logging.getLogger(__name__)
_CODE_OF = {
    "code": "the network, or of what it calls,",
    "dataset_code": "prepare or augment, or of what they call,",
}
_lacking_code: list[str] = []  # Where it has been said; once is enough.


@dataclasses.dataclass(frozen=True)
class ResultFile:
    """A sealed file of results, by its name; its folder is complete with it."""

    name: str

    def path(self, directory: str) -> str:
        """Path of the file in a folder."""
        return files.join(directory, self.name)

    def write(self, directory: str, record: dict) -> None:
        """Writes a record; its "settings" say what it was made with."""
        write(self.path(directory), record)

    def read(self, directory: str) -> dict | None:
        """Returns the record of a folder, as `read` does."""
        return read(self.path(directory))

    def read_own(self, directory: str, settings: dict) -> dict | None:
        """Returns the record of results with these settings, or None.

        Raises ValueError if the folder holds results made with other settings.
        """
        record = self.read(directory)
        if record is not None:
            check_same(record["settings"], settings, directory)
        return record


def write(path: str, record: dict) -> None:
    """Writes JSON values by name, in this order, their checksum behind them."""
    sealed = {**record, "checksum": _seal(record)}
    files.write(path, json.dumps(sealed, indent=1).encode())


def read(path: str, *, warn: bool = True) -> dict | None:
    """Returns the record in a file, or None where there is none that is whole.

    A file that is damaged is named in a warning, unless the caller says so
    itself, and counts as none. Settings in it have their names of today.
    """
    try:
        data = files.read(path)
    except FileNotFoundError:
        return None
    record = _parsed(data)
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
        return _parsed(files.read(path))
    except FileNotFoundError:
        return None


def check_same(recorded: dict, requested: dict, directory: str) -> None:
    """Raises ValueError, naming what differs, if results' settings do."""
    differing = differences(recorded, requested)
    if differing:
        raise ValueError(
            f"{directory} holds results made with other settings, which are "
            f"never mixed or overwritten ({differing}). Use "
            "another output_dir, or the same settings."
        )
    if names_0_1_0.lacks_code(recorded, requested) and not _lacking_code:
        _lacking_code.append(directory)
        _log.warning(
            "%s was made before the code of networks and datasets was "
            "recorded: whether that has changed since cannot be told",
            directory,
        )


def differences(recorded: dict, requested: dict) -> str:
    """Returns in words what differs between two settings; "" if nothing.

    Those that are requested as a function are not looked at: see plans.Run.
    """
    recorded = names_0_1_0.settings(recorded)
    later = {name for name, value in requested.items() if callable(value)}
    if later:
        recorded, requested = (
            {name: each[name] for name in each if name not in later}
            for each in (recorded, requested)
        )
    requested = json_values.read_back(requested)
    if recorded == requested:
        return ""
    recorded, requested = names_0_1_0.comparable(recorded, requested)
    names = sorted({*recorded, *requested})
    pairs = [
        [names_0_1_0.value(each, name) for each in (recorded, requested)]
        for name in names
    ]
    return "; ".join(
        f"{name}: {there!r} there, {now!r} now"
        if name not in names_0_1_0.CODE
        else f"{name}: the code of {_CODE_OF[name]} is another one now"
        for name, (there, now) in zip(names, pairs, strict=True)
        if there != now
    )


def _parsed(data):
    """What JSON holds by name; None where it is none, or nothing by name."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _seal(record):
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
