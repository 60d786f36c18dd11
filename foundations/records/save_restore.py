"""Networks and logs to and from disk; nothing is ever unpickled."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Container, Iterable
from typing import overload

import numpy as np

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths

Network = dict[str, np.ndarray]
Log = dict[str, list]
ARCHIVE = "arrays.npz"  # Of NumPy's own layout, nothing in it compressed.


def save_network(directory: str, network: Network) -> dict[str, str]:
    """Saves arrays, a `NAME.npy` each; returns their SHA-256 by file name.

    On remote roots, where each file costs a request, all in one ARCHIVE.
    """
    arrays = as_files(directory, network)
    for name, data in arrays.items():
        files.write(files.join(directory, name), data)
    return {n: hashlib.sha256(data).hexdigest() for n, data in arrays.items()}


def as_files(directory: str, network: Network) -> dict[str, bytes]:
    """Returns dict, name -> bytes of the files that `save_network` writes."""
    arrays = {f"{name}.npy": _npy(array) for name, array in network.items()}
    return {ARCHIVE: _zip(arrays)} if files.is_remote(directory) else arrays


def restore_network(directory: str) -> Network:
    """Returns the network saved in a folder, sorted by name.

    Raises:
        FileNotFoundError: If the folder holds neither .npy files nor ARCHIVE.
        ValueError: If a file is damaged, or holds pickled objects.
    """
    names = files.names(directory)
    if ARCHIVE in names:
        return _restore_archive(files.join(directory, ARCHIVE))
    found = [name for name in names if name.endswith(".npy")]
    if not found:
        raise FileNotFoundError(
            f"No saved network (.npy files) in {directory!r}"
        )
    return {
        name.removesuffix(".npy"): _restore_array(files.join(directory, name))
        for name in found
    }


def restore_entry(directory: str, name: str) -> np.ndarray:
    """Returns one array of the network saved in a folder.

    Raises as `restore_network`; KeyError if there is no such array.
    """
    if files.is_remote(directory):
        return restore_network(directory)[name]
    return _restore_array(files.join(directory, f"{name}.npy"))


def files_of(folder: str, names: Iterable[str], saved: Container) -> list[str]:
    """Returns the paths that arrays of a run were saved at, below its folder.

    Args:
        folder: Such as "masks".
        names: Names of the arrays.
        saved: Paths of what the run has saved.
    """
    archive = f"{folder}/{ARCHIVE}"
    if archive in saved:
        return [archive]
    return [f"{folder}/{name}.npy" for name in names]


@overload
def standardize(network: None) -> None: ...


@overload
def standardize(network: Network | str) -> Network: ...


def standardize(network: Network | str | None) -> Network | None:
    """Returns a network given in any of the forms that flags take.

    None, which stays None; a dict; or the path of a folder written by
    `save_network`.

    Raises:
        ValueError: If it has another type.
        FileNotFoundError: If the folder holds no network.
    """
    if network is None or isinstance(network, dict):
        return network
    if isinstance(network, str | os.PathLike):
        return restore_network(str(network))
    raise ValueError(
        f"A network must be None, a dict or a folder. Received: {network!r}"
    )


def checksum(network: Network | None) -> str | None:
    """Returns a SHA-256 over names, shapes and values; None for None."""
    if network is None:
        return None
    digest = hashlib.sha256()
    for name in sorted(network):
        array = np.ascontiguousarray(network[name])
        digest.update(f"{name} {array.dtype} {array.shape};".encode())
        digest.update(array.data)
    return digest.hexdigest()


def write_log(directory: str, name: str, log: Log) -> dict[str, str]:
    """Writes a log as JSON; returns its checksum like `save_network`.

    Args:
        name: "train", "test" or "validate".
        log: Dict with the lists "iteration", "loss" and "accuracy", or what
            other metrics there are, equally long. Floats are written in
            float32's shortest exact form.
    """
    data = log_bytes(log)
    files.write(paths.log(directory, name), data)
    return {f"{name}.json": hashlib.sha256(data).hexdigest()}


def log_bytes(log: Log) -> bytes:
    """Returns the bytes of the file that `write_log` writes."""
    columns = {
        key: [shortest(value) for value in column]
        for key, column in log.items()
    }
    return json.dumps(columns, separators=(",", ":")).encode()


def read_log(directory: str, name: str = "test", tail: int = 0) -> Log:
    """Returns a log of a run, in our JSON or in the 2018 library's format.

    That one is a file `NAME.log` of lines such as
    `iteration,100,test_loss,0.3,test_accuracy,0.9`. With a tail, only so many
    last entries are returned.

    Raises:
        FileNotFoundError: If there is no such log.
        ValueError: If the file is damaged; the error names it.
    """
    path = paths.log(directory, name)
    old = files.join(directory, f"{name}.log")
    if not files.exists(path) and files.exists(old):
        path = old
    log = parse_log(path, files.read(path))
    return {key: column[-tail:] for key, column in log.items()}


def parse_log(path: str, data: bytes) -> Log:
    """Returns the log in a file's bytes; see `read_log`.

    Raises ValueError, naming the file, if they are none.
    """
    text = data.decode(errors="replace")
    try:
        is_json = path.endswith(".json")
        return _parse_json(text) if is_json else _parse_2018(text)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{path} is not a readable log: {error}") from error


def _npy(array):
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def _zip(members):
    """Bytes of an archive, by names alone: it has no dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _restore_archive(path):
    try:
        with zipfile.ZipFile(io.BytesIO(files.read(path))) as archive:
            members = {n: archive.read(n) for n in sorted(archive.namelist())}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged ({error})") from error
    return {
        name.removesuffix(".npy"): _array(data, f"{name} in {path}")
        for name, data in members.items()
    }


def _restore_array(path):
    return _array(files.read(path), path)


def _array(data, place):
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
        is_numbers = array.dtype.kind in "biuf"  # No complex, no records.
    except Exception:  # Damaged bytes can raise nearly anything.
        is_numbers = False
    if not is_numbers:
        raise ValueError(f"{place} is damaged, or holds no plain numbers")
    return array


def shortest(value: float) -> float:
    """Returns a number in float32's shortest exact form: .1, not .10000001.

    An integer stays one.
    """
    is_integer = isinstance(value, int | np.integer)
    return int(value) if is_integer else float(str(np.float32(value)))


def _parse_json(text):
    log = json.loads(text)
    columns = {key: log[key] for key in ("iteration", "loss", *log)}
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("its columns differ in length")
    return columns


def _parse_2018(text):
    log = {"iteration": [], "loss": [], "accuracy": []}
    for line in text.splitlines():
        cells = line.split(",")
        row = dict(zip(cells[::2], cells[1::2], strict=True))
        row = {key.split("_")[-1]: value for key, value in row.items()}
        log["iteration"].append(int(row["iteration"]))
        log["loss"].append(float(row["loss"]))
        log["accuracy"].append(float(row["accuracy"]))
    return log
