"""Tests of experiments/level_densities.py."""

import numpy as np
import pytest

from lottery_ticket.experiments import level_densities


def test_densities_become_floats():
    given = np.array([0.5, 0.25], np.float32)
    assert level_densities.checked(given, None) == (0.5, 0.25)
    assert level_densities.checked((1,), None) == (1.0,)
    assert level_densities.checked((), 0.1) == ()


@pytest.mark.parametrize(
    ("densities", "target", "message"),
    [
        ((0.5,), 0.1, "not both"),
        (0.5, None, "several numbers.* Received: 0.5"),
        (".5,.2", None, "several numbers.* Received: '.5,.2'"),
        ((0.5, 0.0), None, "above 0 and at most 1.*Received: 0"),
        ((float("nan"),), None, "Received: nan"),
        ((), 1.5, "Received: 1.5"),
        ((0.1, 0.5), None, "must fall from level to level. Received: 0.1, 0.5"),
        ((0.5, 0.5), None, "must fall from level to level"),
    ],
)
def test_what_are_no_densities_is_an_error(densities, target, message):
    with pytest.raises(ValueError, match=message):
        level_densities.checked(densities, target)


def test_each_level_is_asked_for_its_own():
    given = [level_densities.of_level(n, 2, (0.5, 0.1), None) for n in range(3)]
    assert given == [None, 0.5, 0.1]
    given = [level_densities.of_level(n, 2, (), 0.04) for n in range(3)]
    assert given == [None, 0.2, 0.04]
    assert level_densities.of_level(1, 2, (), None) is None
