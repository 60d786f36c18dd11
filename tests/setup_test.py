"""What the package index shows: the README, with no link into nowhere."""

import pathlib
import re
import runpy

import pytest
import setuptools

ROOT = pathlib.Path(__file__).parents[1]
TEXT = (
    "[a](docs/a.md#b), [w](https://c.d)\n\n"
    '<img src="docs/a.png" width="4" alt="A">\n\nb\n'
)
URL = "https://e.f/g/blob/v1"


@pytest.fixture(name="setup")
def made(monkeypatch):
    """Names of setup.py, and what it hands over."""
    given = {}
    monkeypatch.setattr(setuptools, "setup", given.update)
    return runpy.run_path(str(ROOT / "setup.py")), given


def test_with_an_address_links_lead_there(setup):
    assert setup[0]["long_description"](TEXT, URL) == (
        f"[a]({URL}/docs/a.md#b), [w](https://c.d)\n\n"
        '<img src="https://e.f/g/raw/v1/docs/a.png" width="4" alt="A">\n\nb\n'
    )


def test_without_one_they_are_words_and_a_path(setup):
    assert setup[0]["long_description"](TEXT, None) == (
        "a (docs/a.md#b), [w](https://c.d)\n\nb\n"
    )


def test_nothing_of_the_readme_leads_nowhere(setup):
    text = setup[1]["long_description"]
    links = re.findall(r'\]\(([^)]*)\)|src="([^"]*)"', text)
    assert links
    for link in {a or b for a, b in links}:
        assert link.startswith("https://"), link
    assert len(text.splitlines()) > 100
