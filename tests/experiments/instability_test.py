"""Tests of experiments/instability.py, on the bundled digits."""

import json
import pathlib

import numpy as np
import pytest

from lottery_ticket.experiments import (
    from_recipe,
    instability,
    recipe_changes,
)
from lottery_ticket.foundations import paths, result_file, save_restore
from lottery_ticket.foundations.training import (
    evaluation,
    line_evaluation,
    programs,
)
from lottery_ticket.tests import planned, tiny
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
    return result_file.ResultFile("connectivity.json").read(str(directory))


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
    record = result_file.ResultFile("connectivity.json").read(str(line))
    for index, name in ((0, "first"), (-1, "second")):
        for split in ("test", "validate"):
            loss, accuracy = last(line / "copies" / name, split)
            columns = record["splits"][split]
            assert columns["loss"][index] == loss
            assert np.float32(columns["error"][index]) == np.float32(
                1 - accuracy
            )


def test_what_is_recorded(line, ticket):
    record = result_file.ResultFile("connectivity.json").read(str(line))
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


NORM_NETWORK = """
import keras

def make():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(3, 3, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])
"""


@pytest.mark.slow
def test_augmentation_and_batch_normalization(tmp_path, capsys):
    (tmp_path / "own.py").write_text(NORM_NETWORK)
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
    trained, calls = programs.Program.train, []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) > chunks:
            raise KeyboardInterrupt
        return trained(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "train", interrupted)
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
        patch.setattr(programs.Program, "train", interrupted)
        run(tmp_path, ticket)
    assert tiny.result_bytes(tmp_path) == tiny.result_bytes(line)


def test_a_damaged_line_is_measured_again(tmp_path, ticket, line, caplog):
    run(tmp_path, ticket)
    path = tmp_path / "connectivity.json"
    path.write_text(path.read_text()[:-9])
    assert run(tmp_path, ticket) == result_file.ResultFile(
        "connectivity.json"
    ).read(str(line))
    assert "connectivity.json is damaged" in caplog.text


@pytest.mark.slow
def test_one_evaluation_serves_the_line(tmp_path, ticket, monkeypatch):
    traced, plain = [], evaluation.Evaluation._sum_up

    def counting(self, x, y, values):
        traced.append(self)
        return plain(self, x, y, values)

    monkeypatch.setattr(evaluation.Evaluation, "_sum_up", counting)
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
        ({"points": 1}, "at least 2 points"),
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
