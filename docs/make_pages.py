"""Writes the pages of the site: those that are here, and those made of code.

    python docs/make_pages.py build/pages

mkdocs.yml names the folder; `make docs` does both. Nothing slow is loaded but
the networks, whose docstrings are told.
"""

import ast
import os
import pathlib
import re
import shutil
import sys

import lottery_ticket
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.runners import listings

ROOT = pathlib.Path(__file__).resolve().parents[1]
# File of the repository -> page of the site, beside those of docs/.
PLACES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
LINK = re.compile(r'(\]\(|src=")(?!\w+:|#)([^)"#]+)')
CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
# Page of the reference -> title, and the modules that are told there.
REFERENCE = {
    "finding": (
        "Finding tickets",
        "experiments.find_ticket",
        "experiments.load_ticket",
        "experiments.recipes",
        "experiments.scoring",
        "experiments.level_rules",
    ),
    "networks": (
        "Networks",
        "foundations.model_base",
        "foundations.keras_model",
        "foundations.fit_pruning",
        "foundations.mask_constraint",
        "foundations.networks.compaction.compaction",
        "models.registry",
    ),
    "data": (
        "Data",
        "foundations.dataset_base",
        "foundations.dataset_split",
        "datasets.registry",
        "datasets.dataset_images",
        "datasets.dataset_digits",
        "datasets.augmentation",
        "datasets.preparation",
    ),
    "training": (
        "Training and pruning",
        "foundations.experiment",
        "foundations.trainer",
        "foundations.training.run_settings",
        "foundations.training.hooks.hooks",
        "foundations.selection.mask_updates",
        "foundations.pruning",
        "foundations.masks",
    ),
    "results": (
        "Results",
        "analysis.results",
        "analysis.logs",
        "analysis.report",
        "analysis.mask_facts",
        "foundations.paths",
        "foundations.save_restore",
        "foundations.tickets.ticket_file",
        "foundations.tickets.run_tickets",
    ),
    "experiments": (
        "Experiments",
        "foundations.records.plans",
        "foundations.records.unready",
        "experiments.train",
        "experiments.lottery_experiment",
        "experiments.prune_at_init",
        "experiments.branch",
        "experiments.reinitialize",
        "experiments.instability",
        "experiments.barrier",
        "experiments.mask_connectivity",
        "experiments.align",
        "foundations.alignment.groups",
        "foundations.alignment.permutations",
        "foundations.alignment.activation_matching",
        "foundations.alignment.weight_matching",
        "experiments.untrained",
        "experiments.supermask",
        "experiments.gem_miner",
    ),
}


def place(path):
    """Returns where a file of the repository lies in the site."""
    path = PLACES.get(path, path.removeprefix("docs/"))
    return re.sub(r"\.py$", ".md", path)


def relinked(text, source):
    """Returns the text of a file with links as its place in the site has them.

    Args:
        text: Markdown.
        source: Path of the file in the repository.
    """
    folder, here = os.path.dirname(source), os.path.dirname(place(source))

    def link(match):
        path = os.path.normpath(os.path.join(folder, match[2]))
        return match[1] + os.path.relpath(place(path), here or ".")

    parts = CODE.split(text)
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts)


def notebook(text):
    """Returns the Markdown of a notebook, jupytext's percent format."""
    pages = []
    for cell in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        kind, body = cell.split("\n", 1)
        if "[markdown]" in kind:
            pages.append(re.sub(r"^# ?", "", body, flags=re.MULTILINE))
        elif body.strip():
            pages.append(f"```python\n{body.strip()}\n```\n")
    return "\n".join(pages)


def told(lines):
    """Returns what a listing says of one name: its text, then its flags."""
    flags = [line for line in lines if line.startswith("--")]
    text = "\n\n".join(x for x in lines if x and x not in flags)
    text = re.sub(r"\((https?://[^)\s]+)\)", r"(<\1>)", text)
    text = re.sub(r"\bdocs/(\w+)\.md", r"[\1](\1.md)", text)
    text = re.sub(r"(?<=[\s(])--\w+(=\S*[^\s.,:;)])?", r"`\g<0>`", text)
    text = re.sub(r"(?<=^Recipes: ).*", _linked, text, flags=re.MULTILINE)
    if flags:
        text += '\n\n??? note "Settings"\n\n    ```text\n'
        text += "".join(f"    {line}\n" for line in flags) + "    ```"
    return text + "\n"


def _linked(recipes_of):
    return re.sub(r"\w+_\w+", r"[\g<0>](recipes.md#\g<0>)", recipes_of[0])


def listing(kind):
    """Returns what follows the text of recipes.md and its likes."""
    _, all_of, one_of = listings.LISTINGS[kind]
    parts = [f"## {name}\n\n{told(one_of(name))}" for name in all_of()]
    head = _recipe_table() if kind == "recipes" else ""
    return "\n" + head + "\n".join(parts)


def _recipe_table():
    rows = [
        "| recipe | network | data | training |\n|---|---|---|---|\n",
        *(
            f"| [{name}](#{name}) | {each['model'] or 'yours'} "
            f"| {each['dataset'] or 'yours'} | {each['optimizer']} "
            f"{each['lr']:g}, batch {each['train_batch_size']}, "
            f"{each['training_len']} |\n"
            for name, each in recipes.RECIPES.items()
        ),
    ]
    return "".join(rows) + "\n"


def source(module):
    """Returns the path of a module, less the package's name."""
    return ROOT / f"{module.replace('.', '/')}.py"


def homes(module):
    """Returns what a public module's names are: its own, and handed on.

    Dotted names below lottery_ticket: of the module itself, or of the one that
    it hands on as a whole, and of functions that it has from others.
    """
    tree = ast.parse(source(module).read_text())
    origin, found = {}, [module]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            ours = node.module.removeprefix("lottery_ticket.")
            if node.names[0].name == "*":
                return [ours]
            for alias in node.names:
                origin[alias.asname or alias.name] = f"{ours}.{alias.name}"
        elif isinstance(node, ast.Assign) and isinstance(
            node.value, ast.Attribute
        ):
            base = ast.unparse(node.value.value)
            if base in origin and isinstance(node.targets[0], ast.Name):
                found.append(f"{origin[base]}.{node.value.attr}")
    return found


def reference(title, modules):
    """Returns a page of the reference."""
    parts = [f"# {title}\n"]
    for module in modules:
        parts.append(f"## lottery_ticket.{module}\n")
        parts += [f"::: lottery_ticket.{home}\n" for home in homes(module)]
    return "\n".join(parts)


def facade():
    """Returns the page of the package's own names."""
    text = f"# lottery_ticket\n\n{lottery_ticket.__doc__}\n"
    rows = "| name | what |\n|---|---|\n"
    for name, (module, attribute) in sorted(lottery_ticket._HOMES.items()):
        tree = ast.parse(source(module).read_text())
        (node,) = (
            each
            for each in tree.body
            if getattr(each, "name", None) == attribute
        )
        first = ast.get_docstring(node).split("\n")[0]
        link = f"[`lt.{name}`][lottery_ticket.{module}.{attribute}]"
        rows += f"| {link} | {first} |\n"
    return f"{text}\n{rows}| `lt.__version__` | The version. |\n"


def pages():
    """Returns all pages of text: dict, path in the site -> Markdown."""
    paths = [ROOT / name for name in PLACES]
    paths += sorted((ROOT / "docs").rglob("*.md"))
    paths += sorted((ROOT / "docs/notebooks").glob("*.py"))
    found = {}
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text()
        if path.suffix == ".py":
            text = notebook(text)
        found[place(name)] = relinked(text, name)
    for kind in listings.LISTINGS:
        found[f"{kind}.md"] += listing(kind)
    for name, (title, *modules) in REFERENCE.items():
        found[f"api/{name}.md"] = reference(title, modules)
    found["api/lottery_ticket.md"] = facade()
    return found


def write(folder):
    """Writes pages, pictures and the code that the reference is read from."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in pages().items():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    others = [*ROOT.glob("docs/*.png"), *ROOT.glob("docs/*.css")]
    for path in [*others, ROOT / "CITATION.cff"]:
        shutil.copy(path, folder / "pages")
    # The root is the package: a copy of it alone, without what else lies there.
    for init in sorted(ROOT.glob("*/__init__.py")):
        name = init.parent.name
        shutil.copytree(init.parent, folder / "code/lottery_ticket" / name)
    shutil.copy(ROOT / "__init__.py", folder / "code/lottery_ticket")


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
