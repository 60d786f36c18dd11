"""Versions, machine and git commit: what a run is made with."""

import importlib.metadata
import os
import platform
import subprocess

import lottery_ticket

PACKAGES = ("tensorflow", "keras", "numpy")


def facts() -> dict:
    """Versions, machine and git commit that a run is made with."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor_count": os.cpu_count(),
        "lottery_ticket": lottery_ticket.__version__,
        "git_commit": git_commit(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package):
    """Version of a package; None if it came under another name."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def version() -> str:
    """This package's version, and the commit where there is one."""
    commit = git_commit()
    return lottery_ticket.__version__ + (f" ({commit[:7]})" if commit else "")


def git_commit() -> str | None:
    """Commit of the checkout that this is, or that it was built from."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "rev-parse", "HEAD", "--show-prefix"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return _built_commit()
    commit, prefix = done.stdout.split("\n")[:2]
    # An installed copy may lie inside somebody else's repository.
    return commit if prefix.startswith("foundations/") else _built_commit()


def _built_commit():
    """The commit that a build has written into the package's version."""
    _, _, commit = (_version("lottery_ticket") or "").partition("+g")
    return commit or None
