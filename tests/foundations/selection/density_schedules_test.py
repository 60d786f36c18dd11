"""Tests of foundations/selection/density_schedules.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.selection import density_schedules


def _sparsity(t, s_i, s_f, t_0, n, dt):
    """Equation 1 of Zhu & Gupta 2017, as it stands there."""
    return s_f + (s_i - s_f) * (1 - (t - t_0) / (n * dt)) ** 3


@pytest.mark.parametrize(
    ("s_i", "s_f", "t_0", "n", "dt"),
    [(0, 0.8, 0, 10, 100), (0.5, 0.9, 7, 3, 20), (0, 1, 1, 1, 1)],
)
def test_densities_are_those_of_the_paper(s_i, s_f, t_0, n, dt):
    schedule = density_schedules.polynomial_decay(
        1 - s_f, t_0, t_0 + n * dt, initial=1 - s_i, every=dt
    )
    points, iteration = [], -1
    while (iteration := schedule.next_point(iteration)) is not None:
        points.append(iteration)
    assert points == list(range(t_0, t_0 + n * dt + 1, dt))
    np.testing.assert_allclose(
        [1 - schedule.density(point) for point in points],
        [_sparsity(t, s_i, s_f, t_0, n, dt) for t in points],
        atol=1e-12,
    )
    assert schedule.density(points[-1]) == 1 - s_f


def test_points_are_the_latest_before_and_the_first_after():
    schedule = density_schedules.polynomial_decay(0.5, 10, 25, every=10)
    assert [schedule.point(t) for t in (9, 10, 19, 20, 24, 25, 99)] == [
        *(None, 10, 10, 20, 20, 25, 25)
    ]
    assert [schedule.next_point(t) for t in (0, 9, 10, 20, 24, 25)] == [
        *(10, 10, 20, 25, 25, None)
    ]


def test_a_constant_density_has_one_point():
    schedule = density_schedules.constant(0.25, begin=5)
    assert [schedule.point(t) for t in (4, 5, 6)] == [None, 5, 5]
    assert schedule.next_point(0) == 5 and schedule.next_point(5) is None
    assert schedule.density(5) == 0.25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"final": 1.5}, "final density must be in"),
        ({"initial": -1}, "initial density must be in"),
        ({"final": 0.5, "initial": 0.4}, "stays pruned: .* Received: 0.5"),
        ({"begin": 5}, "end must be an integer, at least 5"),
        ({"begin": -1}, "begin must be an integer, at least 0"),
        ({"every": 0}, "every must be an integer, at least 1"),
        ({"power": 0}, "power must be"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    given = {"final": 0.2, "begin": 0, "end": 4, **arguments}
    with pytest.raises(ValueError, match=message):
        density_schedules.polynomial_decay(**given)
