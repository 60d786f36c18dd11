"""One folder for each class, as sets of images and texts are distributed."""

import logging
import os

import numpy as np

from lottery_ticket.datasets.images import splits
from lottery_ticket.foundations.machine import files

_log = logging.getLogger(__name__)
# Names that folders beside train/ have where it is no class.
SPLITS = {"train", "test", "val", "valid", "validation"}
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


def files_of(folder: str, suffixes: tuple[str, ...] = SUFFIXES) -> list[str]:
    """Names of the files of a folder that end so, images as a rule; sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.name.lower().endswith(suffixes)
        and not entry.name.startswith(".")
        and entry.is_file()
    )


def folders_of(folder: str) -> list[str]:
    """Names of the folders in a folder, but for hidden ones; sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )


def train_of(folder: str) -> str:
    """Returns "train" if a folder has such a split, else "".

    Without folders of its own, and with classes beside it, it is a class.
    """
    path = os.path.join(folder, "train")
    if not os.path.isdir(path):
        return ""
    is_class = not folders_of(path) and set(folders_of(folder)) - SPLITS
    return "" if is_class else "train"


def classes(
    folder: str, inner: str = "", suffixes: tuple[str, ...] = SUFFIXES
) -> dict[str, list[str]]:
    """Returns class -> its images, for each folder that holds images.

    Or other files, of other suffixes. They are paths below `folder`, sorted as
    classes are; capital letters count as small ones. What is left out, files
    and folders that hold no images, is warned of. `inner` is the folder below
    each class that holds its images, if another.
    """
    found = {}
    names = sorted(folders_of(folder), key=lambda name: (name.lower(), name))
    for name in names:
        path = os.path.join(folder, name, inner).rstrip("/")
        inside = files_of(path, suffixes) if os.path.isdir(path) else []
        if inside:
            found[name] = [os.path.join(name, inner, each) for each in inside]
        _say_what_is_left_out(path, len(inside), suffixes)
    return found


def listed(folder: str, suffixes: tuple[str, ...] = SUFFIXES) -> tuple:
    """Returns (names, labels, rows to train on, rows to test) of a folder.

    It holds train/CLASS/FILE, and test/CLASS/FILE or, if there is no test,
    val/CLASS/FILE for the test set. Without it, or with CLASS/FILE alone, 20 %
    of each class are the test set, the same whatever the seed.
    """
    train = train_of(folder)
    names, y, known = _part(folder, train, None, suffixes)
    there = folders_of(folder)
    test = [part for part in ("test", "val") if train and part in there][:1]
    if train:
        _say_what_is_beside(folder, [train, *test], there)
    if not test:
        return (
            names,
            y,
            *splits.stratified_test(y, splits.TEST_FRACTION, folder),
        )
    test_names, y_test, _ = _part(folder, test[0], known, suffixes)
    rows = np.arange(len(names) + len(test_names))
    y = np.concatenate([y, y_test])
    return names + test_names, y, *np.split(rows, [len(names)])


def _part(folder, part, known, suffixes):
    path = os.path.join(folder, part)
    found = classes(path, suffixes=suffixes)
    known = list(found) if known is None else known
    paths, y = labelled(found, known, path, _kind(suffixes))
    return [os.path.join(part, each) for each in paths], y, known


def _kind(suffixes):
    return "images" if suffixes is SUFFIXES else "texts"


def _say_what_is_beside(folder, read, there):
    """Splits of other names must not be missed unseen."""
    others = [name for name in there if name not in read]
    if others:
        _log.warning(
            "%s is read of %s alone; left out are %s",
            folder,
            " and ".join(read),
            ", ".join(others),
        )


def _say_what_is_left_out(path, image_count, suffixes):
    """An image in a format that is not read must not be missed unseen."""
    entries = os.listdir(path) if os.path.isdir(path) else []
    others = [e for e in entries if not e.startswith(".")]
    others = len(others) - image_count
    if others or not image_count:
        kind = _kind(suffixes)
        _log.warning(
            "%s has %d %s; %d other files or folders are left out (%s end in "
            "%s)",
            path,
            image_count,
            kind,
            others,
            kind,
            ", ".join(suffixes),
        )


def labelled(
    found: dict[str, list[str]],
    known: list[str],
    folder: str,
    kind: str = "images",
) -> tuple[list[str], np.ndarray]:
    """Returns (paths, labels): a label is the place of its class in `known`.

    Raises ValueError if a class that was found in the folder is not known, or
    there is none.
    """
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        raise ValueError(
            f"{folder} must hold a folder of {kind} for each of "
            f"{len(known) or 'the'} classes. Received: "
            + (f"{unknown[0]!r}, which is none" if unknown else f"no {kind}")
        )
    place = {name: label for label, name in enumerate(known)}
    paths = [path for name in found for path in found[name]]
    labels = [place[name] for name in found for _ in found[name]]
    return paths, np.array(labels, np.int64)
