"""Finished runs as tickets, and tickets as the folder of a run."""

import hashlib
import re

import numpy as np

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.foundations.values import masks as masks_lib

UNPACKED = "unpacked"  # In the record of a run that was a ticket's file.
# In a record, what is told from the arrays, and of the folder.
_OF_THE_FOLDER = ("density", "checksums", "sizes", UNPACKED)


def of_run(directory: str, with_: str = "both") -> ticket_file.Ticket:
    """Returns a finished run as a ticket.

    Args:
        directory: Folder of the run.
        with_: Which weights it has, a name in ticket_file.WITH.

    Raises:
        FileNotFoundError: If no run is there.
        ValueError: If it is not finished, or files of it are damaged.
    """
    ticket_file.check_with(with_)
    directory = directory.rstrip("/")
    for folder in ("masks", *ticket_file.WITH[with_]):
        run_record.check_source(files.join(directory, folder))
    record = run_record.read(directory)
    if record is None:
        raise FileNotFoundError(
            "Expected the folder of a finished run, such as "
            f"results/trial1/8/same_init. Received: {directory}, which has no "
            "run.json"
        )
    found = save_restore.restore_network(paths.masks(directory))
    networks = {
        which: save_restore.restore_network(files.join(directory, which))
        for which in ticket_file.WITH[with_]
    }
    kept = {n: each for n, each in record.items() if n not in _OF_THE_FOLDER}
    return ticket_file.Ticket(
        {name: found[name] for name in record["density"]},
        networks,
        kept,
        _points(_logs(directory, record["checksums"])),
    )


def byte_count(directory: str, with_: str = "both") -> int:
    """Returns how long the file of a finished run is.

    Args and errors are as of `of_run`.
    """
    return len(of_run(directory, with_).bytes)


def to_run(
    ticket: ticket_file.Ticket, directory: str, settings: dict | None = None
) -> None:
    """Writes a ticket as the folder of a run, which commands then take.

    Its run.json is the run's own, but that "unpacked" says of which file it is,
    and that checksums are of what is there: arrays as they were, to the byte;
    logs of the points that tables need; and no summaries. It counts as that
    run, finished. A call that was killed goes on when it is made again.

    Args:
        ticket: The ticket.
        directory: Folder to write, on a disk or remote.
        settings: Those to record in place of the ticket's own.

    Raises:
        ValueError: If the folder holds anything else.
    """
    written = {
        f"{folder}/{name}": data
        for folder, network in {
            **ticket.networks,
            "masks": ticket.masks,
        }.items()
        for name, data in save_restore.as_files(
            files.join(directory, folder), network
        ).items()
    }
    for name, log in ticket.logs.items():
        written[f"{name}.json"] = save_restore.log_bytes(log)
    if _is_there(ticket, directory):
        return
    _check_free(directory, written)
    for name, data in written.items():
        files.write(files.join(directory, name), data)
    run_record.write(
        directory,
        {
            **ticket.record,
            "settings": settings or ticket.settings,
            "density": masks_lib.counts(ticket.masks),
            UNPACKED: ticket.seal,
            "checksums": {
                name: hashlib.sha256(data).hexdigest()
                for name, data in written.items()
            },
        },
    )


def _is_there(ticket, directory):
    """Whether this very ticket is there, whole."""
    record = run_record.read(directory)
    if record is None or record.get(UNPACKED) != ticket.seal:
        return False
    return not run_record.damaged_files(directory, record)


def _check_free(directory, written):
    """Raises ValueError unless a folder is free, but for what was begun."""
    own = {name.partition("/")[0] for name in written}
    begun = "|".join(map(re.escape, (*own, "run.json")))
    own |= {  # As `files.write` names what it has not finished.
        name
        for name in files.names(directory)
        if re.fullmatch(rf"({begun})\.\d+\.tmp", name)
    }
    others = set(files.names(directory)) - own - {".lock"}
    for name, data in written.items():
        path = files.join(directory, name)
        if files.exists(path) and files.read(path) != data:
            others.add(name)
    if others:
        raise ValueError(
            f"{directory} holds {', '.join(sorted(others))}: a ticket is "
            "unpacked into a folder of its own. Use another output_dir"
        )


def _logs(directory, checksums):
    """The logs of a run, once their bytes are as recorded."""
    found = {}
    for name in ticket_file.LOGS:
        path, checksum = (
            paths.log(directory, name),
            checksums.get(f"{name}.json"),
        )
        if checksum is not None:
            data = run_record.read_whole(path, checksum)
            found[name] = save_restore.parse_log(path, data)
    return found


def _points(logs):
    """Of each log what tables need: at the early stop, and at the end."""
    validate = logs.get("validate", {"iteration": [], "loss": []})
    stop, points = None, {}
    loss = np.asarray(validate["loss"], float)
    if not np.isnan(loss).all():
        stop = validate["iteration"][int(np.nanargmin(loss))]
    for name, log in logs.items():
        iterations = np.asarray(log["iteration"])
        chosen = {iterations.size - 1} if iterations.size else set()
        if stop is not None and name != "train" and iterations.size:
            chosen.add(int(np.argmin(np.abs(iterations - stop))))
        points[name] = {
            key: [column[at] for at in sorted(chosen)]
            for key, column in log.items()
        }
    return points
