"""Versions, machine and git commit: what a run is made with."""

import importlib.metadata
import os
import platform
import subprocess

PACKAGES = ("tensorflow", "keras", "numpy")


def facts() -> dict:
    """Versions, machine and git commit that a run is made with."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor_count": os.cpu_count(),
        "git_commit": _git_commit(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package):
    """Version of a package; None if it came under another name."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit():
    here = os.path.dirname(os.path.abspath(__file__))
    command = ["git", "-C", here, "rev-parse", "HEAD", "--show-prefix"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    commit, prefix = done.stdout.split("\n")[:2]
    # An installed copy may lie inside somebody else's repository.
    return commit if prefix.startswith("foundations/") else None
