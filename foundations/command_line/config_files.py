"""YAML files of flags, and tables of them: read, and found by name."""

import pathlib
import re
from collections.abc import Iterable

import yaml

from lottery_ticket.foundations.command_line import flag_values
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import names

SHIPPED = pathlib.Path(__file__).parents[2] / "configs"
# Beside YAML 1.1's numbers, which need a dot and a sign in the exponent: those
# that Python writes, such as 1e-4, and .5 with a sign.
_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*[eE][-+]?[0-9]+"
    r"|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)$"
)


def read(path: str) -> dict:
    """Returns what a YAML file of flags holds, name -> value.

    Numbers are numbers, also 1e-4 and 1E5, which YAML takes for text; as text
    each is again what the file says, so a name such as 010 stays itself.

    Args:
        path: A file; or, where there is none, a row of a table: FOLDER/ROW is
            what FOLDER.yaml has under ROW. Tables that come with the library
            go by their names, such as rare_gems/resnet20_1.44.

    Raises:
        FileNotFoundError: If it is neither; the error has the nearest name.
        ValueError: If it is not YAML, says something twice, or holds anything
            but one `name: value` a line.
    """
    try:
        return _parsed(path, files.read(path))
    except FileNotFoundError:
        if files.is_remote(path):
            raise
    folder, _, row = path.removesuffix(".yaml").rpartition("/")
    for table in (f"{folder}.yaml", str(SHIPPED / f"{folder}.yaml")):
        if folder and files.exists(table):
            rows = _rows(table)
            if row in rows:
                return rows[row]
    try:
        name = f"{folder}/{row}".strip("/")
        names.check("config", name, shipped())
        why = f"Did you mean {name!r}?"
    except ValueError as error:
        why = str(error)
    raise FileNotFoundError(
        f"No file at {path}, nor does one of this name come with the library. "
        f"{why}"
    )


def texts(values: dict) -> dict[str, str]:
    """Returns values of flags as they would be written on a command line."""
    return {name: flag_values.text(value) for name, value in values.items()}


def of_record(
    path: str, record: dict, experiment: str, known: Iterable[str]
) -> dict:
    """Returns the flags that train a recorded run again, name -> value.

    Where it lies is not on record, nor where a ticket or presets of it lay. Of
    a lottery experiment, levels up to the run's are trained.

    Args:
        path: Its run.json, for errors.
        record: What that holds.
        experiment: Name of the experiment whose flags are wanted.
        known: Their names.

    Raises:
        ValueError: If the run is one of another experiment.
    """
    settings = record["settings"]
    made_by = settings.get("experiment")
    if made_by != experiment:
        raise ValueError(
            f"{path} holds a run of {made_by}, and this is {experiment}"
        )
    found = {
        name: value
        for name, value in settings.items()
        if name in known
        and value not in (None, [])
        and not re.fullmatch("[0-9a-f]{64}", str(value))  # A checksum.
    }
    if settings.get("level") and not settings.get("densities"):
        found["iterations"] = settings["level"]
    return found


def line_of(path: str, name: str) -> str:
    """Returns "path" or "path, line 3": where a file has a flag."""
    try:
        lines = files.read(path).decode().split("\n")
    except OSError:  # A row of a table.
        return path
    for number, line in enumerate(lines, 1):
        if re.match(rf"""\s*["']?{re.escape(name)}["']?\s*:""", line):
            return f"{path}, line {number}"
    return path


def to_yaml(values: dict) -> str:
    """Returns values of flags as a YAML file that `read` takes back.

    Those that are None or empty are left out.
    """
    plain = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value not in (None, ())
    }
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def shipped() -> list[str]:
    """Returns the names of all configs that come with the library, sorted."""
    return sorted(
        f"{table.stem}/{row}"
        for table in SHIPPED.glob("*.yaml")
        for row in _rows(str(table))
    )


def _rows(table):
    """The configs of a table, but for those that are parts of others."""
    rows = _parsed(table, files.read(table))
    return {
        name: {str(flag): value for flag, value in row.items()}
        for name, row in rows.items()
        if isinstance(row, dict) and not name.startswith(".")
    }


def load(path: str) -> object:
    """Returns what a YAML file holds, with numbers as `read` has them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not YAML, or a mapping says something twice.
    """
    return _loaded(path, files.read(path))


def _loaded(path, data):
    try:
        loader = _Loader(data)
        node = loader.get_single_node()
        _check_keys(node)
        return node and loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())  # It can have several lines.
        raise ValueError(f"{path} is not YAML: {why}") from error


def _parsed(path, data):
    config = _loaded(path, data)
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise ValueError(
            f"{path} must hold one `flag: value` a line. Received: a "
            f"{type(config).__name__}"
        )
    return {str(name): value for name, value in config.items()}


def _check_keys(node):
    """Raises if a flag, or a name in one's pairs, is there twice."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _check_keys(each)
    if not isinstance(node, yaml.MappingNode):
        return
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} is given twice")
    for _, value in node.value:
        _check_keys(value)


class _Written:
    """A number whose text is that of the file."""

    text = ""

    def __str__(self):
        return self.text


class _Integer(_Written, int):
    """An integer as written."""


class _Float(_Written, float):
    """A float as written."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with Python's numbers."""


def _constructor(kind, construct):
    def make(loader, node):
        number = kind(construct(loader, node))
        number.text = loader.construct_scalar(node)
        return number

    return make


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789")
)
_Loader.add_constructor(
    "tag:yaml.org,2002:float",
    _constructor(_Float, yaml.SafeLoader.construct_yaml_float),
)
_Loader.add_constructor(
    "tag:yaml.org,2002:int",
    _constructor(_Integer, yaml.SafeLoader.construct_yaml_int),
)
