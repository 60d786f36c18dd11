"""Tests of foundations/machine/compilation.py."""

import os
import stat
import subprocess
import sys

import pytest

from lottery_ticket.foundations.machine import compilation, devices
from lottery_ticket.tests.foundations.machine import devices_test

TEXT = b"\x0a\x03abc\x12\x02de"  # Two fields of bytes.


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A process that has not loaded TensorFlow, of a user without a cache."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    for name in ("TF_XLA_FLAGS", "TF_DETERMINISTIC_OPS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(devices, "gpus", list)
    return tmp_path


def folder():
    _, _, path = os.environ["TF_XLA_FLAGS"].partition("cache_directory=")
    return path


def test_the_users_cache_is_private_and_of_this_machine(fresh):
    compilation.set_up()
    assert folder().startswith(str(fresh / "cache" / "lottery_ticket" / "xla"))
    assert stat.S_IMODE(os.stat(folder()).st_mode) == 0o700
    assert "TF_DETERMINISTIC_OPS" not in os.environ


def test_another_gpu_has_another_cache_and_is_deterministic(fresh, monkeypatch):
    compilation.set_up(str(fresh))
    on_cpu = folder()
    monkeypatch.delenv("TF_XLA_FLAGS")
    monkeypatch.setattr(devices, "gpus", lambda: ["0"])
    monkeypatch.setattr(
        devices, "nvidia_smi", lambda *words: devices_test.TWO_GPUS
    )
    compilation.set_up(str(fresh), deterministic=False)
    assert folder() != on_cpu
    assert "TF_DETERMINISTIC_OPS" not in os.environ
    compilation.set_up(str(fresh))
    assert os.environ["TF_DETERMINISTIC_OPS"] == "1"


def test_a_cache_may_lie_in_a_home(fresh, monkeypatch):
    monkeypatch.setenv("HOME", str(fresh / "home"))
    monkeypatch.chdir(fresh)
    compilation.set_up("~/x")
    assert folder().startswith(str(fresh / "home" / "x"))
    assert not os.path.exists("~")


def test_no_cache(fresh, monkeypatch):
    compilation.set_up("none")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")  # Nothing to write to.
    compilation.set_up()
    assert "TF_XLA_FLAGS" not in os.environ


@pytest.mark.parametrize("cache", ["/dev/null/cache", "a b"])
def test_a_folder_that_is_given_is_used_or_refused(fresh, monkeypatch, cache):
    monkeypatch.chdir(fresh)
    with pytest.raises(ValueError, match=f"compile_cache={cache} cannot be"):
        compilation.set_up(cache)
    assert "TF_XLA_FLAGS" not in os.environ


def test_what_the_environment_says_wins(fresh, monkeypatch):
    given = "--tf_xla_persistent_cache_directory=/mine"
    monkeypatch.setenv("TF_XLA_FLAGS", given)
    compilation.set_up(str(fresh))
    assert os.environ["TF_XLA_FLAGS"] == given
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=0")
    compilation.set_up(str(fresh))
    assert os.environ["TF_XLA_FLAGS"].startswith("--tf_xla_auto_jit=0 --tf_xla")


def test_a_process_with_tensorflow_stays_as_it_is(fresh, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    compilation.set_up(str(fresh))
    assert "TF_XLA_FLAGS" not in os.environ


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        (TEXT, True),
        (TEXT[:-1], False),
        (TEXT[:6], False),
        (TEXT + b"\n", False),
        (b"", False),
        (b"<html>", False),
    ],
)
def test_damaged_files_are_found(tmp_path, text, is_whole):
    path = tmp_path / "x.pb"
    path.write_bytes(text)
    assert compilation.is_whole(str(path)) == is_whole


def test_tidying_removes_damaged_files_and_the_oldest(tmp_path, monkeypatch):
    for age, name in enumerate(["new", "old", "older"]):
        (tmp_path / name).write_bytes(TEXT)
        os.utime(tmp_path / name, (10**9 - age, 10**9 - age))
    (tmp_path / "damaged").write_bytes(TEXT[:-1])
    monkeypatch.setattr(compilation, "MAX_CACHE_BYTES", 3 * len(TEXT) - 1)
    compilation.tidy(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["new", "old"]


@pytest.mark.parametrize("when", ["listed", "looked at", "removed"])
def test_others_may_tidy_the_same_folder(tmp_path, monkeypatch, when):
    for name in ("damaged", "gone", "whole"):
        text = TEXT if name == "whole" else TEXT[:-1]
        (tmp_path / name).write_bytes(text)
    gone, scan = tmp_path / "gone", os.scandir
    is_whole = compilation.is_whole

    def listing(folder):
        entries = list(scan(folder))
        gone.unlink()
        return entries

    def looking(path):
        if when == "looked at":
            gone.unlink(missing_ok=True)
        result = is_whole(path)
        gone.unlink(missing_ok=True)
        return result

    if when == "listed":
        monkeypatch.setattr(os, "scandir", listing)
    monkeypatch.setattr(compilation, "is_whole", looking)
    compilation.tidy(str(tmp_path))
    assert os.listdir(tmp_path) == ["whole"]


@pytest.mark.slow
def test_commands_share_what_is_compiled_with_equal_bytes(tmp_path):
    def train(name, cache):
        words = ["train", f"--output_dir={tmp_path / name}", "--quiet"]
        options = ["--training_len=20it", f"--compile_cache={cache}"]
        main = [sys.executable, "-m", "lottery_ticket.runners.main"]
        environment = {**os.environ, "TF_XLA_FLAGS": ""}
        subprocess.run([*main, *words, *options], check=True, env=environment)
        return (tmp_path / name / "final" / "layer0.npy").read_bytes()

    expected = train("without", "none")
    cache = tmp_path / "cache"
    assert train("first", cache) == expected
    damaged, *whole = cache.rglob("*.pb")
    damaged.write_bytes(damaged.read_bytes()[:-100])
    made = {path: path.stat().st_mtime_ns for path in whole}
    assert train("second", cache) == expected
    assert compilation.is_whole(str(damaged))
    assert made
    for path, before in made.items():
        assert path.stat().st_mtime_ns == before  # Read, not made again.
