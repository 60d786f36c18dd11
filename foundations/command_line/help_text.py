"""What `--help` says of a function whose arguments are flags.

The most used flags come first, then the rest in groups, a line each; of one
flag that is named, all is said.
"""

import dataclasses
import inspect
import keyword
import re
import textwrap
import types
import typing
from collections.abc import Callable, Iterable

import attrs

from lottery_ticket.foundations.command_line import (
    flag_functions,
    flag_hints,
    flag_values,
    terminal,
)
from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.values import fields

NARROWEST, WIDEST = 40, 120  # Columns of text.
WIDEST_NAME = 28
OWN, PROCESS = "The command", "The process"
_SHOWN_CHOICES = 16  # Characters.
_TYPES = {int: "INTEGER", float: "NUMBER", dict: "NAME=NUMBER,..."}
# Of every command, and of those that make a plan.
_CONFIG = (
    "YAML file of flags, one `name: value` a line, or the name of one that "
    "comes with the library, such as rare_gems/resnet20_1.44; flags on the "
    "command line win over it."
)
_OF_PROCESSES = {
    "compile_cache": "Folder in which XLA keeps what it compiles, for later "
    "runs on this machine; None is one in the user's cache folder, none keeps "
    "nothing. A process takes it from its first command.",
    "deterministic": "Whether a GPU computes the same bytes at each run; CPUs "
    "do anyway. A process takes it from its first command.",
}


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag as help shows it.

    Args:
        name: Its name.
        annotation: Its type.
        value: What it is where it is not given.
        text: All that is to be said.
        group: Heading that it stands under.
        choices: Names that it may be, or an empty tuple.
        is_required: Whether it must be given.
    """

    name: str
    annotation: typing.Any
    value: typing.Any
    text: str
    group: str
    choices: tuple[str, ...] = ()
    is_required: bool = False

    @property
    def shown(self) -> str:
        """Its name as it is written: `with` of an argument `with_`."""
        return self.name.rstrip("_")

    @property
    def left(self) -> str:
        """Its name, and what kind of value it takes."""
        kind = flag_values.kind(self.annotation)
        if kind is bool:
            return f"--{self.shown}"
        shown = "|".join(self.choices)
        if not shown or len(shown) > _SHOWN_CHOICES:
            shown = "NAME" if shown else _metavar(self.annotation, kind)
        return f"--{self.shown}={shown}"

    @property
    def in_force(self) -> str:
        """What holds without it, in brackets; "" for nothing."""
        if self.is_required:
            return "[required]"
        if self.value is None or self.value == ():
            return ""
        return f"[{flag_values.text(self.value)}]"


def whole(
    function: Callable,
    program: str,
    values: dict | None = None,
    usual: Iterable[str] = (),
    example: str = "",
) -> str:
    """Returns the help of a function.

    Args:
        function: Function with annotated arguments and a docstring.
        program: Words that call it.
        values: Dict, flag -> value, of those that are given.
        usual: The most used flags, in order.
        example: A command line.
    """
    width = _width()
    found = {each.name: each for each in flags(function, values)}
    parts = [
        f"{program} [--flag=value ...]",
        _paragraphs(about(function), width),
    ]
    first = [found[name] for name in usual if name in found]
    if first:
        parts.append(_table("Most used", first, width, _wrapped))
    rest = [each for each in found.values() if each not in first]
    for group in dict.fromkeys(each.group for each in rest):
        own = [each for each in rest if each.group == group]
        layout = _in_one_line if first else _whole  # Of few flags, all.
        parts.append(_table(group, own, width, layout))
    closing = (
        f"{program} --help FLAG says all of one flag. With --print_config, a "
        "command only prints the flags in force, as a file for --config."
    )
    parts.append(textwrap.fill(closing, width))
    if example:
        parts.append(f"For example:\n{_command_line(example, width)}")
    return "\n\n".join(parts)


def of_flag(function: Callable, name: str, values: dict | None = None) -> str:
    """Returns all that is to be said of a flag.

    Raises ValueError if the function has no such flag.
    """
    found = {each.name: each for each in flags(function, values)}
    name = name.lstrip("-").partition("=")[0].replace("-", "_")
    name = f"{name}_" if keyword.iskeyword(name) else name
    if name not in found:
        raise ValueError(flag_hints.unknown(name, "", found))
    flag = found[name]
    width = _width()
    text = textwrap.fill(flag.text, width - 4)
    lines = [flag.left, textwrap.indent(text, "    ")]
    if flag.choices and not set(flag.choices) <= set(
        re.findall(r"\w+", flag.text)
    ):
        listed = textwrap.fill(f"One of {', '.join(flag.choices)}.", width - 4)
        lines.append(textwrap.indent(listed, "    "))
    if flag.in_force:
        value = f"Without it: {flag.in_force.strip('[]')}."
        value = textwrap.fill(value, width - 4, break_on_hyphens=False)
        lines.append(textwrap.indent(value, "    "))
    return "\n".join(lines)


def about(function: Callable) -> str:
    """Returns what a docstring says before its arguments."""
    text = inspect.cleandoc(function.__doc__ or "")
    return re.split(r"^(?:Args|Returns|Raises):$", text, flags=re.M)[0].strip()


def example_in(module: types.ModuleType) -> str:
    """Returns the command line that a module's docstring shows first, or ""."""
    lines = re.findall(
        r"lottery-ticket (?:.*\\\n)*.*", inspect.getdoc(module) or ""
    )
    return lines[0] if lines else ""


def flags(function: Callable, values: dict | None = None) -> list[Flag]:
    """Returns the flags of a function, in order.

    Values, by flag, are what is given: of settings, others follow from them.
    """
    texts, found = _arguments(function), []
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if attrs.has(kind):
            heading = re.split(r"[;.]", texts.get(name, name))[0]
            found += _of_settings(kind, values or {}, heading)
            continue
        found.append(
            Flag(
                name,
                kind,
                (values or {}).get(name, parameter.default),
                texts.get(name, ""),
                OWN,
                is_required=parameter.default is parameter.empty,
            )
        )
    of_every = {"config": _CONFIG}
    if plans.makes_plan(function):
        of_every |= _OF_PROCESSES
    parameters = flag_functions.parameters(function)
    for name, text in of_every.items():
        each = parameters[name]
        value = (values or {}).get(name, each.default)
        found.append(Flag(name, each.annotation, value, text, PROCESS))
    return found


def _of_settings(kind, values, heading):
    """Flags of settings; a field may say under which heading those after go."""
    own = {n: values[n] for n in fields.names_of(kind) if n in values}
    try:
        in_force = fields.as_dict(kind(**own))
    except (ValueError, FileNotFoundError):  # Of one that has to be given.
        in_force = {each.name: each.default for each in attrs.fields(kind)}
    for each in attrs.fields(kind):
        facts = fields.facts(each)
        heading = facts.group or heading
        yield Flag(
            each.name,
            each.type,
            in_force[each.name],
            facts.sentences(),
            heading,
            facts.choices,
        )


def _arguments(function):
    """Dict, argument -> its text in the docstring, on one line."""
    text = inspect.cleandoc(function.__doc__ or "")
    args = text.partition("\nArgs:\n")[2].split("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", args, re.M)
    return {name: " ".join(lines.split()) for name, lines in found}


def _table(heading, rows, width, layout):
    """A heading, and flags: the name of each, then what it is.

    layout is a function (flag, columns) -> lines.
    """
    longest = max(len(each.left) for each in rows)
    widest = min(longest, WIDEST_NAME, width * 2 // 5)
    column = widest + 2
    lines = [f"{heading}:"]
    for each in rows:
        shown = layout(each, width - column - 2)
        if len(each.left) > widest:
            lines.append(f"  {each.left}")
        else:
            shown[0] = f"{each.left.ljust(column)}{shown[0]}"
            lines.append(f"  {shown.pop(0)}".rstrip())
        lines += [f"  {' ' * column}{line}" for line in shown]
    return "\n".join(lines)


def _in_one_line(flag, columns):
    value, half = flag.in_force, columns // 2
    if len(value) > half:
        value = f"{value[: half - 4]}...]"
    room = columns - len(value) - 1
    text = textwrap.shorten(_sentence(flag), room, placeholder=" ...")
    return [f"{text} {value}".rstrip()]


def _wrapped(flag, columns):
    return textwrap.wrap(f"{_sentence(flag)} {flag.in_force}", columns) or [""]


def _whole(flag, columns):
    return textwrap.wrap(f"{flag.text} {flag.in_force}", columns) or [""]


def _paragraphs(text, width):
    """A docstring; what is too wide is filled anew, code line by line."""
    parts = []
    for part in text.split("\n\n"):
        lines = part.split("\n")
        if max(map(len, lines)) > width:
            is_code = part.startswith(" ")
            filled = lines if is_code else [" ".join(lines)]
            part = "\n".join(_filled(line, width) for line in filled)
        parts.append(part)
    return "\n\n".join(parts)


def _filled(line, width):
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.strip(), width, initial_indent=indent, subsequent_indent=indent
    )


def _command_line(text, width):
    """A command line as a shell takes it, in lines that fit."""
    words = " ".join(text.replace("\\\n", " ").split())
    lines = textwrap.wrap(
        words, width - 8, break_long_words=False, break_on_hyphens=False
    )
    return "  " + " \\\n      ".join(lines)


def _sentence(flag):
    """The first one of its text."""
    return re.split(r"(?<=[.])\s", flag.text)[0].rstrip(".")


def _metavar(annotation, kind):
    if kind is tuple:
        inner = typing.get_args(fields.kinds(annotation)[0])[0]
        one = _TYPES.get(inner, "TEXT")
        return f"{one},{one},..."
    return _TYPES.get(kind, "TEXT")


def _width():
    return min(max(terminal.columns(), NARROWEST), WIDEST)
