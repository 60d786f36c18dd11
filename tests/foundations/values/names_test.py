"""Tests of foundations/values/names.py."""

import pytest

from lottery_ticket.foundations.values import names


def test_a_known_name_passes():
    names.check("recipe", "b", ["a", "b"])


def test_an_unknown_name_gets_its_nearest():
    with pytest.raises(ValueError) as error:
        names.check("recipe", "mnist_fv", ["digits_fc", "mnist_fc"])
    assert str(error.value) == (
        "Unknown recipe 'mnist_fv'. Did you mean 'mnist_fc'? "
        "Known: digits_fc, mnist_fc"
    )


def test_a_name_like_no_other_gets_the_list_only():
    with pytest.raises(ValueError, match="'zzz'. Known: a, b$"):
        names.check("layer", "zzz", ["a", "b"])
