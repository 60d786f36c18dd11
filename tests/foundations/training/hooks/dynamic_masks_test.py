"""Tests of foundations/training/hooks/dynamic_masks.py, against plain numpy."""

import collections
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import sampled_masks
from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.selection import mask_updates
from lottery_ticket.foundations.training import (
    draws,
    optimizers,
    programs,
    resumable_run,
    step_hooks,
)
from lottery_ticket.foundations.training.hooks import dynamic_masks
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import tiny

SCHEDULE = mask_updates.Schedule(0.6, 5, 30.0)
UPDATES = SCHEDULE.iterations(0, 40)


def masks():
    """Half of the first layer, all of the second."""
    mask = np.zeros((4, 5), np.uint8)
    mask.flat[::2] = 1
    return {"layer0": mask, "layer1": np.ones((5, 3), np.uint8)}


def hook(method="rigl", seed=3, schedule=SCHEDULE):
    return dynamic_masks.DynamicMasks(method, schedule, seed)


def train(directory, method="rigl", seed=3, **options):
    model = options.pop("model", None) or tiny.Model()
    model.reset(masks=options.pop("masks", masks()), seed=1)
    own = hook(method, seed)
    updates = options.pop("event_iterations", UPDATES)
    return tiny.train(
        directory, model=model, hook=own, event_iterations=updates, **options
    )


def folder(directory, name):
    return save_restore.restore_network(str(directory / name))


def slots(program, model):
    kernel = model.variables["layer0"]
    found = keras_private.slots(program.optimizer, kernel)
    return [each.numpy() for each in found]


def dense_gradient(model, data, iteration):
    """Of the loss of one batch, with no regard to masks."""
    rows, _ = data.train.batches(iteration, 1)
    x, y = data.train.x[rows[0]], data.train.y[rows[0]]
    with tf.GradientTape() as tape:
        loss, _ = model.create_loss_and_accuracy(y, model.network(x))
    return tape.gradient(loss, model.variables["layer0"].value).numpy()


def drawn(draw, kind, iteration):
    seed = tf.constant([seeds.derive(3, kind, "layer0")], tf.int64)
    (found,) = draw(seed, tf.constant(iteration, tf.int64), ((4, 5),))
    return found.numpy()


def twin(mask, count, weights, scores, noise):
    """Masks after dropping, and after growing."""
    places = np.arange(mask.size)
    magnitudes = (abs(weights) + 1e-5 * noise).ravel()
    order = np.lexsort((places, magnitudes))
    left = mask.copy()
    left.flat[[i for i in order if mask.flat[i]][:count]] = 0
    grown = left.copy()
    order = np.lexsort((places, -scores.ravel()))
    grown.flat[[i for i in order if not left.flat[i]][:count]] = 1
    return left, grown


@pytest.mark.parametrize("method", mask_updates.METHODS)
@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_an_update_is_that_of_a_plain_twin(name, method):
    """Values and slots of new weights are 0, those of others as they were."""
    model, data = tiny.Model().reset(masks=masks(), seed=1), tiny.make_dataset()
    whole = mask_updates.Schedule(1.0, 5, 1000.0)  # Some are grown back.
    program = programs.program(
        model,
        optimizers.optimizer_fn(name, 0.05),
        data,
        False,
        weight_decay=0.1,
        hook=hook(method, schedule=whole),
    )
    program.train(0, 5, 5)
    weights, before, kept = model.weights, slots(program, model), masks()
    mask = kept["layer0"]
    scores = drawn(draws.uniforms, "grow", 5)
    if method == "rigl":
        scores = abs(dense_gradient(model, data, 5))
        program.launch(5, 1, 1, is_observed=True)
        for key, value in model.weights.items():
            np.testing.assert_array_equal(value, weights[key])
    count = int(np.floor(whole.at(5) * mask.sum()))
    found = program.event(5)
    noise = drawn(draws.normals, "drop", 5)
    left, grown = twin(mask, count, weights["layer0"], scores, noise)
    np.testing.assert_array_equal(model.masks["layer0"], grown)
    assert model.masks["layer1"].all()
    new = (grown == 1) & (mask == 0)
    stays = (grown == 1) & (mask == 1)
    back = (grown == 1) & (left == 0) & stays
    assert new.any() and back.any()
    assert found == {
        "iteration": 5,
        "fraction": whole.at(5),
        "layers": {
            "layer0": {
                "dropped": count,
                "grown": int(new.sum()),
                "grown_back": int(back.sum()),
            }
        },
    }
    now, after = model.weights, slots(program, model)
    expected = np.where(stays, weights["layer0"], 0)
    assert now["layer0"].tobytes() == expected.tobytes()
    for key in ("layer0_bias", "layer1", "layer1_bias"):
        np.testing.assert_array_equal(now[key], weights[key])
    assert len(after) == len(before) == {"sgd": 0, "adam": 2}.get(name, 1)
    for one, other in zip(before, after, strict=True):
        assert one[stays].any()
        np.testing.assert_array_equal(other, np.where(stays, one, 0))
    program.train(6, 5, 5)  # New weights learn; pruned ones do not.
    after = model.weights["layer0"]
    assert after[new].any() and not after[grown == 0].any()


def test_growth_of_set_is_drawn_by_seed_layer_and_iteration(tmp_path):
    found = {}
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        train(tmp_path / name, "set", seed)
        found[name] = folder(tmp_path / name, "masks")["layer0"]
    np.testing.assert_array_equal(found["one"], found["same"])
    assert not np.array_equal(found["one"], found["other"])
    own = hook("set")
    own.attach(tiny.Model().reset(masks=masks(), seed=1))
    noises, uniforms = own._drawn(5)
    others = own._drawn(10)
    for one, other in ((noises, others[0]), (uniforms, others[1])):
        assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(uniforms[0].flat[:15], uniforms[1].flat[:15])


@pytest.mark.parametrize("method", mask_updates.METHODS)
@pytest.mark.parametrize("jit", [False, True])
def test_masks_change_and_hold_in_training(tmp_path, method, jit):
    train(tmp_path, method, jit=jit)
    first, last = (folder(tmp_path, n) for n in ("first_masks", "masks"))
    np.testing.assert_array_equal(first["layer0"], masks()["layer0"])
    assert not np.array_equal(first["layer0"], last["layer0"])
    assert last["layer0"].sum() == 10 and last["layer1"].all()
    final, initial = folder(tmp_path, "final"), folder(tmp_path, "initial")
    assert not final["layer0"][last["layer0"] == 0].any()
    assert not initial["layer0"][first["layer0"] == 0].any()
    record = run_record.read(str(tmp_path))
    assert record["density"] == {"layer0": [10, 20], "layer1": [15, 15]}
    assert [each["iteration"] for each in record["events"]] == [*UPDATES]
    counts = [each["layers"]["layer0"] for each in record["events"]]
    assert [each["dropped"] for each in counts] == [
        int(SCHEDULE.at(at) * 10) for at in UPDATES
    ]
    assert {*record["events"][0]["layers"]} == {"layer0"}
    assert record["inputs"]["hook"][method]["interval"] == SCHEDULE.interval
    train_log = save_restore.read_log(str(tmp_path), "train")
    assert train_log["iteration"] == list(range(1, 41))


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("method", mask_updates.METHODS)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, method, is_streamed
):
    """Wherever it was killed: before an update, at it, and after it."""
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    data, model = tiny.make_dataset(is_streamed=is_streamed), tiny.Model()
    options = {"dataset": data, "model": model, "event_iterations": (5, 8, 10)}
    train(tmp_path / "whole", method, **options)
    expected = tiny.result_bytes(tmp_path / "whole")
    events = run_record.read(str(tmp_path / "whole"))["events"]
    for last in range(1, 6 if method == "set" else 7):
        name = f"stopped{last}"
        with tiny.stopping(monkeypatch, last):
            train(tmp_path / name, method, **options)
        train(tmp_path / name, method, **options)
        assert tiny.result_bytes(tmp_path / name) == expected
        record = run_record.read(str(tmp_path / name))
        assert record["events"] == events and record["resumed"] == 1


def test_two_levels_have_one_program(tmp_path):
    model, data = tiny.Model(), tiny.make_dataset()
    sparser = masks()
    sparser["layer0"].flat[:8] = 0
    sparser["layer1"][0] = 0
    for name, own, seed in (("one", masks(), 3), ("two", sparser, 4)):
        options = {"masks": own, "dataset": data, "model": model}
        train(tmp_path / name, "rigl", seed, **options)
    assert len(model.programs) == 1
    alone = {"masks": sparser, "dataset": data}
    train(tmp_path / "alone", "rigl", 4, **alone)
    found, expected = (
        tiny.result_bytes(tmp_path / name) for name in ("two", "alone")
    )
    assert found == expected


def test_a_complete_run_is_put_back_as_it_ended(tmp_path):
    initial, final = train(tmp_path)
    model = tiny.Model()
    again = train(tmp_path, model=model)
    for one, other in zip((initial, final), again, strict=True):
        for name, array in one.items():
            np.testing.assert_array_equal(array, other[name])
    last = folder(tmp_path, "masks")
    np.testing.assert_array_equal(model.masks["layer0"], last["layer0"])
    np.testing.assert_array_equal(model.weights["layer0"], final["layer0"])
    before = run_record.masks_before(str(tmp_path))
    np.testing.assert_array_equal(before["layer0"], masks()["layer0"])
    assert (tmp_path / paths.FIRST_MASKS).is_dir()


def test_pruned_weights_that_moved_are_found(tmp_path, monkeypatch):
    real = programs.Program.finalize

    def moved(self):
        real(self)
        kernel = self.network.trainable_variables[0]
        kernel.constraint.mask.assign(tf.ones_like(kernel.constraint.mask))
        kernel.assign(tf.ones_like(kernel))
        kernel.constraint.mask.assign(np.eye(4, 5) > 0)

    monkeypatch.setattr(programs.Program, "finalize", moved)
    with pytest.raises(RuntimeError, match="'layer0' moved"):
        train(tmp_path)


def test_what_masks_do_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Unknown method"):
        hook("none")
    model = tiny.Model().reset(masks=masks(), seed=1, hold=True)
    with pytest.raises(ValueError, match="not held at other values"):
        hook().attach(model)
    with pytest.raises(ValueError, match="trains none"):
        model = tiny.Model().reset(seed=1)
        hook().attach(sampled_masks.search(model, "bernoulli", "none", 1))
    with pytest.raises(ValueError, match="not mixed_float16"):
        programs.program(
            tiny.Model(),
            lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()),
            tiny.make_dataset(),
            False,
            hook=hook(),
        )


def test_an_ordinary_iteration_has_not_an_instruction_more():
    found = []
    for own in (hook(), step_hooks.NONE):
        model = tiny.Model().reset(masks=masks(), seed=1)
        program = programs.program(
            model,
            lambda: keras.optimizers.Adam(0.01),
            tiny.make_dataset(),
            True,
            hook=own,
        )
        numbers = np.zeros((8, 16), np.int32), np.int32(0), np.int32(8)
        compiled = program._train.experimental_get_compiler_ir(
            program._tensors["train"], *numbers
        )(stage="optimized_hlo")
        kinds = re.findall(r" = \S+ ([\w-]+)\(", compiled)
        found.append(collections.Counter(kinds))
    assert found[0] == found[1] and sum(found[0].values()) > 50
