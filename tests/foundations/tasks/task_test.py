"""Tests of foundations/tasks/task.py."""

import pytest

from lottery_ticket.foundations.tasks import task
from lottery_ticket.tests import tiny


def test_a_task_must_say_all():
    with pytest.raises(TypeError, match="add.*batch.*check.*result.*start"):
        task.Task()


def test_classification_records_nothing_new():
    made = tiny.Model().task
    assert (made.columns, made.facts) == (("loss", "accuracy"), {})
    assert made.higher_is_better and made.headline.is_percent
