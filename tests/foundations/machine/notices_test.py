"""Tests of foundations/machine/notices.py, on a TensorFlow of three lines."""

import os
import subprocess
import sys

import pytest

NOISE = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog()\\n")
os.write(2, b"I0000 00:00 port.cc] a notice\\n")
os.write(2, b"E0000 an error\\n")
value = 1
"""
NOTICES = "WARNING: All log messages before absl::InitializeLog()\nI0000 00:00"


def run(folder, code, level=None):
    (folder / "tensorflow").mkdir()
    (folder / "tensorflow/__init__.py").write_text(NOISE)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}",
        "TF_CPP_MIN_LOG_LEVEL": level or "",
    }
    if level is None:
        del environment["TF_CPP_MIN_LOG_LEVEL"]
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize(
    ("code", "level", "is_shown"),
    [
        ("import lottery_ticket, tensorflow", None, False),
        ("import lottery_ticket, tensorflow", "2", False),
        ("import lottery_ticket, tensorflow", "0", True),
        ("import tensorflow, lottery_ticket", None, True),
    ],
)
def test_notices_are_dropped_and_the_rest_is_not(
    code, level, is_shown, tmp_path
):
    done = run(tmp_path, f"{code}; assert tensorflow.value == 1", level)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(NOTICES) == is_shown
    assert done.stderr.endswith("E0000 an error\n")
    assert is_shown or done.stderr == "E0000 an error\n"


def test_an_import_that_fails_keeps_its_traceback(tmp_path):
    code = "import lottery_ticket, tensorflow.nosuch"
    done = run(tmp_path, code)
    assert done.returncode == 1
    assert "No module named 'tensorflow.nosuch'" in done.stderr


def test_what_is_to_follow_is_done_once_it_is_loaded(tmp_path):
    code = (
        "from lottery_ticket.foundations.machine import notices\n"
        "import sys\n"
        "notices.after_load(lambda: print(sys.modules['tensorflow'].value))\n"
        "print('before')\n"
        "import tensorflow\n"
        "import tensorflow"
    )
    assert run(tmp_path, code).stdout.split() == ["before", "1"]


@pytest.mark.parametrize(("level", "said"), [(None, ""), ("0", "a line\n")])
def test_what_is_written_meanwhile_is_held_back(level, said, tmp_path):
    code = (
        "import os\n"
        "from lottery_ticket.foundations.machine import notices\n"
        "with notices.held_back():\n"
        "    os.write(2, b'a line\\n')\n"
        "os.write(2, b'after\\n')"
    )
    assert run(tmp_path, code, level).stderr == f"{said}after\n"
