"""Tests of foundations/values/fields.py."""

import attrs
import numpy as np
import pytest

from lottery_ticket.foundations.values import fields


@fields.settings
class Search:
    """A search."""

    name: str = fields.field("a", "Which one.", choices={"a": 1, "b": 2})
    density: float | None = fields.left_open(
        "Kept part.", above=0, at_most=1, convert=fields.as_float
    )
    rounds: int = fields.field(
        1, "How often.", at_least=1, used_with={"name": ("b", "c")}
    )
    units: tuple[int, ...] = fields.field((), "Units.", at_least=1)
    shares: dict[str, float] | None = fields.left_open(
        "Shares.", at_least=0, at_most=1, source="Someone 2019"
    )
    is_quick: bool = fields.field(False, "Whether it is quick.")
    label: str = fields.field("x", "A label, x or y.", convert=str.lower)


def test_help_has_ranges_choices_and_sources():
    assert Search.__doc__ == (
        "A search.\n\nArgs:\n"
        "    name: Which one. One of a, b.\n"
        "    density: Kept part. Above 0 and at most 1.\n"
        "    rounds: How often. At least 1. Only with name=b or c.\n"
        "    units: Units. At least 1.\n"
        "    shares: Shares. At least 0 and at most 1. Source: Someone 2019.\n"
        "    is_quick: Whether it is quick.\n"
        "    label: A label, x or y."
    )


def test_choices_that_the_help_explains_are_not_said_again():
    said = fields.Facts("a does this, b that.", choices=("a", "b"))
    assert said.sentences() == "a does this, b that."
    assert fields.Facts("x.", at_least=1.5e38).range() == "at least 1.5e+38"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "c"}, "Unknown name 'c'.* Known: a, b"),
        ({"name": None}, "Unknown name None"),
        ({"density": 0.0}, "density must be a number, above 0 and at most 1."),
        ({"density": float("nan")}, "Received: nan"),
        ({"density": float("inf")}, "finite. Received: inf"),
        ({"density": "1"}, "density must be a number, .* Received: '1'"),
        ({"density": True}, "density must be a number, .* Received: True"),
        ({"rounds": 0}, "rounds must be an integer, at least 1. Received: 0"),
        ({"rounds": 1.0}, "Received: 1.0"),
        ({"rounds": True}, "Received: True"),
        ({"rounds": None}, "Received: None"),
        ({"units": (3, 0)}, "units must be an integer, at least 1. .*: 0"),
        ({"units": 3}, "units must be several values. Received: 3"),
        ({"units": "3,4"}, "units must be several values. Received: '3,4'"),
        ({"shares": {1: 0.5}}, "The names in shares must be text. Received: 1"),
        ({"shares": {"a": 2}}, "shares of 'a' must be a number, .* 1. .*: 2"),
        ({"shares": 0.5}, "shares must be a dict, name -> value. .*: 0.5"),
        ({"is_quick": 1}, "is_quick must be True or False. Received: 1"),
        ({"rounds": 2}, "rounds is for name=b or c. .*rounds=2 with name=a"),
    ],
)
def test_what_does_not_fit_is_one_line(given, message):
    with pytest.raises(ValueError, match=message) as raised:
        fields.check_uses(Search(**given))
    assert "\n" not in str(raised.value)


def test_what_cannot_be_converted_is_named():
    def refuse(value):
        raise ValueError(f"No length: {value}")

    @fields.settings
    class Timed:
        """T."""

        length: str = fields.field(None, "Length.", convert=refuse)

    with pytest.raises(ValueError, match="length: No length: 3"):
        Timed(length="3")


def test_values_are_plain_and_converted_once():
    search = Search(
        density=np.float32(0.5),
        units=np.array([3, 4]),
        rounds=np.int64(2),
        label="A",
    )
    assert (search.density, search.units, search.rounds) == (0.5, (3, 4), 2)
    assert {type(each) for each in (*search.units, search.rounds)} == {int}
    assert type(Search(density=1).density) is float
    assert (search.label, Search(units=[3]).units) == ("a", (3,))
    assert attrs.evolve(search, density=None).density is None


def test_one_text_is_one_of_several():
    @fields.settings
    class Named:
        """N."""

        names: tuple[str, ...] = fields.field((), "Names.", choices=("ab",))

    assert Named("ab") == Named(["ab"])
    with pytest.raises(ValueError, match="Unknown names 'a'"):
        Named("a")


def test_a_field_can_mean_what_another_class_has():
    @fields.settings
    class Short:
        """S."""

        rounds: int = fields.like(Search, "rounds", default=3, at_most=5)

    assert Short().rounds == 3
    assert "How often. At least 1 and at most 5. Only" in Short.__doc__
    with pytest.raises(ValueError, match="at least 1 and at most 5. .*: 6"):
        Short(rounds=6)


def test_what_is_given():
    search = Search(rounds=2, is_quick=True)
    assert fields.given(search) == {"rounds": 2, "is_quick": True}
    assert fields.is_given(search, "rounds")
    assert not fields.is_given(search, "density")
    assert fields.filled(search, {"density": 0.5}).density == 0.5
    filled = fields.filled(Search(density=0.1), {"density": 0.5})
    assert filled.density == 0.1
    assert list(fields.as_dict(search)) == fields.names_of(Search)


def test_uses_know_what_none_stands_for():
    @fields.settings
    class Tuned:
        """T."""

        kind: str | None = fields.left_open("K.")
        rate: float | None = fields.left_open("R.", used_with={"kind": ("a",)})

    fields.check_uses(Tuned(rate=1.0), {"kind": "a"})
    fields.check_uses(Tuned(), {"kind": "b"})
    with pytest.raises(ValueError, match="rate is for kind=a. .*kind=b"):
        fields.check_uses(Tuned(rate=1.0), {"kind": "b"})


def test_settings_that_may_be_left_open():
    @fields.optional
    class Changes(Search):
        """What is other."""

    assert set(fields.as_dict(Changes()).values()) == {None}
    assert Changes.__doc__.startswith("What is other.\n\nArgs:\n    name: W")
    assert Changes(rounds=3).rounds == 3
    assert not isinstance(Changes(), Search)
    with pytest.raises(ValueError, match="at least 1. Received: 0"):
        Changes(rounds=0)


def test_values_that_are_no_fields_are_checked_alike():
    fields.check("trials", np.int64(3), int, at_least=1)
    with pytest.raises(ValueError, match="trials must be an integer, at least"):
        fields.check("trials", True, int, at_least=1)
    with pytest.raises(ValueError, match="Unknown way 'z'. Known: a, b"):
        fields.check("way", "z", str, choices=("a", "b"))


def test_settings_are_frozen_but_for_their_making():
    search = Search()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        search.rounds = 2
    fields.put(search, rounds=2)
    assert search.rounds == 2
