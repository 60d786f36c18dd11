"""Tests of foundations/lazy.py."""

import subprocess
import sys


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )


def test_a_module_is_imported_at_its_first_use():
    done = run(
        "import sys\n"
        "from lottery_ticket.foundations import lazy\n"
        "colors = lazy.module('colorsys')\n"
        "assert 'colorsys' not in sys.modules\n"
        "assert colors.rgb_to_yiq(0, 0, 0) == (0, 0, 0)\n"
        "assert 'colorsys' in sys.modules\n"
    )
    assert done.returncode == 0, done.stderr


def test_notices_are_dropped_and_the_rest_is_not(tmp_path):
    (tmp_path / "noisy.py").write_text(
        "import os\n"
        "os.write(2, b'I0000 00:00 port.cc] a notice\\n')\n"
        "os.write(2, b'E0000 an error\\n')\n"
        "value = 1\n"
    )
    done = run(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from lottery_ticket.foundations import lazy\n"
        "assert lazy.module('noisy').value == 1\n"
    )
    assert done.returncode == 0
    assert done.stderr == "E0000 an error\n"


def test_an_import_that_fails_fails_and_says_why():
    done = run(
        "from lottery_ticket.foundations import lazy\n"
        "lazy.module('no_such_module').value\n"
    )
    assert done.returncode == 1
    assert "No module named 'no_such_module'" in done.stderr


def test_experiments_and_analysis_import_no_tensorflow():
    done = run(
        "import sys\n"
        "from lottery_ticket.experiments import lottery_experiment\n"
        "from lottery_ticket.experiments import reinitialize, train\n"
        "from lottery_ticket.runners import argfile_runner, report\n"
        "from lottery_ticket.argfiles import branch_argfile\n"
        "slow = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'sklearn'}\n"
        "print(slow & set(sys.modules))\n"
    )
    assert done.stdout == "set()\n", done.stderr
