"""Files on local disks and remote roots: the one door to storage.

A path that begins with a scheme (`gs://`, `s3://`, `memory://`) goes through
the fsspec package for it, such as gcsfs, if installed; any other is local.
"""

import concurrent.futures
import contextlib
import errno
import functools
import inspect
import os
import posixpath
import stat
import time
import typing
from collections.abc import Callable, Iterable, Iterator

import fsspec

# Between tries of a request that a store does not answer.
WAITS_S = (0.1, 0.4)
# What no other try will change.
_FINAL = (
    *(FileNotFoundError, FileExistsError, IsADirectoryError),
    *(NotADirectoryError, PermissionError, ValueError, TypeError),
)
# Where fsspec defines a `find` that goes from folder to folder.
_WALKERS = ("fsspec.asyn", "fsspec.spec")
READERS = 16  # Of remote roots, which take some 50 ms an answer.
# Their fsspec packages have the store itself refuse to make a file twice.
CREATES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory")
_Thing = typing.TypeVar("_Thing")
_Read = typing.TypeVar("_Read")
# Remote folder -> its listing, by paths below it; see `listed`.
_listings: dict[str, "_Listing"] = {}


def is_remote(path: str) -> bool:
    """Whether a path names a remote root such as `gs://bucket/results`."""
    scheme, separator, _ = str(path).partition("://")
    return bool(separator) and "/" not in scheme


def join(*parts: str | int) -> str:
    """Returns path parts joined with slashes, on every system."""
    return posixpath.join(*(str(part) for part in parts))


def exists(path: str) -> bool:
    """Whether a file or folder is there."""
    if not is_remote(path):
        return os.path.exists(_local(path))
    listing = _listing_of(path)
    if listing is not None:
        return listing.has(path)
    fs, inner = _open(path)
    return _asked(path, lambda: fs.exists(inner))


def names(directory: str) -> list[str]:
    """Sorted names of what a folder holds; [] where there is no folder."""
    if not is_remote(directory):
        try:
            return sorted(os.listdir(_local(directory)))
        except (FileNotFoundError, NotADirectoryError):
            return []
    listing = _listing_of(directory)
    if listing is not None:
        return listing.names(directory)
    fs, inner = _open(directory)
    if not _asked(directory, lambda: fs.isdir(inner)):
        return []
    found = _asked(directory, lambda: fs.ls(inner, detail=False))
    return sorted(posixpath.basename(name.rstrip("/")) for name in found)


def sizes(directory: str, below: Iterable[str]) -> dict[str, int]:
    """Returns dict, path -> bytes, of those files below a folder that exist.

    Opens none; of a remote root it asks once.
    """
    if not is_remote(directory):
        local = _local(directory)
        found = ((name, _size(f"{local}/{name}")) for name in below)
        return {name: size for name, size in found if size is not None}
    listing = _listing_of(directory) or _Listing(directory)
    known = listing.sizes
    paths = {name: join(directory, name) for name in below}
    return {name: known[path] for name, path in paths.items() if path in known}


@contextlib.contextmanager
def listed(*directories: str) -> Iterator[None]:
    """Has what lies below remote folders looked up in one listing of each.

    `exists`, `names` and `sizes` answer by it, in all threads, and `each` reads
    many things at once. What is written meanwhile they do not see. Local
    folders are asked each time, which costs next to nothing.
    """
    remote = [each for each in directories if is_remote(each)]
    _listings.update({each: _Listing(each) for each in remote})
    try:
        yield
    finally:
        for each in remote:
            _listings.pop(each, None)


def each(
    read: Callable[[_Thing], _Read], things: Iterable[_Thing]
) -> Iterator[_Read]:
    """Yields read(thing) of each, in order; where `listed`, many at once."""
    if not _listings:
        yield from map(read, things)
        return
    with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
        yield from pool.map(read, things)


def read(path: str, count: int | None = None) -> bytes:
    """Returns the bytes of a file, or its first `count` if it has as many.

    Raises FileNotFoundError if there is no such file.
    """
    if not is_remote(path):
        local = _local(path)
        if os.path.isfile(local):
            with open(local, "rb") as file:
                return file.read(-1 if count is None else count)
        raise FileNotFoundError(f"No file at {path}")
    fs, inner = _open(path)
    try:
        return _asked(path, lambda: fs.cat_file(inner, end=count))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileNotFoundError(f"No file at {path}") from error


def write(path: str, data: bytes) -> None:
    """Writes a file under a temporary name and renames it into place.

    A process killed at any moment leaves the old file or the new one, never
    half of one. Folders are made as needed. Raises OSError if it cannot be
    written; the error names the file.
    """
    if is_remote(path):  # Object stores show a file only when it is whole.
        fs, inner = _open(path)
        folder = posixpath.dirname(inner)
        _asked(path, lambda: fs.makedirs(folder, exist_ok=True))
        _asked(path, lambda: fs.pipe_file(inner, data))
        return
    local = _local(path)
    os.makedirs(os.path.dirname(local), exist_ok=True)
    temporary = f"{local}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, local)
    except OSError as error:
        error.filename = path  # A full disk does not say where.
        raise
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


def can_create(path: str) -> bool:
    """Whether `create` holds there, however many ask for a file at once.

    Source: https://github.com/fsspec/filesystem_spec/pull/1762, "Exclusive
    write": If-None-Match of s3fs and adlfs, ifGenerationMatch of gcsfs. Other
    packages, and older ones of these, look first and write then.
    """
    return not is_remote(path) or path.partition("://")[0] in CREATES


def create(path: str, data: bytes) -> bool:
    """Writes a file where there is none; returns whether it is this one now.

    Of many who do so at once, one succeeds. Folders are made as needed. Raises
    OSError if the file cannot be written.
    """
    try:
        _create(path, data)
        return True
    except OSError as error:  # Of several kinds, where a store refuses.
        if not is_remote(path) and not isinstance(error, FileExistsError):
            raise
        try:
            return read(path) == data  # The answer to our own may be lost.
        except FileNotFoundError:
            raise error from None


def remove(path: str) -> None:
    """Removes a file; nothing happens if it is absent."""
    if not is_remote(path):
        with contextlib.suppress(FileNotFoundError):
            os.remove(_local(path))
        return
    fs, inner = _open(path)
    if _asked(path, lambda: fs.exists(inner)):
        with contextlib.suppress(FileNotFoundError):  # By an earlier try.
            _asked(path, lambda: fs.rm_file(inner))


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
    if not is_remote(path):
        os.makedirs(_local(path), exist_ok=True)
        return
    fs, inner = _open(path)
    _asked(path, lambda: fs.makedirs(inner, exist_ok=True))


class _Listing:
    """All files below a remote folder, by their paths as callers write them."""

    def __init__(self, directory):
        fs, inner = _open(directory)
        fs.invalidate_cache()  # Of what others have written since.
        found = {}
        if _asked(directory, lambda: fs.exists(inner)):
            found = _found(directory, fs, inner)
        prefix, start = directory.rstrip("/"), len(inner.rstrip("/"))
        self.sizes: dict[str, int] = {
            prefix + path[start:]: info["size"] for path, info in found.items()
        }
        self._folders: dict[str, set[str]] = {}  # Folder -> names in it.
        for path in self.sizes:
            while path != prefix:
                path, _, name = path.rpartition("/")
                self._folders.setdefault(path, set()).add(name)

    def has(self, path):
        """Whether a file or folder is there."""
        path = path.rstrip("/")
        return path in self.sizes or path in self._folders

    def names(self, directory):
        """Sorted names of what a folder holds."""
        return sorted(self._folders.get(directory.rstrip("/"), ()))


def _found(path, fs, inner):
    """Facts of all files below a folder, by path; raises as `_asked` does.

    Stores that have no way of their own go from folder to folder. fsspec's walk
    does that, too, but leaves out folders that it cannot list.
    """
    has_own = inspect.unwrap(fs.find).__module__ not in _WALKERS
    if has_own:
        return _asked(path, lambda: fs.find(inner, detail=True))
    found, folders = {}, [inner.rstrip("/")]
    while folders:
        folder, held = folders.pop(), []
        list_folder = functools.partial(fs.ls, folder, detail=True)
        with contextlib.suppress(FileNotFoundError):  # Gone meanwhile.
            held = _asked(path, list_folder)
        for info in held:
            name = info["name"].rstrip("/")
            if info["type"] != "directory":
                found[name] = info
            elif name != folder:
                folders.append(name)
    return found


def _listing_of(path):
    """The listing that a path is looked up in, or None."""
    for directory, listing in _listings.items():
        if f"{path}/".startswith(f"{directory.rstrip('/')}/"):
            return listing
    return None


def _asked(path, request, waits_s=None) -> typing.Any:
    """What a store answers to a request, which is tried again if that fails.

    Errors of the store's package become OSErrors, as those of disks are.
    """
    for wait_s in (*(WAITS_S if waits_s is None else waits_s), None):
        try:
            return request()
        except _FINAL:
            raise
        except Exception as error:  # Of botocore, aiohttp, gcsfs and others.
            if wait_s is not None:
                time.sleep(wait_s)
            elif isinstance(error, OSError):
                raise
            else:
                kind = type(error).__name__
                why = f"{path} does not answer: {kind}: {error}"
                raise OSError(why) from error


def _create(path, data):
    if is_remote(path):
        fs, inner = _open(path)
        # One try: of refusals, packages have errors of their own.
        _asked(path, lambda: fs.pipe_file(inner, data, mode="create"), ())
        return
    local = _local(path)
    os.makedirs(os.path.dirname(local), exist_ok=True)
    with open(local, "xb") as file:
        file.write(data)


def _local(path):
    return os.path.abspath(os.path.expanduser(str(path)))


def _size(path):
    """Bytes of a file, or None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _open(path):
    try:
        return fsspec.core.url_to_fs(str(path))
    except (ImportError, ValueError) as error:
        raise ValueError(f"Cannot reach {path}: {error}") from error
