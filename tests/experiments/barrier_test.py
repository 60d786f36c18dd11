"""Tests of experiments/barrier.py, on the bundled digits."""

import numpy as np
import pytest

from lottery_ticket.experiments import barrier, instability
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.networks import norm_parameters
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.training import network_evaluation
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import trunks


@pytest.fixture(scope="module")
def tickets(tmp_path_factory):
    """Two runs of one mask, and one that keeps all."""
    trial = tmp_path_factory.mktemp("results") / "trial1"
    other = trunks.recipes.Recipe(
        **{**trunks.RECIPE.settings(), "train_order_seed": 9}
    )
    return (
        trunks.train(trial / "1/same_init", masks=trunks.masks()),
        trunks.train(trial / "1/other", other, masks=trunks.masks()),
        trunks.train(trial / "0/same_init"),
    )


def run(directory, first, second, **options):
    options = {"points": 3, "quiet": True} | options
    planned.run(barrier.plan, str(directory), first, second, **options)
    assert planned.is_complete(
        barrier.plan, str(directory), first, second, **options
    )
    return barrier.RESULT.read(str(directory))


def last(directory, split):
    log = save_restore.read_log(str(directory), split, tail=1)
    return log["loss"][0], np.float32(1 - log["accuracy"][0])


def test_the_ends_are_the_runs_own_results(tickets, tmp_path):
    first, second, _ = tickets
    record = run(tmp_path, first, second)
    for index, each in ((0, first), (-1, second)):
        for split in ("test", "validate"):
            columns = record["splits"][split]
            found = columns["loss"][index], np.float32(columns["error"][index])
            assert found == last(each, split)
    errors = record["splits"]["test"]["error"]
    assert record["barriers"]["test"] == pytest.approx(
        max(errors) - (errors[0] + errors[-1]) / 2
    )
    assert record["alpha"] == [0, 0.5, 1]
    assert record["density"] == {"layer0": [256, 384], "layer1": [60, 60]}
    assert record["norm_examples"] == 0


def test_a_weight_stays_that_either_run_keeps(tickets, tmp_path):
    ticket, _, dense = tickets
    record = run(tmp_path, ticket, dense)
    assert record["density"]["layer0"] == [384, 384]
    assert record["splits"]["test"]["loss"][-1] == last(dense, "test")[0]


@pytest.fixture(scope="module")
def with_norms(tmp_path_factory):
    """A run of a network with a batch normalisation."""
    folder = tmp_path_factory.mktemp("norms")
    (folder / "own.py").write_text(trunks.NORM_NETWORK)
    recipe = trunks.recipes.Recipe(
        "digits_fc",
        model=f"{folder}/own.py:make",
        subset=100,
        training_len="4it",
        lr=0.05,
        train_batch_size=30,
        jit=False,
    )
    return trunks.train(folder / "0/dense", recipe), recipe


@pytest.mark.slow
def test_norms_are_moved_alone_to_where_they_do_nothing(
    with_norms, tmp_path, monkeypatch
):
    directory, recipe = with_norms
    seen, plain = [], network_evaluation.NetworkEvaluation.evaluate

    def looking(self, network=None):
        seen.append(self._model.weights)
        return plain(self, network)

    monkeypatch.setattr(
        network_evaluation.NetworkEvaluation, "evaluate", looking
    )
    record = run(tmp_path, directory, barrier.NORMS)
    assert record["norm_examples"] == 90
    final = save_restore.restore_network(paths.final(directory))
    middle, end = seen[2], seen[4]
    dataset = from_recipe.dataset(recipe)
    moved = norm_parameters.neutral(from_recipe.model(recipe, dataset, True))
    assert [*moved.values()] == [1, 0]
    for name, array in final.items():
        if "moving" in name:
            continue
        goal = np.full_like(array, moved[name]) if name in moved else array
        np.testing.assert_array_equal(end[name], goal)
        np.testing.assert_allclose(middle[name], (array + goal) / 2, rtol=1e-6)
        assert (goal != array).any() == (name in moved)


def test_without_norms_there_is_nothing_to_move(tickets, tmp_path):
    with pytest.raises(ValueError, match="same_init has none that are trained"):
        run(tmp_path, tickets[0], "norms")
    assert not (tmp_path / "barrier.json").exists()


def test_what_does_not_fit_stops_before_data_is_loaded(
    tickets, with_norms, tmp_path, monkeypatch
):
    monkeypatch.setattr(from_recipe, "dataset", None)
    first, second, _ = tickets
    for given, message in (
        ((first, second, {"points": 1}), "points of a line must be"),
        ((first, "norm", {}), "norm, which has no run.json"),
        ((first, with_norms[0], {}), "is of another network"),
    ):
        *runs, options = given
        with pytest.raises((ValueError, FileNotFoundError), match=message):
            run(tmp_path / "a", *runs, **options)
    assert not (tmp_path / "a").exists()


def test_its_folder_is_no_other_experiments(tickets, tmp_path):
    first, second, _ = tickets
    run(tmp_path, first, second)
    with pytest.raises(ValueError, match="points: 3 there, 4 now"):
        run(tmp_path, first, second, points=4)
    with pytest.raises(ValueError, match="is the folder of barrier"):
        planned.run(instability.plan, str(tmp_path), first, quiet=True)
    assert run_record.read(str(tmp_path)) is None
