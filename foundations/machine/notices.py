"""What TensorFlow says as it is loaded, whatever its log level: held back.

Its start-up lines come before it looks at TF_CPP_MIN_LOG_LEVEL. With 0 there,
which asks for all that it has to say, they are shown.
"""

import contextlib
import functools
import importlib.machinery
import os
import re
import sys
import tempfile
import types
import typing
from collections.abc import Callable, Iterator

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_NOTICES = re.compile(rb"I0000 |WARNING: All log messages before absl::")
_followers: list[Callable[[], None]] = []


def hold_back() -> None:
    """Has them held back whenever TensorFlow is imported, by whomever."""
    # For where it is not loaded yet. 3: it calls a machine without a GPU an
    # error.
    os.environ.setdefault(LEVEL, "3")
    if "tensorflow" not in sys.modules:
        sys.meta_path.insert(0, _Finder)


def after_load(do: Callable[[], None]) -> None:
    """Has something done once TensorFlow is loaded, if it is not yet."""
    _followers.append(do)


class _Finder:
    """Finds TensorFlow as Python does, and nothing else."""

    @staticmethod
    def find_spec(
        name: str, path: typing.Any = None, target: typing.Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Returns a spec whose loader is quiet."""
        if name != "tensorflow" or os.environ.get(LEVEL) == "0":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loud = spec.loader.exec_module
            vars(spec.loader)["exec_module"] = functools.partial(_load, loud)
        return spec


def _load(exec_module: Callable, module: types.ModuleType) -> None:
    with _without_notices():
        exec_module(module)
    for do in _followers:
        do()


def held_back() -> contextlib.AbstractContextManager:
    """Holds back all that C++ writes to file descriptor 2 meanwhile.

    Converters tell there what they do. With TF_CPP_MIN_LOG_LEVEL=0, it is
    shown afterwards.
    """
    is_shown = os.environ.get(LEVEL) == "0"
    return _without(re.compile(rb"(?!)" if is_shown else rb""))


def _without_notices():
    return _without(_NOTICES)


@contextlib.contextmanager
def _without(pattern: re.Pattern) -> Iterator[None]:
    """Holds back lines to file descriptor 2 that begin as a pattern says.

    Others come once it is over.
    """
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            held.seek(0)
            lines = [line for line in held if not pattern.match(line)]
            os.write(2, b"".join(lines))
