"""Tables in .csv files: a column that is named is to be told from the others.

`PATH.csv:COLUMN` names file and target; several targets, with commas.
"""

import csv
import io
import re

import numpy as np

from lottery_ticket.foundations.machine import files

_NAME = re.compile(r"(.+?\.csv)(:.+)?", re.IGNORECASE)
_DELIMITERS = ",;\t"
SHOWN = 8
MISSING = ("NA", "NaN", "nan")  # As R and pandas write what is missing.


def path(name: str) -> str | None:
    """Path of the file that a dataset's name means, or None if it is no csv."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


def read(name: str, has_classes: bool | None) -> tuple[np.ndarray, np.ndarray]:
    """Returns examples and labels of a table, in the order of its rows.

    The first row has the names of the columns. All but the targets must be
    numbers; they are float32, shape (n, columns). If there is but one, and most
    of its values are none, it is text.

    Args:
        name: PATH.csv:COLUMN; of several targets, PATH.csv:COLUMN,COLUMN.
        has_classes: Whether labels are classes, numbered in the order of their
            values, or else float32 numbers. None is classes of one column of
            words or whole numbers.

    Returns:
        Pair (x, y); labels of several targets have shape (n, targets).

    Raises:
        ValueError: If there is no such column, a value is missing, or no number
            where there must be one. It names the column and a row; row 1 is the
            names.
    """
    file, targets = _parts(name)
    table, rows = _table(file)
    unknown = [target for target in targets if target not in table]
    if unknown:
        known = ", ".join(list(table)[:SHOWN])
        more = ", ..." if len(table) > SHOWN else ""
        raise ValueError(
            f"Name the column to predict, as in {file}:COLUMN. Its columns are "
            f"{known}{more}. Received: {unknown[0] or 'none'}"
        )
    features = {key: table[key] for key in table if key not in targets}
    if not features:
        raise ValueError(f"{file} must have other columns than {targets}")
    x = _features(file, rows, features)
    if has_classes is None:
        has_classes = len(targets) == 1 and _are_classes(table[targets[0]])
    if not has_classes:
        columns = [_numbers(file, rows, key, table[key]) for key in targets]
        y = np.stack(columns, -1)
        return x, y[:, 0] if len(targets) == 1 else y
    if len(targets) > 1:
        raise ValueError(
            f"Classes are of one column. Received: {', '.join(targets)}. "
            "Several are for --task=regression or multi_label"
        )
    return x, _classes(file, rows, targets[0], table[targets[0]])


def is_renumbered(name: str) -> bool:
    """Whether classes to be told are whole numbers, and others once read."""
    file, targets = _parts(name)
    if path(name) is None or len(targets) > 1:
        return False
    table, rows = _table(file)
    values = table[targets[0]]
    if not all(map(_is_number, values)):
        return False
    found = _classes(file, rows, targets[0], values)
    return bool((np.array(values, float) != found).any())


def _parts(name):
    """The path of a file, and the columns to be told."""
    file = path(name) or name
    return file, name[len(file) + 1 :].split(",")


def _are_classes(values):
    """Whether a column is of words, or of whole numbers."""
    return not any(_is_number(x) and float(x) % 1 for x in values)


def _table(file):
    """Dict, name of a column -> its values as written; numbers of the rows."""
    rows = _read(file)
    # Rows are counted as they are seen; empty ones are none.
    names = [each.strip() for each in rows[0]] if rows else []
    lines = [(n, row) for n, row in enumerate(rows[1:], 2) if row]
    if len(set(names)) < len(names) or not lines or any(map(_is_number, names)):
        raise ValueError(
            f"{file} must begin with a row of names, each another, and have "
            f"rows below it. Received: {', '.join(names[:SHOWN]) or 'nothing'}"
        )
    for number, row in lines:
        if len(row) != len(names):
            raise ValueError(
                f"{file} must have {len(names)} values in each row. Received: "
                f"{len(row)}, in row {number}"
            )
        for name, value in zip(names, row, strict=True):
            if not value.strip():
                raise _missing(file, number, name, value)
    numbers, kept = zip(*lines, strict=True)
    columns = map(list, zip(*kept, strict=True))
    return dict(zip(names, columns, strict=True)), numbers


def _read(file):
    """All rows, lists of values as written."""
    try:
        text = files.read(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file} must be text in UTF-8: save it as that, in Excel as CSV "
            "UTF-8"
        ) from error
    # Of all that read tables in this process; the usual is 131,072.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    lines = io.StringIO(text, newline="")

    def rows(delimiter):
        lines.seek(0)
        return csv.reader(lines, delimiter=delimiter)

    def columns(delimiter):
        return len(next(rows(delimiter), []))

    return list(rows(max(_DELIMITERS, key=columns)))


def _features(file, rows, features):
    if len(features) == 1:
        (values,) = features.values()
        if _are_texts(values):
            return np.array(values, object)
    columns = [_numbers(file, rows, *each) for each in features.items()]
    return np.stack(columns, -1)


def _are_texts(values):
    """Whether none is a number, or most are words."""
    words = [each for each in values if not _is_number(each)]
    there = [each for each in words if each.strip() not in MISSING]
    return len(words) == len(values) or len(there) > len(values) / 2


def _numbers(file, rows, name, values):
    for row, value in zip(rows, values, strict=True):
        if not _is_number(value):
            raise ValueError(
                f"Column {name!r} of {file} must hold numbers, none missing: "
                f"code categories as numbers, or take the column out. "
                f"Received: {value!r}, in row {row}"
            )
    with np.errstate(over="ignore"):
        found = np.array(values, np.float64).astype(np.float32)
    over = np.flatnonzero(np.isinf(found))
    if over.size:
        raise ValueError(
            f"Column {name!r} of {file} must have numbers that float32 can "
            f"hold: scale it. Received: {values[over[0]]!r}, in row "
            f"{rows[over[0]]}"
        )
    return found


def _missing(file, row, name, value):
    return ValueError(
        f"{file} must have no missing values: fill them in, or leave their "
        f"rows out. Received: {value!r} of {name!r}, in row {row}"
    )


def _classes(file, rows, name, values):
    """Classes numbered in the order of their values, numbers as numbers.

    Words that differ in the spaces around them alone are of one class.
    """
    for row, value in zip(rows, values, strict=True):
        if value.strip() in MISSING:
            raise _missing(file, row, name, value)
    are_numbers = _is_number(values[0])
    others = [each for each in values if _is_number(each) != are_numbers]
    if others:
        raise ValueError(
            f"Classes must be all words or all whole numbers, in column "
            f"{name!r} of {file}. Received: {values[0]!r}, {others[0]!r}"
        )
    found = np.array(values, np.float64 if are_numbers else str)
    if are_numbers and (found % 1).any():
        raise ValueError(
            f"Classes must be words or whole numbers: column {name!r} of "
            f"{file} is for --task=regression. Received: {values[0]}"
        )
    if not are_numbers:
        # Where it makes no difference, classes stay as older runs have them.
        stripped = np.char.strip(found)
        if len(np.unique(stripped)) < len(np.unique(found)):
            found = stripped
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _is_number(value):
    try:
        return np.isfinite(float(value))
    except ValueError:
        return False
