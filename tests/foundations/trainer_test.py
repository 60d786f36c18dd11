"""Tests of foundations/trainer.py."""

import json
import pathlib

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import (
    checkpoint,
    lock,
    paths,
    programs,
    save_restore,
    trainer,
)
from lottery_ticket.tests import tiny

# Tiny networks train for less time than XLA compiles.
DEFAULTS = {"test_interval": 10, "validate_interval": 20, "jit": False}


def adam():
    return keras.optimizers.Adam(0.01)


def train(directory, *, model=None, optimizer_fn=adam, dataset=None, **options):
    return trainer.train(
        dataset or tiny.dataset(),
        model or tiny.Model().reset(masks=tiny.masks(), seed=1),
        optimizer_fn,
        options.pop("training_len", "40it"),
        str(directory),
        **{**DEFAULTS, **options},
    )


def result_bytes(directory):
    """Bytes of all results that must not depend on the day."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(pathlib.Path(directory).rglob("*"))
        if path.suffix in (".npy", ".json") and path.name != "run.json"
    }


def test_a_run_leaves_its_results(tmp_path):
    initial, final = train(tmp_path, settings={"lr": 0.01})
    directory = str(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("initial", "final", "masks", "summaries"),
        *("train.json", "test.json", "validate.json", "run.json", ".lock"),
    }
    for folder, network in {
        paths.initial(directory): initial,
        paths.final(directory): final,
        paths.masks(directory): tiny.masks(),
    }.items():
        restored = save_restore.restore_network(folder)
        assert set(restored) == set(network)
        for name, array in network.items():
            np.testing.assert_array_equal(restored[name], array)
    iterations = {
        name: save_restore.read_log(directory, name)["iteration"]
        for name in ("train", "test", "validate")
    }
    assert iterations == {
        "train": list(range(1, 41)),
        "test": [0, 10, 20, 30, 40],
        "validate": [0, 20, 40],
    }
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["settings"] == {"lr": 0.01}
    assert record["density"] == {"layer0": [13, 20], "layer1": [15, 15]}
    assert record["iterations"] == 40
    assert len(record["checksums"]) == 4 + 4 + 2 + 3


def test_it_learns(tmp_path):
    train(tmp_path, training_len="200it")
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["accuracy"][-1] >= 0.9
    assert log["loss"][-1] < log["loss"][0] / 2


def test_the_last_iteration_is_evaluated_whatever_the_interval(tmp_path):
    train(tmp_path, training_len="2ep", test_interval=5)
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["iteration"] == [0, 5, 8]


def test_without_validation_there_is_no_such_log(tmp_path):
    train(tmp_path, dataset=tiny.dataset(validate=False))
    assert not (tmp_path / "validate.json").exists()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in {"a": 0, "b": 0, "c": 1}.items():
        train(tmp_path / name, dataset=tiny.dataset(seed=seed))
    first, again, other = (result_bytes(tmp_path / name) for name in "abc")
    assert first == again
    assert first["final/layer0.npy"] != other["final/layer0.npy"]
    assert first["initial/layer0.npy"] == other["initial/layer0.npy"]


class Killed(BaseException):
    """Stands for a process that ends, wherever it is."""


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, chunks):
    monkeypatch.setattr(trainer, "CHECKPOINT_INTERVAL_S", -1)
    train(tmp_path / "whole")
    real, calls = programs.Program.train, []

    def killed_later(self, *arguments):
        if len(calls) == chunks:
            raise Killed
        calls.append(arguments)
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "train", killed_later)
        with pytest.raises(Killed):
            train(tmp_path / "stopped")
    assert not (tmp_path / "stopped/run.json").exists()
    train(tmp_path / "stopped")
    assert result_bytes(tmp_path / "stopped") == result_bytes(
        tmp_path / "whole"
    )
    record = json.loads((tmp_path / "stopped/run.json").read_text())
    assert record["resumed"] == 1
    assert not (tmp_path / "stopped/checkpoint.bin").exists()


@pytest.mark.parametrize("after", range(1, 17, 3))
def test_a_run_stopped_while_it_saves_goes_on(tmp_path, monkeypatch, after):
    train(tmp_path / "whole", save_summaries=False)
    real, written = trainer.files.write, []

    def killed_later(*arguments):
        if len(written) == after:
            raise Killed
        written.append(arguments)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.files, "write", killed_later)
        try:
            train(tmp_path / "stopped", save_summaries=False)
        except Killed:
            pass
    train(tmp_path / "stopped", save_summaries=False)
    assert result_bytes(tmp_path / "stopped") == result_bytes(
        tmp_path / "whole"
    )


def test_a_complete_run_is_read_and_not_trained(tmp_path, monkeypatch):
    initial, final = train(tmp_path)
    monkeypatch.setattr(programs.Program, "train", None)
    read_initial, read_final = train(tmp_path)
    for name, array in final.items():
        np.testing.assert_array_equal(read_final[name], array)
        np.testing.assert_array_equal(read_initial[name], initial[name])


@pytest.mark.parametrize(
    "file", ["final/layer0.npy", "train.json", "run.json", "initial/layer1.npy"]
)
def test_a_damaged_run_is_named_and_redone(tmp_path, file, caplog):
    train(tmp_path)
    before = result_bytes(tmp_path)
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[:-4])
    train(tmp_path)
    assert file.split("/")[-1] in caplog.text
    assert result_bytes(tmp_path) == before


def test_a_damaged_checkpoint_starts_over(tmp_path, monkeypatch, caplog):
    train(tmp_path / "whole")
    monkeypatch.setattr(programs.Program, "train", None)
    with pytest.raises(TypeError):
        train(tmp_path / "stopped")
    monkeypatch.undo()
    path = tmp_path / "stopped/checkpoint.bin"
    path.write_bytes(path.read_bytes()[:-4])
    train(tmp_path / "stopped")
    assert "checkpoint.bin is damaged" in caplog.text
    assert result_bytes(tmp_path / "stopped") == result_bytes(
        tmp_path / "whole"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": {"lr": 2}}, "lr: 1 there, 2 now"),
        ({"training_len": "50it"}, "iterations: 40 there, 50 now"),
        ({"model": tiny.Model}, "initial:"),
        ({"dataset": tiny.dataset(size=60)}, "dataset:"),
        ({"dataset": tiny.dataset(seed=3)}, "train_order_seed: 0 there, 3"),
        ({"optimizer_fn": keras.optimizers.SGD}, "optimizer:"),
        ({"test_interval": 20}, "intervals:"),
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_other_results_are_never_overwritten(
    tmp_path, options, message, complete, monkeypatch
):
    if "model" in options:
        options = {"model": options["model"]()}
    if complete:
        train(tmp_path, settings={"lr": 1})
    else:
        with monkeypatch.context() as patch:
            patch.setattr(programs.Program, "train", None)
            with pytest.raises(TypeError):
                train(tmp_path, settings={"lr": 1})
    before = result_bytes(tmp_path)
    with pytest.raises(ValueError, match=message):
        train(tmp_path, **{"settings": {"lr": 1}, **options})
    assert result_bytes(tmp_path) == before


def test_results_of_unknown_origin_are_left_alone(tmp_path):
    (tmp_path / "final").mkdir()
    with pytest.raises(ValueError, match="unknown origin"):
        train(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"final", ".lock"}


def test_a_folder_that_is_held_is_an_error(tmp_path):
    with lock.hold(str(tmp_path)):
        with pytest.raises(RuntimeError, match="is being worked on by"):
            train(tmp_path)


@pytest.mark.parametrize("lr", [1e30, float("inf")])
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_its_logs(
    tmp_path, lr
):
    with pytest.raises(FloatingPointError) as error:
        train(
            tmp_path,
            optimizer_fn=lambda: keras.optimizers.SGD(lr),
            label="level 3/5",
        )
    iteration = int(str(error.value).split("iteration ")[1].split()[0])
    assert "of level 3/5" in str(error.value)
    log = save_restore.read_log(str(tmp_path), "train")
    assert log["iteration"] == list(range(1, iteration))
    assert np.isfinite(log["loss"]).all()
    assert not (tmp_path / "run.json").exists()


def test_a_network_that_is_not_saved_is_trained_again(tmp_path):
    train(tmp_path, save_network=False)
    assert not (tmp_path / "final").exists()
    _, final = train(tmp_path, save_network=False)
    assert final["layer0"].any()


@pytest.mark.parametrize(
    "options",
    [{"training_len": "0it"}, {"test_interval": 0}, {"validate_interval": -1}],
)
def test_numbers_must_be_positive(tmp_path, options):
    name = next(iter(options))
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        train(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_weights_that_escape_their_mask_are_an_error(tmp_path, monkeypatch):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    model.network.get_layer("layer0").kernel.constraint = None
    real = model.network.get_layer("layer0").kernel

    def leak(self, *arguments):
        real.assign_add(np.ones((4, 5)))
        return np.zeros((2, arguments[1]))

    monkeypatch.setattr(programs.Program, "train", leak)
    with pytest.raises(RuntimeError, match="layer 'layer0' moved"):
        train(tmp_path, model=model)


def test_checkpoints_hold_what_moves(tmp_path, monkeypatch):
    monkeypatch.setattr(programs.Program, "train", None)
    with pytest.raises(TypeError):
        train(tmp_path)
    arrays, facts = checkpoint.load(str(tmp_path))
    assert facts["iteration"] == 0
    assert sum(name.startswith("network/") for name in arrays) == 4
    # Adam: iterations, learning rate, two slots for each of four variables.
    assert sum(name.startswith("optimizer/") for name in arrays) == 10


def test_a_remote_root_works(tmp_path):
    root = f"memory://{tmp_path.name}"
    _, final = train(root)
    _, again = train(root)
    np.testing.assert_array_equal(final["layer0"], again["layer0"])
