"""Tests of training/evaluation.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.training import evaluation, programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import tiny


def sgd():
    return keras.optimizers.SGD(0.1)


def test_evaluation_covers_every_example(monkeypatch):
    monkeypatch.setattr(evaluation, "BATCH_SIZE", 7)
    data = tiny.make_dataset()
    model = tiny.Model().reset(seed=3)
    program = programs.program(model, sgd, data)
    for name, split in data.splits.items():
        loss, accuracy = program.start_evaluation(name).result()
        exact = model.create_loss_and_accuracy(split.y, model.network(split.x))
        np.testing.assert_allclose(loss, exact[0], rtol=1e-6)
        np.testing.assert_allclose(accuracy, exact[1], rtol=1e-6)


@pytest.mark.slow
def test_an_evaluation_is_of_the_moment_it_began():
    data, model = tiny.make_dataset(), tiny.Model().reset(seed=3)
    program = programs.program(model, sgd, data)
    expected = program.start_evaluation("test").result()
    later = program.start_evaluation("test")
    program.train(0, 4, 4)
    assert later.result() == expected
    assert program.start_evaluation("test").result() != expected


@pytest.mark.parametrize(
    ("shape", "size"), [((784,), 1000), ((32, 32, 3), 488), ((2000, 2000), 1)]
)
def test_batches_are_bounded_in_memory(shape, size):
    x, y = np.zeros((1, *shape), np.uint8), np.zeros(1, int)
    data = dataset_base.DatasetBase((x, y), 1, (x, y))
    assert evaluation.Evaluation(tiny.Model(), data)._batch_size == size
