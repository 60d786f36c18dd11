"""Tests of foundations/machine/files.py, on the disk and on a remote root."""

import errno

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
