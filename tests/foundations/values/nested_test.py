"""Tests of foundations/values/nested.py."""

from lottery_ticket.foundations.values import nested


def test_leaves_have_names_and_an_order():
    value = {"b": (1, {"x": 2}), "a": 3}
    assert list(nested.named(value)) == [("a", 3), ("b/0", 1), ("b/1/x", 2)]
    assert nested.leaves(value) == [3, 1, 2]
    assert list(nested.named([7])) == [("", [7])]  # A list is a leaf.


def test_functions_are_of_leaves_of_all():
    first, other = {"a": 1, "b": (2, 3)}, {"b": (20, 30), "a": 10}
    found = nested.mapped(lambda a, b: a + b, first, other)
    assert found == {"a": 11, "b": (22, 33)} and list(found) == ["a", "b"]
    assert nested.mapped(str, 4) == "4"
    assert nested.is_several(()) and not nested.is_several([])
