"""Tests of experiments/train.py."""

import json

import numpy as np
import pytest

from lottery_ticket.experiments import train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.tests import planned, tiny
from lottery_ticket.tests.experiments import trunks
from lottery_ticket.tests.experiments.tickets import packed

RECIPE = recipes.Recipe(training_len="5it", seed=1, jit=False)
MASK = (np.arange(300 * 100).reshape(300, 100) % 2).astype(np.uint8)


def test_one_network_with_masks_and_presets(tmp_path):
    directory = str(tmp_path / "once")
    given = {
        "masks": {"layer1": MASK},
        "presets": {"layer0_bias": np.full(300, 0.5, np.float32)},
    }
    planned.run(train.plan, directory, RECIPE, **given, quiet=True)
    assert planned.is_complete(train.plan, directory, RECIPE, **given)
    initial = save_restore.restore_network(paths.initial(directory))
    final = save_restore.restore_network(paths.final(directory))
    np.testing.assert_array_equal(initial["layer0_bias"], 0.5)
    np.testing.assert_array_equal(final["layer1"][MASK == 0], 0)
    with pytest.raises(ValueError, match="masks: '.*' there, None now"):
        planned.run(train.plan, directory, RECIPE)


def test_masks_of_another_network_are_named_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"\(300, 100\). Received: \(100, 300"):
        planned.run(
            train.plan, str(tmp_path / "a"), RECIPE, masks={"layer1": MASK.T}
        )
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_training_goes_on_from_a_saved_state(tmp_path):
    """With an optimizer that has no memory, to the bytes of the whole run."""
    recipe = recipes.Recipe(
        training_len="8it", optimizer="sgd", seed=1, jit=False
    )
    whole, part = str(tmp_path / "whole"), str(tmp_path / "part")
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset).reset(seed=recipe.init_seed)
    saving = run_settings.Course(save_iterations=("3it",))
    from_recipe.train(recipe, dataset, model, whole, course=saving)
    given = {
        "presets": paths.at_iteration(whole, 3),
        "start_iteration": "3it",
    }
    planned.run(train.plan, part, recipe, **given, quiet=True)
    assert planned.is_complete(train.plan, part, recipe, **given)
    one, two = (
        save_restore.restore_network(paths.final(place))
        for place in (whole, part)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(two[name], array)
    log = save_restore.read_log(part, "train")
    assert log["iteration"] == [4, 5, 6, 7, 8]
    with pytest.raises(ValueError, match="'3it' there, '0it' now"):
        planned.run(train.plan, part, recipe, presets=given["presets"])


@pytest.mark.parametrize(
    ("start", "message"),
    [("3", "A length must be"), ("5it", "cannot start at iteration 5")],
)
def test_a_start_that_does_not_fit_is_named(tmp_path, start, message):
    with pytest.raises(ValueError, match=message):
        planned.run(
            train.plan, str(tmp_path / "a"), RECIPE, start_iteration=start
        )
    assert not (tmp_path / "a").exists()


def test_several_masks_are_combined_as_asked(tmp_path):
    other = np.ones_like(MASK)
    other[:, :50] = 0
    for combine, expected in {
        "union": MASK | other,
        "intersect": MASK & other,
    }.items():
        directory = str(tmp_path / combine)
        planned.run(
            train.plan,
            directory,
            RECIPE,
            masks=[{"layer1": MASK}, {"layer1": other}],
            combine_masks=combine,
            quiet=True,
        )
        found = save_restore.restore_network(paths.masks(directory))
        np.testing.assert_array_equal(found["layer1"], expected)


@pytest.mark.slow
def test_weights_are_saved_every_few_iterations(tmp_path):
    recipe = recipes.Recipe(
        training_len="5it", optimizer="sgd", seed=1, jit=False
    )
    saving = {"save_iterations": ("every: 2it",), "quiet": True}
    planned.run(train.plan, str(tmp_path), recipe, **saving)
    for iteration in (2, 4):
        saved = paths.at_iteration(str(tmp_path), iteration)
        assert save_restore.restore_network(saved)
    settings = json.loads((tmp_path / "run.json").read_text())["settings"]
    assert settings["save_iterations"] == ["every:2it"]
    assert planned.is_complete(train.plan, str(tmp_path), recipe, **saving)
    with pytest.raises(ValueError, match="save_iterations"):
        planned.run(train.plan, str(tmp_path), recipe)


def again(directory, ticket, *recipe, **given):
    planned.run(train.plan, directory, *recipe, ticket=ticket, **given)
    return tiny.result_bytes(directory)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"start_iteration": "4it", "finetune": True, "retraining": "finetune"},
        {"recipe": {"dropout": 0.5, "augmentation": "none"}},
    ],
    ids=["plain", "finetuned", "dropout"],
)
@pytest.mark.slow
def test_a_ticket_trains_to_the_bytes_of_its_run(tmp_path, options):
    options = dict(options)
    recipe = recipes.Recipe(
        **{**trunks.SETTINGS, **_model(options.pop("recipe", {}))}
    )
    settings = {"level": 3, "retraining": options.pop("retraining", "rewind")}
    masks = trunks.masks() if recipe.model == "fc" else None
    run, path = packed.trained(
        tmp_path, recipe=recipe, masks=masks, settings=settings, **options
    )
    made = again(f"{tmp_path}/again", path, quiet=True)
    assert made == tiny.result_bytes(run) and made
    assert again(f"{tmp_path}/other", run, quiet=True) == made
    assert planned.is_complete(train.plan, f"{tmp_path}/again", ticket=path)


def _model(changes):
    """Settings of a network that has what changes are of."""
    if "dropout" not in changes:
        return {}
    return {"model": "vit", "hidden_units": None, **changes}


def test_a_ticket_is_trained_as_it_was(tmp_path):
    run, path = packed.trained(tmp_path)
    made = f"{tmp_path}/again"
    with pytest.raises(
        ValueError, match="use branch. Received: --lr, --init_s"
    ):
        again(made, path, recipes.Recipe(lr=0.5, init_seed=3))
    with pytest.raises(ValueError, match="Received: --masks, --start_iter"):
        again(made, path, masks={}, start_iteration="1it")
    with pytest.raises(ValueError, match="'fc', which is found by its name"):
        again(made, path, recipes.Recipe(model="conv2"))
    ticket_file.write(path, run_tickets.of_run(run, "final"))
    with pytest.raises(ValueError, match="holds no initial weights"):
        again(made, path)


def test_a_ticket_that_would_come_out_otherwise_is_not_trained(tmp_path):
    _, path = packed.trained(tmp_path)
    ticket = ticket_file.read(path)

    def changed(**inputs):
        record = {
            **ticket.record,
            "inputs": {**ticket.record["inputs"], **inputs},
        }
        other = ticket_file.Ticket(
            ticket.masks, ticket.networks, record, ticket.logs
        )
        ticket_file.write(path, other)
        return path

    made = f"{tmp_path}/again"
    with pytest.raises(
        ValueError, match="not be the run .* weight_decay 0.1 th"
    ):
        again(made, changed(weight_decay=0.1), quiet=True)
    with pytest.raises(ValueError, match="trained on other data"):
        again(made, changed(dataset="0"), quiet=True)
    with pytest.raises(ValueError, match="did not start from its initial"):
        again(made, changed(initial="0"), quiet=True)


def test_a_ticket_of_another_keras_is_said_to_be_one(tmp_path, capsys):
    _, path = packed.trained(tmp_path)
    ticket = ticket_file.read(path)
    ticket.record["environment"]["keras"] = "3.0.0"
    ticket.record["inputs"]["network"] = "otherwise described"
    other = ticket_file.Ticket(
        ticket.masks, ticket.networks, ticket.record, ticket.logs
    )
    ticket_file.write(path, other)
    again(f"{tmp_path}/again", path)
    assert (
        "was trained with keras 3.0.0: here its bytes"
        in capsys.readouterr().err
    )


NET = """
import keras


def build(input_shape, num_classes):
    x = inputs = keras.Input(input_shape)
    x = keras.layers.Dense(6, "relu")(keras.layers.Flatten()(x))
    x = keras.layers.Dropout(0.3)(x)
    return keras.Model(inputs, keras.layers.Dense(num_classes)(x))
"""


@pytest.mark.slow
def test_the_network_of_a_ticket_that_is_the_users_is_said_again(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    model = f"{tmp_path}/net.py:build"
    settings = {**trunks.SETTINGS, "model": model, "hidden_units": None}
    run, path = packed.trained(
        tmp_path,
        recipe=recipes.Recipe("own_model", dataset="digits", **settings),
        masks=None,
    )
    made = f"{tmp_path}/again"
    with pytest.raises(ValueError, match="net.py:build'.*Say where it is: --m"):
        again(made, path)
    given = recipes.Recipe(model=model)
    assert again(made, path, given, quiet=True) == tiny.result_bytes(run)
