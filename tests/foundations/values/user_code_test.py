"""Tests of foundations/values/user_code.py."""

import dataclasses
import enum
import functools
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
        (
            "import types\ndef g(x): return x\n"
            "f = types.SimpleNamespace(steps=[len, g])",
            "import types\ndef g(x): return -x\n"
            "f = types.SimpleNamespace(steps=[len, g])",
        ),
        (
            "def f(xs): return [k * x for x in xs]\nk = 1",
            "def f(xs): return [k * x for x in xs]\nk = 2",
        ),
        ("class A:\n    k = 1\nf = A", "class A:\n    k = 2\nf = A"),
        ("def f(x): return f.k\nf.k = 1", "def f(x): return f.k\nf.k = 2"),
        (
            "@functools.singledispatch\ndef f(x): return x\n"
            "@f.register\ndef _(x: int): return x",
            "@functools.singledispatch\ndef f(x): return x\n"
            "@f.register\ndef _(x: int): return -x",
        ),
        (
            "class A:\n    def s(self, v): self.k = v\n"
            "    k = property(None, s)\nf = A",
            "class A:\n    def s(self, v): self.k = -v\n"
            "    k = property(None, s)\nf = A",
        ),
        (
            "class M(type):\n    k = 1\nclass A(metaclass=M): pass\nf = A",
            "class M(type):\n    k = 2\nclass A(metaclass=M): pass\nf = A",
        ),
        (
            "@dataclasses.dataclass\nclass A:\n    k: list = "
            "dataclasses.field(default_factory=lambda: [1])\nf = A",
            "@dataclasses.dataclass\nclass A:\n    k: list = "
            "dataclasses.field(default_factory=lambda: [2])\nf = A",
        ),
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
    ("made", "edited"),
    [
        ("types.SimpleNamespace(a=1)", "types.SimpleNamespace(a=2)"),
        ("types.MappingProxyType({'a': 1})", "types.MappingProxyType({})"),
        ("collections.deque([1])", "collections.deque([2])"),
        ("datetime.timedelta(1)", "datetime.timedelta(2)"),
        ("decimal.Decimal('1')", "decimal.Decimal('2')"),
        ("fractions.Fraction(1, 3)", "fractions.Fraction(1, 2)"),
        ("operator.itemgetter(0)", "operator.itemgetter(1)"),
        ("pathlib.Path('a')", "pathlib.Path('b')"),
        ("re.compile('a')", "re.compile('b')"),
        ("bytearray(b'a')", "bytearray(b'b')"),
        ("range(1)", "range(2)"),
        ("slice(1)", "slice(2)"),
        ("min", "max"),
        ("np.sin", "np.cos"),
        ("np.poly1d([1, 2])", "np.poly1d([2, 1])"),
        ("np.array(['a', None])", "np.array(['b', None])"),
    ],
)
def test_values_of_any_kind_count(tmp_path, made, edited):
    head = (
        "import collections, datetime, decimal, fractions, operator, pathlib\n"
        "import re, types\ndef f(x): return k\nk = "
    )
    first = identity(tmp_path, head + made)
    assert first == identity(tmp_path, head + made) is not None
    assert first != identity(tmp_path, head + edited)


def test_what_changes_as_it_is_used_does_not_count(tmp_path):
    text = "k = np.random.default_rng(), {}\ndef f(x): return k"
    assert identity(tmp_path, text) == identity(tmp_path, text)


@pytest.mark.parametrize("line", ["import parts", "from parts import k"])
def test_files_that_a_function_imports_itself_count(tmp_path, line):
    made = module(tmp_path, f"def f(x):\n    {line}\n    import os")
    beside = pathlib.Path(made.__file__).parent / "parts.py"
    beside.write_text("k = 1")
    first = user_code.identity(made.f)
    beside.write_text("k = 1  # Said.")
    assert user_code.identity(made.f) == first
    beside.write_text("k = 2")
    assert user_code.identity(made.f) != first


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
        (
            "k = 1\nclass A:\n    def g(self): return self.k\nf = A",
            "k = 2\nclass A:\n    def g(self): return self.k\nf = A",
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


IN_SETS = """
import enum
from lottery_ticket.foundations.values import user_code
class Kind(enum.Enum):
    FLIP, CROP, PAD = range(3)
    @property
    def is_flip(self): return self is Kind.FLIP
class Node:
    def __init__(self, name): self.name, self.beside = name, set()
    def __hash__(self): return hash(self.name)
NODES = {Node(name) for name in "abcdef"}
for node in NODES: node.beside |= NODES
USED = {Kind.FLIP, Kind.CROP, Kind.PAD}, NODES
def f(x): return x if USED else -x
print(user_code.identity(f))
"""


def test_sets_are_the_same_in_every_process(tmp_path):
    path = tmp_path / "own_sets.py"
    path.write_text(IN_SETS)
    found = {
        subprocess.run(
            [sys.executable, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in "0123"
    }
    assert len(found) == 1


def test_an_element_of_a_set_counts_with_its_code(tmp_path):
    text = "class A:\n    def __call__(self, x): return {}\nf = {{A(), 3}}"
    first = identity(tmp_path, text.format("x"))
    assert first == identity(tmp_path, text.format("x")) is not None
    assert first != identity(tmp_path, text.format("-x"))


class Ink(enum.Enum):
    """Python 3.10 to 3.13 keep other things in it, and name what it is by."""

    RED = 1

    @property
    def is_red(self):
        return self is Ink.RED


def test_an_enum_is_its_members_and_its_code():
    text = user_code._Reader(False).text(Ink)
    for of_python in ("EnumType", "EnumMeta", "_member_map_", "_sort_order_"):
        assert of_python not in text
    assert "RED" in text and "is_red" in text
    of_one = user_code._Reader(False).text(Ink.RED)
    assert of_one.count("RED") > 0 and "__objclass__" not in of_one
    assert user_code.identity(Ink) == user_code.identity(Ink)


def test_where_python_keeps_a_class_does_not_count():
    assert user_code._public_name(type(Named.number)).startswith("collections.")


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
