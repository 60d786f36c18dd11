"""Tests of foundations/learned_masks/objectives.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import objectives
from lottery_ticket.tests import contracts

OBJECTIVES = objectives.OBJECTIVES
P, Q = ([0.7, 0.2, 0.1], [0.5, 0.25, 0.25])


def as_pass(loss, *rows, offset=0.0):
    logits = np.log(rows).astype(np.float32) + offset
    return objectives.Pass(tf.constant(loss), tf.constant(logits))


def value(name, masked, dense):
    return float(OBJECTIVES[name].function(masked, dense))


def test_every_objective_says_what_it_is():
    contracts.check_entries(OBJECTIVES, "masked", "dense")


def test_golden_divergences():
    masked, dense = as_pass(1.0, Q, offset=3.0), as_pass(1.0, P, offset=-2.0)
    assert value("reverse_kl", masked, dense) == pytest.approx(0.116622, 1e-4)
    assert value("kl", masked, dense) == pytest.approx(0.099273, 1e-4)


def test_divergences_are_means_over_examples_and_0_of_the_same():
    masked, dense = as_pass(1.0, Q, P), as_pass(1.0, P, P)
    assert value("reverse_kl", masked, dense) == pytest.approx(0.058311, 1e-4)
    assert value("kl", dense, dense) == pytest.approx(0, abs=1e-7)


def test_probabilities_near_0_give_no_nan():
    masked = objectives.Pass(tf.constant(1.0), tf.constant([[200.0, -200.0]]))
    dense = objectives.Pass(tf.constant(1.0), tf.constant([[-200.0, 200.0]]))
    for name in ("kl", "reverse_kl"):
        assert value(name, masked, dense) == pytest.approx(400)


def test_losses():
    masked, dense = as_pass(1.5, Q), as_pass(2.0, P)
    assert value("loss", masked, None) == 1.5
    assert value("loss_change", masked, dense) == pytest.approx(0.25)
    assert np.isfinite(value("loss_change", masked, as_pass(0.0, P)))
