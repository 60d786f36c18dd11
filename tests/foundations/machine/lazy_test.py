"""Tests of foundations/machine/lazy.py."""

import builtins
import subprocess
import sys
import threading
import types
from concurrent import futures

import pytest

from lottery_ticket.foundations.machine import lazy


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )


def test_a_module_is_imported_at_its_first_use():
    done = run(
        "import sys\n"
        "from lottery_ticket.foundations.machine import lazy\n"
        "with lazy.imports():\n"
        "    import colorsys\n"
        "    import wave as waves\n"
        "    from xml.dom import minidom, pulldom as dom\n"
        "named = {'colorsys', 'wave', 'xml', 'xml.dom.minidom'}\n"
        "assert not named & set(sys.modules)\n"
        "assert colorsys.rgb_to_yiq(0, 0, 0) == (0, 0, 0)\n"
        "assert minidom.Node and dom.PullDOM and waves.Error\n"
        "assert not named - set(sys.modules)\n"
    )
    assert done.returncode == 0, done.stderr


def test_a_module_of_a_name_made_at_run_time():
    assert lazy.LazyModule("colorsys").rgb_to_yiq(0, 0, 0) == (0, 0, 0)


def test_a_lazy_import_by_a_dotted_name_is_an_error():
    before = builtins.__import__
    with pytest.raises(ImportError, match="write `from os import path`"):
        with lazy.imports():
            import os.path  # noqa: F401
    assert builtins.__import__ is before


def test_imports_of_other_threads_are_carried_out_at_once():
    def load():
        import colorsys

        return colorsys

    with futures.ThreadPoolExecutor() as pool:
        with lazy.imports():
            found = pool.submit(load).result()
    assert isinstance(found, types.ModuleType)


def test_blocks_of_two_threads_leave_imports_as_they_were():
    before, inside = builtins.__import__, threading.Barrier(2)

    def block():
        inside.wait()
        for _ in range(500):
            with lazy.imports():
                import colorsys
            assert isinstance(colorsys, lazy.LazyModule)

    with futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(block), pool.submit(block)]:
            done.result()
    assert builtins.__import__ is before


def test_an_import_that_fails_fails_and_says_why():
    done = run(
        "from lottery_ticket.foundations.machine import lazy\n"
        "with lazy.imports():\n"
        "    import no_such_module\n"
        "no_such_module.value\n"
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
