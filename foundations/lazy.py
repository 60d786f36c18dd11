"""Modules imported at their first use: the one lazy-import mechanism.

Importing TensorFlow takes about 4 s. Experiments name the modules that need it
through `module`, so that `--help`, argfiles and flag errors answer at once.
"""

import importlib


def module(name: str) -> "LazyModule":
    """Returns a stand-in that imports the named module at its first use."""
    return LazyModule(name)


class LazyModule:
    """Looks up each attribute in a module, importing it when first asked."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(importlib.import_module(self._name), attribute)
