"""Tests of training/hooks/hooks.py."""

import itertools

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies
from hypothesis.extra import numpy as arrays

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import (
    optimizers,
    programs,
    resumable_run,
    step_hooks,
    training_step,
)
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import steps
from lottery_ticket.tests import tiny

RUN = hooks.Run(per_epoch=4, seed=7, length=100_000)
# Those that do all of it at events have tests of their own.
STEPS = [
    name
    for name, hook in hooks.HOOKS.items()
    if not (hook.moves_masks or hook.repeats)
]
TOGETHER = [
    pair
    for pair in itertools.combinations(STEPS, 2)
    if pair[1] not in hooks.HOOKS[pair[0]].not_with
]


def normed():
    """4 -> 5 -> normalisation -> 3."""
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, name="first"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(3, name="second"),
        ]
    )
    return keras_model.KerasModel(network, np.zeros((1, 4), np.float32))


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("ham", "ham"),
        ("ham:alpha=50", "ham:alpha=50"),
        ("ham:beta=.016:alpha=5e1", "ham:alpha=50:beta=0.016"),
        ("ham:alpha=200:beta=1e-3", "ham"),
        ("sign_in:reset=5epochs", "sign_in:reset=5ep"),
        ("sign_in:reset=1ep:beta=0.5", "sign_in:beta=0.5"),
        ("sparse_opt", "sparse_opt"),
        ("sparse_opt:only_normalised=FALSE", "sparse_opt"),
        (
            "sparse_opt:only_normalised=true",
            "sparse_opt:only_normalised=True",
        ),
    ],
)
def test_hooks_are_written_in_one_way(word, written):
    assert hooks.text(word) == hooks.text(written) == written


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("hamm", "Unknown hook 'hamm'. Did you mean 'ham'"),
        ("ham:gamma=1", "Unknown option of ham 'gamma'. Known: alpha, beta"),
        (
            "norm_interpolation:a=1",
            "Unknown option of norm_interpolation 'a'. Known: none",
        ),
        ("sparse_opt:only_normalised=1", "must be True or False. Received: '1"),
        ("ham:alpha", "such as ham:alpha=200:beta=0.001, each once"),
        ("ham:alpha=1:alpha=2", "each once. Received: ham:alpha=1:alpha=2"),
        ("ham:alpha=x", "alpha must be a number, at least 0. Received: 'x'"),
        ("ham:alpha=nan", "alpha must be a number"),
        ("sign_in:beta=0", "beta must be a number, above 0"),
        ("sign_in:reset=5", "reset: A length must be"),
    ],
)
def test_what_is_no_hook_is_an_error(word, message):
    with pytest.raises(ValueError, match=message):
        hooks.parse(word)


def test_order_is_the_registrys_whatever_is_given():
    words = ["sign_in:reset=2ep", "sparse_opt", "norm_interpolation"]
    expected = "norm_interpolation", "sparse_opt", "sign_in:reset=2ep"
    for given in itertools.permutations(words):
        assert hooks.ordered(given) == expected
    with pytest.raises(ValueError, match="each hook once. Received: ham twice"):
        hooks.ordered(["ham", "ham:alpha=1"])
    with pytest.raises(ValueError, match="ham and sign_in do not go together"):
        hooks.ordered(["ham", "sign_in"])


def test_exclusions_are_mutual():
    for name, hook in hooks.HOOKS.items():
        for other in hook.not_with:
            assert name in hooks.HOOKS[other].not_with


@pytest.mark.parametrize("name", hooks.HOOKS)
def test_entries_are_complete(name):
    entry = hooks.HOOKS[name]
    hook = hooks.make([name], RUN)
    assert [*hook.identity] == [name]  # As it is called on record.
    assert hook.key != step_hooks.NONE.key
    assert entry.label and entry.help and "https://" in entry.source
    assert hooks.text(name) == name


def trained(words, run=RUN, model=None, count=6, optimizer="sgd", **options):
    model = model or normed()
    model.reset(seed=1)
    make = optimizers.optimizer_fn(optimizer, 0.05)
    program = programs.program(
        model,
        make,
        tiny.make_dataset(),
        False,
        hook=hooks.make(words, run),
        **options,
    )
    program.train(0, count, count)
    return program, model.weights


def test_none_adds_nothing():
    """The program is the one that was there without hooks."""
    none = hooks.make((), RUN)
    assert none is step_hooks.NONE
    model = normed().reset(seed=1)
    given = model, optimizers.optimizer_fn("sgd", 0.05), tiny.make_dataset()
    assert programs.program(*given, False) is programs.program(
        *given, False, hook=none
    )
    assert not none.variables and none.identity == {}
    variables = model.network.trainable_variables
    assert none.trained(variables) is variables


@pytest.mark.slow
@pytest.mark.parametrize("words", [[n] for n in STEPS] + TOGETHER)
def test_each_and_each_pair_changes_what_it_should(words):
    model = normed()
    _, plain = trained((), model=model)
    _, found = trained(words, model=model)
    for array in found.values():
        assert np.isfinite(array).all()
    # Units keep all inputs alike, and nothing is pruned.
    is_even = {*words} <= {"sparse_opt", "rst"}
    same = [np.array_equal(plain[name], found[name]) for name in found]
    assert all(same) if is_even else not any(same[:2])


def test_programs_are_used_again_at_other_levels_and_seeds():
    words = ["norm_interpolation", "sign_in"]
    model = normed()
    one, first = trained(words, model=model)
    other, second = trained(words, hooks.Run(4, 10, 8), model=model)
    again, third = trained(words, model=model)
    assert one is other is again
    for name, array in first.items():
        assert np.array_equal(array, third[name])
    assert any((first[name] != second[name]).any() for name in first)


MODEL = tiny.Model()


def stepped(words, optimizer, masks, weights, hold=False):
    """Weights after three steps that nothing compiles."""
    MODEL.reset(weights, masks, 1, hold)
    step = training_step.TrainingStep(
        MODEL,
        optimizers.optimizer_fn(optimizer, 0.05, decoupled_weight_decay=0.1)(),
        weight_decay=0.1,
        hook=hooks.make(words, hooks.Run(2, length=100_000)),
    )
    data = tiny.make_dataset().train
    for start in (0, 16, 32):
        batch = slice(start, start + 16)
        step(data.x[batch], data.y[batch])
    return MODEL.weights


@hypothesis.given(
    strategies.sampled_from(
        [w for w in STEPS if not hooks.HOOKS[w].needs_norms]
    ),
    strategies.sampled_from([*optimizers.OPTIMIZERS]),
    arrays.arrays(np.uint8, (4, 5), elements=strategies.integers(0, 1)),
    strategies.integers(0, 99),
)
@hypothesis.settings(max_examples=8, deadline=None)
def test_pruned_weights_stay_0_under_every_optimizer(
    word, optimizer, mask, seed
):
    """The same bits: 0, not -0; and exactly those that are kept move."""
    rng = np.random.default_rng(seed)
    masks = {"layer0": mask, "layer1": np.ones((5, 3), np.uint8)}
    weights = {
        "layer0": rng.normal(size=(4, 5)).astype(np.float32),
        "layer1": rng.normal(size=(5, 3)).astype(np.float32),
        "layer0_bias": np.ones(5, np.float32),
    }
    found = stepped([word], optimizer, masks, weights)
    pruned = found["layer0"][mask == 0]
    assert pruned.tobytes() == np.zeros_like(pruned).tobytes()
    assert np.isfinite(found["layer0"]).all()
    assert np.count_nonzero(found["layer0"]) == mask.sum()


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", optimizers.OPTIMIZERS)
@pytest.mark.parametrize("word", STEPS)
def test_pruned_weights_are_held_under_each_optimizer(word, optimizer):
    """At 0, and at other values, where that is asked for."""
    masks, weights = tiny.masks(), MODEL.reset(seed=2).weights
    pruned = masks["layer0"] == 0
    for hold in (False, True):
        expected = weights["layer0"][pruned] * hold
        found = stepped([word], optimizer, masks, weights, hold)["layer0"]
        assert np.array_equal(found[pruned], expected)
        assert (found[~pruned] != weights["layer0"][~pruned]).any()
    MODEL.reset()


@pytest.mark.slow
@pytest.mark.parametrize("word", STEPS)
def test_a_stopped_run_goes_on_to_the_same_bytes(word, tmp_path, monkeypatch):
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    model = normed()
    masks = {n: np.ones(m.shape, np.uint8) for n, m in model.masks.items()}
    [first, *_] = masks
    masks[first].flat[::3] = 0

    def train(folder):
        return tiny.train(
            tmp_path / folder,
            model=model.reset(masks=masks, seed=1),
            hook=hooks.make([word], RUN),
        )

    train("whole")
    with tiny.stopping(monkeypatch, 2):
        train("stopped")
    train("stopped")
    found, expected = (
        tiny.result_bytes(tmp_path / name) for name in ("stopped", "whole")
    )
    assert found == expected
    with pytest.raises(ValueError, match="hook"):
        tiny.train(tmp_path / "whole", model=model.reset(masks=masks, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("word", STEPS)
def test_xla_computes_the_same(word):
    model = normed()
    found = []
    for jit in (False, True):
        model.reset(seed=1)
        program = programs.program(
            model,
            optimizers.optimizer_fn("momentum", 0.05),
            tiny.make_dataset(),
            jit,
            hook=hooks.make([word], RUN),
        )
        program.train(0, 9, 9)
        found.append(model.weights)
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=2e-3, atol=2e-5)


def test_doubts_say_what_changes_nothing():
    words = hooks.ordered({*STEPS} - {"ham", "rst"})
    assert hooks.doubts(words, normed().network, False) == []
    norms, scales = hooks.doubts(words, MODEL.network, True)
    assert "hooks=norm_interpolation changes nothing" in norms
    assert "hooks=sparse_opt changes little" in scales
    assert hooks.doubts((), MODEL.network, True) == []


def test_the_default_period_is_an_epoch():
    (hook,) = hooks.make(["sign_in"], RUN).parts
    assert hook.identity["sign_in"]["reset"] == steps.iterations("1ep", 4) == 4
