"""Tests of foundations/trainer.py."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model, model_base, trainer
from lottery_ticket.foundations.records import (
    checkpoint,
    lock,
    paths,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.training import batches, programs, trainee
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids, tiny


def test_a_run_leaves_its_results(tmp_path):
    initial, final = tiny.train(tmp_path, settings={"lr": 0.01})
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
    # Nothing of events, which finished runs of before had none of.
    assert "events" not in record
    assert set(record["inputs"]) == {
        *("network", "initial", "masks", "dataset", "train_order_seed"),
        *("train_batch_size", "train_partial_size", "optimizer", "iterations"),
        *("start_iteration", "save_iterations", "intervals", "jit"),
        *("weight_decay", "label_smoothing", "code"),
    }


@pytest.mark.slow
def test_it_learns(tmp_path):
    data = tiny.make_dataset(size=50)  # With a partial batch.
    tiny.train(tmp_path, dataset=data, training_len="200it")
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["accuracy"][-1] >= 0.9
    assert log["loss"][-1] < log["loss"][0] / 2


def test_the_last_iteration_is_evaluated_whatever_the_interval(tmp_path):
    tiny.train(tmp_path, training_len="2ep", test_interval=5)
    log = save_restore.read_log(str(tmp_path), "test")
    assert log["iteration"] == [0, 5, 8]


def test_without_validation_there_is_no_such_log(tmp_path):
    tiny.train(tmp_path, dataset=tiny.make_dataset(validate=False))
    assert not (tmp_path / "validate.json").exists()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in {"a": 0, "b": 0, "c": 1}.items():
        tiny.train(tmp_path / name, dataset=tiny.make_dataset(seed=seed))
    first, again, other = (tiny.result_bytes(tmp_path / name) for name in "abc")
    assert first == again
    assert first["final/layer0.npy"] != other["final/layer0.npy"]
    assert first["initial/layer0.npy"] == other["initial/layer0.npy"]


def test_a_complete_run_is_read_and_not_trained(tmp_path, monkeypatch):
    initial, final = tiny.train(tmp_path)
    monkeypatch.setattr(programs.Program, "launch", None)
    read_initial, read_final = tiny.train(tmp_path)
    for name, array in final.items():
        np.testing.assert_array_equal(read_final[name], array)
        np.testing.assert_array_equal(read_initial[name], initial[name])


@pytest.mark.parametrize(
    "file", ["final/layer0.npy", "train.json", "run.json", "initial/layer1.npy"]
)
def test_a_damaged_run_is_named_and_redone(tmp_path, file, caplog):
    tiny.train(tmp_path)
    before = tiny.result_bytes(tmp_path)
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[:-4])
    tiny.train(tmp_path)
    assert file.split("/")[-1] in caplog.text
    assert tiny.result_bytes(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": {"lr": 2}}, "lr: 1 there, 2 now"),
        ({"training_len": "50it"}, "iterations: 40 there, 50 now"),
        ({"model": tiny.Model}, "initial:"),
        ({"dataset": tiny.make_dataset(size=60)}, "dataset:"),
        (
            {"dataset": tiny.make_dataset(seed=3)},
            "train_order_seed: 0 there, 3",
        ),
        ({"optimizer_fn": keras.optimizers.SGD}, "optimizer:"),
        ({"test_interval": 20}, "intervals:"),
    ],
)
@pytest.mark.parametrize("complete", grids.thinned([True, False], [True]))
def test_other_results_are_never_overwritten(
    tmp_path, options, message, complete, monkeypatch
):
    if "model" in options:
        options = {"model": options["model"]()}
    if complete:
        tiny.train(tmp_path, settings={"lr": 1})
    else:
        with monkeypatch.context() as patch:
            patch.setattr(programs.Program, "launch", None)
            with pytest.raises(TypeError):
                tiny.train(tmp_path, settings={"lr": 1})
    before = tiny.result_bytes(tmp_path)
    with pytest.raises(ValueError, match=message):
        tiny.train(tmp_path, **{"settings": {"lr": 1}, **options})
    assert tiny.result_bytes(tmp_path) == before


def test_an_unreadable_record_guards_against_every_other_run(tmp_path):
    tiny.train(tmp_path)
    (tmp_path / "run.json").write_text("x")
    before = tiny.result_bytes(tmp_path)
    with pytest.raises(ValueError, match="is not overwritten. Move"):
        tiny.train(tmp_path)
    assert tiny.result_bytes(tmp_path) == before


def test_results_of_unknown_origin_are_left_alone(tmp_path):
    (tmp_path / "final").mkdir()
    with pytest.raises(ValueError, match="unknown origin"):
        tiny.train(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"final", ".lock"}


def test_a_folder_that_is_held_is_an_error(tmp_path):
    with lock.hold(str(tmp_path)):
        with pytest.raises(RuntimeError, match="is being worked on by"):
            tiny.train(tmp_path)


def test_a_network_that_is_not_saved_is_trained_again(tmp_path):
    tiny.train(tmp_path, save_network=False)
    assert not (tmp_path / "final").exists()
    _, final = tiny.train(tmp_path, save_network=False)
    assert final["layer0"].any()


def test_a_run_that_is_read_leaves_the_model_trained(tmp_path):
    _, final = tiny.train(tmp_path)
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    tiny.train(tmp_path, model=model)
    for name, array in final.items():
        np.testing.assert_array_equal(model.weights[name], array)
    np.testing.assert_array_equal(model.masks["layer0"], tiny.masks()["layer0"])


class Unfinished(model_base.ModelBase):
    """Without outputs."""


def test_a_model_that_does_not_fit_is_named(tmp_path):
    with pytest.raises(ValueError, match="Unfinished is not complete"):
        tiny.train(tmp_path, model=Unfinished((4,)))
    classes = tiny.make_dataset(classes=5)
    with pytest.raises(ValueError, match="3 classes. Received: labels of 5"):
        tiny.train(tmp_path, dataset=classes)
    x, y = np.zeros((9, 6), np.float32), np.zeros(9, int)
    wide = dataset_base.DatasetBase((x, y), 3, (x, y))
    with pytest.raises(ValueError, match=r"shape \(4,\). Received: .*\(6,\)"):
        tiny.train(tmp_path, dataset=wide)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("index", "dtype"),
    [(9, "int64"), (4, "int32"), (-1, "int64"), (4, "uint8"), (-5, "int8")],
)
def test_an_index_that_an_embedding_lacks_is_an_error(index, dtype):
    layers = keras.layers
    network = keras.Sequential(
        [layers.Embedding(4, 2), layers.Flatten(), layers.Dense(2)]
    )
    x, y = np.zeros((8, 3), dtype), np.arange(8) % 2
    data = dataset_base.DatasetBase((x, y), 4, (x, y))
    model = keras_model.KerasModel(network, batches.examples(data))
    trainer.check_fits(model, data)
    x = x.copy()
    x[5, 1] = index
    data = dataset_base.DatasetBase((data.train.x, y), 4, (x, y))
    with pytest.raises(
        ValueError, match=f"'embedding.*from 0 to 3. Received: {index}$"
    ):
        trainer.check_fits(model, data)
    assert "call" not in vars(network.layers[0])


def test_a_redone_run_leaves_no_summaries_of_the_old_one(tmp_path):
    tiny.train(tmp_path)
    stale = tmp_path / "summaries/events.out.tfevents.0000000007"
    stale.touch()
    (tmp_path / "final/layer0.npy").unlink()
    (tmp_path / "final/layer1.npy.123.tmp").touch()
    theirs = [tmp_path / "draft.tmp", tmp_path / "below/summaries"]
    theirs[0].touch()
    theirs[1].mkdir(parents=True)
    (theirs[1] / stale.name).touch()
    tiny.train(tmp_path)
    assert not stale.exists()
    assert list(tmp_path.rglob("*.tmp")) == [theirs[0]]
    assert (theirs[1] / stale.name).exists()


@pytest.mark.parametrize(
    "options",
    [{"training_len": "0it"}, {"test_interval": 0}, {"validate_interval": -1}],
)
def test_numbers_must_be_positive(tmp_path, options):
    name = next(iter(options))
    with pytest.raises(
        ValueError, match=f"{name} must be an integer, at least 1"
    ):
        tiny.train(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_weights_that_escape_their_mask_are_an_error(tmp_path, monkeypatch):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    model.network.get_layer("layer0").kernel.constraint = None
    real = model.network.get_layer("layer0").kernel

    def leak(self, *arguments):
        real.assign_add(np.ones((4, 5)))
        return [tf.zeros((arguments[1], 2))]

    monkeypatch.setattr(programs.Program, "launch", leak)
    with pytest.raises(RuntimeError, match="layer 'layer0' moved"):
        tiny.train(tmp_path, model=model)


def held_model():
    return tiny.Model().reset(masks=tiny.masks(), seed=1, hold=True)


@pytest.mark.slow
def test_held_weights_are_the_same_bytes_before_and_after(tmp_path):
    initial, final = tiny.train(tmp_path, model=held_model())
    pruned = tiny.masks()["layer0"] == 0
    assert initial["layer0"][pruned].all()
    assert final["layer0"][pruned].tobytes() == (
        initial["layer0"][pruned].tobytes()
    )
    assert (final["layer0"] != initial["layer0"])[~pruned].all()
    saved = tiny.result_bytes(tmp_path)
    for folder, network in (("initial", initial), ("final", final)):
        path = tmp_path / folder / "layer0.npy"
        np.testing.assert_array_equal(np.load(path), network["layer0"])
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["density"]["layer0"] == [13, 20]
    assert record["effective"] is None
    model = held_model()  # Once more: it is read.
    _, again = tiny.train(tmp_path, model=model)
    np.testing.assert_array_equal(again["layer0"], final["layer0"])
    np.testing.assert_array_equal(model.weights["layer0"], final["layer0"])
    assert model.holds and tiny.result_bytes(tmp_path) == saved
    with pytest.raises(ValueError, match="initial:"):
        tiny.train(tmp_path)  # Zeros are another run.


@pytest.mark.slow
def test_weights_held_at_0_are_those_of_a_mask(tmp_path):
    tiny.train(tmp_path / "masked")
    presets = tiny.Model().reset(masks=tiny.masks(), seed=1).weights
    model = tiny.Model().reset(presets, tiny.masks(), seed=1, hold=True)
    tiny.train(tmp_path / "held", model=model)
    assert tiny.result_bytes(tmp_path / "held") == tiny.result_bytes(
        tmp_path / "masked"
    )
    effective = [
        json.loads((tmp_path / f"{name}/run.json").read_text())["effective"]
        for name in ("masked", "held")
    ]
    assert effective[0] == effective[1] is not None


def test_held_weights_that_move_are_an_error(tmp_path, monkeypatch):
    model = held_model()
    real = model.variables["layer0"]

    # As a compiled function would, which no assignment here puts right.
    leaking = tf.function(lambda: real.assign(real * 1.0001), autograph=False)

    def leak(self, *arguments):
        leaking()
        return [tf.zeros((arguments[1], 2))]

    monkeypatch.setattr(programs.Program, "launch", leak)
    with pytest.raises(RuntimeError, match="layer 'layer0' moved"):
        tiny.train(tmp_path, model=model)


class Searched(trainee.Trainee):
    """Stands for a search: it trains a model, and ends with masks."""

    def __init__(self):
        self.model = tiny.Model().reset(seed=1)
        self.network, self.strategy = self.model.network, self.model.strategy
        self.input_shape, self.num_outputs = (4,), 3
        self.holds, self.programs = False, {}
        self.restored, self.task = None, self.model.task

    @property
    def weights(self):
        return self.model.weights

    @property
    def masks(self):
        return self.model.masks

    @property
    def identity(self):
        return self.model.identity

    def effective_masks(self, masks):
        return self.model.effective_masks(masks)

    @property
    def learned(self):
        """Layer 1 keeps nothing of what unit 0 of layer 0 gives."""
        masks = self.model.masks
        masks["layer1"][0] = 0
        return masks

    def outcome(self):
        masks = self.learned
        kernels = {n: self.weights[n] * mask for n, mask in masks.items()}
        return {
            "final": {**self.weights, **kernels},
            "masks": masks,
            "logits": {"layer1": np.float32(masks["layer1"])},
        }

    def restore(self, networks):
        self.restored = networks


@pytest.mark.slow
def test_a_search_ends_with_masks_of_its_own(tmp_path):
    initial, final = tiny.train(tmp_path, model=Searched())
    assert initial["layer1"].all() and not final["layer1"][0].any()
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["density"] == {"layer0": [20, 20], "layer1": [12, 15]}
    assert record["effective"] == {"layer0": 16, "layer1": 12}
    assert np.load(tmp_path / "logits/layer1.npy").sum() == 12
    again = Searched()
    _, read = tiny.train(tmp_path, model=again)
    np.testing.assert_array_equal(read["layer1"], final["layer1"])
    assert set(again.restored) == {"initial", "final", "masks", "logits"}


def test_a_remote_root_works(tmp_path):
    root = f"memory://{tmp_path.name}"
    _, final = tiny.train(root)
    _, again = tiny.train(root)
    np.testing.assert_array_equal(final["layer0"], again["layer0"])


@pytest.mark.slow
def test_how_epochs_end_is_part_of_a_runs_identity(tmp_path):
    tiny.train(tmp_path, dataset=tiny.make_dataset(size=50))
    data = tiny.make_dataset(size=50)
    data.train._drop_partial = True
    with pytest.raises(ValueError, match="train_partial_size"):
        tiny.train(tmp_path, dataset=data)


def test_weights_are_saved_on_the_way(tmp_path):
    _, half = tiny.train(tmp_path / "half", training_len="13it")
    tiny.train(tmp_path / "whole", save_iterations=("13it", "1ep"))
    plain = tiny.result_bytes(tmp_path / "whole")
    saved = save_restore.restore_network(
        paths.at_iteration(str(tmp_path / "whole"), 13)
    )
    for name, array in half.items():
        np.testing.assert_array_equal(saved[name], array)
    assert "iteration4/layer0.npy" in plain  # An epoch has 4 batches.
    record = json.loads((tmp_path / "whole/run.json").read_text())
    assert set(plain) <= set(record["checksums"])
    tiny.train(tmp_path / "without")
    without = tiny.result_bytes(tmp_path / "without")
    assert without == {
        name: data
        for name, data in plain.items()
        if not name.startswith("iteration")
    }


def test_a_run_that_starts_later_goes_on_as_the_whole_one(tmp_path):
    """With a memoryless optimizer, nothing tells the two apart."""

    def sgd():
        return keras.optimizers.SGD(0.1)

    whole, late = tmp_path / "whole", tmp_path / "late"
    _, final = tiny.train(whole, optimizer_fn=sgd, save_iterations=("13it",))
    saved = save_restore.restore_network(paths.at_iteration(str(whole), 13))
    model = tiny.Model().reset(saved, tiny.masks(), seed=1)
    _, again = tiny.train(
        late, model=model, optimizer_fn=sgd, start_iteration="13it"
    )
    for name, array in final.items():
        np.testing.assert_array_equal(again[name], array)
    log = save_restore.read_log(str(late), "test")
    whole_log = save_restore.read_log(str(whole), "test")
    assert log["iteration"] == [13, 20, 30, 40]
    assert log["accuracy"][1:] == whole_log["accuracy"][2:]
    train_log = save_restore.read_log(str(late), "train")
    assert train_log["iteration"] == list(range(14, 41))
    assert json.loads((late / "run.json").read_text())["iterations"] == 40


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_iteration": "40it"}, "cannot start at iteration 40: it ends"),
        ({"start_iteration": "11ep"}, "cannot start at iteration 44"),
        ({"save_iterations": ("40it",)}, "of iteration 40 cannot be saved"),
        (
            {"start_iteration": "9it", "save_iterations": ("9it",)},
            "goes from iteration 9 to 40",
        ),
        (
            {"training_len": "0it"},
            "training_len must be an integer, at least 1",
        ),
        (
            {"event_iterations": (41,)},
            "follow iteration 41: .* from .* 0 to 40",
        ),
        ({"event_iterations": (0,)}, "An event cannot follow iteration 0"),
    ],
)
def test_iterations_outside_of_training_are_errors(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        tiny.train(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_run_with_other_saved_iterations_is_another(tmp_path):
    tiny.train(tmp_path, save_iterations=("13it",))
    with pytest.raises(ValueError, match="save_iterations:"):
        tiny.train(tmp_path)


class Counting(tiny.Model):
    """Its events change nothing, and count their calls."""

    has_events = True

    def __init__(self):
        """Builds it."""
        super().__init__()
        self.calls = []

    def event(self, iteration):
        """Returns a record."""
        self.calls.append(iteration)
        return {"iteration": iteration, "calls": len(self.calls)}


def test_events_are_part_of_a_runs_identity_and_record(tmp_path):
    options = {"event_iterations": (20, 4, 40)}
    model = Counting().reset(masks=tiny.masks(), seed=1)
    tiny.train(tmp_path / "events", model=model, **options)
    assert model.calls == [4, 20, 40]
    record = json.loads((tmp_path / "events/run.json").read_text())
    assert record["inputs"]["event_iterations"] == [4, 20, 40]
    assert record["events"] == [
        {"iteration": each, "calls": count + 1}
        for count, each in enumerate((4, 20, 40))
    ]
    again = Counting().reset(masks=tiny.masks(), seed=1)
    tiny.train(tmp_path / "events", model=again, **options)
    assert not again.calls  # It is read.
    for other in ((4, 40), ()):
        with pytest.raises(ValueError, match="event_iterations: "):
            tiny.train(tmp_path / "events", model=again, event_iterations=other)
    # What changes nothing leaves no byte of another run's.
    tiny.train(tmp_path / "without")
    assert tiny.result_bytes(tmp_path / "events") == tiny.result_bytes(
        tmp_path / "without"
    )


def cut():
    """Masks under which unit 0 of layer 0 leads nowhere."""
    masks = tiny.masks()
    masks["layer1"][0] = 0
    return masks


def test_what_is_on_no_path_is_not_effective():
    before = trainer.RunMasks(tiny.Model().reset(masks=cut(), seed=1))
    expected = cut()["layer0"]
    expected[:, 0] = 0
    np.testing.assert_array_equal(before.effective["layer0"], expected)
    outcome = {"final": before.weights, "masks": before.masks}
    counted = before.counted(outcome)
    # 25 weights and 8 biases, the latter all 0; 20 bits.
    assert counted.pop("ticket_bytes") == 25 * 4 + 2 * 4 + 3 + 2
    assert counted == {
        "density": {"layer0": (13, 20), "layer1": (12, 15)},
        "effective": {"layer0": expected.sum(), "layer1": 12},
        "positions": {"layer0": 1, "layer1": 1},
        "sign_agreement": 1,
    }


def test_nothing_pruned_and_values_that_pass_on_have_no_effective_masks():
    dense = trainer.RunMasks(tiny.Model().reset(seed=1))
    assert dense.effective is None
    held = tiny.Model().reset(masks=cut(), seed=1, hold=True)
    before = trainer.RunMasks(held)
    assert before.effective is None
    outcome = held.outcome()
    assert before.counted(outcome)["effective"] is None


def test_signs_that_stay_are_counted_among_kept_weights():
    before = trainer.RunMasks(tiny.Model().reset(masks=cut(), seed=1))
    final = {name: array.copy() for name, array in before.weights.items()}
    final["layer0"] *= -1  # 13 of the 25 kept weights.
    outcome = {"final": final, "masks": before.masks}
    assert before.counted(outcome)["sign_agreement"] == 12 / 25
    none = {name: 0 * mask for name, mask in before.masks.items()}
    outcome["masks"] = none
    assert before.counted(outcome)["sign_agreement"] is None


def test_masks_that_a_run_ends_with_are_counted():
    model = tiny.Model().reset(seed=1)
    before = trainer.RunMasks(model)
    masks = cut()
    final = {
        name: array * masks.get(name, 1)
        for name, array in before.weights.items()
    }
    counted = before.counted({"final": final, "masks": masks})
    assert counted["density"]["layer1"] == (12, 15)
    assert counted["effective"]["layer1"] == 12
    np.testing.assert_array_equal(model.masks["layer1"], 1)


@pytest.mark.parametrize("hold", [False, True])
def test_pruned_weights_must_have_the_bits_they_had(hold):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1, hold=hold)
    before = trainer.RunMasks(model)
    pruned = tiny.masks()["layer0"] == 0
    moved = {n: array.copy() for n, array in before.weights.items()}
    moved["layer0"][~pruned] += 1
    moved["layer1_bias"] += 1
    before.check({"final": moved})
    first = np.flatnonzero(pruned)[0]
    held = moved["layer0"].flat[first]
    for value in (np.nextafter(held, np.float32(9)), -held):
        moved["layer0"].flat[first] = value  # A bit more; 0 and -0.
        with pytest.raises(RuntimeError, match="layer 'layer0' moved"):
            before.check({"final": moved})


def test_a_run_ends_with_averages_and_is_evaluated_with_them(tmp_path, caplog):
    def optimizer():
        return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9)

    _, raw = tiny.train(
        tmp_path / "raw", optimizer_fn=lambda: keras.optimizers.SGD(0.5)
    )
    data, model = tiny.make_dataset(), tiny.Model()
    model.reset(masks=tiny.masks(), seed=1)
    _, final = tiny.train(
        tmp_path / "ema", model=model, dataset=data, optimizer_fn=optimizer
    )
    assert np.abs(final["layer0"] - raw["layer0"]).max() > 1e-3
    loss, _ = model.create_loss_and_accuracy(
        data.test.y, model.network(data.test.x)
    )
    log = save_restore.read_log(str(tmp_path / "ema"), "test")
    np.testing.assert_allclose(log["loss"][-1], loss, rtol=1e-5)
    path = tmp_path / "ema" / "run.json"
    assert json.loads(path.read_text())["averaged"] is True
    tiny.train(tmp_path / "ema", optimizer_fn=optimizer)
    assert "not the averages" not in caplog.text
    record = json.loads(path.read_text())
    del record["averaged"], record["checksum"]
    sealed.write(str(path), record)  # As 0.1.0 wrote it.
    _, kept = tiny.train(tmp_path / "ema", optimizer_fn=optimizer)
    assert "are not the averages that its optimizer kept" in caplog.text
    np.testing.assert_array_equal(kept["layer0"], final["layer0"])


def excluding():
    made = keras.optimizers.AdamW(0.01, weight_decay=1.0)
    made.exclude_from_weight_decay(var_names=["bias"])
    return made


def including():
    return keras.optimizers.AdamW(0.01, weight_decay=1.0)


def marked():
    made = including()
    made.mark = 1.0
    return made


class Own(keras.optimizers.AdamW):
    """A class of a user's, with a config that says nothing of it."""


def own():
    return Own(0.01, weight_decay=1.0)


def as_0_1_0_wrote_it(path):
    """Takes from a record what 0.1.0 did not write of an optimizer."""
    record = json.loads(path.read_text())
    del record["record_version"], record["checksum"]
    record["inputs"].pop("optimizer_code", None)
    record["inputs"]["optimizer"].pop("beyond", None)
    sealed.write(str(path), record)


@pytest.mark.parametrize("optimizer", grids.first(1, [excluding, marked, own]))
def test_an_optimizer_beyond_its_config_is_compared_where_it_is_recorded(
    tmp_path, optimizer, caplog, monkeypatch
):
    monkeypatch.setattr(run_record, "_of_config_alone", set())

    def train(optimizer_fn, folder="run"):
        return tiny.train(
            tmp_path / folder, training_len="2it", optimizer_fn=optimizer_fn
        )

    _, final = train(optimizer)
    with pytest.raises(ValueError, match="made with other settings.*optimizer"):
        train(including)
    as_0_1_0_wrote_it(tmp_path / "run/run.json")
    before = (tmp_path / "run/run.json").read_bytes()
    for _ in range(2):
        _, kept = train(optimizer)
        np.testing.assert_array_equal(kept["layer0"], final["layer0"])
    assert (tmp_path / "run/run.json").read_bytes() == before
    said = [
        m for m in caplog.messages if "of an optimizer than its config" in m
    ]
    assert len(said) == 1
    with pytest.raises(ValueError, match="made with other settings.*optimizer"):
        train(lambda: keras.optimizers.AdamW(0.02, weight_decay=1.0))
    if optimizer is not own:  # Whose name is on record.
        train(including)
        train(including, "today")
        with pytest.raises(ValueError, match="other settings.*beyond"):
            train(optimizer, "today")


def test_what_0_1_0_left_half_done_goes_on_with_any_optimizer_of_its_config(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(run_record, "_of_config_alone", set())
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(TypeError):
        tiny.train(tmp_path, training_len="2it", optimizer_fn=excluding)
    monkeypatch.undo()
    arrays, facts = checkpoint.load(str(tmp_path))
    del facts["facts"]["record_version"]
    del facts["identity"]["inputs"]["optimizer"]["beyond"]
    checkpoint.save(str(tmp_path), arrays, facts)
    tiny.train(tmp_path, training_len="2it", optimizer_fn=excluding)
    assert "of an optimizer than its config" in caplog.text
    with pytest.raises(ValueError, match="other settings.*beyond"):
        tiny.train(tmp_path, training_len="2it", optimizer_fn=including)


def test_another_task_than_the_datasets_is_an_error():
    x, y = np.zeros((4, 4), np.float32), np.zeros(4)
    data = dataset_base.DatasetBase((x, y), 4, (x, y), task="regression")
    with pytest.raises(ValueError, match="classification.*a dataset of the"):
        trainer.check_fits(tiny.Model(), data)


def test_labels_are_smoothed_for_classification_alone(tmp_path):
    x, y = np.zeros((4, 4), np.float32), np.zeros(4)
    data = dataset_base.DatasetBase((x, y), 4, (x, y), task="regression")
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model = keras_model.KerasModel(network, x[:2], task="regression")
    with pytest.raises(ValueError, match="label_smoothing is for classific"):
        tiny.train(tmp_path, model=model, dataset=data, label_smoothing=0.1)
    assert not list(tmp_path.iterdir())
