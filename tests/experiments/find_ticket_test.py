"""Tests of experiments/find_ticket.py: a ticket in any Keras model."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import sklearn.datasets

from lottery_ticket.analysis.reading import tree
from lottery_ticket.experiments import find_ticket
from lottery_ticket.experiments.settings import level_rules, recipes, scoring
from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.records import (
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.training import programs

L = keras.layers


def digits():
    x, y = sklearn.datasets.load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1).astype(np.float32) / 16
    return (x[:300], y[:300]), (x[300:400], y[300:400])


def network(activation="softmax"):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(4, 3, activation="relu"),
            L.BatchNormalization(),
            L.Flatten(),
            L.Dense(20, activation="relu"),
            L.Dropout(0.1),
            L.Dense(10, activation=activation),
        ]
    )


def recipe(**settings):
    usual = {
        "training_len": "6it",
        "test_interval": 3,
        "validate_interval": 3,
        "train_batch_size": 30,
        "jit": False,
    }
    return recipes.Recipe("own_model", **usual | settings)


def find(directory, model=None, **options):
    given = {"recipe": recipe(), "iterations": 2, "quiet": True}
    return find_ticket.find_ticket(
        model or network(), digits(), str(directory), **given | options
    )


def densities(ticket):
    kernels = [
        np.asarray(layer.kernel)
        for layer in ticket.layers
        if isinstance(layer, L.Conv2D | L.Dense)
    ]
    return [np.count_nonzero(kernel) / kernel.size for kernel in kernels]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Folder of two levels, the model they were given and its ticket."""
    directory, model = tmp_path_factory.mktemp("found"), network()
    return directory, model, find(directory / "trial1", model)


def test_the_ticket_is_the_model_itself_sparse_and_plain(found, tmp_path):
    _, model, ticket = found
    assert ticket is model
    assert all(v.constraint is None for v in model.trainable_variables)
    np.testing.assert_allclose(densities(ticket), 0.64, atol=0.01)
    ticket.save(tmp_path / "ticket.keras")
    loaded = keras.models.load_model(tmp_path / "ticket.keras")
    (_, _), (x, _) = digits()
    np.testing.assert_array_equal(loaded(x), ticket(x))


@pytest.mark.slow
def test_pruned_weights_can_be_held_in_the_ticket(tmp_path):
    rules = level_rules.LevelRules(mask_0_action="freeze_init")
    ticket = find(tmp_path / "trial1", rules=rules)
    np.testing.assert_array_equal(densities(ticket), 1)
    initial, masks = (
        save_restore.restore_network(str(tmp_path / f"trial1/{folder}"))
        for folder in ("0/same_init/initial", "2/same_init/masks")
    )
    for layer in ticket.layers:
        mask = masks.get(layer.name)
        if mask is not None:
            kernel, drawn = np.asarray(layer.kernel), initial[layer.name]
            np.testing.assert_array_equal(kernel[mask == 0], drawn[mask == 0])
            assert (kernel != drawn)[mask == 1].any()
            np.testing.assert_allclose(mask.mean(), 0.64, atol=0.01)
    assert len(masks) == 3
    (_, _), (x, _) = digits()
    loaded = find_ticket.load_ticket(
        network(), str(tmp_path / "trial1/2/same_init")
    )
    np.testing.assert_array_equal(loaded(x), ticket(x))


def test_its_runs_are_those_of_the_lottery_experiment(found):
    directory, *_ = found
    places = [each for each in tree.walk(str(directory)) if each.is_run]
    assert sorted(place.level for place in places) == [0, 1, 2]
    record = json.loads((directory / "trial1/2/same_init/run.json").read_text())
    kept, total = record["density"]["conv2d"]
    assert (kept, total) == (23, 36)


@pytest.mark.slow
def test_the_same_call_goes_on_from_the_weights_it_began_with(
    tmp_path, monkeypatch, found
):
    whole = found[2].get_weights()
    trained, calls = programs.Program.launch, []

    def interrupted(self, *arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return trained(self, *arguments)

    monkeypatch.setattr(programs.Program, "launch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find(tmp_path / "killed")
    monkeypatch.undo()
    other = network()
    other.layers[0].kernel.assign(np.ones((3, 3, 1, 4)))  # Not looked at.
    resumed = find(
        tmp_path / "killed", other, resume_weights=True
    ).get_weights()
    for array, expected in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(array, expected)
    again = find(tmp_path / "killed").get_weights()
    for array, expected in zip(again, whole, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_what_outputs_are_is_a_fact_and_not_compared(found, tmp_path):
    copy = shutil.copytree(found[0], tmp_path / "copy")
    paths = sorted(copy.glob("trial1/*/same_init/run.json"))
    for path in paths:
        record = json.loads(path.read_text())
        said = record.pop("outputs")
        assert said == "probabilities: they come from Softmax"
        assert record["settings"]["outputs"] == "auto"
        assert "outputs" not in record["inputs"]
        if path is not paths[0]:  # That is as 0.1.0 wrote it.
            record["outputs"] = "probabilities: as others would say"
        del record["checksum"]
        sealed.write(str(path), record)
    before = {path: path.read_bytes() for path in paths}
    find(copy / "trial1")
    assert {path: path.read_bytes() for path in paths} == before


@pytest.mark.slow
def test_what_outputs_are_can_be_said(tmp_path):
    with pytest.raises(ValueError, match="say so by outputs="):
        find(tmp_path / "sigmoid", network("sigmoid"))
    find(
        tmp_path / "said",
        network("sigmoid"),
        recipe=recipe(outputs="probabilities"),
        iterations=0,
    )
    record = run_record.read(str(tmp_path / "said/0/same_init"))
    assert record["outputs"] == "probabilities: as was said"
    with pytest.raises(ValueError, match="'probabilities' there, 'logits' now"):
        find(
            tmp_path / "said",
            network("sigmoid"),
            recipe=recipe(outputs="logits"),
            iterations=0,
        )


def test_a_finished_level_can_be_loaded(found):
    directory, *_ = found
    level = str(directory / "trial1/1/same_init")
    for arguments in (network(), level), (level, network()):
        ticket = find_ticket.load_ticket(*arguments)
        np.testing.assert_allclose(densities(ticket), 0.8, atol=0.01)
    assert all(
        variable.constraint is None for variable in ticket.trainable_variables
    )
    with pytest.raises(FileNotFoundError):
        find_ticket.load_ticket(
            network(), str(directory / "trial1/7/same_init")
        )


@pytest.mark.slow
def test_damage_and_other_architectures_are_errors(tmp_path):
    find(tmp_path / "trial1", iterations=0)
    small = keras.Sequential([keras.Input((8, 8, 1)), L.Flatten(), L.Dense(10)])
    with pytest.raises(ValueError, match="is of another network"):
        find(tmp_path / "trial1", small, iterations=0)
    path = pathlib.Path(tmp_path / "trial1/start/dense.npy")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        find(tmp_path / "trial1", iterations=0)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (7, r"must be \(\(x_train, y_train\), \(x_test, y_test\)\)"),
        (
            ((np.ones((5, 7)), np.arange(5)), (np.ones((2, 7)), [0, 1])),
            "accept",
        ),
        (
            ((*digits()[0], None), digits()[1]),
            r"must be .*tuple of 2: \(.*, NoneType\), \(",
        ),
        ((([digits()[0][0]] * 2, digits()[0][1]),) * 2, "takes one array"),
    ],
)
def test_what_is_no_dataset_of_the_model_is_an_error(
    tmp_path, dataset, message
):
    with pytest.raises(ValueError, match=message):
        find_ticket.find_ticket(
            network(), dataset, str(tmp_path / "out"), quiet=True
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("y", [np.ones(9) / 2, np.eye(9) / 2, -np.eye(9)])
def test_labels_that_are_no_classes_are_for_another_task(tmp_path, y):
    plain = keras.Sequential([keras.Input((4,)), L.Dense(1)])
    half = np.ones((9, 4)), y
    with pytest.raises(ValueError, match="such as task=regression"):
        find_ticket.find_ticket(plain, (half, half), str(tmp_path), quiet=True)
    assert not list(tmp_path.iterdir())


def test_too_few_outputs_are_an_error(tmp_path):
    (x, y), _ = digits()
    with pytest.raises(ValueError, match="logits for 10 classes"):
        find_ticket.find_ticket(
            network(),
            ((x, y + 5), (x, y + 5)),
            str(tmp_path / "out"),
            recipe(),
            quiet=True,
        )


@pytest.mark.slow
def test_it_says_what_has_masks_and_what_has_none(tmp_path, capsys):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Reshape((8, 8)),
            L.PReLU(),
            L.LSTM(4),
            L.Dense(10),
        ]
    )
    find(tmp_path / "trial1", model, quiet=False, iterations=0)
    shown = capsys.readouterr().err
    assert "dense" in shown and "40 weights" in shown
    assert "lstm.lstm_cell_recurrent_kernel" in shown
    assert "not masked: PReLU has no kernel that is known here: " in shown
    assert "register_kernels(PReLU, 'alpha') masks it" in shown


@pytest.mark.slow
def test_a_network_of_keras_applications(tmp_path):
    """A 2-level ticket of MobileNet without weights from the internet."""
    model = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, classes=10
    )
    rng = np.random.default_rng(0)
    x, y = rng.random((60, 32, 32, 3), dtype=np.float32), np.arange(60) % 10
    ticket = find_ticket.find_ticket(
        model,
        ((x, y), (x, y)),
        str(tmp_path / "trial1"),
        recipe(optimizer="sgd", lr=0.1),
        iterations=1,
        quiet=True,
    )
    wrapped = keras_model.KerasModel(ticket)
    for name, mask in wrapped.masks.items():
        kept = np.count_nonzero(wrapped.weights[name])
        assert kept == mask.size - round(0.2 * mask.size)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"recipe": recipe(subset=0.5)}, "cannot have subset"),
        ({"recipe": recipe(dtype="mixed_float16")}, "cannot have dtype"),
        ({"recipe": "own_model"}, "must be a recipes.Recipe"),
        ({"scoring": "snip"}, "scoring must be a Scoring. Received: 'snip'"),
        ({"rules": {}}, "rules must be a LevelRules"),
        ({"recipe": recipe(fractions={"none*": 0.2})}, "none"),
        ({"model": 7}, "must be a keras.Model. Received: int"),
        ({"model": network("sigmoid")}, "outputs of a sigmoid"),
    ],
)
def test_what_does_not_fit_leaves_nothing(tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        find(tmp_path / "out", **changed)
    assert not (tmp_path / "out").exists()


def test_boolean_labels_are_two_classes(tmp_path):
    model = network()
    model.compile(
        "sgd", "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    (x, y), (x_test, y_test) = digits()
    data = (x, y > 4), (x_test, y_test > 4)
    options = {"recipe": recipe(), "iterations": 0, "quiet": True}
    find_ticket.find_ticket(model, data, str(tmp_path / "out"), **options)
    assert (tmp_path / "out/0/same_init/run.json").exists()


def test_labels_and_images_must_be_as_many(tmp_path):
    (x, y), test = digits()
    for train in ((x[:100], y), (x, y[:100])):
        with pytest.raises(ValueError, match="as many labels as examples"):
            find_ticket.find_ticket(
                network(), (train, test), str(tmp_path / "out"), quiet=True
            )


@pytest.mark.slow
def test_labels_may_be_columns_as_keras_has_them(tmp_path):
    (x, y), (x_test, y_test) = digits()
    data = (x, y[:, None]), (x_test, y_test[:, None])
    find_ticket.find_ticket(
        network(),
        data,
        str(tmp_path / "trial1"),
        recipe(),
        iterations=0,
        quiet=True,
    )


@pytest.mark.slow
def test_other_weights_in_a_folder_begun_before_are_an_error(tmp_path):
    first = find(tmp_path / "trial1", iterations=0).get_weights()
    other = network()
    other.layers[0].kernel.assign(np.ones((3, 3, 1, 4)))
    given = other.get_weights()
    with pytest.raises(ValueError, match="pass resume_weights=True"):
        find(tmp_path / "trial1", other, iterations=0)
    for array, expected in zip(other.get_weights(), given, strict=True):
        np.testing.assert_array_equal(array, expected)
    find(tmp_path / "trial1", other, iterations=0, resume_weights=True)
    for array, expected in zip(other.get_weights(), first, strict=True):
        np.testing.assert_array_equal(array, expected)
    find(tmp_path / "trial1", iterations=0)


def test_a_constraint_of_the_users_own_goes_on(tmp_path):
    limit = keras.constraints.MaxNorm(0.5)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Flatten(),
            L.Dense(10, kernel_constraint=limit),
        ]
    )
    kernel = find(tmp_path / "trial1", model).layers[-1].kernel
    assert kernel.constraint is limit
    norms = np.linalg.norm(kernel, axis=0)
    assert norms.max() <= 0.5 + 1e-6
    assert np.count_nonzero(kernel) == 640 - 128 - 102


def test_a_call_that_fails_leaves_no_mask_behind(tmp_path, monkeypatch):
    model = network()

    def interrupted(self, *arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(programs.Program, "launch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            find(tmp_path / "killed", model)
    assert all(v.constraint is None for v in model.trainable_variables)


def test_a_ticket_is_loaded_into_its_own_architecture_only(found):
    directory, *_ = found
    level = str(directory / "trial1/0/same_init")
    deeper = keras.Sequential([*network().layers, L.Dense(10)])
    with pytest.raises(ValueError, match="must be built"):
        find_ticket.load_ticket(deeper, level)
    deeper.build((None, 8, 8, 1))
    with pytest.raises(ValueError, match="is of another network"):
        find_ticket.load_ticket(deeper, level)


def wired(first):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 8, 1))
    flat = L.Flatten()(inputs)
    one, two = L.Dense(6)(flat), L.Dense(6)(flat)
    chosen = L.Add()([one if first else two, two])
    return keras.Model(inputs, L.Dense(10)(chosen))


@pytest.mark.slow
def test_networks_that_are_wired_otherwise_are_others(tmp_path):
    find(tmp_path / "trial1", wired(True), iterations=0)
    with pytest.raises(ValueError, match="network"):
        find(tmp_path / "trial1", wired(False), iterations=0)
    find(tmp_path / "trial1", wired(True), iterations=0)


class One(keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.out = L.Flatten(), L.Dense(10)

    def call(self, x):
        return self.out(self.flat(x))


class Two(One):
    def call(self, x):
        return keras.ops.tanh(self.out(self.flat(x)))


Two.__name__ = "One"  # As if the file had been edited.


def of_class(kind):
    keras.utils.set_random_seed(1)
    return kind()


def test_a_network_whose_call_was_edited_is_another(tmp_path, caplog):
    find(tmp_path / "trial1", of_class(One), iterations=0)
    with pytest.raises(ValueError, match="code of the network, .* another one"):
        find(tmp_path / "trial1", of_class(Two), iterations=0)
    again = find(tmp_path / "trial1", of_class(One), iterations=0)
    whole = find(tmp_path / "trial2", of_class(One), iterations=0)
    np.testing.assert_array_equal(again.out.kernel, whole.out.kernel)
    assert "code" not in caplog.text
    record = json.loads((tmp_path / "trial1/0/same_init/run.json").read_text())
    assert len(record["inputs"]["code"]) == 64
    assert "dataset_code" not in record["inputs"]


@pytest.mark.slow
def test_what_0_1_0_wrote_without_code_is_complete(tmp_path, caplog):
    find(tmp_path / "trial1", of_class(One), iterations=0)
    directory = str(tmp_path / "trial1/0/same_init")
    record = run_record.read(directory)
    del record["inputs"]["code"]
    run_record.write(directory, record)
    for _ in range(2):
        find(tmp_path / "trial1", of_class(Two), iterations=0)
    assert run_record.read(directory) == record


@pytest.mark.slow
@pytest.mark.parametrize(
    ("criterion", "first", "last", "fractions", "message"),
    [
        ("snip", L.Identity(), "zeros", {"*": 0.5}, "snip scores of dense"),
        ("grad", L.Rescaling(0.0), "ones", {"dense": 0.5}, "grad scores of"),
        (
            "synflow",
            L.Rescaling(2.0, -2.0),
            "ones",
            {"*": 0.5},
            "synflow scores",
        ),
        ("large_init", L.Identity(), "ones", {"dense_1": 0.5}, "of dense_1"),
        (
            "large_final",
            L.Identity(),
            "ones",
            {"*": 0.001},
            "level 1: less than a whole weight would go, so none does, of "
            "dense_1 (80)",
        ),
    ],
)
def test_what_chance_decides_or_nothing_is_warned_of(
    tmp_path, caplog, criterion, first, last, fractions, message
):
    layers = [
        L.Flatten(),
        first,
        L.Dense(8),
        L.Dense(10, kernel_initializer=last),
    ]
    given = recipe(fractions=fractions, scope="global")
    if message.startswith("level"):
        given = recipe(fractions=fractions)
    find(
        tmp_path / "trial1",
        keras.Sequential([keras.Input((8, 8, 1)), *layers]),
        recipe=given,
        scoring=scoring.Scoring(criterion),
        iterations=1,
    )
    assert message in caplog.text


def sparse_network():
    """Kernels of 75 % zeros, of a few, and of zeros alone."""
    model = network()
    rng = np.random.default_rng(0)
    first, *_, last = model.layers
    first.kernel.assign(first.kernel * (rng.random((3, 3, 1, 4)) < 0.25))
    last.kernel.assign(np.zeros((20, 10)))
    return model


def zeros(model):
    found = [model.layers[at].kernel.numpy() == 0 for at in (0, -1)]
    return [each.mean() for each in found], found[0]


@pytest.mark.slow
@pytest.mark.parametrize("iterations", [0, 1])
def test_a_network_that_is_sparse_stays_so(tmp_path, capsys, iterations):
    model = sparse_network()
    (before, _), were = zeros(model)
    find(tmp_path / "trial1", model, iterations=iterations, quiet=False)
    (after, last), are = zeros(model)
    assert are[were].all() and last == 0.2 * iterations
    assert after == before if iterations == 0 else after > before
    assert "conv2d: " in capsys.readouterr().err
    record = tmp_path / "trial1/0/same_init/run.json"
    assert json.loads(record.read_text())["settings"]["zeros_kept"] is True
    with pytest.raises(ValueError, match="zeros_kept: True there, None now"):
        find(tmp_path / "trial1", sparse_network(), keep_zeros=False)
    again = find(tmp_path / "trial1", sparse_network(), iterations=iterations)
    np.testing.assert_array_equal(zeros(again)[1], are)


@pytest.mark.slow
def test_zeros_may_grow_and_do_so_on_where_they_did(tmp_path, caplog):
    for keep_zeros in (False, True):  # The second finds what is begun.
        model = sparse_network()
        options = {"keep_zeros": keep_zeros, "iterations": int(keep_zeros)}
        find(tmp_path / "trial1", model, **options)
        assert zeros(model)[0][0] < 0.7
        assert "conv2d: " in caplog.text and "are trained, too" in caplog.text
    record = json.loads((tmp_path / "trial1/1/same_init/run.json").read_text())
    assert "zeros_kept" not in record["settings"]


@pytest.mark.slow
def test_a_ticket_that_goes_on_in_another_folder_stays_one(found, tmp_path):
    directory, *_ = found
    ticket = find_ticket.load_ticket(
        network(), str(directory / "trial1/2/same_init")
    )
    before = densities(ticket)
    find(tmp_path / "trial1", ticket, iterations=0)
    assert densities(ticket) == before


def numbered(*names):
    keras.utils.set_random_seed(1)
    layers = [L.Dense(10, name=name) for name in names]
    return keras.Sequential([keras.Input((8, 8, 1)), L.Flatten(), *layers])


def pruned(tmp_path, fractions, *names):
    """Dict, layer -> share of zeros after a level of these fractions."""
    model = numbered(*names)
    given = recipe(fractions=fractions, training_len="1it")
    find(tmp_path / "trial1", model, recipe=given, iterations=1)
    return {
        layer.name: np.mean(np.asarray(layer.kernel) == 0).round(2)
        for layer in model.layers[1:]
    }


def test_fractions_are_of_the_layers_that_users_see(tmp_path):
    found = pruned(tmp_path, {"dense_2": 0.5}, "dense_1", "dense_2")
    assert found == {"dense_1": 0, "dense_2": 0.5}
    record = json.loads((tmp_path / "trial1/1/same_init/run.json").read_text())
    assert record["settings"]["fractions"] == {"dense_1": 0.5}
    # In another process, Keras counts otherwise: it is the same run.
    again = pruned(tmp_path, {"dense_8": 0.5}, "dense_7", "dense_8")
    assert again == {"dense_7": 0, "dense_8": 0.5}


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"dense_1": 0.5}, "'dense_1' names 2 layers: 'dense_1' .*'dense_2'"),
        ({"dense_1*": 0.5}, "'dense_1\\*' matches the names of 'dense_1'"),
        ({"dense_3": 0.5}, r"Known: 'dense_1' \(saved as 'dense'\)"),
    ],
)
def test_a_name_of_no_or_two_layers_is_an_error(tmp_path, fractions, message):
    with pytest.raises(ValueError, match=message):
        pruned(tmp_path, fractions, "dense_1", "dense_2")
    assert not (tmp_path / "trial1").exists()


def test_training_of_a_networks_own_is_refused(tmp_path):
    class Own(keras.Sequential):
        """Trains as it likes."""

        def train_step(self, data):
            return super().train_step(data)

    network = Own([keras.Input((4,)), keras.layers.Dense(3)])
    x, y = np.zeros((20, 4), np.float32), np.arange(20) % 3
    with pytest.raises(ValueError, match="train_step .* is not used here"):
        find_ticket.find_ticket(network, ((x, y), (x, y)), str(tmp_path))
    assert not list(tmp_path.iterdir())
