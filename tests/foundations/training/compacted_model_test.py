"""Tests of training/compacted_model.py: the same training, of fewer numbers."""

import functools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, model_base, trainer
from lottery_ticket.foundations.networks import pruned_groups
from lottery_ticket.foundations.records import run_record, save_restore
from lottery_ticket.foundations.training import compacted_model, run_settings
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests import tiny


class Images(model_base.ModelBase):
    """Two convolutions with norms, the first without a bias; 3 classes."""

    def __init__(self):
        """Builds it."""
        super().__init__((6, 6, 2))
        x = self.conv2d_layer("conv0", self.inputs, 6, 3, use_bias=False)
        x = keras.layers.ReLU()(self.norm_layer("norm0", x))
        x = self.conv2d_layer("conv1", x, 5, 3, activation="relu")
        x = self.norm_layer("norm1", x)
        x = keras.layers.Flatten()(x)
        self.set_outputs(self.dense_layer("logits", x, 3))


def images():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 6, 6, 2)).astype(np.float32)
    y = np.arange(64) % 3
    return dataset_base.DatasetBase((x, y), 16, (x[:20], y[:20]))


def units_kept(model, **kept):
    """The model under masks of these units, and of what reads them."""
    groups = pruned_groups.of(model, "unit")
    ones = masks_lib.ones(model.masks)
    own = groups.masks(ones)
    for name, numbers in kept.items():
        own[name] = np.isin(np.arange(own[name].size), numbers).astype(np.uint8)
    # As after rewinding: biases, gamma and beta are not what they were drawn.
    rng = np.random.default_rng(5)
    weights = {
        name: value + np.float32(0.1) * rng.random(value.shape, np.float32)
        for name, value in model.weights.items()
    }
    return model.reset(weights, groups.follow(groups.spread(ones, own)))


def small_images():
    return units_kept(Images(), conv0=[1, 2, 5], conv1=[0, 4])


def run(directory, trainee, dataset, optimizer_fn, **step):
    trainer.train(
        dataset,
        trainee,
        optimizer_fn,
        "30it",
        str(directory),
        intervals=run_settings.Intervals(10, 10),
        step=run_settings.Step(jit=False, **step),
        output=run_settings.Output(quiet=True),
    )
    record = run_record.read(str(directory))
    return record, {
        name: save_restore.restore_network(str(directory / name))
        for name in ("initial", "final", "masks")
    }


adam = functools.partial(keras.optimizers.Adam, 0.01)
momentum = functools.partial(keras.optimizers.SGD, 0.05, 0.9)


@pytest.mark.parametrize(
    ("make", "dataset", "optimizer_fn", "step"),
    [
        (small_images, images, adam, {}),
        (small_images, images, momentum, {"weight_decay": 1e-3}),
        (
            lambda: units_kept(tiny.Model(), layer0=[0, 3]),
            tiny.make_dataset,
            adam,
            {"label_smoothing": 0.1},
        ),
    ],
)
def test_a_run_is_the_full_networks_but_for_rounding(
    tmp_path, make, dataset, optimizer_fn, step
):
    full = make()
    record, networks = run(
        tmp_path / "full", full, dataset(), optimizer_fn, **step
    )
    model = make()
    trainee = compacted_model.of(model)
    assert trainee.network.count_params() < full.network.count_params()
    own, found = run(tmp_path / "own", trainee, dataset(), optimizer_fn, **step)
    for name, mask in networks["masks"].items():
        np.testing.assert_array_equal(found["masks"][name], mask)
    for name, initial in networks["initial"].items():
        np.testing.assert_array_equal(found["initial"][name], initial)
        expected, final = networks["final"][name], found["final"][name]
        assert expected.shape == final.shape
        # What belongs to units that are gone stays where it was.
        moved = np.isin(
            np.arange(final.size).reshape(final.shape),
            [places for n, _, places in trainee._parts if n == name][0],
        )
        np.testing.assert_array_equal(final[~moved], initial[~moved])
        np.testing.assert_allclose(
            final[moved], expected[moved], rtol=1e-3, atol=1e-5
        )
        if not step.get("weight_decay") and "moving" not in name:
            np.testing.assert_array_equal(final[~moved], expected[~moved])
    for name in ("density", "effective", "positions"):
        assert own[name] == record[name]
    assert own["inputs"] == {**record["inputs"], "compacted": True}
    assert own["compacted_weights"] == [
        full.network.count_params(),
        trainee.network.count_params(),
    ]
    # And the model is where the run ended, for what comes next.
    for name, final in found["final"].items():
        np.testing.assert_array_equal(model.weights[name], final)


def test_a_run_that_was_killed_ends_with_the_same_bytes(tmp_path, monkeypatch):
    make = functools.partial(units_kept, layer0=[1, 2])

    def train(name, **options):
        model = compacted_model.of(make(tiny.Model()))
        return tiny.train(tmp_path / name, model=model, **options)

    whole = train("whole", save_iterations=("20it",))
    monkeypatch.setattr(
        "lottery_ticket.foundations.training.resumable_run"
        ".CHECKPOINT_INTERVAL_S",
        0,
    )
    with pytest.raises(InterruptedError):
        train("killed", save_iterations=("20it",), callbacks=[_kill])
    again = train("killed", save_iterations=("20it",))
    for one, other in zip(whole, again, strict=True):
        for name, value in one.items():
            assert value.tobytes() == other[name].tobytes()
    there, here = (
        run_record.read(str(tmp_path / name)) for name in ("whole", "killed")
    )
    assert here["resumed"] == 1
    assert there["checksums"] == here["checksums"]
    # A complete run is read; the model is where it ended.
    model = make(tiny.Model())
    trainee = compacted_model.of(model)
    _, final = tiny.train(
        tmp_path / "killed", model=trainee, save_iterations=("20it",)
    )
    for name, value in final.items():
        np.testing.assert_array_equal(value, whole[1][name])
        np.testing.assert_array_equal(trainee.weights[name], value)
        np.testing.assert_array_equal(model.weights[name], value)


def _kill(state):
    if state.iteration == 30:
        raise InterruptedError


def test_a_model_that_is_read_everywhere_is_trained_itself():
    model = tiny.Model().reset(masks=tiny.masks())
    assert compacted_model.of(model) is model


def test_a_model_that_would_not_be_trained_the_same_is_refused():
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3),
        ]
    )
    with pytest.raises(ValueError, match="compact_levels is not for .*random"):
        compacted_model.check(keras_model.KerasModel(network))
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    network.compile("sgd", keras.losses.MeanAbsoluteError())
    x = np.ones((2, 4), np.float32)
    model = keras_model.KerasModel(network, x, labels=np.ones((2, 3)))
    with pytest.raises(ValueError, match="a loss of its own"):
        compacted_model.of(model)
