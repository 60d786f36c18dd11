"""Tests of foundations/values/task_kinds.py."""

import pytest

from lottery_ticket.foundations.values import task_kinds


@pytest.mark.parametrize("name", task_kinds.KINDS)
def test_each_task_says_what_it_is(name):
    kind = task_kinds.KINDS[name]
    assert kind.help and kind.of_one
    is_of_model = name in ("classification", "compiled")
    assert bool(kind.loss) is bool(kind.metrics) is not is_of_model


@pytest.mark.parametrize(
    ("name", "shapes", "others"),
    [
        ("classification", [(3,)], [(), (2, 3)]),
        ("binary", [(1,)], [(), (2,), (1, 1)]),
        ("multi_label", [(1,), (4,)], [(), (2, 2)]),
        ("regression", [(1,), (2, 2)], [()]),
        ("segmentation", [(4, 4, 3), (5, 2)], [(3,), ()]),
    ],
)
def test_outputs_that_a_task_can_have(name, shapes, others):
    kind = task_kinds.KINDS[name]
    assert all(kind.fits(shape) for shape in shapes)
    assert not any(kind.fits(shape) for shape in others)
