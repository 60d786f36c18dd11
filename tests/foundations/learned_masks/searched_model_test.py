"""Tests of foundations/learned_masks/searched_model.py: masks being trained."""

import gc
import itertools
import json
import subprocess
import sys
import weakref

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, trainer
from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    sampled_masks,
    score_method,
    scored_masks,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import (
    programs,
    resumable_run,
    trainee,
)
from lottery_ticket.foundations.values import masks
from lottery_ticket.tests import grids, tiny

L = keras.layers
OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(5.0, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.1),
}


def search(
    model=None, sampling="bernoulli", rescaling="none", mask_seed=3, seed=1
):
    """A search through a tiny network, from logits of 0."""
    model = model or tiny.Model()
    logits = {name: np.zeros(m.shape) for name, m in model.masks.items()}
    found = sampled_masks.search(model, sampling, rescaling, mask_seed)
    return found.reset(model.draw(seed), logits, seed)


def with_norm():
    """Batch normalisation, dropout, and a layer that is used twice."""
    inputs = keras.Input((4,))
    inner = keras.Sequential([L.Dense(4), L.BatchNormalization(), L.ReLU()])
    x = L.Dropout(0.2)(inner(inner(inputs)))
    return keras.Model(inputs, L.Dense(3)(x))


@pytest.fixture(scope="module")
def shared_model():
    """One for tests that need no other: its programs are compiled once."""
    return own_model()


def own_model():
    x = tiny.make_dataset().test.x
    return keras_model.KerasModel(with_norm(), x, with_norm)


def train(directory, model, **options):
    options = {"optimizer_fn": OPTIMIZERS["momentum"], **options}
    return tiny.train(directory, model=model, **options)


@pytest.mark.parametrize(
    ("name", "jit"),
    grids.thinned(
        itertools.product(OPTIMIZERS, [True, False]),
        [("momentum", True)],
    ),
)
def test_logits_are_trained_and_no_weight_moves(name, jit):
    searched = search()
    before = searched.weights
    program = programs.program(
        searched, OPTIMIZERS[name], tiny.make_dataset(), jit, weight_decay=1e-4
    )
    losses, _ = program.train(0, 40, 40)
    assert losses[-10:].mean() < losses[:10].mean()
    assert all((each != 0).any() for each in searched.source.values.values())
    for key, array in searched.weights.items():
        np.testing.assert_array_equal(array, before[key])
    slots = {each.shape for each in program.optimizer.variables} - {()}
    assert slots == {each.shape for each in searched.source.values.values()}


def test_weight_decay_draws_logits_to_0():
    finals = []
    for decay in (0.0, 0.01):
        searched = search()
        programs.program(
            searched,
            lambda: keras.optimizers.SGD(1.0),
            tiny.make_dataset(),
            jit=False,
            weight_decay=decay,
        ).train(0, 1, 1)
        logits = searched.source.values["layer0"]
        finals.append((searched, logits))
    # From 0, the first step decays nothing; the second does.
    np.testing.assert_array_equal(finals[0][1], finals[1][1])
    for searched, _ in finals:
        (program,) = searched.programs.values()
        program.train(1, 1, 1)
    plain, decayed = (each.source.values["layer0"] for each, _ in finals)
    np.testing.assert_allclose(plain - decayed, 0.01 * finals[0][1], atol=1e-6)


def test_searches_of_one_kind_compile_once_whatever_their_seeds():
    model, data, made = tiny.Model(), tiny.make_dataset(), []
    for mask_seed, seed in ((1, 1), (2, 1), (1, 2)):
        searched = search(model, mask_seed=mask_seed, seed=seed)
        program = programs.program(
            searched, OPTIMIZERS["adam"], data, jit=False
        )
        losses, _ = program.train(0, 5, 5)
        made.append((program, losses))
    assert made[0][0] is made[1][0] is made[2][0]
    assert made[0][0]._train.experimental_get_tracing_count() == 1
    assert (made[0][1] != made[1][1]).any()
    other = search(model, rescaling="dynamic")
    assert other is not searched
    assert (
        programs.program(other, OPTIMIZERS["adam"], data, jit=False)
        is not made[0][0]
    )


def by_threshold(model, threshold):
    """A search from the same scores, whose threshold is compiled in."""
    method = score_method.ScoreMethod(threshold=threshold)
    values = {name: np.full(m.shape, 0.5) for name, m in model.masks.items()}
    found = scored_masks.search(model, method, per_epoch=4, mask_seed=1)
    return found.reset(model.draw(1), values)


def test_a_model_keeps_the_last_few_searches_of_a_kind():
    model, data, scores = tiny.Model(), tiny.make_dataset(), []
    first = by_threshold(model, 0.1)
    let_go = weakref.ref(first.source)
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        searched = by_threshold(model, threshold)
        program = programs.program(searched, OPTIMIZERS["adam"], data, False)
        program.train(0, 2, 2)
        scores.append(searched.source.values)
        assert len(model.compiled) <= trainee.MAX_ALIKE
    again = by_threshold(model, 0.1)
    assert again is not first
    programs.program(again, OPTIMIZERS["adam"], data, False).train(0, 2, 2)
    for name, array in again.source.values.items():
        np.testing.assert_array_equal(array, scores[0][name])
    # One that is still held trains its own variables, not those of its name.
    before = first.source.values, again.source.values
    programs.program(first, OPTIMIZERS["adam"], data, False).train(0, 2, 2)
    for name, array in again.source.values.items():
        assert (first.source.values[name] != before[0][name]).any()
        np.testing.assert_array_equal(array, before[1][name])
    for lr in range(programs.MAX_PROGRAMS):
        programs.program(
            again, lambda lr=lr: keras.optimizers.SGD(1.0 + lr), data
        )
    del first, program, searched
    gc.collect()
    assert let_go() is None


@pytest.mark.slow
def test_a_run_leaves_its_results(tmp_path, shared_model):
    model = shared_model
    searched = search(model, rescaling="dynamic")
    frozen = searched.weights
    initial, final = train(tmp_path, searched)
    found = {
        path.name: save_restore.restore_network(str(path))
        for path in tmp_path.iterdir()
        if path.is_dir() and path.name != "summaries"
    }
    assert set(found) == {
        *("initial", "final", "masks", "logits", "thresholded"),
    }
    for name, array in frozen.items():
        np.testing.assert_array_equal(found["initial"][name], array)
        np.testing.assert_array_equal(initial[name], array)
    masks.check(found["masks"], {n: m.shape for n, m in model.masks.items()})
    expected = learned_masks.effective(
        {**frozen, **_statistics(final)}, found["masks"], "dynamic"
    )
    for name, array in expected.items():
        np.testing.assert_array_equal(found["final"][name], array)
        np.testing.assert_array_equal(final[name], array)
    for name, logits in found["logits"].items():
        np.testing.assert_array_equal(found["thresholded"][name], logits > 0)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["density"] == {
        name: [int(mask.sum()), mask.size]
        for name, mask in found["masks"].items()
    }
    assert record["inputs"]["supermask"]["mask_seed"] == 3
    saved = {file.split("/")[0] for file in record["checksums"]}
    assert set(found) < saved
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["iteration"] == [0, 10, 20, 30, 40]


def _statistics(network):
    moved = {n: each for n, each in network.items() if "_moving_" in n}
    assert moved
    return moved


def test_the_learned_mask_is_the_first_sample():
    searched = search()
    searched.source.trained["layer0"].assign(np.full((4, 5), 50.0))
    searched.source.trained["layer1"].assign(np.full((5, 3), -50.0))
    found = searched.outcome()
    assert tuple(found) == searched.folders
    assert found["masks"]["layer0"].all() and not found["masks"]["layer1"].any()
    assert not found["final"]["layer1"].any()
    searched = search()
    for name, mask in searched.outcome()["masks"].items():
        np.testing.assert_array_equal(mask, searched.source.samples(3)[0][name])
    rounded = search(sampling="round")
    assert len(rounded.source.samples(3)) == 1
    assert not rounded.outcome()["masks"]["layer0"].any()


@pytest.mark.slow
def test_a_complete_run_is_read_and_not_trained(
    tmp_path, monkeypatch, shared_model
):
    searched = search(shared_model, rescaling="dynamic")
    _, final = train(tmp_path, searched)
    logits, weights = searched.source.values, searched.weights
    monkeypatch.setattr(programs.Program, "launch", None)
    again = search(own_model(), rescaling="dynamic")
    _, read = train(tmp_path, again)
    for name, array in final.items():
        np.testing.assert_array_equal(read[name], array)
    for name, array in logits.items():
        np.testing.assert_array_equal(again.source.values[name], array)
    for name, array in weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    for name, array in searched.outcome()["masks"].items():
        np.testing.assert_array_equal(again.outcome()["masks"][name], array)


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """Folder of a search that is complete."""
    directory = tmp_path_factory.mktemp("complete")
    train(directory, search())
    return directory


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask_seed": 4}, "supermask:"),
        ({"rescaling": "dynamic"}, "supermask:"),
        ({"seed": 2}, "initial:"),
    ],
)
def test_another_search_is_another_run(complete, options, message):
    with pytest.raises(ValueError, match=message):
        train(complete, search(**options))


@pytest.mark.slow
@pytest.mark.parametrize("sampling", learned_masks.SAMPLINGS)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, shared_model, sampling
):
    train(tmp_path / "whole", search(shared_model, sampling))
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    whole_train = programs.Program.launch
    left = [2]

    def stops(program, *span):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return whole_train(program, *span)

    monkeypatch.setattr(programs.Program, "launch", stops)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "stopped", search(shared_model, sampling))
    left[0] = 99
    train(tmp_path / "stopped", search(own_model(), sampling))
    record = json.loads((tmp_path / "stopped/run.json").read_text())
    assert record["resumed"] == 1
    assert tiny.result_bytes(tmp_path / "stopped") == tiny.result_bytes(
        tmp_path / "whole"
    )


@pytest.mark.slow
def test_seeds_give_the_same_bytes_and_others_do_not(tmp_path, shared_model):
    model = shared_model
    for name, mask_seed in {"a": 3, "b": 3, "c": 4}.items():
        train(tmp_path / name, search(model, mask_seed=mask_seed))
    first, again, other = (tiny.result_bytes(tmp_path / name) for name in "abc")
    assert first == again
    assert first["logits/dense.npy"] != other["logits/dense.npy"]
    assert first["initial/dense.npy"] == other["initial/dense.npy"]


@pytest.mark.slow
def test_plain_training_is_the_same_before_and_after(tmp_path, shared_model):
    model = shared_model
    tiny.train(tmp_path / "before", model=model.reset(seed=5))
    train(tmp_path / "mask", search(model))
    tiny.train(tmp_path / "after", model=model.reset(seed=5))
    assert tiny.result_bytes(tmp_path / "before") == tiny.result_bytes(
        tmp_path / "after"
    )
    loaded = [each for each in model.programs.values() if each._tensors]
    assert len(loaded) == 1  # One of all programs keeps its data.


def by_logits(model):
    logits = {name: np.zeros(m.shape) for name, m in model.masks.items()}
    found = sampled_masks.search(model, "bernoulli", "none", mask_seed=3)
    return found.reset(model.draw(1), logits)


def by_scores(model):
    scores = {name: np.full(m.shape, 0.6) for name, m in model.masks.items()}
    method = score_method.ScoreMethod()
    found = scored_masks.search(model, method, 4, mask_seed=3)
    return found.reset(model.draw(1), scores)


KINDS = pytest.mark.parametrize("search", [by_logits, by_scores])


@KINDS
def test_it_stands_for_its_model_in_training(search):
    model = tiny.Model()
    found = search(model)
    assert isinstance(found, trainee.Trainee)
    trainer.check_fits(found, tiny.make_dataset())
    assert found.programs is model.programs
    assert found.strategy is model.strategy and not found.holds
    for name, mask in found.effective_masks(tiny.masks()).items():
        np.testing.assert_array_equal(mask, tiny.masks()[name])
    for name, mask in found.masks.items():
        assert mask.all()
        assert found.source.values[name].shape == mask.shape
    identity = found.identity
    assert identity.items() >= model.identity.items()
    assert len(identity) == len(model.identity) + 1


@KINDS
def test_training_of_its_networks_own_is_refused(search, tmp_path):
    model = own_model()
    found = search(model)
    model.network.compile("sgd", "mse")
    with pytest.raises(ValueError, match="is compiled with the loss mse"):
        train(tmp_path, found)


@KINDS
def test_one_of_a_kind_is_kept_with_the_model(search):
    model = tiny.Model()
    assert search(model) is search(model)
    assert search(tiny.Model()) is not search(model)


@KINDS
def test_a_weight_that_moved_is_no_outcome(search):
    model = tiny.Model()
    found = search(model)
    found.outcome()
    model.variables["layer0_bias"].assign_add([1, 0, 0, 0, 0])
    with pytest.raises(RuntimeError, match="Frozen weights moved"):
        found.outcome()


@pytest.mark.parametrize(
    "search", grids.thinned([by_logits, by_scores], [by_scores])
)
def test_any_complete_run_is_read_and_not_trained(
    search, tmp_path, monkeypatch
):
    first = search(tiny.Model())

    def train(model):
        return tiny.train(
            tmp_path,
            model=model,
            optimizer_fn=lambda: keras.optimizers.SGD(1.0),
            training_len="8it",
        )

    _, final = train(first)
    program = "lottery_ticket.foundations.training.programs.program"
    monkeypatch.setattr(program, None)
    again = search(tiny.Model())
    _, read = train(again)
    for name, array in final.items():
        np.testing.assert_array_equal(read[name], array)
    for name, array in first.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    for folder, network in first.outcome().items():
        for name, array in again.outcome()[folder].items():
            np.testing.assert_array_equal(array, network[name])


ON_TWO_DEVICES = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from lottery_ticket.tests import tiny
from lottery_ticket.tests.foundations.learned_masks import MODULE

found = []
for strategy in (
    tf.distribute.get_strategy(),
    tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]),
):
    with strategy.scope():
        model = tiny.Model()
    found.append(MODULE.trained(model))
for one, other in zip(*found, strict=True):
    np.testing.assert_allclose(one, other, atol=1e-5)
print("as one")
"""


def check_two_devices(module):
    """Raises unless what `trained` returns is the same on one and on two.

    In a process of its own: devices are set up before TensorFlow starts.

    Args:
        module: Name of a test module beside this one, with `trained`, a
            function: tiny.Model -> list of arrays.
    """
    done = subprocess.run(
        [sys.executable, "-c", ON_TWO_DEVICES.replace("MODULE", module)],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "as one", done.stderr[-3000:]


def trained(model):
    """Returns what a search with rescaling comes to."""
    searched = search(model, rescaling="dynamic")
    program = programs.program(
        searched,
        lambda: keras.optimizers.SGD(1.0, momentum=0.9),
        tiny.make_dataset(size=48),
        jit=False,
    )
    logs = program.train(0, 9, 9)
    assert searched.source.iterations.numpy() == 9
    evaluated = program.start_evaluation("test").result()
    return [*logs, *evaluated, *searched.source.values.values()]


@pytest.mark.slow
def test_two_devices_draw_one_mask():
    check_two_devices("searched_model_test")
