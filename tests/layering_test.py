"""Rooms import only rooms below them, and plain rooms stay plain.

A room is a folder of source, without the folders in it. All but the order of
the top folders is read off the tree.
"""

import ast
import graphlib
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Folder -> folders of ours that it may import from, beside its own.
MAY_IMPORT = {
    "foundations": set(),
    "datasets": {"foundations"},
    "models": {"foundations"},
    "analysis": {"foundations"},
    "experiments": {"foundations", "datasets", "models"},
    "argfiles": {"foundations", "experiments"},
    "runners": {
        *("foundations", "datasets", "models", "experiments", "analysis"),
    },
}
# Rooms for those who have asked to train, and so may load TensorFlow.
TRAINS = {
    "foundations",
    "foundations/alignment",
    "foundations/criteria",
    "foundations/learned_masks",
    "foundations/networks",
    "foundations/networks/compaction",
    "foundations/tasks",
    "foundations/training",
    "models",
}
SLOW = {"tensorflow", "keras", "pandas", "matplotlib", "sklearn", "torch"}
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for folder in MAY_IMPORT
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def room(module):
    return str(pathlib.PurePath(module).parent)


def is_door(module):
    """Whether a module only hands on the names of one behind it."""
    kinds = [type(node) for node in TREES[module].body]
    names = [name for name, _ in imported(module)]
    return kinds == [ast.Expr, ast.ImportFrom] and names[0].endswith(".*")


def imported(module):
    """Names that a module imports: dotted, and whether as it is loaded."""
    top = {id(node) for node in TREES[module].body}
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in top


def ours(module):
    """Modules of ours that a module imports, lazily loaded ones included."""
    for name, is_top in imported(module):
        parts = name.split(".")
        if parts[0] != "lottery_ticket":
            continue
        for end in (len(parts), len(parts) - 1):  # A module, or a name in one.
            path = "/".join(parts[1:end]) + ".py"
            if path in TREES:
                yield path, is_top


def test_top_folders_import_downwards():
    for module in TREES:
        folder = module.split("/")[0]
        for path, _ in ours(module):
            allowed = MAY_IMPORT[folder] | {folder}
            assert path.split("/")[0] in allowed, f"{module} imports {path}"


def test_rooms_import_only_rooms_below():
    below = {room(module): set() for module in TREES}
    for module in TREES:
        below[room(module)] |= {room(path) for path, _ in ours(module)}
    for name, others in below.items():
        others.discard(name)
    try:
        graphlib.TopologicalSorter(below).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"Rooms import each other: {' <- '.join(error.args[1])}")


def test_plain_rooms_load_nothing_slow():
    slow = {
        module: {name.split(".")[0] for name, top in imported(module) if top}
        & SLOW
        for module in TREES
    }
    loads = {module for module in TREES if slow[module]}
    while True:
        more = {
            module
            for module in TREES
            if any(top and path in loads for path, top in ours(module))
        }
        if more <= loads:
            break
        loads |= more
    assert {room(module) for module in loads} <= TRAINS, sorted(
        module for module in loads if room(module) not in TRAINS
    )
    assert set().union(*slow.values()) <= {"tensorflow", "keras"}


def test_lazy_blocks_hold_imports_alone():
    for module, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.With):
                assert ast.unparse(node.items[0]) == "lazy.imports()", module
                kinds = {type(each) for each in node.body}
                assert kinds <= {ast.Import, ast.ImportFrom}, module


def test_doors_lead_to_rooms_behind_them():
    for module in TREES:
        if is_door(module):
            (path, _) = next(ours(module))
            assert room(path).startswith(room(module) + "/"), module


def test_init_files_are_empty_and_modules_have_docstrings():
    for module, tree in TREES.items():
        if module.endswith("__init__.py"):
            assert not tree.body, module
        else:
            assert ast.get_docstring(tree), module


def test_every_module_has_a_test_of_its_name():
    for module in TREES:
        if module.endswith("__init__.py") or module.startswith("runners/"):
            continue  # Thin runners are tested together, in main_test.
        if is_door(module):
            continue
        test = ROOT / "tests" / module.replace(".py", "_test.py")
        assert test.is_file(), test


def test_every_folder_is_a_package():
    for module in TREES:
        assert (ROOT / module).with_name("__init__.py").is_file(), module
