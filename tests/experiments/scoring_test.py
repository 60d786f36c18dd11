"""Tests of experiments/scoring.py."""

import numpy as np
import pytest

from lottery_ticket.experiments import scoring
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import quotas
from lottery_ticket.tests import tiny

ONES = {"layer0": np.ones((4, 5), np.uint8), "layer1": np.ones((5, 3))}
QUOTAS = [quotas.Quota(("layer0",), 7), quotas.Quota(("layer1",), 3)]


def prune(model, initial=None, final=None, **given):
    resolved = scoring.Scoring(**given).resolved("large_init", 5)
    return scoring.prune(
        resolved,
        QUOTAS,
        ONES,
        model,
        tiny.make_dataset(),
        initial=initial,
        final=final,
    )


def test_what_is_not_given_is_the_experiments_or_the_criterions():
    usual = scoring.Scoring().resolved("synflow", 5)
    assert (usual.criterion, usual.score_steps) == ("synflow", 100)
    other = scoring.Scoring().resolved("synflow", 6)
    assert usual.score_seed != other.score_seed
    given = scoring.Scoring("snip", score_steps=3, score_seed=9)
    assert given.resolved("synflow", 5) == given
    assert usual.settings() == {
        "criterion": "synflow",
        "invert_scores": False,
        "score_steps": 100,
        "score_examples": 10,
        "score_seed": usual.score_seed,
    }


@pytest.mark.parametrize("criterion", criteria.CRITERIA)
def test_every_criterion_prunes_to_the_quotas(criterion):
    model = tiny.Model().reset(seed=1)
    weights = model.weights
    masks = prune(model, weights, weights, criterion=criterion, score_steps=2)
    assert {name: mask.sum() for name, mask in masks.items()} == {
        "layer0": 7,
        "layer1": 3,
    }


def test_magnitudes_and_their_inverse():
    model = tiny.Model().reset(seed=1)
    size = np.abs(model.weights["layer0"])
    kept = prune(model, model.weights)["layer0"] == 1
    assert size[kept].min() > size[~kept].max()
    kept = prune(model, model.weights, invert_scores=True)["layer0"] == 1
    assert size[kept].max() < size[~kept].min()


def test_each_step_scores_the_network_that_is_left(monkeypatch):
    seen = []

    def score_fn(name, *arguments, **options):
        assert (name, options["seed"]) == ("random", 4)

        def score(masks):
            seen.append(int(masks["layer0"].sum()))
            return {n: np.arange(float(m.size)).reshape(m.shape)
                    for n, m in masks.items()}  # fmt: skip

        return score

    monkeypatch.setattr(criteria, "score_fn", score_fn)
    prune(None, criterion="random", score_steps=4, score_seed=4)
    expected = [round(20 ** (1 - k / 4) * 7 ** (k / 4)) for k in range(4)]
    assert seen == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"criterion": "magnitude"}, "Unknown criterion 'magnitude'"),
        ({"score_steps": 0}, "score_steps must be an integer, at least 1"),
        ({"score_steps": 2.5}, "integer, at least 1. Received: 2.5"),
        ({"score_steps": "2"}, "Received: '2'"),
        (
            {"score_examples": 0},
            "score_examples must be an integer, at least 1",
        ),
        ({"score_seed": -1}, "score_seed must be an integer, at least 0"),
    ],
)
def test_what_does_not_fit_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        scoring.Scoring(**given)
