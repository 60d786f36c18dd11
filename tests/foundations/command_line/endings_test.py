"""Tests of foundations/command_line/endings.py."""

import errno
import os

import pytest

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import names


def caught(act):
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("It went well")


def full():
    raise OSError(errno.ENOSPC, "No space left on device", "out/run.json")


@pytest.mark.parametrize(
    ("act", "status", "said"),
    [
        (lambda: names.check("thing", "a", "b"), 2, "Error: Unknown thing 'a'"),
        (lambda: files.read("nosuch"), 2, "Error: No file at nosuch"),
        (lambda: files.make_folder("file"), 2, "a file is where a folder"),
        (lambda: files.write("file/x", b""), 2, "a file is where a folder"),
        (lambda: open("."), 2, ".: a folder is where a file should be"),
        (lambda: open("a"), 2, "a: there is no such file or folder"),
        (lambda: os.mkdir("x" * 300), 2, "x: the name is too long"),
        (full, 1, "out/run.json: the disk is full. With more room"),
    ],
)
def test_cause_and_cure_are_one_line(
    act, status, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as stop:
        endings.leave(caught(act), " (x --help)")
    assert stop.value.code == status
    out, err = capsys.readouterr()
    assert out == "" and said in err and err.endswith(" (x --help)\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_what_is_forbidden_says_so(number):
    error = OSError(number, os.strerror(number), "/results")
    said = "/results: not allowed. Give a path where you may read and write"
    assert endings.in_words(error) == said


def test_what_the_system_says_of_no_file_stays():
    assert endings.in_words(OSError(errno.EIO, "Input/output error")) == (
        "[Errno 5] Input/output error"
    )


@pytest.mark.parametrize(
    "act", [lambda: {}["a"], lambda: 1 / 0, lambda: len(3)]
)
def test_a_bug_keeps_its_traceback(act):
    error = caught(act)
    with pytest.raises(type(error)):
        endings.leave(error)
