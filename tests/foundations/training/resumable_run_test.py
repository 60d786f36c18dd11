"""Tests of training/resumable_run.py: stopped runs, checkpoints, NaN."""

import hashlib
import json
import threading

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import checkpoint, save_restore
from lottery_ticket.foundations.training import (
    network_evaluation,
    programs,
    resumable_run,
)
from lottery_ticket.tests import grids, tiny, waiting


class Killed(BaseException):
    """Stands for a process that ends, wherever it is."""


@pytest.mark.parametrize(
    ("chunks", "hold"),
    grids.thinned(
        [(0, False), (1, False), (2, True)],
        [(2, True)],
    ),
)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, chunks, hold
):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    options = {"start_iteration": "5it", "save_iterations": ("13it", "33it")}

    def train(folder):
        """As a process of its own would."""
        model = tiny.Model().reset(masks=tiny.masks(), seed=1, hold=hold)
        return tiny.train(tmp_path / folder, model=model, **options)

    train("whole")
    real, calls = programs.Program.launch, []

    def killed_later(self, *arguments):
        if len(calls) == chunks:
            raise Killed
        calls.append(arguments)
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", killed_later)
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


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Bytes of a run that nothing has stopped."""
    directory = tmp_path_factory.mktemp("plain")
    tiny.train(directory, save_summaries=False)
    return tiny.result_bytes(directory)


@pytest.mark.parametrize("after", grids.thinned(range(1, 17, 3), [10]))
def test_a_run_stopped_while_it_saves_goes_on(
    tmp_path, monkeypatch, plain, after
):
    real, written = files.write, []

    def killed_later(*arguments):
        if len(written) == after:
            raise Killed
        written.append(arguments)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", killed_later)
        try:
            tiny.train(tmp_path / "stopped", save_summaries=False)
        except Killed:
            pass
    tiny.train(tmp_path / "stopped", save_summaries=False)
    assert tiny.result_bytes(tmp_path / "stopped") == plain


def test_a_damaged_checkpoint_starts_over(tmp_path, monkeypatch, plain, caplog):
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(TypeError):
        tiny.train(tmp_path / "stopped")
    monkeypatch.undo()
    path = tmp_path / "stopped/checkpoint.bin"
    path.write_bytes(path.read_bytes()[:-4])
    tiny.train(tmp_path / "stopped")
    assert "checkpoint.bin is damaged" in caplog.text
    assert tiny.result_bytes(tmp_path / "stopped") == plain


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
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(TypeError):
        tiny.train(tmp_path)
    arrays, facts = checkpoint.load(str(tmp_path))
    assert facts["iteration"] == 0
    assert sum(name.startswith("network/") for name in arrays) == 4
    # Adam: iterations, learning rate, two slots for each of four variables.
    assert sum(name.startswith("optimizer/") for name in arrays) == 10


@pytest.mark.parametrize("before", ["here", "0.1.0", "CPU, 99 threads"])
def test_another_machine_is_warned_of(tmp_path, monkeypatch, before, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", None)
        with pytest.raises(TypeError):
            tiny.train(tmp_path)
    arrays, facts = checkpoint.load(str(tmp_path))
    if before == "0.1.0":
        del facts["machine"]
    elif before != "here":
        facts["machine"]["device"] = before
    checkpoint.save(str(tmp_path), arrays, facts)
    tiny.train(tmp_path)
    is_other = before == "CPU, 99 threads"
    assert ("99 threads, now CPU" in caplog.text) == is_other
    assert ("another machine" in caplog.text) == is_other


class Model(tiny.Model):
    """Its event halves the first kernel: twice is not once, nor never."""

    has_events = True

    halved = staticmethod(lambda: None)  # What comes between event and record.

    def event(self, iteration):
        """Returns a record; a tuple is no JSON, but becomes a list."""
        kernel = self.variables["layer0"]
        kernel.assign(kernel * 0.5)
        self.halved()
        share = np.square(kernel.numpy()[0]).mean()
        return {"iteration": iteration, "share": (float(share),)}


EVENTS = {"event_iterations": (7, 10, 20, 21, 40), "save_iterations": ("10it",)}


def train_with_events(directory, **options):
    """As a process of its own would; returns the events of run.json."""
    model = Model().reset(masks=tiny.masks(), seed=1)
    tiny.train(directory, model=model, **{**EVENTS, **options})
    record = json.loads((directory / "run.json").read_text())
    return record["events"]


@pytest.fixture(scope="module")
def with_events(tmp_path_factory):
    """Folder and events of a run that nothing has stopped."""
    directory = tmp_path_factory.mktemp("events")
    return directory, train_with_events(directory)


def test_events_are_recorded_in_their_order(with_events):
    directory, events = with_events
    assert [each["iteration"] for each in events] == [7, 10, 20, 21, 40]
    assert len({tuple(each["share"]) for each in events}) == 5
    log = save_restore.read_log(str(directory), "test")
    assert log["iteration"] == [0, 10, 20, 30, 40]


def before(moment, patch, kill):
    """Kills instead of training the chunk that leads to the event."""
    real = programs.Program.launch

    def train(self, start, count, *others):
        if start + count == moment:
            kill()
        return real(self, start, count, *others)

    patch.setattr(programs.Program, "launch", train)


def during(moment, patch, kill):
    """Kills when the event has done its work, but not returned."""
    real = resumable_run.ResumableRun._halt

    def halt(self):
        if self.iteration == moment:
            self.model.halved = kill
        real(self)

    patch.setattr(resumable_run.ResumableRun, "_halt", halt)


def after(moment, patch, kill):
    """Kills before the checkpoint that follows the event is written."""
    real = checkpoint.save

    def save(directory, arrays, facts):
        if facts["iteration"] == moment:
            kill()
        real(directory, arrays, facts)

    patch.setattr(checkpoint, "save", save)


def later(moment, patch, kill):
    """Kills when that checkpoint is written."""
    real = checkpoint.save

    def save(directory, arrays, facts):
        real(directory, arrays, facts)
        if facts["iteration"] == moment:
            kill()

    patch.setattr(checkpoint, "save", save)


# Checkpoints are at every halt, or at the start only; iteration 7 is a halt for
# its event alone, 40 the end.
@pytest.mark.parametrize(
    ("kind", "moment", "interval_s"),
    grids.thinned(
        [
            *((kind, 10, -1) for kind in (before, during, after)),
            *((after, 40, -1), (later, 7, -1)),
            (during, 20, 1000),
        ],
        [],
    ),
)
def test_a_stopped_run_has_each_event_once(
    tmp_path, monkeypatch, with_events, kind, moment, interval_s
):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", interval_s)

    def kill(*arguments):
        raise Killed

    with monkeypatch.context() as patch:
        kind(moment, patch, kill)
        with pytest.raises(Killed):
            train_with_events(tmp_path)
    whole, events = with_events
    assert train_with_events(tmp_path) == events
    assert tiny.result_bytes(tmp_path) == tiny.result_bytes(whole)


@pytest.mark.slow
def test_evaluations_and_saved_weights_are_of_before_the_event(
    tmp_path, monkeypatch
):
    """Even where the evaluation is computed long after the event."""
    real, due, came_first = programs.Program.start_evaluation, [], []
    is_over = threading.Event()

    def start(self, name, values):
        due.append(name)
        if len(due) == 3:  # After "test" and "validate" at the start.
            wait = network_evaluation._THREAD.submit(
                is_over.wait, waiting.LIMIT_S
            )
            came_first.append(wait)
        return real(self, name, values)

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "start_evaluation", start)
        patch.setattr(Model, "halved", lambda self: is_over.set())
        train_with_events(tmp_path / "with", event_iterations=(10,))
    assert came_first[0].result()
    tiny.train(tmp_path / "without", save_iterations=("10it",))
    logs = [
        save_restore.read_log(str(tmp_path / name), "test")
        for name in ("with", "without")
    ]
    for column in ("iteration", "loss", "accuracy"):
        assert logs[0][column][:2] == logs[1][column][:2]
    assert logs[0]["loss"][2] != logs[1]["loss"][2]
    saved, unchanged = (
        tiny.result_bytes(tmp_path / name / "iteration10")
        for name in ("with", "without")
    )
    assert saved == unchanged


def test_a_model_without_events_takes_none(tmp_path):
    with pytest.raises(ValueError, match="has them, .* Received: Model"):
        tiny.train(tmp_path, event_iterations=(10,))
    assert not list(tmp_path.iterdir())


def test_a_record_that_is_no_json_ends_the_run_at_its_event(
    tmp_path, monkeypatch
):
    calls = []

    def event(self, iteration):
        calls.append(iteration)
        return {"kept": {1}}

    monkeypatch.setattr(Model, "event", event)
    with pytest.raises(TypeError, match="set is not JSON"):
        train_with_events(tmp_path)
    assert calls == [7] and not (tmp_path / "run.json").exists()


TEMPORARY = (
    "run.json.7.tmp",
    "checkpoint.bin.7.tmp",
    "validate.json.123.tmp",
    "flags/layer0.npy.9.tmp",
    "scores/layer0_bias.npy.9.tmp",
    "iteration13/layer0.npy.9.tmp",
    "summaries/events.out.tfevents.0000000001.7.tmp",
)
SUMMARY = "summaries/events.out.tfevents.0000000007"
# A user's, another run's, results.
THEIRS = (
    "draft.tmp",
    "run.json.tmp",
    "test.json",
    "final/layer0.npy",
    "iteration14/layer0.npy.9.tmp",
    "search/run.json.7.tmp",
    "events/layer0.npy.9.tmp",
)


@pytest.mark.parametrize("is_redone", [False, True])
def test_only_what_a_killed_run_has_left_is_removed(tmp_path, is_redone):
    for name in (*TEMPORARY, SUMMARY, *THEIRS):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    resumable_run.clear(str(tmp_path), ("flags", "scores"), (13,), is_redone)
    left = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert left == {*THEIRS} | (set() if is_redone else {SUMMARY})


def test_a_folder_that_is_not_there_needs_no_clearing(tmp_path):
    resumable_run.clear(str(tmp_path / "none"))
    assert not list(tmp_path.iterdir())


def test_checksums_are_by_the_path_in_the_folder(tmp_path):
    network = {"a": np.arange(3), "b": np.zeros((2, 2), np.uint8)}
    found = resumable_run.save_network(str(tmp_path), "flags", network)
    assert found == {
        f"flags/{name}.npy": hashlib.sha256(
            (tmp_path / f"flags/{name}.npy").read_bytes()
        ).hexdigest()
        for name in network
    }
    saved = save_restore.restore_network(str(tmp_path / "flags"))
    np.testing.assert_array_equal(saved["a"], network["a"])


@pytest.mark.parametrize(("takes_s", "count"), [(0.9, 21), (2.0, 11)])
def test_checkpoints_take_a_twentieth_of_the_time_at_most(
    tmp_path, monkeypatch, takes_s, count
):
    """Of 40 chunks of 11 s each; one is made at the start."""
    now, moments = [0.0], []
    launch = programs.Program.launch

    def wait(self, *arguments):
        now[0] += 11
        return launch(self, *arguments)

    def save(*arguments):
        moments.append(now[0])
        now[0] += takes_s

    monkeypatch.setattr(programs.Program, "launch", wait)
    monkeypatch.setattr(resumable_run.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(checkpoint, "save", save)
    tiny.train(tmp_path, test_interval=1, validate_interval=40)
    assert len(moments) == count


def test_what_moves_the_network_at_the_end_is_in_results(tmp_path):
    model, called = tiny.Model(), []

    def at_end():
        called.append(model.weights)
        zeros = {name: 0 * each for name, each in model.weights.items()}
        model.restore({"final": zeros, "masks": model.masks})

    for _ in range(2):  # A run that is complete does not come to its end.
        model.reset(masks=tiny.masks(), seed=1)
        _, final = tiny.train(tmp_path, model=model, at_end=at_end)
        assert not any(each.any() for each in final.values())
        assert len(called) == 1
    assert called[0]["layer1"].any()
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["loss"][-1] == pytest.approx(np.log(3))
    assert log["loss"][-2] < 1
