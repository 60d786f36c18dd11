"""Image folders: one folder for each class, as image sets are distributed."""

import logging
import os

import numpy as np

from lottery_ticket.foundations.machine import files

_log = logging.getLogger(__name__)
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def find(data_dir: str | None, candidates: tuple[str, ...]) -> str | None:
    """Path of the first folder below data_dir that is there, else None.

    Of the candidates, "" is data_dir itself; remote ones hold no image folders.
    """
    if not data_dir or files.is_remote(data_dir):
        return None
    paths = [os.path.join(expand(data_dir), each) for each in candidates]
    return next((path for path in paths if os.path.isdir(path)), None)


def expand(path: str) -> str:
    """Returns a path with its ~ resolved, and without a last slash."""
    path = os.path.expanduser(str(path))
    return path.rstrip("/") or path


def images(folder: str) -> list[str]:
    """Names of the image files of a folder, sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.name.lower().endswith(SUFFIXES)
        and not entry.name.startswith(".")
        and entry.is_file()
    )


def classes(folder: str, inner: str = "") -> dict[str, list[str]]:
    """Returns class -> its images, for each folder that holds images.

    Images are paths below `folder`, sorted as classes are; capital letters
    count as small ones. What is left out, files and folders that hold no
    images, is warned of. `inner` is the folder below each class that holds its
    images, if another.
    """
    found = {}
    names = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    for name in sorted(names, key=lambda name: (name.lower(), name)):
        path = os.path.join(folder, name, inner).rstrip("/")
        inside = images(path) if os.path.isdir(path) else []
        if inside:
            found[name] = [os.path.join(name, inner, each) for each in inside]
        _say_what_is_left_out(path, len(inside))
    return found


def _say_what_is_left_out(path, image_count):
    """An image in a format that is not read must not be missed unseen."""
    entries = os.listdir(path) if os.path.isdir(path) else []
    others = [e for e in entries if not e.startswith(".")]
    others = len(others) - image_count
    if others or not image_count:
        _log.warning(
            "%s has %d images; %d other files or folders are left out (images "
            "end in %s)",
            path,
            image_count,
            others,
            ", ".join(SUFFIXES),
        )


def labelled(
    found: dict[str, list[str]], known: list[str], folder: str
) -> tuple[list[str], np.ndarray]:
    """Returns (paths, labels): a label is the place of its class in `known`.

    Raises ValueError if a class that was found in the folder is not known, or
    there is none.
    """
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        raise ValueError(
            f"{folder} must hold a folder of images for each of "
            f"{len(known) or 'the'} classes. Received: "
            + (f"{unknown[0]!r}, which is none" if unknown else "no images")
        )
    place = {name: label for label, name in enumerate(known)}
    paths = [path for name in found for path in found[name]]
    labels = [place[name] for name in found for _ in found[name]]
    return paths, np.array(labels, np.int64)
