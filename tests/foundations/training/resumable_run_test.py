"""Tests of training/resumable_run.py: stopped runs, checkpoints, NaN."""

import json

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.training import (
    checkpoint,
    programs,
    resumable_run,
)
from lottery_ticket.tests import tiny


class Killed(BaseException):
    """Stands for a process that ends, wherever it is."""


@pytest.mark.parametrize(
    ("chunks", "hold"), [(0, False), (1, False), (2, False), (3, False), (2, 1)]
)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, chunks, hold
):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    options = {"start_iteration": "5it", "save_iterations": ("13it", "33it")}

    def train(folder):
        """As a process of its own would."""
        model = tiny.Model().reset(masks=tiny.masks(), seed=1, hold=bool(hold))
        return tiny.train(tmp_path / folder, model=model, **options)

    train("whole")
    real, calls = programs.Program.train, []

    def killed_later(self, *arguments):
        if len(calls) == chunks:
            raise Killed
        calls.append(arguments)
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "train", killed_later)
        with pytest.raises(Killed):
            train("stopped")
    assert not (tmp_path / "stopped/run.json").exists()
    for name in ("checkpoint.bin", "summaries/events.out.tfevents.0000000001"):
        (tmp_path / f"stopped/{name}.7.tmp").touch()
    train("stopped")
    assert not list(tmp_path.rglob("*.tmp"))
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )
    record = json.loads((tmp_path / "stopped/run.json").read_text())
    assert record["resumed"] == 1
    assert not (tmp_path / "stopped/checkpoint.bin").exists()


@pytest.mark.parametrize("after", range(1, 17, 3))
def test_a_run_stopped_while_it_saves_goes_on(tmp_path, monkeypatch, after):
    tiny.train(tmp_path / "whole", save_summaries=False)
    real, written = resumable_run.files.write, []

    def killed_later(*arguments):
        if len(written) == after:
            raise Killed
        written.append(arguments)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(resumable_run.files, "write", killed_later)
        try:
            tiny.train(tmp_path / "stopped", save_summaries=False)
        except Killed:
            pass
    tiny.train(tmp_path / "stopped", save_summaries=False)
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )


def test_a_damaged_checkpoint_starts_over(tmp_path, monkeypatch, caplog):
    tiny.train(tmp_path / "whole")
    monkeypatch.setattr(programs.Program, "train", None)
    with pytest.raises(TypeError):
        tiny.train(tmp_path / "stopped")
    monkeypatch.undo()
    path = tmp_path / "stopped/checkpoint.bin"
    path.write_bytes(path.read_bytes()[:-4])
    tiny.train(tmp_path / "stopped")
    assert "checkpoint.bin is damaged" in caplog.text
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )


@pytest.mark.parametrize("lr", [1e30, float("inf")])
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_its_logs(
    tmp_path, lr
):
    with pytest.raises(FloatingPointError) as error:
        tiny.train(
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


def test_checkpoints_hold_what_moves(tmp_path, monkeypatch):
    monkeypatch.setattr(programs.Program, "train", None)
    with pytest.raises(TypeError):
        tiny.train(tmp_path)
    arrays, facts = checkpoint.load(str(tmp_path))
    assert facts["iteration"] == 0
    assert sum(name.startswith("network/") for name in arrays) == 4
    # Adam: iterations, learning rate, two slots for each of four variables.
    assert sum(name.startswith("optimizer/") for name in arrays) == 10


@pytest.mark.parametrize(("given", "threads"), [("", 5), ("x", 5), ("3", 3)])
def test_the_number_of_threads_is_what_tensorflow_reads(
    monkeypatch, given, threads
):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", given)
    tf_config = resumable_run.tf.config
    monkeypatch.setattr(tf_config, "list_physical_devices", lambda _: [])
    monkeypatch.setattr(
        tf_config.threading, "get_intra_op_parallelism_threads", lambda: 5
    )
    assert resumable_run._device() == f"CPU, {threads} threads"
