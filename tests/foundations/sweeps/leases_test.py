"""Tests of foundations/sweeps/leases, on a disk and on a store."""

import concurrent.futures
import os
import subprocess
import sys
import threading

import fsspec
import pytest

from lottery_ticket.foundations.machine import files, processes
from lottery_ticket.foundations.sweeps import leases

LINE = "--output_dir=out/a"


@pytest.fixture(params=["local", "remote"])
def folder(request, tmp_path):
    if request.param == "local":
        return str(tmp_path / "leases")
    return f"memory://{request.node.name}/leases"


@pytest.fixture
def clock(monkeypatch):
    """A list of one number, which is the time."""
    now = [0.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: now[0])
    return now


def _last(own, name="a"):
    return own.look([name])[name]


def test_of_many_one_takes_a_line(tmp_path):
    many = [leases.Leases(str(tmp_path)) for _ in range(8)]
    start = threading.Barrier(len(many))

    def take(own):
        start.wait()
        return [own.take(name, LINE) for name in "abcdefgh"]

    with concurrent.futures.ThreadPoolExecutor(len(many)) as pool:
        taken = list(pool.map(take, many))
    assert [sum(each) for each in zip(*taken, strict=True)] == [1] * 8


def test_what_ended_says_so_to_all(folder):
    one, other = leases.Leases(folder), leases.Leases(folder)
    for name, state in {"a": leases.DONE, "b": leases.FAILED}.items():
        assert one.take(name, LINE) and one.has(name)
        assert _last(other, name).state == leases.TAKEN
        one.end(name, state, "out of memory")
        assert not one.has(name)
        found = _last(other, name)
        assert (found.number, found.state, found.line) == (2, state, LINE)
        assert (found.by, found.reason) == (one.by, "out of memory")
    assert _last(other, "c") == leases.Lease()


def test_a_line_that_is_left_can_be_taken_at_once(folder):
    one, other = leases.Leases(folder), leases.Leases(folder)
    one.take("a", LINE)
    one.end("a", leases.LEFT)
    assert not leases.Leases(folder).take("a", LINE)  # It has not looked.
    assert _last(other).state == leases.LEFT
    assert other.take("a", LINE)


def test_a_lease_that_nobody_renews_is_taken_over(folder, clock):
    gone, other = leases.Leases(folder), leases.Leases(folder)
    gone.take("a", LINE)
    assert not _last(other).is_stale
    clock[0] = leases.STALE_S - 1
    assert not _last(other).is_stale
    assert not _last(leases.Leases(folder)).is_stale  # By its own clock.
    clock[0] = leases.STALE_S
    assert _last(other).is_stale
    assert other.take("a", LINE)
    gone.look([])
    assert not gone.has("a") and other.has("a")
    gone.end("a", leases.DONE)
    assert _last(leases.Leases(folder)).state == leases.TAKEN


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_lease_of_a_process_that_is_gone_is_taken_over_soon(folder, clock):
    with subprocess.Popen(["sleep", "3600"]) as process:
        holder, other = leases.Leases(folder), leases.Leases(folder)
        holder._process = processes.identity(process.pid)
        holder.take("a", LINE)
        _last(other)
        clock[0] = leases.STALE_S - 1
        assert not _last(other).is_stale
        process.kill()
        process.wait()
        later = leases.Leases(folder)
        assert _last(other).is_stale and not _last(later).is_stale
        clock[0] += leases.GONE_S
        assert _last(later).is_stale and later.take("a", LINE)


def test_a_lease_of_a_process_elsewhere_is_not(folder, clock):
    holder, other = leases.Leases(folder), leases.Leases(folder)
    holder._process = "another-boot pid:[1] 99999999 1"
    holder.take("a", LINE)
    _last(other)
    clock[0] = leases.STALE_S - 1
    assert not _last(other).is_stale


def test_a_lease_that_is_renewed_is_not(folder, clock):
    one, other = leases.Leases(folder), leases.Leases(folder)
    one.take("a", LINE)
    for _ in range(12):
        assert not _last(other).is_stale
        clock[0] += leases.RENEW_S
        one.renew()
    clock[0] += leases.STALE_S - 1
    assert not _last(other).is_stale


def test_a_lease_that_cannot_be_renewed_is_lost_before_it_is_stale(
    folder, clock, monkeypatch, caplog
):
    def fail(*_):
        raise OSError("no answer")

    one = leases.Leases(folder)
    one.take("a", LINE)
    monkeypatch.setattr(files, "write", fail)
    while one.has("a"):
        clock[0] += 1
        one.renew()
    assert leases.RENEW_S < clock[0] <= leases.LOST_S < leases.STALE_S
    assert "The lease of a is not renewed: no answer" in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"state": "mine"}',
        b"\xff",
        b'{"state": {}}',
    ],
)
def test_nonsense_is_named_and_not_trusted(data, tmp_path, clock, caplog):
    path = f"{tmp_path}/leases/a.7.json"
    files.write(path, data)
    own = leases.Leases(f"{tmp_path}/leases")
    assert _last(own).state == leases.TAKEN
    assert not caplog.text  # It may be half written.
    clock[0] = leases.STALE_S - 1
    for _ in range(3):
        assert not _last(own).is_stale
    assert caplog.text.count(f"{path} is no lease") == 1
    clock[0] = leases.STALE_S
    assert _last(own).is_stale and own.take("a", LINE)
    assert os.path.exists(f"{tmp_path}/leases/a.8.json")


def test_other_files_are_no_leases(folder):
    names = ("a.json", "a.0.json", "a.01.json", "a.1.json.7.tmp", "a.-1.json")
    for name in names:
        files.write(files.join(folder, name), b"{}")
    assert _last(leases.Leases(folder)) == leases.Lease()


def test_names_may_have_dots_and_numbers(folder):
    own = leases.Leases(folder)
    assert own.take("lr0.1", LINE) and own.take("lr0.1.2", LINE)
    last = leases.Leases(folder).look(["lr0", "lr0.1", "lr0.1.2"])
    assert [each.number for each in last.values()] == [0, 1, 1]


@pytest.mark.parametrize(
    "folder", ["sftp://host/leases", "hdfs://a/leases", "file:///tmp/leases"]
)
def test_stores_that_look_first_and_then_write_are_refused(folder):
    with pytest.raises(ValueError, match="refuses to make a file twice") as no:
        leases.Leases(folder)
    assert str(no.value).endswith(f"Received: {folder}")


def test_a_package_that_overwrites_is_refused(monkeypatch):
    """As s3fs before "create", or a store that ignores If-None-Match."""
    store = fsspec.filesystem("memory")
    write = store.pipe_file
    overwrite = lambda path, data, mode="": write(path, data)  # noqa: E731
    monkeypatch.setattr(store, "pipe_file", overwrite)
    with pytest.raises(ValueError, match="refuses to make a file twice"):
        leases.Leases("memory://overwriting/leases")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "leases").write_text("a file")
    with pytest.raises(OSError, match="leases"):
        leases.Leases(f"{tmp_path}/leases")
