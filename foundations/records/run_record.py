"""run.json: what a run was, and whether its files are whole."""

import hashlib
import json
import logging
import re

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import (
    checkpoint,
    folder_owner,
    paths,
    save_restore,
    sealed,
    unready,
)
from lottery_ticket.foundations.values import names_0_1_0

# A checkpoint is a SHA-256, then a zip file; see checkpoint.save.
_CHECKPOINT_MARK = b"PK\x03\x04"
_CHECKPOINT_HEAD_BYTES = 32 + len(_CHECKPOINT_MARK)
# Of masks that were aligned: their record, and what lies beside them before it.
ALIGNMENT = "alignment.json"
PERMUTATIONS = "permutations"
_log = logging.getLogger(__name__)
_of_config_alone: set[str] = set()  # Where it has been said; once is enough.


def write(directory: str, record: dict) -> None:
    """Writes run.json, with a checksum of itself; the run is now complete.

    Args:
        record: JSON values. "settings" and "inputs" say what the run was made
            with, "checksums" maps each file's path below the folder to its
            SHA-256. "sizes", the same files' bytes, are added.
    """
    # These first: they are looked at even where the rest is damaged.
    first = {part: record[part] for part in ("settings", "inputs")}
    sizes = files.sizes(directory, record["checksums"])
    sealed.write(paths.record(directory), {**first, **record, "sizes": sizes})


def read(directory: str) -> dict | None:
    """Returns the record of a run, or None where there is none that is whole.

    A damaged run.json is named in a warning and counts as none.
    """
    return sealed.read(paths.record(directory))


def is_complete(directory: str, settings: dict, verify: bool = True) -> bool:
    """Whether a run with these settings is done and its files are whole.

    Args:
        directory: Folder of the run.
        settings: Dict, name -> JSON value.
        verify: Whether the files' bytes are read and compared with their
            checksums. Else they count as whole where their sizes are as
            recorded; where 0.1.0 recorded none, where they are not empty.

    Raises:
        ValueError: If the folder holds a run made with other settings, or a
            run.json that does not show with which.
    """
    record = _read_own(directory, {"settings": settings})
    if record is None:
        return False
    return not (damaged_files if verify else cut_files)(directory, record)


def restore(directory: str, identity: dict) -> dict[str, dict] | None:
    """Returns the networks of a complete run, or None if there is work to do.

    Files that are missing or damaged are named in a warning; that run has to be
    done again. Networks are by folder: "initial", "final", "masks" and what
    else there is, but for weights saved on the way.

    Raises:
        ValueError: If the folder holds a run of another identity ("settings"
            and "inputs"), or a run.json that does not show of which.
    """
    record = _read_own(directory, identity)
    if record is None:
        return None
    damaged = damaged_files(directory, record)
    for path in damaged:
        _log.warning("%s is missing or damaged: its run is redone", path)
    found = {name.rpartition("/")[0] for name in record["checksums"]}
    if damaged or "final" not in found:
        return None
    return {
        folder: save_restore.restore_network(files.join(directory, folder))
        for folder in sorted(found)
        if folder and not re.fullmatch(r"iteration\d+", folder)
    }


def masks_before(directory: str) -> dict:
    """Returns the masks, by layer, that a folder's complete run began with.

    That is those it ended with, but where they change in training.
    """
    first = paths.first_masks(directory)
    return save_restore.restore_network(
        first if files.exists(first) else paths.masks(directory)
    )


def check_source(path: str) -> None:
    """Raises Unready unless a folder of a run, such as its masks, is whole.

    It is not if the run is not finished, or files of the folder are damaged.
    Looked at only if it is one of a run of ours, or of an alignment.
    """
    directory, _, folder = path.rstrip("/").rpartition("/")
    directory = directory or "."
    names = set(files.names(directory))
    kind, record = "run", read(directory)
    held = {"run.json", "checkpoint.bin"} & names
    if not held and {ALIGNMENT, PERMUTATIONS} & names:
        kind, held = "alignment", {ALIGNMENT}
        record = sealed.read(files.join(directory, ALIGNMENT))
    record = record or {"checksums": {}}
    if held and not record["checksums"]:
        text = f"The {kind} in {directory} is not finished"
        raise unready.Unready(text, directory)
    own = {
        name: checksum
        for name, checksum in record["checksums"].items()
        if name.startswith(f"{folder}/")
    }
    for damaged in damaged_files(directory, {"checksums": own}):
        raise unready.Unready(
            f"{damaged} is missing or damaged. Run the experiment that made it "
            "again: it redoes what is damaged.",
            directory,
        )


def check_identity(recorded: dict, identity: dict, directory: str) -> None:
    """Raises ValueError, naming what differs, if a run's identity does.

    What 0.1.0 did not record of an optimizer matches any, said in a warning.

    Args:
        recorded: Dict with the parts of the identity, and facts of the run.
    """
    there, now = _comparable(recorded, identity)
    for part in identity:
        sealed.check_same(there[part], now[part], directory)
    is_untold = there is not recorded and names_0_1_0.says_beyond(
        identity["inputs"]
    )
    if is_untold and directory not in _of_config_alone:
        _of_config_alone.add(directory)
        _log.warning(
            "%s was made before more of an optimizer than its config was "
            "recorded: whether the rest, such as exclude_from_weight_decay or "
            "code, has changed since cannot be told",
            directory,
        )


def check_own(directory: str, settings: dict) -> None:
    """Raises ValueError if a folder's run, finished or not, has other settings.

    Also if a run.json does not show its settings.
    """
    _read_own(directory, {"settings": settings})
    saved = checkpoint.load(directory)
    if saved is not None:
        recorded = saved[1]["identity"]["settings"]
        sealed.check_same(recorded, settings, directory)


def begun_with(directory: str, part: str = "settings") -> dict | None:
    """Returns settings of a folder's run, finished or not; None if none is.

    Or another part of its identity: its "inputs".
    """
    record, saved = read(directory), checkpoint.load(directory)
    if record is not None:
        return record[part]
    return None if saved is None else saved[1]["identity"][part]


def is_without_recurrent(directory: str) -> bool:
    """Whether recurrent kernels have no masks there, as in runs of 0.1.0.

    That is in a folder's run, or in the run that it is a part of.
    """
    for folder in (directory, directory.rstrip("/").rpartition("/")[0] or "."):
        inputs = begun_with(folder, "inputs")
        if inputs is not None:
            return names_0_1_0.RECURRENT not in inputs
    return False


def check_free(directory: str, settings: dict) -> None:
    """Raises ValueError if a folder holds results that no record accounts for.

    Such are, say, weights with neither run.json nor a checkpoint, a
    checkpoint.bin of somebody else's, and results of another experiment than
    the settings say.
    """
    folder_owner.check(directory, settings.get("experiment"), has_run=True)
    found = files.names(directory)
    if "checkpoint.bin" in found:
        _check_checkpoint(paths.checkpoint(directory))
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


def remove(directory: str) -> None:
    """Removes a run's record, so that the run counts as not done."""
    files.remove(paths.record(directory))


def damaged_files(directory: str, record: dict) -> list[str]:
    """Paths of a run's files that are missing or whose bytes have changed."""
    listed = {
        files.join(directory, name): checksum
        for name, checksum in record["checksums"].items()
    }
    return [path for path in listed if _whole(path, listed[path]) is None]


def read_whole(path: str, checksum: str) -> bytes:
    """Returns a file's bytes, once they are as recorded.

    Raises ValueError if they are not, or there is no file.
    """
    data = _whole(path, checksum)
    if data is None:
        raise ValueError(f"damaged ({path} is missing or has changed)")
    return data


def cut_files(directory: str, record: dict) -> list[str]:
    """Paths of a run's files that are missing or not as long as they were.

    Opens none.
    """
    found = files.sizes(directory, record["checksums"])
    recorded = record.get("sizes", {})
    return [
        files.join(directory, name)
        for name in record["checksums"]
        if not found.get(name) or found[name] != recorded.get(name, found[name])
    ]


def _read_own(directory, identity):
    """As `read`; raises where a run of another identity may be lost."""
    record = read(directory)
    if record is not None:
        check_identity(record, identity, directory)
    elif files.exists(paths.record(directory)):
        _check_damaged(directory, identity)
    return record


def _check_damaged(directory, identity):
    """Raises unless a damaged record still shows this very identity."""
    path = paths.record(directory)
    text = files.read(path).decode(errors="replace")
    found: dict = {part: _readable_part(text, part) for part in identity}
    version = names_0_1_0.RECORD_VERSION
    found |= {name: each for name, each in version.items() if name in text}
    there, now = _comparable(found, identity)
    for part in identity:
        why = f"its {part} cannot be read"
        if there[part] is not None:
            why = sealed.differences(there[part], now[part])
        if why:
            raise ValueError(
                f"{path} is damaged or was not written by this package, and "
                f"may be of another run than this one ({why}): it is not "
                f"overwritten. Move {directory} away to have the run done "
                "anew, or use another output_dir."
            )


def _comparable(recorded, identity):
    """Both less what cannot be told: of an optimizer that 0.1.0 recorded."""
    is_read = "inputs" in identity and recorded["inputs"] is not None
    if not is_read or not names_0_1_0.lacks_beyond(recorded):
        return recorded, identity
    return [
        {**each, "inputs": names_0_1_0.of_config(each["inputs"])}
        for each in (recorded, identity)
    ]


def _readable_part(text, part):
    """Dict "settings" or "inputs" of a damaged record, or None."""
    try:
        _, after = text.split(f'\n "{part}":', 1)
        found, _ = json.JSONDecoder().raw_decode(after.lstrip())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _whole(path, checksum):
    """Bytes of a file with this SHA-256; None if it has others, or is gone."""
    try:
        data = files.read(path)
    except FileNotFoundError:
        return None
    return data if hashlib.sha256(data).hexdigest() == checksum else None


def _check_checkpoint(path):
    head = files.read(path, _CHECKPOINT_HEAD_BYTES)
    # Empty is what a crash of the system can leave of one.
    if head and not head.endswith(_CHECKPOINT_MARK):
        raise ValueError(
            f"{path} was not written by this package, and is never "
            "overwritten. Move it away, or use another output_dir."
        )
