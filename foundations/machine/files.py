"""Files on local disks and remote roots: the one door to storage.

A path that begins with a scheme (`gs://`, `s3://`, `memory://`) goes through
the fsspec package for it, such as gcsfs, if installed; any other is local.
"""

import contextlib
import errno
import os
import posixpath

import fsspec


def is_remote(path: str) -> bool:
    """Whether a path names a remote root such as `gs://bucket/results`."""
    scheme, separator, _ = str(path).partition("://")
    return bool(separator) and "/" not in scheme


def join(*parts: str | int) -> str:
    """Returns path parts joined with slashes, on every system."""
    return posixpath.join(*(str(part) for part in parts))


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    fs, inner = _open(path)
    return fs.exists(inner)


def names(directory: str) -> list[str]:
    """Sorted names of what a folder holds; [] where there is no folder."""
    fs, inner = _open(directory)
    if not fs.isdir(inner):
        return []
    found = fs.ls(inner, detail=False)
    return sorted(posixpath.basename(name.rstrip("/")) for name in found)


def walk(directory: str) -> list[tuple[str, list[str]]]:
    """Returns (folder, its file names) for a folder and all below, sorted."""
    fs, inner = _open(directory)
    prefix = str(directory).rstrip("/")
    return sorted(
        (prefix + folder[len(inner.rstrip("/")) :], sorted(file_names))
        for folder, _, file_names in fs.walk(inner)
    )


def read(path: str, count: int | None = None) -> bytes:
    """Returns the bytes of a file, or its first `count` if it has as many.

    Raises FileNotFoundError if there is no such file.
    """
    fs, inner = _open(path)
    if not fs.isfile(inner):
        raise FileNotFoundError(f"No file at {path}")
    return fs.cat_file(inner, end=count)


def write(path: str, data: bytes) -> None:
    """Writes a file under a temporary name and renames it into place.

    A process killed at any moment leaves the old file or the new one, never
    half of one. Folders are made as needed. Raises OSError if it cannot be
    written; the error names the file.
    """
    fs, inner = _open(path)
    fs.makedirs(posixpath.dirname(inner), exist_ok=True)
    if is_remote(path):  # Object stores show a file only when it is whole.
        fs.pipe_file(inner, data)
        return
    temporary = f"{inner}.{os.getpid()}.tmp"
    try:
        fs.pipe_file(temporary, data)
        os.replace(temporary, inner)
    except OSError as error:
        error.filename = path  # A full disk does not say where.
        raise
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


def remove(path: str) -> None:
    """Removes a file; nothing happens if it is absent."""
    fs, inner = _open(path)
    if fs.exists(inner):
        fs.rm_file(inner)


def check_place(directory: str) -> None:
    """Raises OSError unless a local folder is there or can be made."""
    if is_remote(directory):
        return
    _, place = _open(directory)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    number = 0 if os.access(place, os.W_OK | os.X_OK) else errno.EACCES
    number = number if os.path.isdir(place) else errno.ENOTDIR
    if number:
        raise OSError(number, os.strerror(number), directory)


def make_folder(path: str) -> None:
    """Makes a folder and its parents; one that exists is fine."""
    fs, inner = _open(path)
    fs.makedirs(inner, exist_ok=True)


def _open(path):
    if not is_remote(path):  # fsspec would read "::" as a chain of systems.
        local = os.path.abspath(os.path.expanduser(str(path)))
        return fsspec.filesystem("file"), local
    try:
        return fsspec.core.url_to_fs(str(path))
    except (ImportError, ValueError) as error:
        raise ValueError(f"Cannot reach {path}: {error}") from error
