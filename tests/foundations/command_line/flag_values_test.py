"""Tests of foundations/command_line/flag_values.py."""

import pytest

from lottery_ticket.foundations.command_line import flag_values


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("1", str, "1"),
        ("None", str | None, None),
        ("1_000", int, 1000),
        ("1e-3", float | None, 0.001),
        ("True", bool, True),
        ("false", bool | None, False),
        ("300,100", tuple[int, ...] | None, (300, 100)),
        ("(300, 100)", tuple[int, ...], (300, 100)),
        ("7", tuple[int, ...], (7,)),
        (".5,.2,1e-3", tuple[float, ...], (0.5, 0.2, 1e-3)),
        ("()", tuple[float, ...], ()),
        ("()", tuple[int, ...], ()),
        ("20000it,25ep", tuple[str, ...] | None, ("20000it", "25ep")),
        ("('20it', '25ep')", tuple[str, ...], ("20it", "25ep")),
        ("('20it',)", tuple[str, ...], ("20it",)),
        ("()", tuple[str, ...], ()),
        ("a=.5, b=0", dict[str, float], {"a": 0.5, "b": 0.0}),
        ("*conv*=.2", dict[str, float] | None, {"*conv*": 0.2}),
        ("x", str | dict | None, "x"),
    ],
)
def test_text_is_read_as_annotated(text, annotation, value):
    read = flag_values.convert("flag", text, annotation)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "annotation"),
    [
        ("", str),
        (" ", str | None),
        ("1.5", int),
        ("None", str),
        ("None", int),
        ("", float),
        ("nan", float),
        ("1e999", float),
        ("yes", bool),
        ("", tuple[int, ...]),
        ("1,,2", tuple[int, ...]),
        (".5,nan", tuple[float, ...]),
        ("", tuple[str, ...]),
        ("1it,,2it", tuple[str, ...]),
        ("a", dict[str, float]),
        ("a=1,a=2", dict[str, float]),
        ("a=inf", dict[str, float]),
    ],
)
def test_what_is_no_such_value_is_named(text, annotation):
    with pytest.raises(ValueError, match="--flag must be .* Received: "):
        flag_values.convert("flag", text, annotation)


@pytest.mark.parametrize(
    "value", [3, 0.25, True, None, [3, 4], [], {"a": 0.5, "b": 1}, "text"]
)
def test_values_from_yaml_read_back(value):
    kinds = {list: tuple[int, ...], dict: dict[str, float]}
    annotation = kinds.get(type(value), type(value)) | None
    read = flag_values.convert("flag", flag_values.text(value), annotation)
    assert read == (tuple(value) if isinstance(value, list) else value)


def test_texts_from_yaml_read_back():
    text = flag_values.text(["20it", "25ep"])
    read = flag_values.convert("flag", text, tuple[str, ...])
    assert read == ("20it", "25ep")


def test_kind_is_the_first_type():
    assert flag_values.kind(float | None) is float
    assert flag_values.kind(tuple[int, ...] | None) is tuple
    assert flag_values.kind(str) is str
