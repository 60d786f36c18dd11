"""Tests of foundations/machine/user_modules.py."""

import inspect
import os
import pickle
import sys

import pytest

from lottery_ticket.foundations.machine import user_modules


@pytest.fixture(autouse=True)
def modules_as_before():
    modules, path = dict(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.modules.update(modules)


def write(folder, **files):
    for name, text in files.items():
        path = folder / (name.replace("__in__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder / "net.py")


def made(path, name="make"):
    module = user_modules.UserModule(path)
    with module.importing():
        return module.function(name)()


POSTPONED = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    "text",
    [
        POSTPONED + "import dataclasses\n@dataclasses.dataclass\nclass Size:\n"
        "    units: int = 4\ndef make(): return Size().units",
        POSTPONED + "import typing\nclass Size(typing.NamedTuple):\n"
        "    units: int = 4\ntyping.get_type_hints(Size)\n"
        "def make(): return Size().units",
        "import pickle\nclass Size: units = 4\n"
        "def make(): return pickle.loads(pickle.dumps(Size())).units",
        "import inspect\nclass Size: units = 4\n"
        "def make(): return 4 if 'units' in inspect.getsource(Size) else 0",
        "import sys\nunits = 4\ndef make(): return sys.modules[__name__].units",
        "import os\ndef make(): return 4 if os.path.exists(__file__) else 0",
        "def make(): return 4\nif __name__ == '__main__': raise SystemExit",
    ],
)
def test_a_file_is_a_real_module(tmp_path, text):
    assert made(write(tmp_path, net=text)) == 4


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("from parts import make", {"parts": "def make(): return 4"}),
        (
            "from pack.inner import make",
            {"pack__in__inner": "def make(): return 4"},
        ),
        (
            "import pack.inner\ndef make(): return pack.inner.make()",
            {
                "pack__in____init__": "",
                "pack__in__inner": "from . import more\nmake = more.make",
                "pack__in__more": "def make(): return 4",
            },
        ),
        (
            "def make():\n    import late\n    return late.units",
            {"late": "units = 4"},
        ),
        ("import keras\ndef make(): return 4", {"keras": "raise SystemError"}),
    ],
)
def test_what_lies_beside_a_file_can_be_imported(tmp_path, text, files):
    assert made(write(tmp_path, net=text, **files)) == 4


@pytest.mark.slow
def test_each_file_has_its_own_beside_it(tmp_path):
    text = "import parts\ndef make():\n    import late\n    return parts, late"
    modules = []
    for units in (4, 8):
        folder = tmp_path / str(units)
        each = f"units = {units}"
        path = write(folder, net=text, parts=each, late=each)
        modules.append(user_modules.UserModule(path))
    for _ in range(2):
        for module, units in zip(modules, (4, 8), strict=True):
            with module.importing():
                found = module.function("make")()
            assert [each.units for each in found] == [units, units]


def test_the_modules_of_a_script_stay_its_own(tmp_path, monkeypatch):
    write(tmp_path / "script", parts="units = 1")
    monkeypatch.syspath_prepend(str(tmp_path / "script"))
    import parts

    text = "import parts\ndef make(): return parts.units"
    path = write(tmp_path / "own", net=text, parts="units = 4")
    assert made(path) == 4
    assert sys.modules["parts"] is parts and parts.units == 1
    assert os.path.realpath(tmp_path / "own") != sys.path[0]


def test_a_file_and_what_lies_beside_it_are_run_anew(tmp_path):
    text = "import parts\ndef make(): return parts.units"
    for units in (4, 8, 6):
        assert (
            made(write(tmp_path, net=text, parts=f"units = {units}")) == units
        )
        assert sys.modules["parts"].units == units
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_module_is_as_it_was_recorded(tmp_path):
    """Configs of own classes hold its name: 0.1.0's results know it."""
    path = write(tmp_path, net="class Size: pass\ndef make(): return Size")
    kind = made(path)
    assert kind.__module__ == "own_net"
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert "Size" in inspect.getsource(kind)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module_at_all", "cannot be run: ModuleNotFound"),
        ("x = (", "cannot be run: SyntaxError"),
        ("import sys\nsys.exit(0)", r"cannot be run: SystemExit\(0\)"),
        ("from . import parts", "with no known parent package"),
        ("make = 3", "has no function 'make'"),
        ("", "has no function 'make'"),
    ],
)
def test_what_is_no_module_with_the_function_is_an_error(
    tmp_path, text, message
):
    with pytest.raises(ValueError, match=message):
        made(write(tmp_path, net=text))


def test_a_failed_file_leaves_the_one_before(tmp_path):
    made(write(tmp_path, net="def make(): return 4"))
    before = sys.modules["own_net"]
    with pytest.raises(ValueError, match="cannot be run"):
        made(write(tmp_path, net="1 / 0"))
    assert sys.modules["own_net"] is before
    del sys.modules["own_net"]
    with pytest.raises(ValueError, match="cannot be run"):
        made(write(tmp_path, net="1 / 0"))
    assert "own_net" not in sys.modules
