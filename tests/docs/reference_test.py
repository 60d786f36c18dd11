"""Every public name has a docstring, types and a page."""

import ast
import re

import pytest

import lottery_ticket as lt
from lottery_ticket.docs import make_pages

ROOT = make_pages.ROOT
MODULES = {
    module: page
    for page, (_, *modules) in make_pages.REFERENCE.items()
    for module in modules
}


def definitions(module):
    """Functions and classes of a public module, where they are written."""
    for home in make_pages.homes(module):
        name = None
        if not make_pages.source(home).is_file():
            home, _, name = home.rpartition(".")
        tree = ast.parse(make_pages.source(home).read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if name in (None, node.name) and node.name[0] != "_":
                    yield node


def gaps(node, is_method=False):
    """What a function or class lacks, and its methods."""
    if "overload" in [ast.unparse(each) for each in node.decorator_list]:
        return
    if not ast.get_docstring(node):
        yield f"{node.name}: no docstring"
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, ast.FunctionDef):
                if each.name == "__init__" or each.name[0] != "_":
                    for gap in gaps(each, is_method=True):
                        yield f"{node.name}.{gap}"
        return
    arguments = [*node.args.posonlyargs, *node.args.args]
    is_static = any(
        ast.unparse(d) == "staticmethod" for d in node.decorator_list
    )
    arguments = arguments[is_method and not is_static :] + node.args.kwonlyargs
    for each in arguments:
        if each.annotation is None:
            yield f"{node.name}: {each.arg} has no type"
    if node.returns is None and node.name != "__init__":
        yield f"{node.name}: what it returns has no type"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_a_docstring_and_types(module):
    found = list(definitions(module))
    assert found
    assert not [gap for node in found for gap in gaps(node)]


def test_every_public_module_has_a_page():
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    doors = re.search(r"Doors: (.*?)\n +sweeps", contributing, re.DOTALL)[1]
    for name in re.findall(r"\w+", doors):
        assert f"foundations.{name}" in MODULES
    pages = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
    for path in [*pages, *ROOT.glob("docs/notebooks/*.py")]:
        code = "\n".join(
            make_pages.CODE.findall(path.read_text())
            if path.suffix == ".md"
            else [path.read_text()]
        )
        for folder, some in re.findall(
            r"^from lottery_ticket\.(\S+) import (\([^)]*\)|.*)$", code, re.M
        ):
            for name in re.findall(r"\w+", some):
                is_module = make_pages.source(f"{folder}.{name}").is_file()
                assert (f"{folder}.{name}" if is_module else folder) in MODULES


def test_pages_name_the_modules():
    for page, (title, *modules) in make_pages.REFERENCE.items():
        text = make_pages.reference(title, modules)
        for module in modules:
            assert f"\n## lottery_ticket.{module}\n" in text, page
            assert "\n::: lottery_ticket." in text


def test_the_names_of_the_package_have_a_page():
    text = make_pages.facade()
    for name in lt.__all__:
        assert f"`lt.{name}`" in text
    homes = {home for each in MODULES for home in make_pages.homes(each)}
    for module, attribute in lt._HOMES.values():
        assert homes & {module, f"{module}.{attribute}"} or (
            f"analysis.{module.rpartition('.')[2]}" in MODULES
        )


def test_the_version_to_cite_is_this_one():
    text = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.+)$", text, re.M)[1] == lt.__version__
