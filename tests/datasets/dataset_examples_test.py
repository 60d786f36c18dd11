"""Tests of datasets/dataset_examples.py; dataset_rows_test has more."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_examples, registry


class Few(dataset_examples.DatasetExamples):
    """Few examples with labels 0 and 1, for whatever is wanted."""

    VALIDATION_SIZE = 2

    @staticmethod
    def load(data_dir, task):
        x, y = np.zeros((9, 3), np.float32), np.arange(9) % 2
        return x, y, x[:4], y[:4]


def test_a_dataset_without_a_task_takes_any():
    assert Few().task == "classification"
    made = Few(task="binary")
    assert (made.task, made.num_outputs, made.validate.size) == ("binary", 1, 2)


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("diabetes", "binary"),
        ("shapes", "regression"),
        ("inequalities", "regression"),
    ],
)
def test_another_task_than_the_datasets_own(name, task):
    with pytest.raises(ValueError, match=f"Received: task={task}. Leave it"):
        registry.create(name, task=task)
