"""Tests of foundations/values/user_code.py."""

import dataclasses
import functools
import glob
import importlib.util
import os
import pathlib
import subprocess
import sys
import types
import typing

import numpy as np
import pytest

from lottery_ticket.foundations.values import masks, user_code

HEAD = """
import dataclasses
import functools
import numpy as np

"""


def module(tmp_path, text, name="own_thing"):
    """A module of this text, in a file of its own."""
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    path = folder / "thing.py"
    path.write_text(HEAD + text)
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def identity(tmp_path, text, name="f"):
    return user_code.identity(getattr(module(tmp_path, text), name))


@pytest.fixture(autouse=True)
def no_module_stays():
    yield
    sys.modules.pop("own_thing", None)


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("def f(x): return x", "def f(x): return 2 * x"),
        ("f = lambda x: x", "f = lambda x: 2 * x"),
        ("g, f = lambda x: x, lambda x: x", "g, f = lambda x: x, lambda x: -x"),
        ("def f(x, k=1): return k", "def f(x, k=2): return k"),
        ("def f(x, *, k=1): return k", "def f(x, *, k=2): return k"),
        ("k = 1\ndef f(x): return k", "k = 2\ndef f(x): return k"),
        ("k = [1]\ndef f(x): return k[0]", "k = [2]\ndef f(x): return k[0]"),
        (
            "k = np.ones(3)\ndef f(x): return x + k",
            "k = np.zeros(3)\ndef f(x): return x + k",
        ),
        (
            "def g(x): return x\ndef f(x): return g(x)",
            "def g(x): return -x\ndef f(x): return g(x)",
        ),
        (
            "def g(k):\n    return lambda x: k * x\nf = g(1)",
            "def g(k):\n    return lambda x: k * x\nf = g(2)",
        ),
        (
            "def g(x, k): return k * x\nf = functools.partial(g, k=1)",
            "def g(x, k): return k * x\nf = functools.partial(g, k=2)",
        ),
        (
            "def g(x): return x\nf = functools.lru_cache(g)",
            "def g(x): return -x\nf = functools.lru_cache(g)",
        ),
        (
            "class A:\n    def __call__(self, x): return x\nf = A()",
            "class A:\n    def __call__(self, x): return -x\nf = A()",
        ),
        (
            "class A:\n    def __init__(self, k): self.k = k\n"
            "    def __call__(self, x): return self.k\nf = A(1)",
            "class A:\n    def __init__(self, k): self.k = k\n"
            "    def __call__(self, x): return self.k\nf = A(2)",
        ),
        (
            "class A:\n    __slots__ = ['k']\nf = A()\nf.k = 1",
            "class A:\n    __slots__ = ['k']\nf = A()\nf.k = 2",
        ),
        (
            "@dataclasses.dataclass\nclass A:\n    k: int = 1\n"
            "    def __call__(self, x): return x\nf = A()",
            "@dataclasses.dataclass\nclass A:\n    k: int = 1\n"
            "    def __call__(self, x): return -x\nf = A()",
        ),
        (
            "class A:\n    def g(self): return 1\nclass B(A): pass\nf = B",
            "class A:\n    def g(self): return 2\nclass B(A): pass\nf = B",
        ),
        (
            "class A:\n    @property\n    def g(self): return 1\nf = A",
            "class A:\n    @property\n    def g(self): return 2\nf = A",
        ),
        (
            "class A:\n    @staticmethod\n    def g(): return 1\nf = A.g",
            "class A:\n    @staticmethod\n    def g(): return 2\nf = A.g",
        ),
        ("class A:\n    k = 1\nf = A", "class A:\n    k = 2\nf = A"),
        (
            "class A:\n    def __init__(self, k): self.k = k\n"
            "    def g(self): return self.k\nf = A(1).g",
            "class A:\n    def __init__(self, k): self.k = k\n"
            "    def g(self): return self.k\nf = A(2).g",
        ),
    ],
)
def test_an_edit_makes_another_code(tmp_path, text, edited):
    first = identity(tmp_path, text)
    assert first == identity(tmp_path, text) is not None
    assert first != identity(tmp_path, edited)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("def f(x): return x", "# Said.\n\ndef  f(x):\n    return (x)"),
        ("def f(x): return x", 'def f(x):\n    """Doc."""\n    return x'),
        (
            "class A:\n    def g(self): return 1\nf = A",
            'class A:\n    """Doc."""\n    def g(self):\n        """D."""\n'
            "        return 1\nf = A",
        ),
        ("def f(x): return x", "other = 3\ndef f(x): return x"),
        ("def f(x): return x", "def unused(): pass\ndef f(x): return x"),
        ("def f(x): return f'{x}' 'b'", "def f(x): return f'{x}b'"),
        (
            "import lottery_ticket.foundations.values.seeds as s\n"
            "def f(x): return s.derive(x, 'a')",
            "from lottery_ticket.foundations.values import seeds as s\n"
            "def f(x): return s.derive(x, 'a')",
        ),
        ("def f(x): return f(x - 1)", "def f(x):\n    return f(x-1)"),
    ],
)
def test_layout_docstrings_and_what_is_not_called_do_not_count(
    tmp_path, text, same
):
    assert identity(tmp_path, text) == identity(tmp_path, same)


@dataclasses.dataclass(frozen=True)
class OfFields:
    number: int = 1


class Named(typing.NamedTuple):
    number: int = 1


def test_code_of_ours_and_of_packages_has_no_fingerprint():
    for each in (None, 3, np.mean, masks.density, masks.ones, len, dict):
        assert user_code.identity(each) is None
    part = functools.partial(np.clip, a_min=0)
    assert user_code.identity(part, (np.ones(3), masks)) is None
    assert not user_code.is_users("numpy.linalg")
    assert not user_code.is_users(None.__class__.__module__)
    assert user_code.is_users("__main__")
    assert user_code.is_installed(np.__file__)
    assert not user_code.is_installed(user_code.__file__)


def test_generated_methods_are_no_code_that_is_missing(caplog):
    for each in (OfFields(), OfFields, Named(), Named):
        user_code.identity(each)
    assert user_code.identity(OfFields(1)) == user_code.identity(OfFields(1))
    assert user_code.identity(OfFields(1)) != user_code.identity(OfFields(2))
    assert not caplog.text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("def f(x): return x", "f"),
        ("f = lambda x: x", "<lambda>"),
        ("class A:\n    def g(self): return 1\nf = A()", "A.g"),
    ],
)
def test_code_that_cannot_be_had_is_named_once(caplog, text, name):
    made = types.ModuleType(f"made_{len(text)}")
    exec(text, vars(made))
    for _ in range(2):
        assert user_code.identity(made.f) is not None
    assert caplog.text.count(f"{made.__name__}.{name} cannot be had") == 1


def written(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return str(tmp_path / "net.py")


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("import parts", "parts"),
        ("from parts import build", "parts"),
        ("from parts import build as b, other", "parts"),
        ("def build():\n    import parts", "parts"),
        ("import pack.inner", "pack__in__inner"),
        ("from pack import inner", "pack__in__inner"),
        ("import pack.inner", "pack__in____init__"),
        ("import middle", "parts"),
        ("import pack.relative", "pack__in__inner"),
    ],
)
def test_files_that_are_imported_count(tmp_path, text, beside):
    others = {
        "parts": "k = 1",
        "middle": "import parts",
        "pack__in____init__": "",
        "pack__in__inner": "k = 1",
        "pack__in__relative": "from . import inner",
        "unused": "k = 1",
    }
    path = written(tmp_path, net=text, **others)
    first = user_code.of_file(path)
    written(tmp_path, unused="k = 2", **{beside: "# Said.\n" + others[beside]})
    assert user_code.of_file(path) == first
    written(tmp_path, **{beside: others[beside] + "\nk = 2"})
    assert user_code.of_file(path) != first


def test_a_file_may_move_and_must_be_python(tmp_path):
    (tmp_path / "a").mkdir()
    path = written(tmp_path, net="import sys, parts", parts="import net")
    first = user_code.of_file(path)
    moved = written(tmp_path / "a", net="import sys, parts", parts="import net")
    assert user_code.of_file(moved) == first
    written(tmp_path, parts="k = (")
    with pytest.raises(ValueError, match=r"parts.py cannot be run"):
        user_code.of_file(path)


ODD = """
def f(a, *, b: int = 1, **c) -> None:
    x = f"{a['k']}" + f"{a!r:>{b}}" + f'{a}"{b}\\n' "c" f"{a=}" + f"{{}}{a}"
    y = a[1:2, (3,)], a[(1, 2)], -1 ** 2, not (a and b) or c, 1e309, b"\\xff"
    y = {**a, "b": 1}, (lambda: (yield))(), "\\x00\\ud800", (z := 1), f"{a:\\n}"
    try:
        print(*a, **c)
    except* ValueError:
        pass
    match a:
        case {"k": [1, *_]} | None:
            return
    async def g():
        async with a as b:
            await b

class A(B, metaclass=C):
    @property
    def d(self): ...
"""


@pytest.mark.slow
def test_a_fingerprint_is_the_same_on_every_python(tmp_path):
    """On those that are installed beside this one, if there are any."""
    odd = ODD.replace("except*", "except")  # Python 3.10 has none.
    path = written(tmp_path, net=odd)
    # The module alone: those Pythons have no numpy.
    source = pathlib.Path(user_code.__file__).read_text()
    source = source.replace("import numpy as np", "")
    (tmp_path / "alone.py").write_text(source)
    say = f"import alone; print(alone.of_file({path!r}))"
    pythons = os.path.expanduser("~/.pyenv/versions/3.1[0-9]*/bin/python")
    found = {
        subprocess.run(
            [python, "-c", say],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for python in glob.glob(pythons)
    }
    assert found <= {user_code.of_file(path)}
