"""Modules imported at their first use: the one lazy-import mechanism.

Importing TensorFlow takes about 4 s. Modules that need it only now and then
import it, and what imports it, in a block of `imports`, so that `--help`,
argfiles and flag errors answer at once.

Differs: `importlib.util.LazyLoader` puts what is not loaded yet into
`sys.modules`, where the second import of it, and the first of a module in it,
loads it after all (Python 3.10 to 3.13), and others take it for loaded.
"""

import builtins
import contextlib
import importlib
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

_ONE_BLOCK = threading.RLock()


@contextlib.contextmanager
def imports() -> Iterator[None]:
    """Puts off each import of its block until the module is first used.

    To whoever reads the block, people and tools, they are ordinary imports:
    `import package`, `from package import module`, both also with `as`. What
    is imported must be a module; whether it is there shows at its first use.

    Raises:
        ImportError: If a module in a package is imported by its dotted name.
    """
    with _ONE_BLOCK:  # No import waits in it: those of others go through.
        eager, thread = builtins.__import__, threading.get_ident()

        def put_off(name, globals=None, locals=None, fromlist=(), level=0):
            if threading.get_ident() != thread:
                return eager(name, globals, locals, fromlist, level)
            if fromlist:
                lazy = {each: LazyModule(f"{name}.{each}") for each in fromlist}
                return types.SimpleNamespace(**lazy)
            if "." in name:
                package, _, last = name.rpartition(".")
                raise ImportError(
                    f"Lazily, write `from {package} import {last}`. Received: "
                    f"import {name}"
                )
            return LazyModule(name)

        builtins.__import__ = put_off
        try:
            yield
        finally:
            builtins.__import__ = eager


class LazyModule:
    """Stands for a module of a name, which is imported at its first use."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if self._name in sys.modules:
            return getattr(sys.modules[self._name], attribute)
        return getattr(importlib.import_module(self._name), attribute)
