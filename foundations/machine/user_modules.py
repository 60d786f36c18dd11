"""Python files of users as modules: as `python file.py` would run them."""

import contextlib
import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator

from lottery_ticket.foundations.values import user_code

# What files of users left in sys.modules, for imports later on.
_LEFT: dict[str, types.ModuleType] = {}


class UserModule:
    """A file that has been run, with the modules that lie beside it.

    Like any module it is in `sys.modules`, as own_NAME for NAME.py. While it
    runs and while its functions are called, its folder comes first on
    `sys.path`; modules of other folders that have a name of a module beside it
    stand back then. Each file is run anew, and so are those beside it.
    """

    def __init__(self, path: str):
        """Runs a file.

        Raises:
            ValueError: If it cannot be run.
        """
        self.path = os.path.expanduser(path)
        self._folder = os.path.dirname(os.path.realpath(self.path))
        self._beside: dict[str, types.ModuleType] = {}
        stem = os.path.splitext(os.path.basename(self.path))[0]
        self._name = f"own_{stem}"
        self._module = self._run()

    def function(self, name: str) -> Callable:
        """Returns a function of the file; ValueError if there is none.

        It can be called only inside `importing`, if it imports.
        """
        found = getattr(self._module, name, None)
        if not callable(found):
            raise ValueError(f"{self.path} has no function {name!r}")
        return found

    @contextlib.contextmanager
    def importing(self) -> Iterator[None]:
        """Imports are those of the file, for as long as this lasts."""
        writes_bytecode = sys.dont_write_bytecode
        sys.dont_write_bytecode = True  # It is stale after a quick edit.
        others = {
            name: module
            for name, module in list(sys.modules.items())
            if self._shadows(name, module)
        }
        for name in others:
            del sys.modules[name]
        sys.modules.update(self._beside)
        sys.path.insert(0, self._folder)
        importlib.invalidate_caches()
        before = dict(sys.modules)
        try:
            yield
        finally:
            self._beside |= self._new(before)
            for name, module in others.items():
                if _LEFT.get(name) is not module:
                    sys.modules[name] = module
            _LEFT.update(self._beside)
            sys.path.remove(self._folder)
            # What layers import as they are traced, later.
            if self._folder not in sys.path:
                sys.path.append(self._folder)
            sys.dont_write_bytecode = writes_bytecode

    def _run(self):
        spec = importlib.util.spec_from_file_location(self._name, self.path)
        if spec is None or spec.loader is None:
            raise ValueError(
                f"{self.path} cannot be run: Python cannot load it"
            )
        module = importlib.util.module_from_spec(spec)
        previous = sys.modules.get(self._name)
        sys.modules[self._name] = module
        try:
            with self.importing():
                spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:  # It can raise anything.
            del sys.modules[self._name]
            if previous is not None:
                sys.modules[self._name] = previous
            raise ValueError(f"{self.path} cannot be run: {error!r}") from error
        return module

    def _shadows(self, name, module):
        """Whether another's module has the name of one beside the file."""
        if name in self._beside:
            return module is not self._beside[name]
        top = name.partition(".")[0]
        return self._holds(top) and user_code.is_users(top)

    def _holds(self, name):
        stem = os.path.join(self._folder, name)
        return os.path.isfile(f"{stem}.py") or os.path.isdir(stem)

    def _new(self, before):
        """Modules below the folder that were not there before."""
        return {
            name: module
            for name, module in sys.modules.items()
            if before.get(name) is not module and self._is_beside(module)
        }

    def _is_beside(self, module):
        paths = [getattr(module, "__file__", None)]
        paths += getattr(module, "__path__", ())
        return any(
            os.path.realpath(path).startswith(self._folder + os.sep)
            and not user_code.is_installed(path)
            for path in paths
            if path
        )
