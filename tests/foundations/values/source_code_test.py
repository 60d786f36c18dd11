"""Tests of foundations/values/source_code.py."""

import glob
import os
import pathlib
import subprocess

import pytest

from lottery_ticket.foundations.values import source_code


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
    first = source_code.of_file(path)
    written(tmp_path, unused="k = 2", **{beside: "# Said.\n" + others[beside]})
    assert source_code.of_file(path) == first
    written(tmp_path, **{beside: others[beside] + "\nk = 2"})
    assert source_code.of_file(path) != first


def test_a_file_may_move_and_must_be_python(tmp_path):
    (tmp_path / "a").mkdir()
    path = written(tmp_path, net="import sys, parts", parts="import net")
    first = source_code.of_file(path)
    moved = written(tmp_path / "a", net="import sys, parts", parts="import net")
    assert source_code.of_file(moved) == first
    written(tmp_path, parts="k = (")
    with pytest.raises(ValueError, match=r"parts.py cannot be run"):
        source_code.of_file(path)


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
    (tmp_path / "alone.py").write_text(
        pathlib.Path(source_code.__file__).read_text()
    )
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
    assert found <= {source_code.of_file(path)}


def test_a_function_is_told_from_others_of_its_line():
    one, two = lambda x: x, lambda x: -x
    assert source_code.of_function(one) != source_code.of_function(two)
    assert len(source_code.of_function(one)) == 1
    made = {}
    exec("def f(): pass", made)
    assert source_code.of_function(made["f"]) == []
