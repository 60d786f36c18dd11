"""Runners and argfiles as a command line names them: found, loaded, run.

A *script* is a dotted module or the absolute path of a file. Scripts are looked
into without being run: importing a user's could train a network.
"""

import ast
import dataclasses
import functools
import importlib.util
import inspect
import os
import pkgutil
import runpy
import shlex
import sys
import types

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.values import names


@dataclasses.dataclass(frozen=True)
class Runner:
    """What runs the lines of an argfile."""

    script: str  # As from `find`.
    words: tuple[str, ...] = ()  # Of its command line, before a line's.
    declared: flags.Command | None = None  # About its flags.
    parts: tuple["Runner", ...] = ()  # Those that it stands for; see `steps`.

    @property
    def can_skip(self) -> bool:
        """Whether it can tell which of its lines are complete."""
        if self.parts:
            return not self.blind
        return self.declared is not None and self.declared.makes_plan

    @property
    def blind(self) -> list["Runner"]:
        """Those of its parts, or itself, that cannot."""
        return [each for each in self.parts or (self,) if not each.can_skip]

    @property
    def name(self) -> str:
        """What a journal calls it: a command, a module or a path."""
        return self.words[0] if self.words else self.script

    @property
    def text(self) -> str:
        """It in a message."""
        return shlex.join([self.script, *self.words])

    def command(self, words: tuple[str, ...] | list[str]) -> list[str]:
        """Returns the command that runs a line."""
        return command(self.script, [*self.words, *words])


def modules(package: str) -> dict[str, str]:
    """Returns dict, name -> dotted name, of all modules of a package."""
    folder = importlib.import_module(package).__path__
    found = [module.name for module in pkgutil.iter_modules(folder)]
    return {name: f"{package}.{name}" for name in found}


def find(kind: str, name: str, known: dict[str, str]) -> str:
    """Returns the script of a name: a module, or the full path of a file.

    Args:
        kind: What the script is, for errors: "argfile".
        name: A known name, else a path of a file or a dotted module.
        known: Dict, name -> script, of those that need no path.

    Raises:
        ValueError: If there is no such script; the error names the nearest.
    """
    if name in known:
        return known[name]
    if os.path.isfile(os.path.expanduser(name)):
        return os.path.abspath(os.path.expanduser(name))
    if "/" in name or name.endswith(".py"):
        raise ValueError(f"No {kind} at {name!r}: there is no such file")
    if "." not in name or _source_file(name) is None:
        names.check(f"{kind}, file or module", name, known)
    return name


def is_python(script: str) -> bool:
    """Whether a script is a Python program, not a plain text file."""
    return not os.path.isabs(script) or script.endswith(".py")


def command(script: str, words: list[str]) -> list[str]:
    """Returns the command that runs a script with words as its flags."""
    to_script = [script] if os.path.isabs(script) else ["-m", script]
    return [sys.executable, *to_script, *words]


def defined_names(script: str) -> set[str]:
    """Names that a script defines at its top level, read without running it.

    Raises ValueError if the script is not Python.
    """
    path = _source_file(script) or script
    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path} is not Python: {error}") from error
    return {name for statement in body for name in _bound_names(statement)}


@functools.cache
def load(script: str) -> types.ModuleType:
    """Returns a script as a module, imported once."""
    if not os.path.isabs(script):
        return importlib.import_module(script)
    _see(os.path.dirname(script))
    # Not its own name, which a module of the standard library may have, too.
    spec = importlib.util.spec_from_file_location("__script__", script)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} is not Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules["__script__"] = module
    spec.loader.exec_module(module)
    return module


def run(script: str, words: list[str]) -> None:
    """Runs a script here, as if Python had been started with it.

    A script that defines `main` is imported once and `main(words)` called
    (`main()` if it takes no argument); any other is run from top to bottom.
    """
    sys.argv = [script, *words]
    if "main" in defined_names(script):
        main = load(script).main
        takes_words = bool(inspect.signature(main).parameters)
        main(list(words)) if takes_words else main()
    elif os.path.isabs(script):
        _see(os.path.dirname(script))
        runpy.run_path(script, run_name="__main__")
    else:
        runpy.run_module(script, run_name="__main__", alter_sys=True)


def declared(script: str) -> flags.Command | None:
    """Returns the RUN that a script declares; others are never imported.

    Raises ValueError if it says in the way of version 0.1.0 what is complete.
    """
    defined = defined_names(script)
    if "RUN" not in defined:
        return None
    if old := sorted({"IS_COMPLETE", "TRANSLATE"} & defined):
        raise ValueError(
            f"{script} declares {' and '.join(old)}, which nothing looks at "
            "any more: let RUN be a function that returns a plans.Plan, or a "
            "flags.Command of it"
        )
    return flags.as_command(load(script).RUN)


def _source_file(script):
    """Path of a script's source, or None where there is no such module."""
    if os.path.isabs(script):
        return script
    _see(os.getcwd())
    try:
        spec = importlib.util.find_spec(script)
    except ModuleNotFoundError:
        return None
    return spec.origin if spec and spec.has_location else None


def _bound_names(statement):
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        targets = getattr(statement, "targets", [])
    nodes = [node for target in targets for node in ast.walk(target)]
    return [node.id for node in nodes if isinstance(node, ast.Name)]


def _see(folder):
    """Lets scripts import what lies in a folder, as Python itself does."""
    if folder not in sys.path:
        sys.path.append(folder)


def main(argv: list[str] | None = None) -> None:
    """Runs the script that the first word names, with the other words."""
    script, *words = sys.argv[1:] if argv is None else argv
    run(script, words)


if __name__ == "__main__":
    main()
