"""What pyproject.toml cannot say.

That the root is the package, the version, and what the package index shows.
"""

import email
import pathlib
import re
import subprocess

import setuptools
from setuptools.command import build_py

ROOT = pathlib.Path(__file__).resolve().parent
PACKAGES = setuptools.find_packages(str(ROOT), exclude=["tests", "tests.*"])


class BuildPy(build_py.build_py):
    """Leaves this file out of the package."""

    def find_package_modules(self, package, package_dir):
        found = super().find_package_modules(package, package_dir)
        return [each for each in found if each[1:2] != ("setup",)]


def version():
    """That of the package; of what no tag names, with the commit."""
    metadata = ROOT / "PKG-INFO"  # Of a source distribution, which has no git.
    if metadata.exists():
        return email.message_from_string(metadata.read_text())["Version"]
    text = (ROOT / "__init__.py").read_text()
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)[1]
    commit = _git("rev-parse", "--short=7", "HEAD")
    # A copy may lie inside somebody else's repository.
    is_ours = _git("rev-parse", "--show-toplevel") == str(ROOT)
    is_release = f"v{found}" in _git("tag", "--points-at", "HEAD").split()
    return found if not is_ours or is_release else f"{found}+g{commit}"


def long_description(readme: str, source_url: str | None) -> str:
    """Returns the README as a page of its own, where its links lead nowhere.

    Links to files lead to where the source is published. As long as that is
    nowhere, they are words and a path, and pictures are left out.

    Args:
        readme: Text of README.md.
        source_url: Folder of the source on the web, or None.
    """
    if source_url:
        raw = source_url.replace("/blob/", "/raw/")
        text = re.sub(r'(src=")(?!http)', rf"\1{raw}/", readme)
        return re.sub(r"(\]\()(?!http)", rf"\1{source_url}/", text)
    text = re.sub(r"^<img .*\n\n?", "", readme, flags=re.MULTILINE)
    return re.sub(r"\[([^]]*)\]\((?!http)([^)]*)\)", r"\1 (\2)", text)


def source_url():
    """The folder of this version's source on the web, if there is one."""
    project = (ROOT / "pyproject.toml").read_text()
    found = re.search(r'^Source = "(.+?)/?"$', project, re.MULTILINE)
    return found and f"{found[1]}/blob/v{version().split('+')[0]}"


def _git(*words):
    command = ["git", "-C", str(ROOT), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()


setuptools.setup(
    version=version(),
    long_description=long_description(
        (ROOT / "README.md").read_text(), source_url()
    ),
    long_description_content_type="text/markdown",
    packages=[
        "lottery_ticket",
        *(f"lottery_ticket.{each}" for each in PACKAGES),
    ],
    package_dir={"lottery_ticket": "."},
    package_data={
        "lottery_ticket": [
            "analysis/look/*.mplstyle",
            "analysis/page/*.css",
            "analysis/page/*.jinja",
            "analysis/page/*.js",
            "configs/*.yaml",
            "py.typed",
        ]
    },
    cmdclass={"build_py": BuildPy},
)
