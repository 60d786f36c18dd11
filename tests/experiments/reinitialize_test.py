"""Tests of experiments/reinitialize.py."""

import numpy as np
import pytest

from lottery_ticket.experiments import lottery_experiment, reinitialize
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.tests import planned

RECIPE = recipes.Recipe(training_len="10it", seed=1, jit=False)


@pytest.fixture(scope="module")
def ticket(tmp_path_factory):
    """Folder of a ticket at level 1."""
    trial = str(tmp_path_factory.mktemp("results") / "trial1")
    planned.run(
        lottery_experiment.plan, trial, RECIPE, iterations=1, quiet=True
    )
    return paths.run(trial, 1, "same_init")


def initial(directory):
    return save_restore.restore_network(paths.initial(str(directory)))


def run(directory, ticket, recipe=RECIPE, **options):
    planned.run(
        reinitialize.plan,
        str(directory),
        recipe,
        masks=paths.masks(ticket),
        quiet=True,
        **options,
    )
    masks = save_restore.restore_network(paths.masks(ticket))
    ours = save_restore.restore_network(paths.masks(str(directory)))
    for name, mask in masks.items():
        np.testing.assert_array_equal(ours[name], mask)
        np.testing.assert_array_equal(initial(directory)[name][mask == 0], 0)
    return masks, initial(directory)


def test_reinit_never_draws_the_tickets_own_weights(ticket, tmp_path):
    masks, drawn = run(tmp_path, ticket)
    kept = masks["layer0"] == 1
    assert (drawn["layer0"] != initial(ticket)["layer0"])[kept].mean() > 0.99
    np.testing.assert_array_equal(drawn["layer0_bias"], 0)


def test_init_seed_decides_the_draw(ticket, tmp_path):
    draws = []
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        recipe = recipes.Recipe(
            training_len="10it", seed=1, init_seed=seed, jit=False
        )
        draws.append(run(tmp_path / name, ticket, recipe)[1]["layer0"])
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()


def test_reuse_takes_the_tickets_values_to_other_places(ticket, tmp_path):
    source = initial(ticket)
    masks, drawn = run(
        tmp_path, ticket, initialization_distribution=paths.initial(ticket)
    )
    for name, mask in masks.items():
        values = drawn[name][mask == 1]
        assert np.isin(values, source[name][mask == 1]).all()
        assert (values != source[name][mask == 1]).any()
        assert values.all()


def test_reuse_sign_leaves_every_sign_in_place(ticket, tmp_path):
    masks, drawn = run(
        tmp_path,
        ticket,
        initialization_distribution=paths.initial(ticket),
        same_sign=paths.initial(ticket),
    )
    for name in masks:
        np.testing.assert_array_equal(
            np.sign(drawn[name]), np.sign(initial(ticket)[name])
        )


def test_a_finished_control_is_complete(ticket, tmp_path):
    run(tmp_path, ticket)
    assert planned.is_complete(
        reinitialize.plan, str(tmp_path), RECIPE, masks=paths.masks(ticket)
    )
    with pytest.raises(ValueError, match="initialization_distribution: None"):
        run(
            tmp_path,
            ticket,
            initialization_distribution=paths.initial(ticket),
        )


def test_same_sign_alone_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="needs initialization_distribution"):
        planned.run(
            reinitialize.plan, str(tmp_path / "a"), RECIPE, same_sign={}
        )
    assert not (tmp_path / "a").exists()


def test_masks_that_are_not_there_are_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="No saved network"):
        planned.run(
            reinitialize.plan,
            str(tmp_path / "a"),
            masks=str(tmp_path / "masks"),
        )


def test_several_masks_are_combined_as_asked(ticket, tmp_path):
    masks = save_restore.restore_network(paths.masks(ticket))
    other = {name: np.roll(mask, 1) for name, mask in masks.items()}
    planned.run(
        reinitialize.plan,
        str(tmp_path),
        RECIPE,
        masks=[masks, other],
        combine_masks="intersect",
        quiet=True,
    )
    found = save_restore.restore_network(paths.masks(str(tmp_path)))
    for name, mask in masks.items():
        np.testing.assert_array_equal(found[name], mask & other[name])
