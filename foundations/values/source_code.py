"""Python's source as text that tells code apart, the same on every Python.

What counts is the syntax tree, without docstrings, comments and layout.
"""

import ast
import functools
import hashlib
import linecache
import os
import sys
import types
from collections.abc import Callable, Iterable, Iterator

_NOT_COMPARED = {"kind", "type_comment", "type_ignores"}
_HAVE_DOCSTRINGS = (
    ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
)


def of_file(path: str) -> str:
    """Returns a SHA-256 of a file's code, and of what it imports beside it.

    Files that are imported count if they lie in its folder or below; nothing is
    run.

    Raises:
        ValueError: If one of the files is no Python.
    """
    path = os.path.realpath(os.path.expanduser(path))
    root = os.path.dirname(path)
    texts, left = {}, [path]
    while left:
        each = left.pop()
        if each not in texts:
            tree = parse(each)
            texts[each] = _text(tree)
            left += _imported(tree, each, root)
    named = {os.path.relpath(each, root): texts[each] for each in texts}
    named[""] = named.pop(os.path.basename(path))  # Called what it may.
    return sha(repr(sorted(named.items())))


def parse(path: str) -> ast.Module:
    """Returns the syntax tree of a file; ValueError if it is no Python."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path} cannot be run: {error!r}") from error


def of_function(function: types.FunctionType) -> list[str]:
    """Returns a function's syntax tree as text; [] if it cannot be had.

    Several, if it is not known which of a line's lambdas it is.
    """
    return [_text(node) for node in _nodes_of(function)]


def imported_by(
    function: types.FunctionType, is_others: Callable[[str], bool]
) -> list[str]:
    """Returns what `of_file` does of files that a function itself imports.

    They are looked for beside its own and on Python's path.

    Args:
        is_others: Function of a path: whether such a file does not count.
    """
    path = function.__code__.co_filename
    roots = dict.fromkeys([os.path.dirname(path), *sys.path])
    found = [
        each
        for node in _nodes_of(function)
        for root in roots
        for each in _imported(node, path, root)
    ]
    return [of_file(each) for each in found if not is_others(each)]


def _nodes_of(function):
    """A function's syntax tree; several if it is not known which."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    found = [
        node
        for node in _functions("".join(lines))
        if _first_line(node) == code.co_firstlineno
        and getattr(node, "name", "<lambda>") == code.co_name
    ]
    if len(found) > 1:
        found = _alike(found, code, "".join(lines))
    return found


@functools.lru_cache(maxsize=32)
def _functions(text):
    """Functions and lambdas in a file, from the outside in, in order."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    return [
        node
        for node in _preorder(tree)
        if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _alike(nodes, code, text):
    """Those of several nodes of one line that a code is of; all if unsure."""
    compiled = [
        each
        for each in _codes(compile(text, "<own>", "exec", dont_inherit=True))
        if each.co_firstlineno == code.co_firstlineno
        and each.co_name == code.co_name
    ]
    if len(compiled) != len(nodes) or code not in compiled:
        return nodes
    return [nodes[compiled.index(code)]]


def _codes(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _preorder(node):
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _preorder(child)


def _first_line(node):
    decorators = getattr(node, "decorator_list", [])
    return min(each.lineno for each in (node, *decorators))


def _imported(tree: ast.AST, path: str, root: str) -> Iterator[str]:
    """Files below a root folder that the code of one of them imports."""
    for node in ast.walk(tree):
        for base, name in _import_names(node, path, root):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                stem = os.path.join(base, *parts[:end])
                for found in (f"{stem}.py", os.path.join(stem, "__init__.py")):
                    if os.path.isfile(found):
                        yield os.path.realpath(found)


def _import_names(
    node: ast.AST, path: str, root: str
) -> Iterable[tuple[str, str]]:
    """Pairs of the folder to look in and a dotted name."""
    if isinstance(node, ast.Import):
        return [(root, alias.name) for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = root
    if node.level:
        base = os.path.join(path, *[os.pardir] * node.level)
    before = [node.module] if node.module else []
    names = [".".join([*before, alias.name]) for alias in node.names]
    return [(os.path.normpath(base), name) for name in names]


def _text(node):
    """A syntax tree as text, the same on every Python.

    `ast.unparse` and `ast.dump` change from one to the next: fields are added,
    quotes and the parts of f-strings written otherwise.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(_text, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, _HAVE_DOCSTRINGS) and ast.get_docstring(node, False):
        fields["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):
        fields["values"] = _merged(node.values)
    inside = ", ".join(
        f"{name}={_text(value)}"
        for name, value in fields.items()
        if name not in _NOT_COMPARED and value not in (None, [])
    )
    return f"{type(node).__name__}({inside})"


def _merged(values):
    """The parts of an f-string, constants next to each other as one."""
    merged = []
    for value in values:
        is_text = isinstance(value, ast.Constant)
        if is_text and merged and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(f"{merged[-1].value}{value.value}")
        elif not is_text or value.value:
            merged.append(value)
    return merged


def sha(text: str | bytes) -> str:
    """Returns the SHA-256 of text."""
    if isinstance(text, str):
        text = text.encode(errors="surrogatepass")
    return hashlib.sha256(text).hexdigest()
