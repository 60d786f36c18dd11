"""Tests of foundations/training/hooks/cycles.py."""

import itertools

import numpy as np
import pytest

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.training import (
    optimizers,
    programs,
    resumable_run,
    schedules,
)
from lottery_ticket.foundations.training.hooks import cycles, hooks
from lottery_ticket.tests import tiny

OPTIONS = cycles.Options(number=4)
STARTS = OPTIONS.starts(10)
RUN = hooks.Run(per_epoch=4, length=10)


def rates(name="momentum"):
    """Function () -> optimizer whose schedule is that of a cycle."""
    return optimizers.optimizer_fn(
        name,
        0.1,
        schedules.Schedule("triangular"),
        per_epoch=4,
        training_iterations=OPTIONS.cycle(10),
    )


def train(directory, model=None, **options):
    model = model or tiny.Model()
    return tiny.train(
        directory,
        model=model.reset(masks=tiny.masks(), seed=1),
        optimizer_fn=options.pop("optimizer_fn", rates()),
        training_len="10it",
        hook=hooks.make(["cycles:number=4"], RUN),
        event_iterations=STARTS,
        **options,
    )


def test_cycles_share_training_evenly():
    assert STARTS == (2, 5, 7) and OPTIONS.cycle(10) == 3
    assert cycles.Options(number=1).starts(10) == ()
    assert cycles.Options(number=1).cycle(10) == 10
    assert cycles.Options().starts(2000) == (400, 800, 1200, 1600)
    for number, length in itertools.product(range(1, 9), range(9, 40)):
        options = cycles.Options(number=number)
        borders = [0, *options.starts(length), length]
        lengths = np.diff(borders)
        assert len(lengths) == number and max(lengths) - min(lengths) <= 1
        assert max(lengths) == options.cycle(length)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("cycles:number=0", "number must be an integer, at least 1"),
        ("cycles:number=2.5", "number must be an integer, at least 1"),
        ("cycles:number=x", "number must be an integer, at least 1"),
    ],
)
def test_a_number_of_cycles_is_a_whole_one(word, message):
    with pytest.raises(ValueError, match=message):
        hooks.parse(word)


def test_what_cannot_be_cyclic_is_refused():
    for ask in (OPTIONS.starts, OPTIONS.cycle):
        with pytest.raises(ValueError, match="Received: 4 iterations for cycl"):
            ask(4)
        assert ask(5)
    with pytest.raises(ValueError, match="from iteration 0 on. Received: one"):
        hooks.make(["cycles"], hooks.Run(4, start=3))


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_cycle_is_a_run_of_its_own(name):
    """From the weights of the one before, batches going on: to the bit."""
    model, data = tiny.Model(), tiny.make_dataset()
    model.reset(masks=tiny.masks(), seed=1)
    hook = hooks.make(["cycles"], RUN)
    program = programs.program(model, rates(name), data, False, hook=hook)
    program.train(0, 5, 5)
    between = model.weights
    assert hook.event(5, program.optimizer) == {"iteration": 5}
    states = [
        each.numpy()
        for variable in model.network.trainable_variables
        for each in keras_private.slots(program.optimizer, variable)
    ]
    assert not any(each.any() for each in states)
    program.train(5, 5, 5)
    found = model.weights
    model.reset(between, tiny.masks(), 1)
    alone = programs.program(
        model, rates(name), data, False, hook=hooks.make(["cycles"], RUN)
    )
    alone.train(5, 5, 5)
    for key, array in model.weights.items():
        np.testing.assert_array_equal(found[key], array)
    assert any((found[key] != between[key]).any() for key in found)


def test_training_is_that_of_a_numpy_twin(tmp_path):
    """Momentum by hand, of gradients of batches, three iterations a cycle."""
    model, data = tiny.Model(), tiny.make_dataset()
    initial, final = train(tmp_path, model, dataset=data)
    sizes = {"layer0", "layer0_bias", "layer1", "layer1_bias"}
    weights = {name: initial[name].astype(np.float64) for name in sizes}
    kept = {name: np.ones_like(weights[name]) for name in sizes}
    kept.update(tiny.masks())
    for i in range(10):
        begin = max(start for start in (0, *STARTS) if start <= i)
        if i == begin:
            speed = dict.fromkeys(sizes, 0.0)
        done = (i - begin) / 3
        rate = 0.1 * min(0.2 + 4 * done, (1 - done) / 0.8)
        rows, _ = data.train.batches(i, 1)
        x, y = data.train.x[rows[0]], data.train.y[rows[0]]
        for name, gradient in gradients(weights, x, y).items():
            speed[name] = 0.9 * speed[name] + gradient * kept[name]
            weights[name] = weights[name] - rate * speed[name]
    for name in sizes:
        np.testing.assert_allclose(final[name], weights[name], atol=2e-6)


def gradients(weights, x, y):
    """Of the mean cross-entropy of two dense layers with ReLU between."""
    inner = x @ weights["layer0"] + weights["layer0_bias"]
    hidden = np.maximum(inner, 0)
    logits = hidden @ weights["layer1"] + weights["layer1_bias"]
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    outer = (shares - np.eye(shares.shape[1])[y]) / len(y)
    back = (outer @ weights["layer1"].T) * (inner > 0)
    return {
        "layer0": x.T @ back,
        "layer0_bias": back.sum(0),
        "layer1": hidden.T @ outer,
        "layer1_bias": outer.sum(0),
    }


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_stopped_run_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, is_streamed
):
    """Wherever it was killed: within each cycle, and between two."""
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    data, model = tiny.make_dataset(is_streamed=is_streamed), tiny.Model()
    options = {"dataset": data, "model": model, "optimizer_fn": rates("adam")}
    # Evaluated at each second iteration: there are halts within cycles, too.
    options["test_interval"] = 2
    train(tmp_path / "whole", **options)
    expected = tiny.result_bytes(tmp_path / "whole")
    record = run_record.read(str(tmp_path / "whole"))
    assert record["inputs"]["hook"] == {"cycles": {"number": 4}}
    events = [{"iteration": each} for each in STARTS]
    assert record["events"] == events
    for last in range(1, 7):  # Halts: 2, 4, 5, 6, 7, 8, 10.
        name = f"stopped{last}"
        with tiny.stopping(monkeypatch, last):
            train(tmp_path / name, **options)
        train(tmp_path / name, **options)
        assert tiny.result_bytes(tmp_path / name) == expected
        record = run_record.read(str(tmp_path / name))
        assert record["events"] == events and record["resumed"] == 1


def test_numbers_of_cycles_share_a_program():
    keys = [hooks.make([f"cycles:number={n}"], RUN).key for n in (2, 5)]
    assert keys[0] == keys[1]
