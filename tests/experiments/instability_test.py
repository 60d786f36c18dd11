"""Tests of experiments/instability.py, on the bundled digits."""

import dataclasses
import json
import pathlib

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import instability
from lottery_ticket.experiments.settings import recipe_changes, recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.records import paths, save_restore, sealed
from lottery_ticket.foundations.training import (
    line_evaluation,
    network_evaluation,
    programs,
)
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import grids, planned, tiny
from lottery_ticket.tests.experiments import trunks

POINTS = 4


@pytest.fixture(scope="module")
def ticket(tmp_path_factory):
    """A pruned run of 12 iterations from iteration 5 on."""
    return trunks.train(
        tmp_path_factory.mktemp("results") / "trial1/1/same_init",
        masks=trunks.masks(),
        start_iteration="5it",
    )


def run(directory, ticket, changes=None, **options):
    """Runs it; returns what it wrote."""
    given = {"iteration": "5it", "points": POINTS, "quiet": True} | options
    changes = recipe_changes.RecipeChanges(**(changes or {}))
    planned.run(instability.plan, str(directory), ticket, changes, **given)
    return sealed.ResultFile("connectivity.json").read(str(directory))


@pytest.fixture(scope="module")
def line(tmp_path_factory, ticket):
    """Folder of a finished line."""
    directory = tmp_path_factory.mktemp("lines") / "instability5"
    run(directory, ticket)
    return directory


def last(directory, split):
    log = save_restore.read_log(str(directory), split, tail=1)
    return log["loss"][0], log["accuracy"][0]


def test_the_ends_are_the_copies_own_results(line):
    record = sealed.ResultFile("connectivity.json").read(str(line))
    for index, name in ((0, "first"), (-1, "second")):
        for split in ("test", "validate"):
            loss, accuracy = last(line / "copies" / name, split)
            columns = record["splits"][split]
            assert columns["loss"][index] == loss
            assert np.float32(columns["error"][index]) == np.float32(
                1 - accuracy
            )


def test_what_is_recorded(line, ticket):
    record = sealed.ResultFile("connectivity.json").read(str(line))
    assert record["iteration"] == 5
    np.testing.assert_allclose(record["alpha"], [0, 1 / 3, 2 / 3, 1])
    assert list(record["splits"]) == ["train", "validate", "test"]
    for name, columns in record["splits"].items():
        errors = columns["error"]
        assert len(errors) == len(columns["loss"]) == POINTS
        expected = max(errors) - (errors[0] + errors[-1]) / 2
        assert record["barriers"][name] == pytest.approx(expected)
    highest = max(record["barriers"][name] for name in ("train", "test"))
    assert record["is_stable"] == (highest < 0.02)
    assert record["norm_examples"] == 0
    assert record["density"] == {"layer0": [256, 384], "layer1": [60, 60]}
    assert record["environment"]["keras"]
    assert record["settings"]["points"] == POINTS


def test_copies_hold_the_masks_and_differ(line):
    first, second = (
        save_restore.restore_network(paths.final(f"{line}/copies/{name}"))
        for name in ("first", "second")
    )
    for name, mask in trunks.masks().items():
        np.testing.assert_array_equal(first[name][mask == 0], 0)
        np.testing.assert_array_equal(second[name][mask == 0], 0)
    assert (first["layer0"] != second["layer0"]).any()


def test_equal_orders_make_a_constant_line_without_a_barrier(tmp_path, ticket):
    record = run(tmp_path, ticket, order_seeds=(7, 7))
    for columns in record["splits"].values():
        assert len(set(columns["error"])) == len(set(columns["loss"])) == 1
    assert set(record["barriers"].values()) == {0}
    assert record["is_stable"]


@pytest.mark.slow
def test_augmentation_and_batch_normalization(tmp_path, capsys):
    (tmp_path / "own.py").write_text(trunks.NORM_NETWORK)
    recipe = trunks.recipes.Recipe(
        "digits_fc",
        model=f"{tmp_path}/own.py:make",
        augmentation="flip",
        subset=100,
        training_len="4it",
        train_batch_size=30,
        jit=False,
    )
    dense = trunks.train(tmp_path / "0/dense", recipe)
    directory = tmp_path / "0/instability0"
    record = run(directory, dense, iteration="0it", quiet=False)
    copies = [
        json.loads((directory / "copies" / name / "run.json").read_text())
        for name in ("first", "second")
    ]
    for name in ("augment_seed", "train_order_seed"):
        assert len({each["settings"][name] for each in copies}) == 2
    assert len({each["inputs"]["dataset"] for each in copies}) == 2
    assert record["norm_examples"] == 90
    assert "batch-norm statistics: recomputed on 90" in capsys.readouterr().err
    for index, name in ((0, "first"), (-1, "second")):
        loss, _ = last(directory / "copies" / name, "test")
        assert record["ends"]["test"]["loss"][index] == loss
        assert record["splits"]["test"]["loss"][index] != loss


@pytest.mark.slow
def test_copies_of_networks_with_dropout_drop_other_units(tmp_path):
    recipe = trunks.recipes.Recipe(
        "digits_fc",
        model="conv2",
        width=0.05,
        dropout=0.5,
        fractions={"*": 0.2},
        subset=90,
        training_len="2it",
        train_batch_size=30,
        jit=False,
    )
    dense = trunks.train(tmp_path / "0/dense", recipe)
    directory = tmp_path / "0/instability0"
    run(directory, dense, iteration="0it", points=2)
    initial = {
        json.loads((directory / "copies" / name / "run.json").read_text())[
            "inputs"
        ]["initial"]
        for name in ("first", "second")
    }
    assert len(initial) == 2  # Weights are the same; states of dropout are not.


def test_a_finished_line_is_skipped(line, ticket, monkeypatch, capsys):
    monkeypatch.setattr(from_recipe, "dataset", None)
    run(line, ticket, quiet=False)
    assert "complete already" in capsys.readouterr().err
    assert planned.is_complete(
        instability.plan, str(line), ticket, iteration="5it", points=POINTS
    )


def test_nothing_is_complete_before_it_is(tmp_path, ticket):
    assert not planned.is_complete(
        instability.plan, str(tmp_path / "new"), ticket
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": 7}, "points: 4 there, 7 now"),
        ({"iteration": "6it"}, "iteration: '5it' there, '6it' now"),
        ({"order_seeds": (1, 2)}, "order_seeds"),
        ({"changes": {"lr": 0.5}}, "lr: .* there, 0.5 now"),
    ],
)
def test_other_settings_are_refused(line, ticket, options, message):
    with pytest.raises(ValueError, match=message):
        run(line, ticket, **options)


def test_the_result_is_told_in_one_line(tmp_path, ticket, capsys):
    record = run(tmp_path, ticket, quiet=False)
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    for name in ("test", "train"):
        assert f"{name} {100 * record['barriers'][name]:.2f}" in shown
    assert ("; stable" in shown) == record["is_stable"]
    assert shown.endswith("batch-norm statistics: none")


@pytest.mark.parametrize("chunks", [1, 2, 3])
@pytest.mark.slow
def test_killed_at_any_chunk_it_goes_on_to_the_same_bytes(
    tmp_path, ticket, line, monkeypatch, chunks
):
    trained, calls = programs.Program.launch, []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) > chunks:
            raise KeyboardInterrupt
        return trained(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, ticket)
    assert not (tmp_path / "connectivity.json").exists()
    run(tmp_path, ticket)
    assert tiny.result_bytes(tmp_path) == tiny.result_bytes(line)


def test_killed_on_the_line_it_goes_on_to_the_same_bytes(
    tmp_path, ticket, line, monkeypatch
):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(line_evaluation, "evaluate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, ticket)
    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", interrupted)
        run(tmp_path, ticket)
    assert tiny.result_bytes(tmp_path) == tiny.result_bytes(line)


def test_a_damaged_line_is_measured_again(tmp_path, ticket, line, caplog):
    run(tmp_path, ticket)
    path = tmp_path / "connectivity.json"
    path.write_text(path.read_text()[:-9])
    assert run(tmp_path, ticket) == sealed.ResultFile("connectivity.json").read(
        str(line)
    )
    assert "connectivity.json is damaged" in caplog.text


@pytest.mark.slow
def test_one_evaluation_serves_the_line(tmp_path, ticket, monkeypatch):
    traced, plain = [], network_evaluation.Evaluation._sum_up

    def counting(self, x, targets, values, sums):
        traced.append(self)
        return plain(self, x, targets, values, sums)

    monkeypatch.setattr(network_evaluation.Evaluation, "_sum_up", counting)
    from_recipe.forget()
    run(tmp_path, ticket)
    # One for the training program of both copies, one for the line.
    assert len(traced) == len(set(traced)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iteration": "4it"}, "cannot part before it started"),
        ({"iteration": "12it"}, "cannot start at iteration 12"),
        ({"iteration": "5"}, "A length must be a number"),
        ({"points": 1}, "points of a line must be an integer, at least 2"),
        ({"changes": {"hidden_units": (7,)}}, "layer0"),
        ({"order_seeds": (1,)}, "two numbers"),
    ],
)
def test_what_does_not_fit_leaves_nothing(tmp_path, ticket, options, message):
    with pytest.raises(ValueError, match=message):
        run(tmp_path / "out", ticket, **options)
    assert not (tmp_path / "out").exists()


def test_tickets_that_cannot_be_trusted_leave_nothing(tmp_path):
    directory = trunks.train(tmp_path / "ticket")
    path = pathlib.Path(directory, "masks/layer0.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="masks/layer0.npy is missing or dam"):
        run(tmp_path / "out", directory, iteration="0it")
    (pathlib.Path(directory) / "run.json").unlink()
    pathlib.Path(paths.checkpoint(directory)).touch()
    with pytest.raises(ValueError, match="is not finished"):
        run(tmp_path / "out", directory, iteration="0it")
    assert not (tmp_path / "out").exists()


def test_the_folder_of_a_run_is_refused(ticket):
    with pytest.raises(ValueError, match="is the folder of lottery_experiment"):
        run(ticket, ticket)


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    """A dense run that has saved its weights after iteration 5."""
    directory = tmp_path_factory.mktemp("results") / "trial1/0/same_init"
    return trunks.train(directory, save_iterations=("5it",))


@pytest.fixture(scope="module")
def late_ticket(tmp_path_factory, trunk):
    """A pruned run that starts from there."""
    return trunks.train(
        tmp_path_factory.mktemp("results") / "trial1/1/same_init",
        presets=save_restore.restore_network(paths.at_iteration(trunk, 5)),
        masks=trunks.masks(),
        start_iteration="5it",
    )


def plan(directory, iteration="0it", order_seeds=None, **changed):
    changes = recipe_changes.RecipeChanges(**changed)
    return instability.copies_of(directory, changes, iteration, order_seeds)


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
    found = [made.recipe_of(each).settings() for each in instability.NAMES]
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


def test_the_settings_say_what_results_depend_on(trunk, late_ticket):
    base = plan(trunk, "5it").settings()
    others = [
        plan(trunk, "6it"),
        plan(late_ticket, "5it"),
        plan(trunk, "5it", (1, 2)),
        plan(trunk, "5it", lr=0.5),
    ]
    for other in others:
        assert other.settings() != base
    assert plan(trunk, " 5iterations").settings() == base
    assert json.loads(json.dumps(base))["iteration"] == "5it"


def test_the_state_at_the_start_is_the_tickets_own(
    trunk, late_ticket, tmp_path
):
    for directory, length in ((trunk, "0it"), (late_ticket, "5it")):
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


RIGL = attrs.evolve(
    trunks.RECIPE, training_len="16it", hooks=("rigl:interval=2it",)
)


@pytest.mark.parametrize("given", [trunks.masks(), None])
def test_a_stem_whose_masks_move_begins_with_the_first_ones(given, tmp_path):
    options = {"recipe": RIGL, "masks": given}
    saving = trunks.train(
        tmp_path / "saving", save_iterations=("5it",), **options
    )
    plain = trunks.train(tmp_path / "plain", **options)
    made = plan(plain, "5it", hooks=("none",))
    found = made.state(begin(made), str(tmp_path / "new"), quiet=True)
    assert arrays(tmp_path / "new/stem/final") == arrays(
        paths.at_iteration(saving, 5)
    )
    first, last = (
        save_restore.restore_network(f"{plain}/{each}")
        for each in ("first_masks" if given else "masks", "masks")
    )
    assert bool(given) == any((first[n] != last[n]).any() for n in last)
    assert set(found) == {"layer0", "layer0_bias", "layer1", "layer1_bias"}


def test_the_stem_of_a_smaller_network_is_one(tmp_path):
    masks = {"layer0": np.ones((64, 6)), "layer1": np.ones((6, 10))}
    masks["layer0"][:, ::3] = masks["layer1"][::3] = 0
    options = {"masks": masks, "is_compacted": True}
    saving = trunks.train(
        tmp_path / "saving", save_iterations=("5it",), **options
    )
    made = plan(trunks.train(tmp_path / "plain", **options), "5it")
    made.state(begin(made), str(tmp_path / "new"), quiet=True)
    assert arrays(tmp_path / "new/stem/final") == arrays(
        paths.at_iteration(saving, 5)
    )
    # As small as this, the full network may come to the same bytes, too.
    record = json.loads((tmp_path / "new/stem/run.json").read_text())
    assert record["inputs"]["compacted"] is True


def test_a_stem_that_was_begun_in_full_goes_on_so(tmp_path, monkeypatch):
    masks = {"layer0": np.ones((64, 6)), "layer1": np.ones((6, 10))}
    masks["layer0"][:, ::3] = masks["layer1"][::3] = 0
    directory = trunks.train(tmp_path / "t", masks=masks, is_compacted=True)
    made, new = plan(directory, "5it"), str(tmp_path / "new")
    with monkeypatch.context() as patch:
        patch.setattr(instability.Copies, "_stem", lambda self, model, _: model)
        made.state(begin(made), new, quiet=True)
    before = tiny.result_bytes(tmp_path / "new")
    made.state(begin(made), new, quiet=True)
    assert tiny.result_bytes(tmp_path / "new") == before


def test_a_stem_goes_on_from_a_rewound_ticket(late_ticket, tmp_path):
    made = plan(late_ticket, "7it")
    made.state(begin(made), str(tmp_path), quiet=True)
    again = trunks.train(
        tmp_path / "again",
        presets=save_restore.restore_network(paths.initial(late_ticket)),
        masks=trunks.masks(),
        start_iteration="5it",
        save_iterations=("7it",),
    )
    assert arrays(tmp_path / "stem/final") == arrays(
        paths.at_iteration(again, 7)
    )


def test_a_copy_trains_its_order_from_the_state_to_the_end(
    late_ticket, tmp_path
):
    made = plan(
        late_ticket, "5it", order_seeds=(7, trunks.RECIPE.train_order_seed)
    )
    start = begin(made)
    state = made.state(start, str(tmp_path), quiet=True)
    dataset = from_recipe.dataset(made.recipe)
    model = from_recipe.model(made.recipe, dataset, quiet=True)
    first, second = (
        made.train(name, state, start, model, str(tmp_path), False, True)
        for name in instability.NAMES
    )
    # The second has the ticket's own order: it ends as the ticket did.
    for name, array in save_restore.restore_network(
        paths.final(late_ticket)
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
def test_copies_part_within_the_tickets_training(late_ticket, length, message):
    with pytest.raises(ValueError, match=message):
        begin(plan(late_ticket, length))


def test_a_longer_training_ends_later(late_ticket):
    assert begin(plan(late_ticket, "12it", training_len="20it")) == 12


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
def test_another_network_is_refused(late_ticket, changed, message):
    with pytest.raises(ValueError, match=message):
        begin(plan(late_ticket, "5it", **changed))


def test_copies_in_cycles_part_at_the_start(trunk):
    cyclic = {"schedule": "triangular", "hooks": ("cycles:number=2",)}
    with pytest.raises(ValueError, match="or hooks=none. Received: 5it"):
        plan(trunk, "5it", **cyclic)
    assert plan(trunk, **cyclic).recipe.hooks == ("cycles:number=2",)


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
        (
            (1, -1),
            "train_order_seed must be an integer, at least 0.",
        ),
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
