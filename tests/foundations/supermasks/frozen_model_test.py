"""Tests of foundations/supermasks/frozen_model.py: what all searches share."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import trainer
from lottery_ticket.foundations.supermasks import (
    frozen_model,
    score_method,
    scored_model,
    searched_model,
)
from lottery_ticket.foundations.training import trainee
from lottery_ticket.tests import grids, tiny


def by_logits(model):
    logits = {name: np.zeros(m.shape) for name, m in model.masks.items()}
    found = searched_model.searched(model, "bernoulli", "none")
    return found.reset(model.draw(1), logits, mask_seed=3)


def by_scores(model):
    scores = {name: np.full(m.shape, 0.6) for name, m in model.masks.items()}
    method = score_method.ScoreMethod()
    found = scored_model.scored(model, method)
    return found.reset(model.draw(1), scores, method, 4, mask_seed=3)


KINDS = pytest.mark.parametrize("search", [by_logits, by_scores])


def test_what_is_not_complete_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        frozen_model.FrozenModel(tiny.Model(), None)


@KINDS
def test_it_stands_for_its_model_in_training(search):
    model = tiny.Model()
    found = search(model)
    assert isinstance(found, trainee.Trainee)
    trainer.check_fits(found, tiny.make_dataset())
    assert found.programs is model.programs
    assert found.strategy is model.strategy and not found.holds
    for name, mask in found.effective_masks(tiny.masks()).items():
        np.testing.assert_array_equal(mask, tiny.masks()[name])
    for name, mask in found.masks.items():
        assert mask.all()
        assert found.scores[name].shape == mask.shape
    identity = found.identity
    assert identity.items() >= model.identity.items()
    assert len(identity) == len(model.identity) + 1


@KINDS
def test_one_of_a_kind_is_kept_with_the_model(search):
    model = tiny.Model()
    assert search(model) is search(model)
    assert search(tiny.Model()) is not search(model)


@KINDS
def test_a_weight_that_moved_is_no_outcome(search):
    model = tiny.Model()
    found = search(model)
    found.outcome()
    model.variables["layer0_bias"].assign_add([1, 0, 0, 0, 0])
    with pytest.raises(RuntimeError, match="Frozen weights moved"):
        found.outcome()


@pytest.mark.parametrize(
    "search", grids.thinned([by_logits, by_scores], [by_scores])
)
def test_a_complete_run_is_read_and_not_trained(search, tmp_path, monkeypatch):
    first = search(tiny.Model())

    def train(model):
        return tiny.train(
            tmp_path,
            model=model,
            optimizer_fn=lambda: keras.optimizers.SGD(1.0),
            training_len="8it",
        )

    _, final = train(first)
    monkeypatch.setattr("lottery_ticket.foundations.trainer.programs", None)
    again = search(tiny.Model())
    _, read = train(again)
    for name, array in final.items():
        np.testing.assert_array_equal(read[name], array)
    for name, array in first.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    for folder, network in first.outcome().items():
        for name, array in again.outcome()[folder].items():
            np.testing.assert_array_equal(array, network[name])
