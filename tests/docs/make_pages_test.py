import os
import pathlib
import re

import pytest

from lottery_ticket.docs import make_pages

ROOT = make_pages.ROOT


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("README.md", "[a](docs/a.md#b)", "[a](a.md#b)"),
        ("README.md", '<img src="docs/a.png">', '<img src="a.png">'),
        ("README.md", "[a](CHANGELOG.md)", "[a](changelog.md)"),
        ("docs/papers/a.md", "[b](../b.md)", "[b](../b.md)"),
        ("docs/b.md", "[b](../CONTRIBUTING.md)", "[b](contributing.md)"),
        ("docs/b.md", "[n](notebooks/n.py)", "[n](notebooks/n.md)"),
        ("docs/b.md", "[n](https://a.b/c.py)", "[n](https://a.b/c.py)"),
        ("docs/b.md", "[n](#c)", "[n](#c)"),
        (
            "README.md",
            "```python\nx = a[0](docs)\n```\n",
            "```python\nx = a[0](docs)\n```\n",
        ),
    ],
)
def test_links_follow_the_pages(source, text, expected):
    assert make_pages.relinked(text, source) == expected


def test_notebooks_become_pages():
    text = "# ---\n# x: y\n# ---\n\n# %% [markdown]\n# # A\n#\n# b\n\n"
    text += "# %%\nx = 1\n\n\n# %%\n"
    assert make_pages.notebook(text) == "# A\n\nb\n\n\n```python\nx = 1\n```\n"


def test_what_a_listing_says_becomes_a_page():
    lines = [
        "Source: A 2019 (https://a.b/c), with --x=3. It ends.",
        "docs/data.md.",
        "",
        "Recipes: digits_fc, own_model",
        "--lr=.1",
    ]
    assert make_pages.told(lines) == (
        "Source: A 2019 (<https://a.b/c>), with `--x=3`. It ends.\n\n"
        "[data](data.md).\n\n"
        "Recipes: [digits_fc](recipes.md#digits_fc), "
        "[own_model](recipes.md#own_model)\n\n"
        '??? note "Settings"\n\n    ```text\n    --lr=.1\n    ```\n'
    )


def test_names_that_a_module_hands_on_are_told_where_they_are():
    assert make_pages.homes("foundations.masks") == ["foundations.values.masks"]
    assert make_pages.homes("analysis.logs") == [
        "analysis.logs",
        "analysis.reading.logs.read",
        "analysis.reading.logs.early_stop_iteration",
    ]


def test_every_recipe_has_a_place_and_its_settings():
    text = make_pages.listing("recipes")
    for name in make_pages.recipes.RECIPES:
        assert f"| [{name}](#{name}) |" in text
        assert f"\n## {name}\n" in f"\n{text}"
    assert text.count("    --optimizer=") == len(make_pages.recipes.RECIPES)


@pytest.mark.slow
def test_every_page_is_in_the_navigation(tmp_path):
    make_pages.write(tmp_path / "site")
    folder = tmp_path / "site/pages"
    written = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*.md")
    }
    navigation = (ROOT / "mkdocs.yml").read_text()
    assert written == set(re.findall(r"- (?:\w+: )?(\S+\.md)\n", navigation))
    for name in ("networks", "datasets", "criteria", "recipes"):
        assert (folder / f"{name}.md").read_text().count("\n## ") >= 9
    code = tmp_path / "site/code/lottery_ticket"
    assert (code / "foundations/values/masks.py").is_file()
    assert not os.path.exists(code / "tests")
    # Twice: what was there before is gone.
    (folder / "old.md").touch()
    make_pages.write(tmp_path / "site")
    assert not pathlib.Path(folder / "old.md").exists()
