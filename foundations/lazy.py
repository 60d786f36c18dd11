"""Modules imported at their first use: the one lazy-import mechanism.

Importing TensorFlow takes about 4 s. Experiments name the modules that need it
through `module`, so that `--help`, argfiles and flag errors answer at once.
"""

import contextlib
import importlib
import os
import re
import sys
import tempfile

# What TensorFlow writes as it is loaded, whatever its log level.
_NOTICES = re.compile(rb"I0000 |WARNING: All log messages before absl::")


def module(name: str) -> "LazyModule":
    """Returns a stand-in that imports the named module at its first use."""
    return LazyModule(name)


class LazyModule:
    """Looks up each attribute in a module, importing it when first asked."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        if self._name in sys.modules:
            return getattr(sys.modules[self._name], attribute)
        with _without_notices():
            return getattr(importlib.import_module(self._name), attribute)


@contextlib.contextmanager
def _without_notices():
    """Holds back what is written to file descriptor 2, but for notices."""
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
            lines = [line for line in held if not _NOTICES.match(line)]
            os.write(2, b"".join(lines))
