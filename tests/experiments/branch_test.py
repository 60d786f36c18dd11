"""Tests of experiments/branch.py, on the bundled digits."""

import itertools
import pathlib
import re
import shutil

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import (
    branch,
    instability,
    lottery_experiment,
    reinitialize,
)
from lottery_ticket.experiments.finished import finished_runs, selections
from lottery_ticket.experiments.settings import (
    level_rules,
    recipe_changes,
    recipes,
    scoring,
)
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.tickets import run_tickets, ticket_file
from lottery_ticket.foundations.training import resumable_run
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds, steps
from lottery_ticket.tests import grids, planned, tiny
from lottery_ticket.tests.experiments import trunks

RECIPE = recipes.Recipe(
    hidden_units=(12, 8),
    fractions={"layer*": 0.5},
    training_len="20it",
    test_interval=10,
    validate_interval=10,
    seed=1,
    jit=False,
)
ACTIONS = [  # Of networks without normalisations.
    name for name, each in mask_1.MASK_1_ACTIONS.items() if not each.carries
]
NEED_PRUNED = [
    name for name, each in mask_1.MASK_1_ACTIONS.items() if each.needs == "all"
]
NEED_NO_PRUNED = [name for name in ACTIONS if name not in NEED_PRUNED]


def run_levels(directory, recipe=RECIPE, levels=2, **rules):
    planned.run(
        lottery_experiment.plan,
        str(directory),
        recipe,
        rules=level_rules.LevelRules(**rules),
        iterations=levels,
        quiet=True,
    )
    return paths.run(str(directory), levels, "same_init")


@pytest.fixture(scope="module")
def ticket(tmp_path_factory):
    """A ticket at level 2."""
    return run_levels(tmp_path_factory.mktemp("results") / "trial1")


@pytest.fixture(scope="module")
def rewound(tmp_path_factory):
    """A ticket at level 2, rewound to iteration 5."""
    trial = tmp_path_factory.mktemp("results") / "trial1"
    return run_levels(trial, rewind_iteration="5it")


def train(directory, ticket, changes=None, **options):
    changes = recipe_changes.RecipeChanges(**(changes or {}))
    planned.run(
        branch.plan, str(directory), ticket, changes, quiet=True, **options
    )
    assert planned.is_complete(
        branch.plan, str(directory), ticket, changes, **options
    )
    return networks(directory)


def networks(directory):
    """Initial, final and masks of a run, kernels first."""
    places = (paths.initial, paths.final, paths.masks)
    return [
        save_restore.restore_network(place(str(directory))) for place in places
    ]


def level_0(ticket, place=paths.initial):
    dense = paths.run(ticket.rsplit("/", 2)[0], 0, "same_init")
    return save_restore.restore_network(place(dense))


def acted_on(action, dense, masks):
    """The dense network's weights after an action; mask_1's tests check it."""
    start = mask_1.Start(dense, masks, dense, None)
    seed = seeds.derive(seeds.derive(1, "init"), "reinitialize")
    return mask_1.apply(action, start, seed)


def signs_of(action, ticket, selection="ticket"):
    """A network whose signs a signed draw has, where it is kept."""
    if action == "signed_draw_initial":
        return level_0(ticket)
    if selection == "ticket":
        return networks(ticket)[1]
    return level_0(ticket, paths.final)


def counts(masks):
    return {name: kept for name, (kept, _) in masks_lib.counts(masks).items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reinit", "reuse", "reuse_sign"])
def test_reinitialize_gives_the_same_bytes(ticket, tmp_path, name):
    given = {}
    if name != "reinit":
        given["initialization_distribution"] = paths.initial(ticket)
    if name == "reuse_sign":
        given["same_sign"] = paths.initial(ticket)
    seed = seeds.derive(1, name, 2, 1)
    planned.run(
        reinitialize.plan,
        str(tmp_path / "old"),
        recipes.Recipe(**{**RECIPE.settings(), "init_seed": seed}),
        masks=paths.masks(ticket),
        quiet=True,
        **given,
    )
    train(tmp_path / "new", ticket, {"init_seed": seed}, mask_1_action=name)
    old, new = (tiny.result_bytes(tmp_path / each) for each in ("old", "new"))
    assert len(old) == 6 + 6 + 3 + 3
    assert old == new


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "name"),
    grids.thinned(
        [("ticket", "rewind"), ("rewound", "rewind"), ("ticket", "reuse")],
        [("rewound", "rewind")],
    ),
)
def test_other_order_only(request, tmp_path, start, name):
    """What is not changed is the ticket's, where training starts too."""
    source = request.getfixturevalue(start)
    found = train(tmp_path, source, {"train_order_seed": 5}, mask_1_action=name)
    inputs = [run_record.read(d)["inputs"] for d in (source, str(tmp_path))]
    differing = {key for key in inputs[0] if inputs[0][key] != inputs[1][key]}
    assert differing == {"train_order_seed"} | (
        {"initial"} if name == "reuse" else set()
    )
    assert (found[1]["layer0"] != networks(source)[1]["layer0"]).any()


@pytest.mark.parametrize(
    "place", ["0", "1", "2"], ids="rewind of level {}".format
)
def test_an_order_put_back_gives_the_tickets_bytes(rewound, tmp_path, place):
    """A branch of a branch that goes back to the ticket's order."""
    source = paths.run(rewound.rsplit("/", 2)[0], place, "same_init")
    order = run_record.read(source)["settings"]["train_order_seed"]
    once, back = str(tmp_path / "once"), str(tmp_path / "back")
    train(once, source, {"train_order_seed": 5})
    train(back, once, {"train_order_seed": order})
    expected = tiny.result_bytes(source)
    expected = {k: v for k, v in expected.items() if "iteration" not in k}
    assert tiny.result_bytes(back) == expected


USUAL = [
    *((name, "reinit") for name in selections.SELECTIONS),
    ("ticket", "rewind"),
    ("shuffle", "rewind"),
    ("random_global", "reuse_sign"),
    ("ticket", "signed_draw"),
    ("oneshot", "signed_draw"),
]
# Beside those, a third of all pairs, which has each of either.
PAIRS = dict.fromkeys(
    [
        *USUAL,
        *(
            (selection, action)
            for i, selection in enumerate(selections.SELECTIONS)
            for j, action in enumerate(ACTIONS)
            if (i + j) % 3 == 0
        ),
    ]
)


@pytest.mark.parametrize(
    ("selection", "action"),
    grids.thinned(
        PAIRS,
        USUAL,
    ),
)
def test_every_combination_keeps_its_counts(
    ticket, tmp_path, selection, action
):
    before, after, masks = train(
        tmp_path / "one",
        ticket,
        {"lr": 0.01},
        selection=selection,
        mask_1_action=action,
    )
    source, _, of_ticket = networks(ticket)
    total = sum(counts(of_ticket).values())
    assert sum(counts(masks).values()) == total
    if selection != "random_global":
        assert counts(masks) == counts(of_ticket)
    is_other = any((masks[n] != of_ticket[n]).any() for n in masks)
    assert is_other == (selection != "ticket")
    dense = level_0(ticket)
    for name, mask in masks.items():
        assert not before[name][mask == 0].any()
        assert not after[name][mask == 0].any()
        start, kept = before[name][mask == 1], mask == 1
        pool = source[name][of_ticket[name] == 1]
        if action in ("rewind", "mask_init"):
            np.testing.assert_array_equal(start, dense[name][kept])
        elif mask_1.MASK_1_ACTIONS[action].draws:
            assert not np.isin(start, dense[name]).any()
            if action != "reinit":
                signs = signs_of(action, ticket, selection)[name][kept]
                np.testing.assert_array_equal(start < 0, signs < 0)
        elif action.startswith("reuse"):
            assert np.isin(start, pool).all()
            is_same = np.sign(start) == np.sign(dense[name][kept])
            assert is_same.all() == (action == "reuse_sign")
        else:
            expected = acted_on(action, dense, masks)[name][kept]
            np.testing.assert_array_equal(start, expected)
            assert (start != dense[name][kept]).mean() > 0.8


@pytest.mark.parametrize("action", ["signed_constant", "random_reshuffle"])
def test_actions_on_a_rewound_ticket_are_of_its_iteration(
    rewound, tmp_path, action
):
    """Biases too; training starts anew."""
    before, _, masks = train(tmp_path, rewound, mask_1_action=action)
    dense = level_0(rewound, lambda run: paths.at_iteration(run, 5))
    expected = acted_on(action, dense, masks)
    for name, array in before.items():
        mask = masks.get(name, 1)
        np.testing.assert_array_equal(array, expected[name] * mask)
    assert before["layer1_bias"].any()
    assert run_record.read(str(tmp_path))["inputs"]["start_iteration"] == 0


@pytest.mark.parametrize("action", ["signed_draw", "signed_draw_initial"])
def test_a_signed_draw_has_the_magnitudes_of_reinit(rewound, tmp_path, action):
    """Pruned weights are 0; biases are as drawn, 0; training starts anew."""
    drawn, *_ = train(tmp_path / "drawn", rewound, mask_1_action="reinit")
    before, _, masks = train(tmp_path / "own", rewound, mask_1_action=action)
    initial, final, _ = networks(rewound)
    source = initial if action == "signed_draw_initial" else final
    for name, array in before.items():
        signs = np.where(source[name] < 0, -1, 1)
        expected = np.abs(drawn[name]) * (signs if name in masks else 1)
        np.testing.assert_array_equal(array, expected * masks.get(name, 1))
    assert (drawn["layer0"] != before["layer0"]).any()
    record = run_record.read(str(tmp_path / "own"))
    assert record["inputs"]["start_iteration"] == 0
    assert not record["settings"]["is_finetuned"]


def test_a_signed_draw_is_of_the_final_weights(ticket, tmp_path, monkeypatch):
    """Without them, nothing begins."""
    copy = str(tmp_path / "trial1/2/same_init")
    shutil.copytree(ticket, copy)
    options = {"mask_1_action": "signed_draw"}
    train(tmp_path / "a", ticket, **options)
    settings = run_record.read(str(tmp_path / "a"))["settings"]
    source = finished_runs.ticket(ticket)
    assert settings["ticket"] == source.checksum("masks", "initial", "final")
    monkeypatch.setattr(from_recipe, "dataset", None)
    shutil.rmtree(paths.final(copy))
    with pytest.raises(ValueError, match="final/layer0.npy"):
        train(tmp_path / "b", copy, **options)
    assert not (tmp_path / "b").exists()


def test_a_ticket_file_without_final_weights_is_named(ticket, tmp_path):
    for kept, is_enough in (("initial", False), ("both", True)):
        file = str(tmp_path / f"{kept}.ticket")
        ticket_file.write(file, run_tickets.of_run(ticket, kept))
        if is_enough:
            train(tmp_path / "b", file, mask_1_action="signed_draw")
            continue
        with pytest.raises(ValueError, match="no final weights. Pack it --wit"):
            train(tmp_path / "a", file, mask_1_action="signed_draw")
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
@pytest.mark.parametrize("action", ["signed_draw", "signed_draw_norms"])
def test_norms_are_of_the_draw_or_carried(tmp_path, action):
    (tmp_path / "own.py").write_text(trunks.NORM_NETWORK)
    recipe = attrs.evolve(
        RECIPE,
        model=f"{tmp_path}/own.py:make",
        hidden_units=None,
        fractions={"*": 0.5},
        training_len="4it",
    )
    ticket = run_levels(tmp_path / "trial1", recipe, levels=1)
    before, after, masks = train(tmp_path / "a", ticket, mask_1_action=action)
    _, final, _ = networks(ticket)
    usual = {"gamma": 1, "beta": 0, "moving_mean": 0, "moving_variance": 1}
    for name, value in usual.items():
        found = before[f"batch_normalization_{name}"]
        trained = final[f"batch_normalization_{name}"]
        assert (trained != value).any()
        is_carried = action == "signed_draw_norms"
        np.testing.assert_array_equal(
            found, trained if is_carried else np.full_like(found, value)
        )
    for name, mask in masks.items():
        kept = mask == 1
        np.testing.assert_array_equal(
            before[name][kept] < 0, final[name][kept] < 0
        )


def test_an_aws_ticket_is_transferred_by_another_schedule(tmp_path):
    """Levels at a constant rate, without rewinding; then another recipe."""
    ticket = run_levels(
        tmp_path / "trial1",
        attrs.evolve(RECIPE, schedule="constant", scope="global"),
        retraining="finetune",
    )
    changes = {
        "schedule": "piecewise",
        "lr_drops": ("20it", "30it"),
        "training_len": "40it",
    }
    train(tmp_path / "a", ticket, changes, mask_1_action="signed_draw")
    record = run_record.read(str(tmp_path / "a"))
    assert {k: record["settings"][k] for k in changes} == {
        **changes,
        "lr_drops": ["20it", "30it"],
    }
    assert not record["settings"]["is_finetuned"]
    log = save_restore.read_log(str(tmp_path / "a"), "train")
    assert log["iteration"] == list(range(1, 41))


def test_a_constant_can_be_given(ticket, tmp_path):
    options = {"mask_1_action": "signed_constant", "signed_constant": 0.1}
    before, _, masks = train(tmp_path / "a", ticket, **options)
    for name, mask in masks.items():
        np.testing.assert_array_equal(
            np.abs(before[name]), mask * np.float32(0.1)
        )
    with pytest.raises(ValueError, match="signed_constant: 0.1 there, None no"):
        train(tmp_path / "a", ticket, mask_1_action="signed_constant")


def test_mask_init_and_none_are_rewinding(rewound, tmp_path):
    order = {"train_order_seed": 5}
    found = {}
    for action in ("rewind", "mask_init", "none"):
        train(tmp_path / action, rewound, order, mask_1_action=action)
        found[action] = tiny.result_bytes(tmp_path / action)
        with pytest.raises(ValueError, match="once more"):
            train(tmp_path / "a", rewound, mask_1_action=action)
    assert found["rewind"] == found["mask_init"] == found["none"]
    assert planned.is_complete(
        branch.plan,
        str(tmp_path / "none"),
        rewound,
        recipe_changes.RecipeChanges(**order),
        mask_1_action="rewind",
    )


@pytest.mark.slow
def test_actions_on_what_is_kept_do_without_level_0(ticket, tmp_path):
    once = str(tmp_path / "once")
    train(once, ticket, {"lr": 0.01})
    for action in NEED_NO_PRUNED:
        train(tmp_path / action, once, {"lr": 0.02}, mask_1_action=action)
    for action in NEED_PRUNED:
        with pytest.raises(FileNotFoundError, match="not of a lottery exp"):
            train(tmp_path / "a", once, mask_1_action=action)
    train(tmp_path / "b", once, selection="shuffle", mask_1_action="reuse")
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_a_ticket_that_holds_pruned_weights_is_refused(tmp_path, monkeypatch):
    held = run_levels(
        tmp_path / "trial1", levels=1, mask_0_action="freeze_init"
    )
    monkeypatch.setattr(from_recipe, "dataset", None)
    message = "must have pruned weights that are 0. Received: .*/1/same_init"
    for action in ACTIONS:
        with pytest.raises(ValueError, match=message):
            train(tmp_path / "a", held, {"lr": 0.1}, mask_1_action=action)
    with pytest.raises(ValueError, match=message):
        planned.run(instability.plan, str(tmp_path / "a"), held)
    assert not (tmp_path / "a").exists()


def test_masks_of_a_rewound_ticket_start_at_its_iteration(rewound, tmp_path):
    masks = {}
    dense = level_0(rewound, lambda run: paths.at_iteration(run, 5))
    for selection in ("shuffle", "oneshot"):
        before, _, masks[selection] = train(
            tmp_path / selection, rewound, selection=selection
        )
        for name, array in before.items():
            mask = masks[selection].get(name, 1)
            np.testing.assert_array_equal(array, dense[name] * mask)
    log = save_restore.read_log(str(tmp_path / "shuffle"), "train")
    assert log["iteration"] == list(range(6, 21))
    final = level_0(rewound, paths.final)
    for name, mask in masks["oneshot"].items():
        magnitude = np.abs(final[name])
        assert magnitude[mask == 1].min() >= magnitude[mask == 0].max()


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({"mask_1_action": "reinit", "start_iteration": "5it"}, 5),
        ({"mask_1_action": "reuse"}, 0),
        ({"selection": "shuffle"}, 5),
        ({"selection": "shuffle", "start_iteration": "7it"}, 7),
        ({"start_iteration": "0it"}, 0),
    ],
)
def test_where_training_starts(rewound, tmp_path, options, start):
    train(tmp_path, rewound, **options)
    record = run_record.read(str(tmp_path))
    assert record["inputs"]["start_iteration"] == start
    assert steps.iterations(record["settings"]["start_iteration"], 1) == start


@pytest.mark.slow
def test_a_ticket_that_was_fine_tuned_is_trained_so(tmp_path):
    recipe = recipes.Recipe(
        **{**RECIPE.settings(), "schedule": "piecewise", "lr_drops": ("9it",)}
    )
    source = run_levels(
        tmp_path / "trial1",
        recipe,
        levels=1,
        retraining="finetune",
        rewind_iteration="5it",
    )
    found = {}
    for name, options in {
        "order": {},
        "again": {},
        "reinit": {"mask_1_action": "reinit"},
        "dense": {},
    }.items():
        ticket = source.replace("/1/", "/0/") if name == "dense" else source
        if name == "again":  # A branch of a branch.
            ticket = str(tmp_path / "order")
        order = {"train_order_seed": 6 if name == "again" else 5}
        train(tmp_path / name, ticket, order, **options)
        inputs = run_record.read(str(tmp_path / name))["inputs"]
        found[name] = inputs["optimizer"], inputs["start_iteration"]
    inputs = run_record.read(source)["inputs"]
    assert found["order"] == found["again"] == (inputs["optimizer"], 5)
    inputs = run_record.read(source.replace("/1/", "/0/"))["inputs"]
    assert found["reinit"] == found["dense"] == (inputs["optimizer"], 0)
    assert found["order"][0] != found["dense"][0]
    with pytest.raises(ValueError, match="did not start from the weights in"):
        train(tmp_path / "a", source, selection="shuffle")


@pytest.mark.slow
def test_a_ticket_can_be_taken_to_another_dataset(ticket, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "noise.npz",
        **{
            f"{kind}_{split}": array
            for split in ("train", "test")
            for kind, array in {
                "x": rng.integers(0, 17, (90, 8, 8, 1)).astype(np.uint8),
                "y": np.arange(90) % 10,
            }.items()
        },
    )
    path = str(tmp_path / "noise.npz")
    before, _, masks = train(
        tmp_path / "branch", ticket, {"dataset": path, "validation_size": 9}
    )
    source, _, of_ticket = networks(ticket)
    for name, array in source.items():
        np.testing.assert_array_equal(before[name], array)
    for name, mask in of_ticket.items():
        np.testing.assert_array_equal(masks[name], mask)
    settings = run_record.read(str(tmp_path / "branch"))["settings"]
    assert (settings["dataset"], settings["hidden_units"]) == (path, [12, 8])


def test_the_seed_of_the_draw_is_init_seed(ticket, tmp_path):
    found = {}
    for name, seed in {"a": 3, "b": 3, "c": 4}.items():
        train(
            tmp_path / name,
            ticket,
            {"init_seed": seed},
            selection="shuffle",
            mask_1_action="reinit",
        )
        found[name] = tiny.result_bytes(tmp_path / name)
    assert found["a"] == found["b"]
    for path in ("masks/layer0.npy", "initial/layer0.npy"):
        assert found["a"][path] != found["c"][path]


def test_a_finished_branch_is_complete(ticket, tmp_path, monkeypatch, capsys):
    options = {"selection": "shuffle", "mask_1_action": "reinit"}
    directory = str(tmp_path / "once")
    assert not planned.is_complete(branch.plan, directory, ticket, **options)
    train(directory, ticket, **options)
    monkeypatch.setattr(from_recipe, "dataset", None)
    planned.run(branch.plan, directory, ticket, **options)
    assert capsys.readouterr().err == f"{directory}: complete already\n"
    for other, message in (
        ({**options, "mask_1_action": "reuse"}, "mask_1_action: 'reinit' th"),
        ({**options, "selection": "ticket"}, "masks: .*selection: 'shuffle'"),
        ({**options, "start_iteration": "1it"}, "start_iteration: '0it' ther"),
    ):
        with pytest.raises(ValueError, match=message):
            planned.is_complete(branch.plan, directory, ticket, **other)
    one_less = paths.run(ticket.rsplit("/", 2)[0], 1, "same_init")
    with pytest.raises(ValueError, match=r"\(ticket: "):
        planned.is_complete(branch.plan, directory, one_less, **options)


@pytest.mark.parametrize("selection", selections.DRAWN)
def test_masks_are_drawn_only_where_there_is_work(
    ticket, tmp_path, monkeypatch, selection
):
    train(tmp_path, ticket, selection=selection)
    monkeypatch.setitem(
        selections.SELECTIONS, selection, None
    )  # Not to be called.
    assert planned.is_complete(
        branch.plan, str(tmp_path), ticket, selection=selection
    )
    record = run_record.read(str(tmp_path))
    assert re.fullmatch("[0-9a-f]{64}", record["settings"]["masks"])


def test_where_the_ticket_lies_is_no_setting(ticket, tmp_path, monkeypatch):
    options = {"selection": "shuffle"}
    train(tmp_path / "once", ticket, **options)
    monkeypatch.chdir(ticket)
    assert planned.is_complete(
        branch.plan, str(tmp_path / "once"), ".", **options
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"selection": "shufle"}, "selection 'shufle'. Did you mean 'shuffle"),
        ({"mask_1_action": "reus"}, "mask_1_action 'reus'. Did you mean 'reu"),
        (
            {"mask_1_action": "signed_draw_norms"},
            "norms carries what normalisations have trained, and this network",
        ),
        ({"signed_constant": 0.1}, "is for mask_1_action=signed_constant or"),
        (
            {"mask_1_action": "signed_constant", "signed_constant": 0},
            "signed_constant must be a number, at least",
        ),
        ({"selection": "shuffle", "start_iteration": "5"}, "A length must be"),
        ({"changes": {"lr": -1.0}}, "lr must be a number, above 0"),
        ({}, "would be .*/2/same_init once more: give a selection"),
        ({"changes": {"seed": 1, "lr": 1.2e-3}}, "once more"),
        ({"start_iteration": "0ep"}, "once more"),
        ({"changes": {"scope": "global"}}, "once more"),
    ],
)
def test_what_does_not_fit_stops_before_data_is_loaded(
    ticket, tmp_path, monkeypatch, options, message
):
    monkeypatch.setattr(from_recipe, "dataset", None)
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "a", ticket, **options)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("selection", ["shuffle", "oneshot"])
def test_without_level_0_nothing_begins(
    ticket, tmp_path, monkeypatch, selection
):
    once = str(tmp_path / "once")
    train(once, ticket, {"lr": 0.01})
    monkeypatch.setattr(from_recipe, "dataset", None)
    with pytest.raises(FileNotFoundError, match="not of a lottery experiment"):
        train(tmp_path / "a", once, selection=selection)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_units": (12, 9)}, r"'layer1' has .* \(12, 9\) here"),
        (
            {"hidden_units": (12, 8, 8), "fractions": {"*": 0.1}},
            "is of another network: 'layer2' has shape",
        ),
        ({"model": "conv2"}, "another network: 'conv0' has shape None there"),
    ],
)
def test_masks_of_another_network_are_named(ticket, tmp_path, changes, message):
    for action in ACTIONS:
        with pytest.raises(ValueError, match=message):
            train(tmp_path / "a", ticket, changes, mask_1_action=action)
    assert not (tmp_path / "a").exists()


def test_a_damaged_or_unfinished_ticket_stops_before_training(
    ticket, tmp_path, monkeypatch
):
    monkeypatch.setattr(from_recipe, "dataset", None)
    trial = tmp_path / "trial1/2/same_init"
    for path in pathlib.Path(ticket).rglob("*.*"):
        copy = trial / path.relative_to(ticket)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    damaged = trial / "masks/layer0.npy"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(ValueError, match="masks/layer0.npy is missing or dam"):
        train(tmp_path / "a", str(trial), mask_1_action="reinit")
    (trial / "run.json").rename(trial / "checkpoint.bin")
    with pytest.raises(ValueError, match="2/same_init is not finished"):
        train(tmp_path / "a", str(trial), mask_1_action="reinit")
    with pytest.raises(FileNotFoundError, match="which has no run.json"):
        train(tmp_path / "a", str(tmp_path / "none"), mask_1_action="reinit")
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"selection": "shuffle"}, {"mask_1_action": "signed_draw"}]
)
def test_a_stopped_branch_goes_on_to_the_same_bytes(
    ticket, tmp_path, monkeypatch, options
):
    train(tmp_path / "whole", ticket, **options)
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    real = resumable_run.ResumableRun._save_checkpoint

    def stop(run):
        real(run)
        if run.iteration == 10:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resumable_run.ResumableRun, "_save_checkpoint", stop)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "stopped", ticket, **options)
    assert not planned.is_complete(
        branch.plan, str(tmp_path / "stopped"), ticket, **options
    )
    train(tmp_path / "stopped", ticket, **options)
    assert run_record.read(str(tmp_path / "stopped"))["resumed"] == 1
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )


def test_collapse_can_stop_a_branch(ticket, tmp_path, monkeypatch):
    def nothing(source, seed, groups):
        return {**source.masks, "layer1": 0 * source.masks["layer1"]}

    monkeypatch.setitem(selections.SELECTIONS, "shuffle", nothing)
    with pytest.raises(ValueError, match="'layer1' keeps none of its 96"):
        planned.run(
            branch.plan,
            str(tmp_path),
            ticket,
            selection="shuffle",
            on_collapse="stop",
            quiet=True,
        )
    assert not (tmp_path / "final").exists()


@pytest.fixture(scope="module", params=["unit", "block:3x2", "2:4"])
def granular(request, tmp_path_factory):
    """A ticket of groups at level 1, of global scope; its granularity."""
    trial = tmp_path_factory.mktemp("granular") / "trial1"
    recipe = attrs.evolve(RECIPE, fractions={"*": 0.5}, scope="global")
    planned.run(
        lottery_experiment.plan,
        str(trial),
        recipe,
        scoring.Scoring(granularity=request.param),
        iterations=1,
        quiet=True,
    )
    return request.param, paths.run(str(trial), 1, "same_init")


@pytest.mark.parametrize("selection", ["shuffle", "oneshot", "random_global"])
def test_selections_move_what_the_ticket_pruned_at_once(
    granular, tmp_path, selection
):
    text, ticket = granular
    if (text, selection) == ("2:4", "random_global"):
        with pytest.raises(ValueError, match="keeps n of each m.*Use shuffle"):
            train(tmp_path / "run", ticket, selection=selection)
        return
    initial, _, masks = train(tmp_path / "run", ticket, selection=selection)
    own = run_record.read(ticket)
    record = run_record.read(str(tmp_path / "run"))
    for name in ("granularity", "score_pooling"):
        assert record["settings"][name] == own["settings"][name]
    assert record["settings"]["masks"] is None
    dense = level_0(ticket)
    for name, mask in masks.items():
        np.testing.assert_array_equal(initial[name], dense[name] * mask)
    theirs = save_restore.restore_network(paths.masks(ticket))
    if selection == "oneshot":  # The same, after one level.
        for name, mask in masks.items():
            np.testing.assert_array_equal(mask, theirs[name])
        return
    assert any((masks[name] != theirs[name]).any() for name in masks)
    if text == "2:4":
        for name in ("layer0", "layer1", "layer2"):
            assert (masks[name].T.reshape(-1, 4).sum(axis=1) == 2).all()
        return
    kept, ours = own["groups"], record["groups"]
    assert sum(k for k, _ in kept.values()) == sum(k for k, _ in ours.values())
    if selection == "shuffle":
        assert kept == ours
    if text == "unit":
        for first, second in itertools.pairwise(masks.values()):
            np.testing.assert_array_equal(second.any(axis=1), first.any(axis=0))


def test_a_ticket_of_groups_keeps_its_masks_with_fresh_weights(
    granular, tmp_path
):
    _, ticket = granular
    initial, _, masks = train(tmp_path / "run", ticket, mask_1_action="reinit")
    theirs = save_restore.restore_network(paths.masks(ticket))
    for name, mask in masks.items():
        np.testing.assert_array_equal(mask, theirs[name])
    record = run_record.read(str(tmp_path / "run"))
    assert record.get("groups") == run_record.read(ticket).get("groups")
