"""Tests of foundations/machine/files.py, on the disk and on a remote root."""

import errno

import fsspec
import pytest

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


def test_walk_lists_folders_by_the_path_that_was_asked_for(root):
    files.write(files.join(root, "a", "b.txt"), b"")
    files.write(files.join(root, "c.txt"), b"")
    walked = dict(files.walk(root))
    assert walked[root] == ["c.txt"]
    assert walked[files.join(root, "a")] == ["b.txt"]


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
    assert files.walk(name) == [(name, ["c"])]
    assert (tmp_path / name / "c").exists()


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
