"""Tests of analysis/reading/options.py."""

import pytest

from lottery_ticket.analysis.reading import options


def test_labels_are_a_dict():
    made = options.Options(labels=("a=b c", " d = e=f "))
    assert made.names == {"a": "b c", "d": "e=f"}
    assert options.USUAL.names == {}


@pytest.mark.parametrize(
    "given, message",
    [
        ({"labels": ("a",)}, "labels must be pairs.*'a'"),
        ({"labels": ("=b",)}, "labels must be pairs"),
        ({"labels": ("a= ",)}, "labels must be pairs"),
        ({"ylim": (1.0,)}, "ylim must be two numbers.*1.0"),
        ({"ylim": (2.0, 1.0)}, "the lower first"),
        ({"ylim": (1.0, 1.0)}, "the lower first"),
        ({"ylim": (1.0, 2.0, 3.0)}, "ylim must be two numbers"),
        ({"margin": -0.1}, "margin"),
        ({"table": "html"}, "Unknown table 'html'"),
    ],
)
def test_what_is_no_option(given, message):
    with pytest.raises(ValueError, match=message):
        options.Options(**given)
