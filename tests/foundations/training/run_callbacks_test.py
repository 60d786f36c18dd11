"""Tests of training/run_callbacks.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import resumable_run, run_callbacks
from lottery_ticket.tests import tiny


def _state(**weights):
    return run_callbacks.State(3, 9, {}, lambda: weights)


def test_weights_are_read_when_asked_for_and_cannot_be_written():
    array = np.zeros(2)
    state = _state(layer0=array)
    assert state.weights is state.weights
    with pytest.raises(ValueError, match="read-only"):
        state.weights["layer0"][0] = 1
    array[0] = 1  # Whoever owns it still may.


@pytest.mark.parametrize("wrong", [keras.callbacks.Callback(), None, "print"])
def test_what_cannot_be_called_is_named_before_any_work(tmp_path, wrong):
    with pytest.raises(ValueError, match="Keras's are for fit"):
        tiny.train(tmp_path, callbacks=[print, wrong])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_callback_that_changes_a_variable_is_refused(index):
    variables = [
        keras.Variable(start, name=f"v{number}")
        for number, start in enumerate((np.nan, 0.0, [1.0, 2.0]))
    ]
    seen = []
    run_callbacks.call([seen.append], _state(), variables)
    assert [each.iteration for each in seen] == [3]
    with pytest.raises(RuntimeError, match=f"changed v{index} after iterat"):
        run_callbacks.call(
            [lambda _: variables[index].assign(-variables[index])],
            _state(),
            variables,
        )


def test_callbacks_see_a_run_and_change_no_byte(tmp_path):
    seen = []

    def watch(state):
        log = state.logs["train"]
        seen.append((state.iteration, state.weights["layer0"].copy()))
        assert log["iteration"].tolist() == list(range(1, state.iteration + 1))
        assert state.logs["test"]["iteration"][-1] == state.iteration
        assert not any(column.flags.writeable for column in log.values())

    tiny.train(tmp_path / "plain", training_len="20it")
    tiny.train(tmp_path / "watched", training_len="20it", callbacks=[watch])
    plain, watched = (
        tiny.result_bytes(tmp_path / name) for name in ("plain", "watched")
    )
    assert plain == watched
    assert [iteration for iteration, _ in seen] == [10, 20]
    final = save_restore.restore_network(str(tmp_path / "watched/final"))
    np.testing.assert_array_equal(seen[-1][1], final["layer0"])
    tiny.train(tmp_path / "watched", training_len="20it", callbacks=[watch])
    assert len(seen) == 2  # Complete already.


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", ["raises", "touches weights", "touches slots"]
)
def test_a_faulty_callback_ends_the_run_and_it_can_go_on(
    tmp_path, monkeypatch, fault
):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    tiny.train(tmp_path / "whole")
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)

    def faulty(state):
        if state.iteration == 20:
            if fault == "raises":
                raise KeyError("mine")
            [program] = model.programs.values()
            variables = program.network.variables
            if fault == "touches slots":
                variables = program.optimizer.variables
            variables[-1].assign(variables[-1] + 1)

    error = KeyError if fault == "raises" else RuntimeError
    with pytest.raises(error, match="mine|A callback changed"):
        tiny.train(tmp_path / "run", model=model, callbacks=[faulty])
    assert (tmp_path / "run/checkpoint.bin").exists()
    assert not (tmp_path / "run/run.json").exists()
    tiny.train(tmp_path / "run", callbacks=[])
    whole, run = (
        tiny.result_bytes(tmp_path / name) for name in ("whole", "run")
    )
    assert whole == run


def test_callbacks_are_several():
    with pytest.raises(ValueError, match="in a list"):
        run_callbacks.check(print)
