"""Values of flags: text read as an argument's annotated type."""

import math
import typing

from lottery_ticket.foundations.values import fields


def text(value: object) -> str:
    """Returns a value as it would be written on a command line."""
    if isinstance(value, dict):
        return ",".join(f"{key}={entry}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ",".join(str(entry) for entry in value) or "()"
    return str(value)


def convert(name: str, text: str, annotation: typing.Any) -> typing.Any:
    """Returns a flag's text as a value of its annotated type.

    Args:
        name: The flag's name, for the error.
        text: The value as written.
        annotation: str, int, float, bool, tuple[int, ...], tuple[float, ...],
            tuple[str, ...], dict[str, float], or a union with None; of several
            types, the first counts.

    Raises:
        ValueError: If the text is no such value. Numbers must be finite.
    """
    kinds = fields.kinds(annotation)
    if text == "None" and type(None) in kinds:
        return None
    read, expected = _READERS.get(kinds[0], (str, "text"))
    try:
        return read(text)
    except ValueError:
        raise ValueError(
            f"--{name} must be {expected}. Received: {text!r}"
        ) from None


def kind(annotation: typing.Any) -> type:
    """Returns the first type of an annotation: `float` of `float | None`."""
    first = fields.kinds(annotation)[0]
    return typing.get_origin(first) or first


def _read_text(text):
    if not text.strip() or text == "None":  # Of a variable that is not set.
        raise ValueError
    return text


def _read_float(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _read_bool(text):
    found = fields.as_bool(text)
    if not isinstance(found, bool):
        raise ValueError
    return found


def _read_word(text):
    word = text.strip(" '\"")
    if not word:
        raise ValueError
    return word


def _several(read):
    """A reader of values with commas between them."""

    def read_all(text):
        if text in ("()", "[]"):
            return ()
        return tuple(map(read, text.strip("()[], ").split(",")))

    return read_all


def _read_integers(text):
    """Integers, and ranges of them such as 0-3, both ends included."""
    found = []
    for part in _several(str)(text):
        first, dash, last = part.strip().partition("-")
        if first and dash:
            span = range(int(first), int(last) + 1)
            if not span:
                raise ValueError
            found += span
        else:
            found.append(int(part))
    return tuple(found)


def _read_fractions(text):
    pairs = [part.split("=") for part in text.strip("{} ").split(",")]
    if len({name for name, *_ in pairs}) < len(pairs):
        raise ValueError
    return {name.strip(): _read_float(value) for name, value in pairs}


# Type -> what reads a text as one, and what errors call it.
_READERS = {
    str: (_read_text, "some text"),
    int: (int, "an integer"),
    float: (_read_float, "a number"),
    bool: (_read_bool, "True or False"),
    tuple[int, ...]: (_read_integers, "integers such as 300,100 or 0-3,7"),
    tuple[float, ...]: (_several(_read_float), "numbers such as .5,.2,.1"),
    tuple[str, ...]: (
        _several(_read_word),
        "texts with commas between them, none of them empty",
    ),
    dict[str, float]: (
        _read_fractions,
        "pairs such as layer0=.2,layer1=.1, or *=.2 for all layers, each name "
        "once",
    ),
}
