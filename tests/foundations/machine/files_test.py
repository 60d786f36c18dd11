"""Tests of foundations/machine/files.py, on the disk and on a remote root."""

import errno

import fsspec
import pytest
from fsspec import asyn

from lottery_ticket.foundations.machine import files


@pytest.fixture(params=["local", "remote"])
def root(request, tmp_path):
    if request.param == "local":
        return str(tmp_path / "root")
    return f"memory://{request.node.name}"


def test_written_bytes_are_read_back(root):
    path = files.join(root, "a", "b.txt")
    files.write(path, b"one")
    files.write(path, b"two")
    assert files.read(path) == b"two"
    assert files.read(path, 2) == b"tw"
    assert files.read(path, 9) == b"two"
    assert files.names(files.join(root, "a")) == ["b.txt"]


def test_sizes_are_of_files_that_are_there(root):
    files.write(files.join(root, "a", "b.txt"), b"12")
    files.write(files.join(root, "c.txt"), b"")
    asked = ["a/b.txt", "c.txt", "a", "none", "a/none", "c.txt/none"]
    assert files.sizes(root, asked) == {"a/b.txt": 2, "c.txt": 0}
    assert files.sizes(files.join(root, "none"), asked) == {}


def test_a_listing_answers_as_the_files_do(root):
    files.write(files.join(root, "a", "b", "c.txt"), b"12")
    files.write(files.join(root, "a", "d.txt"), b"1")

    def answers():
        below = [root, "a", "a/", "a/b", "a/b/c.txt", "a/d.txt", "d.txt", "a/x"]
        paths = [files.join(root, path) for path in below]
        return [
            [files.exists(path) for path in paths],
            [files.names(path) for path in paths],
            files.sizes(root, below[1:]),
            files.sizes(files.join(root, "a"), ["b/c.txt", "d.txt"]),
            list(files.each(files.exists, paths)),
        ]

    before = answers()
    with files.listed(root):
        assert answers() == before
    with files.listed(files.join(root, "none")):
        assert not files.exists(files.join(root, "none"))
        assert answers() == before


def test_a_listing_asks_once(monkeypatch):
    root = "memory://asked_once"
    for name in ("a", "b", "c/d"):
        files.write(files.join(root, name), b"1")
    opened = []
    usual = files._open
    monkeypatch.setattr(
        files, "_open", lambda path: opened.append(path) or usual(path)
    )
    with files.listed(root):
        for _ in range(3):
            assert files.names(root) == ["a", "b", "c"]
            assert files.exists(files.join(root, "c"))
            assert files.sizes(root, ["a", "x"]) == {"a": 1}
    assert opened == [root]
    assert not files._listings


def test_what_is_raised_ends_a_listing():
    with pytest.raises(ValueError), files.listed("memory://raised"):
        raise ValueError
    assert not files._listings


def test_reading_nothing_names_the_path(root):
    path = files.join(root, "none")
    with pytest.raises(FileNotFoundError, match="none"):
        files.read(path)
    assert files.names(path) == []
    assert not files.exists(path)


def test_remove_forgives_absence(root):
    path = files.join(root, "a", "b.txt")
    files.write(path, b"")
    files.remove(path)
    files.remove(path)
    assert not files.exists(path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = str(tmp_path / "file")
    files.write(path, b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match=f"disk full: '{path}'"):
        files.write(path, b"new")
    assert files.read(path) == b"old"
    assert files.names(str(tmp_path)) == ["file"]


@pytest.mark.parametrize("path", ["nosuch://a/b", "s3://a/b"])
def test_a_root_that_cannot_be_reached_is_named(path):
    with pytest.raises(ValueError, match=f"Cannot reach {path}"):
        files.exists(path)


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("gs://b/c", True),
        ("simplecache::gs://b/c", True),
        ("/a", False),
        ("a/b", False),
        ("a::b/c", False),
        ("/a/b://c", False),
    ],
)
def test_is_remote(path, remote):
    assert files.is_remote(path) is remote


@pytest.mark.parametrize("name", ["a::b", "memory::a", "file:a", "a,b"])
def test_odd_names_are_local(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    files.write(f"{name}/c", b"")
    assert files.names(name) == ["c"]
    assert (tmp_path / name / "c").exists()


@pytest.mark.parametrize(
    ("place", "allowed", "number"),
    [
        (".", True, 0),
        ("a/b/c", True, 0),
        ("a/b/c", False, errno.EACCES),
        ("file", True, errno.ENOTDIR),
        ("file/a/b", True, errno.ENOTDIR),
        ("memory://file/a", True, 0),
    ],
)
def test_a_place_can_be_made_or_not(
    place, allowed, number, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files.os, "access", lambda *_: allowed)
    (tmp_path / "file").touch()
    try:
        files.check_place(place)
    except OSError as error:
        assert (error.errno, error.filename) == (number, place)
    else:
        assert not number
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_is_made_once(root):
    path = files.join(root, "a", "b.txt")
    assert files.can_create(root)
    assert files.create(path, b"one")
    assert not files.create(path, b"two")
    assert files.read(path) == b"one"
    assert files.create(path, b"one")  # Where the answer was lost.


@pytest.mark.parametrize(
    "root", ["sftp://host/a", "file:///tmp", "hdfs://a/b", "github://a:b@/"]
)
def test_not_every_store_makes_files_once(root):
    assert not files.can_create(root)


def test_a_file_that_cannot_be_made_is_an_error(root):
    files.write(files.join(root, "a"), b"")
    with pytest.raises(OSError):
        files.create(files.join(root, "a", "b.txt"), b"one")


def test_a_new_listing_sees_what_others_wrote(monkeypatch):
    """As s3fs and gcsfs, which keep their listings."""
    store = fsspec.filesystem("memory")
    forgotten = []
    monkeypatch.setattr(
        store, "invalidate_cache", lambda path=None: forgotten.append(path)
    )
    with files.listed("memory://cached"):
        assert files.names("memory://cached") == []
    assert forgotten == [None]


class _NetworkError(Exception):
    pass


REQUESTS = [
    ("cat_file", lambda path: files.read(path)),
    ("pipe_file", lambda path: files.write(path, b"")),
    ("find", lambda path: files.listed(path).__enter__()),
]


@pytest.mark.parametrize(("method", "call"), REQUESTS)
@pytest.mark.parametrize("kind", [_NetworkError, TimeoutError])
def test_a_request_that_fails_is_tried_again(method, call, kind, monkeypatch):
    store = fsspec.filesystem("memory")
    files.write("memory://shaky/a", b"")
    real, asked = getattr(store, method), []

    def fail_twice(*words, **kwargs):
        asked.append(words)
        if len(asked) <= 2:
            raise kind("no route")
        return real(*words, **kwargs)

    monkeypatch.setattr(files, "WAITS_S", (0, 0))
    monkeypatch.setattr(store, method, fail_twice)
    call("memory://shaky/a")
    assert len(asked) == 3


def test_a_listing_lacks_no_folder_that_failed(monkeypatch):
    root, store = "memory://partly", type(fsspec.filesystem("memory"))
    for name in ("a/1", "b/2"):
        files.write(f"{root}/{name}", b"x")
    real, fails = store.ls, iter([True, False, True, True])

    def ls(self, path, *args, **kwargs):
        if path.endswith("/b") and next(fails):
            raise OSError("503 Slow down")
        return real(self, path, *args, **kwargs)

    monkeypatch.setattr(store, "ls", ls)
    monkeypatch.setattr(store, "find", fsspec.AbstractFileSystem.find)
    monkeypatch.setattr(files, "WAITS_S", (0,))
    with files.listed(root):
        assert files.names(root) == ["a", "b"]
    with pytest.raises(OSError, match="Slow down"), files.listed(root):
        pass


def test_a_store_that_lists_all_it_holds_is_not_asked_by_folder():
    fsspec.register_implementation("bucket", _Bucket)
    with files.listed("bucket://results"):
        assert files.names("bucket://results") == ["a"]


class _Bucket(asyn.AsyncFileSystem):
    """An asynchronous store that lists no single folder."""

    protocol = "bucket"

    async def _exists(self, path, **_):
        return path == "results"

    async def _find(self, path, **_):
        return {f"{path}/a/1": {"size": 1}}


def test_what_is_refused_is_asked_once(monkeypatch):
    asked = []

    def refuse(*words, **_):
        asked.append(words)
        raise _NetworkError("PreconditionFailed")

    files.write("memory://refusing/a", b"others")
    store = fsspec.filesystem("memory")
    monkeypatch.setattr(store, "pipe_file", refuse)
    assert not files.create("memory://refusing/a", b"ours")
    assert len(asked) == 1
    with pytest.raises(FileNotFoundError):
        files.read("memory://refusing/b")


@pytest.mark.parametrize(("method", "call"), REQUESTS)
def test_a_store_that_does_not_answer_is_an_os_error(method, call, monkeypatch):
    def fail(*_, **__):
        raise _NetworkError("no route")

    files.write("memory://broken/a", b"")
    monkeypatch.setattr(files, "WAITS_S", (0, 0))
    monkeypatch.setattr(fsspec.filesystem("memory"), method, fail)
    with pytest.raises(OSError, match="does not answer: _NetworkError: no r"):
        call("memory://broken")
