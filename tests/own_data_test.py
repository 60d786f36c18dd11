"""Commands on data of one's own that are no images, by a model in a file.

Tables, texts, volumes and several inputs: dense, pruned once, and evaluated.
"""

import json

import numpy as np
import pytest

from lottery_ticket.experiments import lottery_experiment, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.tests import planned

NETWORKS = """
import keras

L = keras.layers


def dense(input_shape, num_classes=1):
    return keras.Sequential(
        [keras.Input(input_shape), L.Dense(6, "relu"), L.Dense(num_classes)]
    )


def words(input_shape, num_classes, vocabulary_size):
    return keras.Sequential(
        [
            keras.Input(input_shape, dtype="int32"),
            L.Embedding(vocabulary_size, 3, mask_zero=True),
            L.GlobalAveragePooling1D(),
            L.Dense(num_classes),
        ]
    )


def volumes(input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            L.Conv3D(2, 2, activation="relu"),
            L.Flatten(),
            L.Dense(num_classes),
        ]
    )


def both(input_shape, num_classes):
    inputs = {n: keras.Input(s, name=n) for n, s in input_shape.items()}
    x = L.Concatenate()([L.Dense(4, "relu")(inputs[n]) for n in sorted(inputs)])
    return keras.Model(inputs, L.Dense(num_classes)(x))
"""
RNG = np.random.default_rng(0)
Y = np.arange(40) % 2


def npz(folder, **inputs):
    parts = {"y_train": Y, "y_test": Y[:10]}
    for name, x in inputs.items():
        parts |= {f"x_train{name}": x, f"x_test{name}": x[:10]}
    np.savez(folder / "data.npz", **parts)
    return str(folder / "data.npz")


def csv(folder, target):
    lines = [
        f"{a},{b},{'no yes'.split()[k]}"
        for a, b, k in zip(*RNG.random((2, 40)), Y, strict=True)
    ]
    (folder / "t.csv").write_text("\n".join(["a,b,is_good", *lines]))
    if target == "b":
        lines = [line.rsplit(",", 1)[0] for line in lines]
        (folder / "t.csv").write_text("\n".join(["a,b", *lines]))
    return f"{folder}/t.csv:{target}"


def texts(folder):
    for index, label in enumerate(Y):
        place = folder / "texts" / ("neg", "pos")[label]
        place.mkdir(parents=True, exist_ok=True)
        words = f"{('bad', 'good')[label]} word{index % 7}"
        (place / f"{index}.txt").write_text(words)
    return str(folder / "texts")


# Name -> (function of a folder -> dataset, network, settings).
KINDS = {
    "table": (
        lambda f: csv(f, "is_good"),
        "dense",
        {"normalization": "standardize"},
    ),
    "numbers": (lambda f: csv(f, "b"), "dense", {"task": "regression"}),
    "texts": (texts, "words", {}),
    "volumes": (
        lambda f: npz(
            f, **{"": RNG.integers(0, 256, (40, 4, 4, 4, 1), np.uint8)}
        ),
        "volumes",
        {},
    ),
    "inputs": (
        lambda f: npz(f, _left=RNG.random((40, 3)), _right=RNG.random((40, 2))),
        "both",
        {},
    ),
}


def recipe(folder, kind):
    data, network, settings = KINDS[kind]
    (folder / "networks.py").write_text(NETWORKS)
    return recipes.Recipe(
        "own_model",
        dataset=data(folder),
        model=f"{folder}/networks.py:{network}",
        training_len="4it",
        test_interval=2,
        validate_interval=2,
        train_batch_size=10,
        jit=False,
        **settings,
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_ticket_is_found_on_any_data(tmp_path, kind):
    made, directory = recipe(tmp_path, kind), tmp_path / "trial1"
    given = str(directory), made
    planned.run(lottery_experiment.plan, *given, iterations=1, quiet=True)
    assert planned.is_complete(lottery_experiment.plan, *given, iterations=1)
    last = directory / "1/same_init"
    record = json.loads((last / "run.json").read_text())
    assert record["settings"]["dataset"] == made.dataset
    masks = save_restore.restore_network(paths.masks(str(last)))
    assert all((mask == 0).any() for mask in masks.values() if mask.size > 8)
    assert (last / "vocabulary.txt").exists() == (kind == "texts")
    if kind == "texts":
        words = (last / "vocabulary.txt").read_text().split("\n")
        assert set(words) == {"", "[UNK]", "good", "bad"} | {
            f"word{index}" for index in range(7)
        }


def test_what_does_not_fit_is_told_before_training(tmp_path):
    made = recipe(tmp_path, "inputs")
    with pytest.raises(ValueError, match="'digits_fc'|has one input"):
        other = recipes.Recipe(
            "digits_fc", dataset=made.dataset, training_len="4it"
        )
        planned.run(train.plan, str(tmp_path / "out"), other)
    other = NETWORKS.replace("in input_shape.items()", "in SHAPES.items()")
    shapes = {"left": (3,), "rihgt": (2,)}
    (tmp_path / "networks.py").write_text(f"{other}\nSHAPES = {shapes}")
    with pytest.raises(ValueError, match="a dict of 'left', 'rihgt'"):
        planned.run(train.plan, str(tmp_path / "out"), made)
    assert not (tmp_path / "out").exists()
