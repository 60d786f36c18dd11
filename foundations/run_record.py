"""run.json: what a run was, and whether its files are whole."""

import hashlib
import json
import logging

from lottery_ticket.foundations import files, paths, save_restore

_log = logging.getLogger(__name__)


def write(directory: str, record: dict) -> None:
    """Writes run.json, with a checksum of itself; the run is now complete.

    Args:
        directory: Folder of the run.
        record: JSON values. "settings" and "inputs" say what the run was made
            with, "checksums" maps each file's path below the folder to its
            SHA-256.
    """
    # Settings first: they are looked at even where the rest is damaged.
    settings = {"settings": record["settings"]}
    sealed = {**settings, **record, "checksum": _seal(record)}
    data = json.dumps(sealed, indent=1).encode()
    files.write(paths.record(directory), data)


def read(directory: str) -> dict | None:
    """Returns the record of a run, or None where there is none that is whole.

    A damaged run.json is named in a warning and counts as none.
    """
    path = paths.record(directory)
    if not files.exists(path):
        return None
    try:
        record = json.loads(files.read(path))
        seal = record.pop("checksum")
    except (ValueError, KeyError, TypeError, AttributeError):
        record, seal = None, None
    if record is None or seal != _seal(record):
        _log.warning("%s is damaged: its run counts as not done", path)
        return None
    return record


def is_complete(directory: str, settings: dict) -> bool:
    """Whether a run with these settings is done and its files are whole.

    Raises:
        ValueError: If the folder holds a run made with other settings.
    """
    record = _read_own(directory, settings)
    if record is None:
        return False
    return not damaged_files(directory, record)


def restore(directory: str, identity: dict) -> tuple[dict, dict] | None:
    """Returns the networks of a complete run, or None if there is work to do.

    Files that are missing or damaged are named in a warning; that run has to be
    done again.

    Args:
        directory: Folder of the run.
        identity: Dict with "settings" and "inputs", as recorded.

    Returns:
        Pair (initial, final) of dicts, name -> array, or None.

    Raises:
        ValueError: If the folder holds a run of another identity.
    """
    record = _read_own(directory, identity["settings"])
    if record is None:
        return None
    check_identity(record, identity, directory)
    damaged = damaged_files(directory, record)
    for path in damaged:
        _log.warning("%s is missing or damaged: its run is redone", path)
    has_networks = any(
        name.startswith("final/") for name in record["checksums"]
    )
    if damaged or not has_networks:
        return None
    return (
        save_restore.restore_network(paths.initial(directory)),
        save_restore.restore_network(paths.final(directory)),
    )


def check_source(path: str) -> None:
    """Raises unless a folder of a run, such as its masks, can be trusted.

    Looked at only if the folder is one of a run of ours.

    Args:
        path: Folder that `save_restore.restore_network` is about to read.

    Raises:
        ValueError: If the run is not finished, or files of it are damaged.
    """
    directory, _, folder = path.rstrip("/").rpartition("/")
    directory = directory or "."
    held = {"run.json", "checkpoint.bin"} & set(files.names(directory))
    record = read(directory) or {"checksums": {}}
    if held and not record["checksums"]:
        raise ValueError(f"The run in {directory} is not finished")
    own = {
        name: checksum
        for name, checksum in record["checksums"].items()
        if name.startswith(f"{folder}/")
    }
    for damaged in damaged_files(directory, {"checksums": own}):
        raise ValueError(
            f"{damaged} is missing or damaged. Run the experiment that made it "
            "again: it redoes what is damaged."
        )


def check_identity(recorded: dict, identity: dict, directory: str) -> None:
    """Raises if a folder's run differs in settings or in what went into it.

    Raises:
        ValueError: Naming what differs.
    """
    for part in ("settings", "inputs"):
        check_same(recorded[part], identity[part], directory)


def check_free(directory: str) -> None:
    """Raises if a folder holds results that no record accounts for.

    Raises:
        ValueError: If there are, say, weights but neither run.json nor a
            checkpoint.
    """
    found = files.names(directory)
    known = {"run.json", "checkpoint.bin"}
    results = {"initial", "final", "masks"}
    results |= {f"{log}.json" for log in ("train", "test", "validate")}
    results |= {f"{log}.log" for log in ("train", "test", "validate")}
    if results & set(found) and not known & set(found):
        raise ValueError(
            f"{directory} holds results of unknown origin "
            f"({', '.join(sorted(results & set(found)))}, but no run.json), "
            "which are never overwritten. Use another output_dir."
        )


def check_start(directory: str, initial: dict) -> None:
    """Raises if a run with an unreadable record began with other weights.

    Args:
        directory: Folder of the run.
        initial: Dict, name -> array: the weights that a run is to begin with.

    Raises:
        ValueError: If the weights in the folder, as far as they can be read,
            are others.
    """
    if not files.exists(paths.record(directory)) or _readable_part(directory):
        return
    try:
        there = save_restore.restore_network(paths.initial(directory))
    except (ValueError, FileNotFoundError):
        return
    if save_restore.checksum(there) != save_restore.checksum(initial):
        raise ValueError(
            f"{paths.record(directory)} is damaged, and the run there began "
            "with other weights than this one: it is not overwritten. Use "
            "another output_dir."
        )


def remove(directory: str) -> None:
    """Removes a run's record, so that the run counts as not done."""
    files.remove(paths.record(directory))


def damaged_files(directory: str, record: dict) -> list[str]:
    """Paths of a run's files that are missing or whose bytes have changed."""
    listed = {
        files.join(directory, name): checksum
        for name, checksum in record["checksums"].items()
    }
    return [
        path
        for path, checksum in listed.items()
        if not files.exists(path)
        or hashlib.sha256(files.read(path)).hexdigest() != checksum
    ]


def check_same(recorded: dict, requested: dict, directory: str) -> None:
    """Raises if a folder's results were made with other settings.

    Raises:
        ValueError: Naming each setting that differs, and both its values.
    """
    requested = json.loads(json.dumps(requested))
    differing = [
        f"{name}: {recorded.get(name)!r} there, {requested.get(name)!r} now"
        for name in sorted({*recorded, *requested})
        if recorded.get(name) != requested.get(name)
    ]
    if differing:
        raise ValueError(
            f"{directory} holds results made with other settings, which are "
            f"never mixed or overwritten ({'; '.join(differing)}). Use "
            "another output_dir, or the same settings."
        )


def _read_own(directory, settings):
    """As `read`; raises if settings differ, also those of a damaged record."""
    record = read(directory)
    readable = record or _readable_part(directory)
    if readable:
        check_same(readable["settings"], settings, directory)
    return record


def _readable_part(directory):
    """The settings in a record that is damaged further on, or None."""
    path = paths.record(directory)
    data = files.read(path) if files.exists(path) else b""
    try:
        text = data.decode(errors="replace").split('"settings":', 1)[1]
        settings, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, IndexError):
        return None
    return {"settings": settings} if isinstance(settings, dict) else None


def _seal(record):
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
