"""Tests of experiments/stages/gem/gate_search.py, on a few digits."""

import json

import numpy as np
import pytest

from lottery_ticket.experiments.stages.gem import (
    gate_search,
    gem_weights,
    search_algos,
)
from lottery_ticket.foundations.learned_masks import gates
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests.experiments.stages.gem import score_search_test, small

CHECKS = ("weight_reinit", "mask_shuffle", "score_inversion")
ADAM = {"optimizer": "adam", "lr": 0.1, "schedule": "constant"}
ALGOS = search_algos.having("gate")


def arguments(algo="gaussian", **flags):
    return {"algo": algo, "changes": ADAM, **flags}


def search(directory, **flags):
    """Searches; returns what was found, and the weights that stood still."""
    gem = small.gem(directory, **arguments(**flags))
    dataset, model = small.made(gem)
    weights = gem_weights.draw(gem, model)
    return gate_search.search(gem, dataset, model, weights), weights


@pytest.fixture(scope="module")
def mined(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mined")
    flags = arguments(gate_penalty=2.0, checks=CHECKS)
    return directory, small.train(directory, **flags)


def test_gates_above_0_are_kept_and_weights_are_as_drawn(mined):
    directory, record = mined
    masks, scores, initial, final, ours = small.networks(
        directory / "search",
        "masks",
        "scores",
        "initial",
        "final",
        "../initial",
    )
    for name, mask in masks.items():
        np.testing.assert_array_equal(mask, scores[name] > 0)
    kept = sum(int(mask.sum()) for mask in masks.values())
    assert 0 < kept < 888
    assert kept == sum(own for own, _ in record["counts"].values())
    for name, array in initial.items():
        mask = masks.get(name, 1)
        np.testing.assert_array_equal(array * mask, final[name])
        np.testing.assert_array_equal(array * mask, ours[name])
    limit = np.sqrt(6 / 64)  # Kaiming uniform, of ReLUs.
    assert 0.99 * limit < np.abs(initial["layer0"]).max() <= limit


def test_both_accuracies_are_measured(mined):
    directory, record = mined
    initial, scores = small.networks(directory / "search", "initial", "scores")
    gem = small.gem(directory, **arguments())
    found = record["stages"]["search"]
    for name, own in (
        ("fractional", found["before_rounding"]["test"]["accuracy"]),
        ("binary", found["samples"]["test"]["accuracy"][0]),
    ):
        masks = {
            n: each > 0 if name == "binary" else np.clip(each, 0, 1)
            for n, each in scores.items()
        }
        masked = {n: initial[n] * mask for n, mask in masks.items()}
        network = {**initial, **masked}
        expected = score_search_test.accuracy(gem, network)
        assert own == pytest.approx(expected, abs=1e-6), name
    before = record["stages"]["finetuned"]["before"]["test"]["accuracy"]
    assert found["samples"]["test"]["accuracy"] == [before]


def test_every_epoch_is_recorded(mined):
    directory, record = mined
    search = json.loads((directory / "search/run.json").read_text())
    events = search["events"]
    assert [each["iteration"] for each in events] == [4, 8, 12, 16, 20]
    assert search["settings"]["gate_penalty"] == 2.0
    expected = [each["expected_density"] for each in events]
    assert expected == sorted(expected, reverse=True)
    assert all(
        each["regularization"] == pytest.approx(2 * each["expected_density"])
        for each in events
    )
    found = record["stages"]["search"]
    assert found["expected_density"] == expected[-1]
    assert 0 <= found["fractional_share"] <= 1


def test_checks_are_of_the_same_search(mined):
    directory, record = mined
    assert {"finetuned", "search", *CHECKS} == set(record["stages"])
    masks, scores = small.networks(directory / "search", "masks", "scores")
    (lowest,) = small.networks(directory / "score_inversion", "masks")
    kept = [sum(m.sum() for m in each.values()) for each in (masks, lowest)]
    assert kept[0] == kept[1]
    own = np.concatenate([x[lowest[n] == 1] for n, x in scores.items()])
    others = np.concatenate([x[lowest[n] == 0] for n, x in scores.items()])
    assert own.max() <= others.min()
    (shuffled,) = small.networks(directory / "mask_shuffle", "masks")
    assert masks_lib.counts(shuffled) == masks_lib.counts(masks)


@pytest.mark.parametrize("algo", ALGOS)
def test_a_search_comes_to_the_same_again_and_keeps_less_under_more(
    tmp_path, algo
):
    first, weights = search(tmp_path / "a", algo=algo)
    second, _ = search(tmp_path / "b", algo=algo)
    less, _ = search(tmp_path / "c", algo=algo, gate_penalty=3.0)
    for name, mask in first.masks.items():
        np.testing.assert_array_equal(mask, second.masks[name])
    for name, array in weights.items():
        assert array.tobytes() == first.start[name].tobytes()
    assert less.results["expected_density"] < first.results["expected_density"]
    initial, start = small.networks(tmp_path / "a/search", "initial", "scores")
    assert set(start) < set(initial)


def test_gates_that_all_close_are_an_error_that_says_what_to_do(tmp_path):
    changes = {**ADAM, "lr": 0.5}
    with pytest.raises(ValueError, match="keeps none of 888 weights, under ga"):
        search(tmp_path, changes=changes, gate_penalty=1e6)


def test_the_length_may_be_in_iterations(tmp_path):
    changes = {**ADAM, "training_len": "6it"}
    search(tmp_path, changes=changes)
    events = json.loads((tmp_path / "search/run.json").read_text())["events"]
    assert [each["iteration"] for each in events] == [4, 6]


def test_every_algo_of_gates_is_one_of_them():
    assert [search_algos.ALGOS[each].gate for each in ALGOS] == [*gates.GATES]
