"""Tests of experiments/copies.py."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest

from lottery_ticket.experiments import (
    copies,
    from_recipe,
    recipe_changes,
    recipes,
)
from lottery_ticket.foundations import paths, save_restore, seeds
from lottery_ticket.tests import grids
from lottery_ticket.tests.experiments import trunks


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    """A dense run that has saved its weights after iteration 5."""
    directory = tmp_path_factory.mktemp("results") / "trial1/0/same_init"
    return trunks.train(directory, save_iterations=("5it",))


@pytest.fixture(scope="module")
def ticket(tmp_path_factory, trunk):
    """A pruned run that starts from there."""
    return trunks.train(
        tmp_path_factory.mktemp("results") / "trial1/1/same_init",
        presets=save_restore.restore_network(paths.at_iteration(trunk, 5)),
        masks=trunks.masks(),
        start_iteration="5it",
    )


def plan(directory, iteration="0it", order_seeds=None, **changed):
    changes = recipe_changes.RecipeChanges(**changed)
    return copies.of_ticket(directory, changes, iteration, order_seeds)


def begin(planned):
    """The iteration at which copies part, all checked."""
    dataset = from_recipe.dataset(planned.recipe)
    model = from_recipe.model(planned.recipe, dataset, quiet=True)
    return planned.start(dataset, model)


def arrays(folder):
    return {
        path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()
    }


NAMED = [n for n, usual in recipes.RECIPES.items() if usual["model"]]


@pytest.mark.parametrize("name", grids.thinned(NAMED, NAMED[::8]))
def test_copies_have_seeds_of_their_own_and_nothing_else(trunk, name):
    recipe = recipes.Recipe(name, seed=3)
    made = dataclasses.replace(plan(trunk), recipe=recipe, order_seeds=(7, 8))
    found = [made.recipe_of(each).settings() for each in copies.NAMES]
    assert [each.pop("train_order_seed") for each in found] == [7, 8]
    augment = [each.pop("augment_seed") for each in found]
    assert augment == [seeds.derive(7, "augment"), seeds.derive(8, "augment")]
    rest = recipe.settings()
    for seed in ("train_order_seed", "augment_seed"):
        del rest[seed]
    assert found == [rest, rest]


def test_orders_differ_between_copies_iterations_and_from_the_ticket(trunk):
    orders = [
        seed
        for length in ("0it", "5it", "1ep")
        for seed in plan(trunk, length).order_seeds
    ]
    orders.append(trunks.RECIPE.train_order_seed)
    assert len(set(orders)) == 7
    assert plan(trunk, ("iterations", 5)).order_seeds == tuple(orders[2:4])
    assert plan(trunk, order_seeds=(4, 5)).order_seeds == (4, 5)


def test_the_settings_say_what_results_depend_on(trunk, ticket):
    base = plan(trunk, "5it").settings()
    others = [
        plan(trunk, "6it"),
        plan(ticket, "5it"),
        plan(trunk, "5it", (1, 2)),
        plan(trunk, "5it", lr=0.5),
    ]
    for other in others:
        assert other.settings() != base
    assert plan(trunk, " 5iterations").settings() == base
    assert json.loads(json.dumps(base))["iteration"] == "5it"


def test_the_state_at_the_start_is_the_tickets_own(trunk, ticket, tmp_path):
    for directory, length in ((trunk, "0it"), (ticket, "5it")):
        made = plan(directory, length)
        state = made.state(begin(made), str(tmp_path / "new"), quiet=True)
        expected = save_restore.restore_network(paths.initial(directory))
        assert list(state) == list(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(state[name], array)
    assert not (tmp_path / "new").exists()


def test_saved_weights_are_read(trunk, tmp_path):
    made = plan(trunk, "5it")
    state = made.state(begin(made), str(tmp_path / "new"), quiet=True)
    expected = save_restore.restore_network(paths.at_iteration(trunk, 5))
    for name, array in expected.items():
        np.testing.assert_array_equal(state[name], array)
    assert not (tmp_path / "new").exists()


def test_what_was_not_saved_is_trained_again_to_the_same_bytes(tmp_path):
    saving = trunks.train(tmp_path / "saving", save_iterations=("5it",))
    plain = trunks.train(tmp_path / "plain")
    made = plan(plain, "5it", lr=0.5)  # The stem is trained as the ticket was.
    made.state(begin(made), str(tmp_path / "new"), quiet=True)
    assert arrays(tmp_path / "new/stem/final") == arrays(
        paths.at_iteration(saving, 5)
    )


def test_a_stem_goes_on_from_a_rewound_ticket(ticket, tmp_path):
    made = plan(ticket, "7it")
    made.state(begin(made), str(tmp_path), quiet=True)
    again = trunks.train(
        tmp_path / "again",
        presets=save_restore.restore_network(paths.initial(ticket)),
        masks=trunks.masks(),
        start_iteration="5it",
        save_iterations=("7it",),
    )
    assert arrays(tmp_path / "stem/final") == arrays(
        paths.at_iteration(again, 7)
    )


def test_a_copy_trains_its_order_from_the_state_to_the_end(ticket, tmp_path):
    made = plan(ticket, "5it", order_seeds=(7, trunks.RECIPE.train_order_seed))
    start = begin(made)
    state = made.state(start, str(tmp_path), quiet=True)
    dataset = from_recipe.dataset(made.recipe)
    model = from_recipe.model(made.recipe, dataset, quiet=True)
    first, second = (
        made.train(name, state, start, model, str(tmp_path), False, True)
        for name in copies.NAMES
    )
    # The second has the ticket's own order: it ends as the ticket did.
    for name, array in save_restore.restore_network(
        paths.final(ticket)
    ).items():
        np.testing.assert_array_equal(second[name], array)
    assert (first["layer1"] != second["layer1"]).any()
    for name, mask in trunks.masks().items():
        np.testing.assert_array_equal(first[name][mask == 0], 0)
    log = json.loads((tmp_path / "first/train.json").read_text())
    assert log["iteration"] == list(range(6, 13))


@pytest.mark.slow
def test_a_finetuned_ticket_has_finetuned_copies(tmp_path):
    drop = {"schedule": "piecewise", "lr_drops": ("8it",)}
    recipe = recipes.Recipe("digits_fc", **trunks.SETTINGS, **drop)
    runs = {
        level: trunks.train(
            tmp_path / f"trial1/{level}/finetune",
            recipe,
            finetune=level > 0,
            settings={"level": level, "retraining": "finetune"},
        )
        for level in (0, 1)
    }
    seed = recipe.train_order_seed
    for level, directory in runs.items():
        made = plan(directory, order_seeds=(7, seed))
        start = begin(made)
        state = made.state(start, str(tmp_path), quiet=True)
        dataset = from_recipe.dataset(made.recipe)
        model = from_recipe.model(made.recipe, dataset, quiet=True)
        below = str(tmp_path / f"copies{level}")
        second = made.train("second", state, start, model, below, False, True)
        expected = save_restore.restore_network(paths.final(directory))
        np.testing.assert_array_equal(second["layer0"], expected["layer0"])


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ("4it", "cannot part before it started itself, at iteration 5"),
        ("0ep", "cannot part before it started itself"),
        ("12it", "cannot start at iteration 12: it ends after 12"),
        ("9ep", "it ends after 12"),
    ],
)
def test_copies_part_within_the_tickets_training(ticket, length, message):
    with pytest.raises(ValueError, match=message):
        begin(plan(ticket, length))


def test_a_longer_training_ends_later(ticket):
    assert begin(plan(ticket, "12it", training_len="20it")) == 12


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hidden_units": (7,)}, "layer0"),
        (
            {"hidden_units": (6, 5), "fractions": {"*": 0.2}},
            "is of another network: 'layer1' has shape",
        ),
    ],
)
def test_another_network_is_refused(ticket, changed, message):
    with pytest.raises(ValueError, match=message):
        begin(plan(ticket, "5it", **changed))


def test_a_stem_of_other_data_is_refused(tmp_path):
    plain = trunks.train(tmp_path / "plain")
    made = plan(plain, "5it")
    start = begin(made)
    made.ticket.inputs["dataset"] = "another"
    with pytest.raises(ValueError, match="again: its dataset differ"):
        made.state(start, str(tmp_path / "new"), quiet=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("order_seeds", "message"),
    [
        ((1,), "two numbers, one for each copy. Received: 1"),
        ((1, 2, 3), "two numbers"),
        ((1, -1), "train_order_seed must be at least 0. Received: -1"),
    ],
)
def test_order_seeds_are_two(trunk, order_seeds, message):
    with pytest.raises(ValueError, match=message):
        plan(trunk, order_seeds=order_seeds)


def test_a_ticket_must_be_finished(tmp_path, trunk):
    with pytest.raises(FileNotFoundError, match="folder of a finished run"):
        plan(str(tmp_path / "nothing"))
    pathlib.Path(paths.checkpoint(str(tmp_path))).touch()
    with pytest.raises(ValueError, match="is not finished"):
        plan(str(tmp_path))
