"""YAML files of flags: read, and found by name where the library has them."""

import pathlib
import re

import yaml

from lottery_ticket.foundations import files, names
from lottery_ticket.foundations.command_line import flag_values

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
        path: A file; or, where there is none, the name of one that comes with
            the library, such as rare_gems/resnet20_1.44.

    Raises:
        FileNotFoundError: If it is neither; the error has the nearest name.
        ValueError: If it is not YAML, says something twice, or holds anything
            but one `name: value` a line.
    """
    data = _data(path)
    try:
        _check_keys(yaml.compose(data, _Loader))
        config = yaml.load(data, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())  # It can have several lines.
        raise ValueError(f"{path} is not YAML: {why}") from error
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise ValueError(
            f"{path} must hold one `flag: value` a line. Received: a "
            f"{type(config).__name__}"
        )
    return {str(name): value for name, value in config.items()}


def texts(values: dict) -> dict[str, str]:
    """Returns values of flags as they would be written on a command line."""
    return {name: flag_values.text(value) for name, value in values.items()}


def shipped() -> list[str]:
    """Returns the names of all files that come with the library, sorted."""
    return sorted(
        path.relative_to(SHIPPED).with_suffix("").as_posix()
        for path in SHIPPED.rglob("*.yaml")
    )


def _data(path):
    try:
        return files.read(path)
    except FileNotFoundError:
        name = path.removesuffix(".yaml")
        if files.is_remote(path):
            raise
    try:
        names.check("config", name, shipped())
    except ValueError as error:
        raise FileNotFoundError(
            f"No file at {path}, nor does one of this name come with the "
            f"library. {error}"
        ) from None
    return (SHIPPED / f"{name}.yaml").read_bytes()


def _check_keys(node):
    """Raises if a flag, or a name in one's pairs, is there twice."""
    if not isinstance(node, yaml.MappingNode):
        return
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} is given twice")
    for _, value in node.value:
        _check_keys(value)


class _Integer(int):
    """An integer whose text is that of the file."""

    text = ""

    def __str__(self):
        return self.text


class _Float(float):
    """A float whose text is that of the file."""

    text = ""

    def __str__(self):
        return self.text


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
