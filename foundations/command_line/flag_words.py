"""Words of a command line as flags: `--name=value`, `--name value`, `-n`."""

import inspect
import keyword
from collections.abc import Mapping, Sequence

from lottery_ticket.foundations.command_line import flag_hints, flag_values

_IN_ORDER = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)
_DASHES = "\u2013\u2014\u2212"  # What word processors make of hyphens.
Parameters = Mapping[str, inspect.Parameter]


def read(argv: Sequence[str], parameters: Parameters) -> dict[str, str]:
    """Returns dict, flag name -> text, from words of a command line.

    Args:
        argv: The words. Those without `--` fill, in order, the first parameter
            and those without a default that are not keywords alone.
        parameters: Dict, name -> inspect.Parameter, in order. One annotated
            with bool needs no value.

    Raises:
        ValueError: If a flag is unknown, repeated or has no value, or there
            are too many words.
    """
    given = {}
    positional = iter(
        name
        for place, (name, each) in enumerate(parameters.items())
        if each.kind in _IN_ORDER and (not place or each.default is each.empty)
    )
    words = list(argv)
    while words:
        before = (
            argv[len(argv) - len(words) - 1] if len(words) < len(argv) else ""
        )
        word = words.pop(0)
        if word.startswith("-"):
            name = name_of(word, parameters)
            if name not in parameters:
                value = word.partition("=")[2]
                raise ValueError(flag_hints.unknown(name, value, parameters))
            value = _value(name, word, words, parameters)
        else:
            _check_word(word, before, parameters)
            name, value = next(positional, None), word
        if name is None or (name in given and not word.startswith("-")):
            raise ValueError(
                f"Too many words on the line: {word!r}. Flags are --name=value"
            )
        if name in given:
            raise ValueError(f"--{name.rstrip('_')} is given twice")
        given[name] = value
    return given


def _value(name, word, words, parameters):
    """Value of the flag in `word`, if need be taken from the words behind."""
    if "=" in word:
        return word.split("=", 1)[1]
    if words and words[0].startswith("="):
        shown = "".join(words[:2]) if words[0] == "=" else words[0]
        raise ValueError(f"Write it without spaces: {word}{shown}")
    is_plain_text = words and words[0].lower() in ("true", "false")
    if is_switch(parameters[name]) and not is_plain_text:
        return str(len(word.lstrip("-")) <= len(name))  # Else it is --noname.
    if words and (not words[0].startswith("-") or _is_number(words[0])):
        return words.pop(0)
    raise ValueError(f"--{name.rstrip('_')} is missing its value")


def _check_word(word, before, parameters):
    """Raises if a word was not meant to stand by itself."""
    if before.endswith((",", "=")):
        raise ValueError(f"Write it without the space: {before}{word}")
    name = word.lstrip(_DASHES).partition("=")[0]
    if word[:1] in _DASHES or ("=" in word and name in parameters):
        raise ValueError(
            f"{word!r} is no flag: write --{word.lstrip(_DASHES)}, with two "
            "hyphens"
        )


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


def is_switch(parameter: inspect.Parameter) -> bool:
    """Whether a flag needs no value."""
    return flag_values.kind(parameter.annotation) is bool


def name_of(word: str, parameters: Parameters) -> str:
    """Returns the name in `--name=value`, `--name`, `-n` or `--noname`.

    One that Python keeps for itself ends in `_`: `--with` is `with_`.
    """
    name = word.lstrip("-").split("=", 1)[0].replace("-", "_")
    if keyword.iskeyword(name):
        return f"{name}_"
    starting = [known for known in parameters if known.startswith(name)]
    if len(name) == 1 and not word.startswith("--") and len(starting) == 1:
        return starting[0]
    without = name.removeprefix("no")
    is_negated = (
        name not in parameters
        and "=" not in word
        and without in parameters
        and is_switch(parameters[without])
    )
    return without if is_negated else name


def split(argv: list[str], known: Parameters) -> tuple[list, list]:
    """Returns words in two: those of known flags, and the rest.

    A word without `--` belongs to a flag before it that has no `=`, else to
    the known ones.

    Args:
        argv: The words.
        known: As `parameters` of `read`.
    """
    own, rest = [], []
    part, takes_word = own, False
    for word in argv:
        if word.startswith("-"):
            name = name_of(word, known)
            part = own if name in known else rest
            is_boolean = name in known and is_switch(known[name])
            takes_word = "=" not in word and not is_boolean
        else:
            part, takes_word = (part if takes_word else own), False
        part.append(word)
    return own, rest
