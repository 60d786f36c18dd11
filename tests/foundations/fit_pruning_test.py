"""Tests of foundations/fit_pruning.py, under plain `fit`."""

import csv

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import fit_pruning, keras_model, save_restore
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.networks import keras_private

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 4)).astype(np.float32)
Y = RNG.integers(0, 3, 32)
SIZES = {"first": 32, "last": 24}
DECAY = fit_pruning.polynomial_decay(0.25, begin=2, end=9, every=3)
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
}


def network(optimizer="adam", seed=0, rate=0.25):
    """4 -> 8 -> 3, with dropout, compiled; four batches an epoch."""
    keras.utils.set_random_seed(seed)
    made = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="relu", name="first"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(3, name="last"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(OPTIMIZERS[optimizer](), loss, jit_compile=False)
    return made


def fit(model, *callbacks, epochs=3, **options):
    options = {"batch_size": 8, "shuffle": False, "verbose": 0, **options}
    return model.fit(X, Y, epochs=epochs, callbacks=[*callbacks], **options)


def kernels(model):
    return {name: model.get_layer(name).kernel.numpy() for name in SIZES}


class Counts(keras.callbacks.Callback):
    """Notes how many weights are not 0, and pruned ones that are, by batch."""

    def __init__(self, pruning):
        super().__init__()
        self.pruning = pruning
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        found = kernels(self.model)
        for name, mask in self.pruning.masks.items():
            assert not found[name][mask == 0].any()
            assert not np.signbit(found[name][mask == 0]).any()
        self.found.append(
            {name: np.count_nonzero(each) for name, each in found.items()}
        )


def twin(size):
    """Weights kept after iterations 1 to 12, by equation 1 of the paper."""
    kept, counts = size, []
    for t in range(1, 13):
        if t in (2, 5, 8, 9):
            sparsity = 0.75 - 0.75 * (1 - (t - 2) / 7) ** 3
            kept = round((1 - sparsity) * size)
        counts.append(kept)
    return counts


@pytest.mark.parametrize(
    "optimizer", ["adam", pytest.param("momentum", marks=pytest.mark.slow)]
)
def test_counts_are_exact_and_zeros_stay(optimizer):
    model = network(optimizer)
    pruning = fit_pruning.PruneDuringTraining(DECAY)
    counts = Counts(pruning)
    history = fit(model, pruning, counts)
    for name, size in SIZES.items():
        assert [each[name] for each in counts.found] == twin(size)
    by_epoch = [sum(each.values()) / 56 for each in counts.found[3::4]]
    assert history.history["density"] == pytest.approx(by_epoch)
    for name, mask in pruning.masks.items():
        kernel = model.get_layer(name).kernel
        slots = keras_private.slots(model.optimizer, kernel)
        assert len(slots) == {"adam": 2, "momentum": 1}[optimizer]
        for slot in slots:
            assert not slot.numpy()[mask == 0].any()
            assert slot.numpy()[mask == 1].any()


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["layerwise", "global"])
def test_the_smallest_go_as_in_numpy(scope):
    before = network()
    fit(before, epochs=1)
    model, schedule = network(), fit_pruning.constant(0.25, begin=4)
    pruning = fit_pruning.PruneDuringTraining(schedule, scope=scope)
    fit(model, pruning, epochs=1)
    expected = {}
    flat = {n: np.abs(each).ravel() for n, each in kernels(before).items()}
    everything = np.sort(np.concatenate([*flat.values()]))
    for name, values in flat.items():
        cutoff = np.sort(values)[-len(values) // 4]
        if scope == "global":
            cutoff = everything[-14]
        expected[name] = values >= cutoff
    for name, mask in pruning.masks.items():
        np.testing.assert_array_equal(mask.ravel(), expected[name])
        np.testing.assert_array_equal(
            kernels(model)[name], kernels(before)[name] * mask
        )


@pytest.mark.slow
@pytest.mark.parametrize("jit", [False, "auto"])
@pytest.mark.parametrize(
    "schedule", [fit_pruning.constant(1.0), fit_pruning.constant(0.5, begin=99)]
)
def test_a_density_of_1_changes_no_byte(schedule, jit):
    found = []
    for callbacks in ((), (fit_pruning.PruneDuringTraining(schedule),)):
        model = network()
        model.compile(OPTIMIZERS["adam"](), model.loss, jit_compile=jit)
        losses = fit(model, *callbacks).history["loss"]
        found.append([*model.get_weights(), np.array(losses)])
    for one, other in zip(*found, strict=True):
        assert one.tobytes() == other.tobytes()


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize("is_first", [True, False])
def test_it_goes_on_after_backup_and_restore(tmp_path, is_first):
    whole = network(rate=0)  # Keras saves no states of Dropout.
    pruning = fit_pruning.PruneDuringTraining(DECAY)
    fit(whole, pruning)

    def callbacks():
        made = [
            fit_pruning.PruneDuringTraining(DECAY),
            keras.callbacks.BackupAndRestore(str(tmp_path)),
        ]
        return made if is_first else made[::-1]

    with pytest.raises(KeyboardInterrupt):
        fit(network(rate=0), *callbacks(), Stop())
    again, given = network(seed=1, rate=0), callbacks()
    fit(again, *given)
    for one, other in zip(
        whole.get_weights(), again.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    found = given[0 if is_first else 1].masks
    for name, mask in pruning.masks.items():
        np.testing.assert_array_equal(found[name], mask)


@pytest.mark.slow
def test_a_second_fit_goes_on_and_steps_may_be_run_together():
    model = network()
    model.compile(
        OPTIMIZERS["adam"](),
        model.loss,
        jit_compile=False,
        steps_per_execution=3,
    )
    pruning = fit_pruning.PruneDuringTraining(DECAY)
    fit(model, pruning, epochs=1)
    fit(model, pruning, epochs=2)
    assert {n: int(m.sum()) for n, m in pruning.masks.items()} == {
        **{"first": 8, "last": 6}
    }


@pytest.mark.slow
def test_density_is_logged_and_masks_are_saved_and_stripped(tmp_path):
    model = network()
    pruning = fit_pruning.PruneDuringTraining(
        fit_pruning.constant(0.5), layers=("fir*",)
    )
    with pytest.raises(ValueError, match="no network yet"):
        pruning.strip()
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    fit(model, pruning, logger, epochs=1)
    [row] = csv.DictReader((tmp_path / "log.csv").read_text().splitlines())
    assert float(row["density"]) == pytest.approx((16 + 24) / 56)
    masks = pruning.masks
    pruning.save_masks(str(tmp_path / "masks"))
    saved = save_restore.restore_network(str(tmp_path / "masks"))
    for name, mask in masks.items():
        np.testing.assert_array_equal(saved[name], mask)
    assert pruning.strip() is model
    assert np.count_nonzero(kernels(model)["first"]) == 16
    fit(model, epochs=1)  # As plain Keras: zeros are trained.
    assert np.count_nonzero(kernels(model)["first"]) > 16


def test_a_schedule_that_is_cut_short_is_warned_of(caplog):
    decay = fit_pruning.polynomial_decay(0.5, begin=0, end=9)
    fit(network(), fit_pruning.PruneDuringTraining(decay), epochs=1)
    assert "after iteration 4, with a density of 1: the sch" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scope": "local"}, "Unknown scope 'local'"),
        ({"layers": ("second",)}, "Unknown layer to prune 'second'"),
        ({"layers": ("x*",)}, r"Unknown layer to prune 'x\*'"),
    ],
)
def test_what_does_not_fit_is_an_error_before_training(options, message):
    with pytest.raises(ValueError, match=message):
        fit(network(), fit_pruning.PruneDuringTraining(DECAY, **options))


@pytest.mark.parametrize("how", ["callback", "model", "pruned"])
def test_a_network_has_one_set_of_masks(how):
    model = network()
    if how == "callback":
        fit_pruning.PruneDuringTraining(DECAY).set_model(model)
    elif how == "model":
        keras_model.KerasModel(model)
    else:
        fit_pruning.prune_trained(model, 0.5)
    with pytest.raises(
        ValueError, match=r"has masks already.*strip\(\) or rel"
    ):
        fit(model, fit_pruning.PruneDuringTraining(DECAY))
    with pytest.raises(ValueError, match="has masks already"):
        fit_pruning.prune_trained(model, 0.5)


@pytest.mark.parametrize(
    ("density", "options", "kept"),
    [
        (0.25, {}, {"first": 8, "last": 6}),
        ({"first": 0.5}, {"criterion": "random"}, {"first": 16, "last": 24}),
        ({"*": 0}, {"scope": "global"}, {"first": 0, "last": 0}),
    ],
)
def test_a_trained_network_is_pruned_without_training(density, options, kept):
    model = network()
    before = kernels(model)
    pruned = fit_pruning.prune_trained(model, density, **options)
    assert pruned.network is model
    for name, mask in pruned.masks.items():
        assert int(mask.sum()) == kept[name]
        np.testing.assert_array_equal(
            kernels(model)[name], np.where(mask, before[name], 0)
        )
        if density == 0.25:
            lowest = np.abs(before[name][mask == 1]).min()
            assert lowest > np.abs(before[name][mask == 0]).max()


def test_criteria_that_need_data_say_so():
    with pytest.raises(ValueError, match="'snip' needs data"):
        fit_pruning.prune_trained(network(), 0.5, criterion="snip")
    with pytest.raises(ValueError, match="Unknown criterion 'mag'"):
        fit_pruning.prune_trained(network(), 0.5, criterion="mag")
    with pytest.raises(ValueError, match=r"must be in \[0, 1\]. Received: 2"):
        fit_pruning.prune_trained(network(), 2)


CHANGES = [
    name
    for name, each in criteria.CRITERIA.items()
    if each.needs_initial and not each.decides
]


@pytest.mark.parametrize("name", CHANGES)
def test_criteria_of_a_change_need_the_weights_before_training(name):
    model = network()
    before = kernels(model)
    with pytest.raises(ValueError, match=f"{name}'.*first, last.*initial="):
        fit_pruning.prune_trained(model, 0.5, criterion=name)
    model, part = network(), {"last": before["last"] + 1}
    with pytest.raises(ValueError, match=f"{name}'.* of first are.*initial="):
        fit_pruning.prune_trained(model, 0.5, criterion=name, initial=part)
    for layer, kernel in kernels(model).items():
        np.testing.assert_array_equal(kernel, before[layer])


def test_movement_is_from_weights_that_are_given():
    model = network()
    after = kernels(model)
    shift = {n: RNG.normal(size=each.shape) for n, each in after.items()}
    before = {n: after[n] - shift[n].astype(np.float32) for n in after}
    pruned = fit_pruning.prune_trained(
        model, 0.5, criterion="movement", initial=before
    )
    for name, mask in pruned.masks.items():
        moved = np.abs(after[name] - before[name])
        np.testing.assert_array_equal(mask, moved > np.median(moved))
        np.testing.assert_array_equal(kernels(model)[name], after[name] * mask)


def test_chance_decides_between_ties_where_initial_weights_are_given():
    def masks(seed):
        model = network()
        return fit_pruning.prune_trained(
            model,
            0.5,
            criterion="large_final_diff_sign",
            initial={
                n: -w if n == "last" else w / 2
                for n, w in kernels(model).items()
            },
            seed=seed,
        ).masks

    first, again, other = masks(1), masks(1), masks(2)
    np.testing.assert_array_equal(first["first"], again["first"])
    assert (first["first"] != other["first"]).any()
    np.testing.assert_array_equal(first["last"], other["last"])


@pytest.mark.parametrize("sign", ["same", "diff"])
def test_criteria_that_decide_how_many_go_have_no_density(sign):
    name = f"large_final_{sign}_sign_single"
    with pytest.raises(ValueError, match="decides by signs how much goes"):
        fit_pruning.prune_trained(network(), 0.5, criterion=name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"schedule": 0.2}, "a schedule such as constant"),
        ({"schedule": fit_pruning.constant(0.2), "layers": "a"}, "several"),
    ],
)
def test_what_is_no_schedule_or_no_names_is_refused_at_once(given, message):
    with pytest.raises(ValueError, match=message):
        fit_pruning.PruneDuringTraining(**given)


def test_units_are_pruned_on_a_schedule_with_what_reads_them():
    model, callback = (
        network(),
        fit_pruning.PruneDuringTraining(DECAY, granularity="unit"),
    )
    fit(model, callback)
    first, last = callback.masks.values()
    assert first.any(axis=0).sum() == 2  # A quarter of 8 units.
    np.testing.assert_array_equal(last.any(axis=1), first.any(axis=0))
    assert callback.density == (2 * 4 + 2 * 3) / 56
    kernel = kernels(model)["last"]
    np.testing.assert_array_equal(kernel[last == 0], 0)


def test_layers_that_stay_whole_may_be_named():
    alone, both = {"first": 0.5}, {"first": 0.5, "last": 0.5}
    one, other = (
        fit_pruning.prune_trained(network(), given, granularity="unit").masks
        for given in (alone, both)
    )
    for name, mask in one.items():
        np.testing.assert_array_equal(mask, other[name])
    callback = fit_pruning.PruneDuringTraining(
        fit_pruning.constant(0.5),
        layers=("first", "last"),
        granularity="unit",
    )
    fit(network(), callback, epochs=1)
    assert callback.masks["first"].any(axis=0).sum() == 4


def test_where_all_layers_stay_whole_nothing_is_trained():
    message = "granularity=unit all layers that are to be pruned.*: last"
    with pytest.raises(ValueError, match=message):
        fit_pruning.prune_trained(network(), {"last": 0.5}, granularity="unit")
    callback = fit_pruning.PruneDuringTraining(
        fit_pruning.constant(0.5, begin=99),
        layers=("last",),
        granularity="unit",
    )
    with pytest.raises(ValueError, match=message):
        fit(network(), callback)


def test_n_of_m_has_no_schedule():
    with pytest.raises(ValueError, match="2:4 .* prune_trained prunes so"):
        fit_pruning.PruneDuringTraining(DECAY, granularity="2:4")


def test_a_trained_network_is_pruned_by_units_and_by_n_of_m():
    model = network()
    norms = np.square(kernels(model)["first"]).sum(axis=0)
    pruned = fit_pruning.prune_trained(
        model, 0.25, granularity="unit", score_pooling="l2"
    )
    kept = pruned.masks["first"].any(axis=0)
    assert kept.sum() == 2
    assert norms[~kept].max() <= norms[kept].min()
    np.testing.assert_array_equal(pruned.masks["last"].any(axis=1), kept)
    pruned = fit_pruning.prune_trained(network(), granularity="1:4")
    for mask in pruned.masks.values():
        assert (mask.T.reshape(-1, 4).sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("density", "granularity"), [(0.5, "2:4"), (None, "unit"), (None, "weight")]
)
def test_there_is_a_density_or_n_of_m(density, granularity):
    with pytest.raises(ValueError, match="Expected a density, or a granularit"):
        fit_pruning.prune_trained(network(), density, granularity=granularity)
