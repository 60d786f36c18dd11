"""The trainer gives what Keras's own `fit` gives, over what Keras offers.

A pairwise cover: each optimizer meets options and normalisations. Networks,
batches (whole ones, so that order does not count) and seeds are the same.
Optimizers are built before `fit`: built by it, while it traces, ScheduleFree's
copies of the weights would start at 0 and not at the weights (Keras 3.15).
"""

import functools
import itertools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, trainer
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
    programs,
)
from lottery_ticket.foundations.values import dataset_base

L, K = keras.layers, keras.optimizers
X = np.random.default_rng(0).random((16, 4, 4, 2), np.float32) * 3
Y = (X[:, 0, 0, 0] > 1.5).astype("int32")
STEPS = 4
OPTIMIZERS = {
    "sgd": K.SGD,
    "momentum": lambda **options: K.SGD(momentum=0.9, nesterov=True, **options),
    "adam": K.Adam,
    "adamw": K.AdamW,
    "amsgrad": lambda **options: K.Adam(amsgrad=True, **options),
    "adamax": K.Adamax,
    "nadam": K.Nadam,
    "adagrad": K.Adagrad,
    "adadelta": K.Adadelta,
    "rmsprop": K.RMSprop,
    "ftrl": K.Ftrl,
    "lion": K.Lion,
    "lamb": K.Lamb,
    "adafactor": K.Adafactor,
    "muon": K.Muon,
    "schedulefree": K.ScheduleFreeAdamW,
}
OPTIONS = {
    "plain": {},
    "average": {"use_ema": True, "ema_momentum": 0.8},
    "overwritten": {
        "use_ema": True,
        "ema_momentum": 0.8,
        "ema_overwrite_frequency": 3,
    },
    "clipnorm": {"clipnorm": 0.05},
    "clipvalue": {"clipvalue": 0.01},
    "global_clipnorm": {"global_clipnorm": 0.05},
    "accumulated": {"gradient_accumulation_steps": 2},
    "decay": {"weight_decay": 0.1},
    "excluding": {"weight_decay": 0.1},
    "scaled": {"loss_scale_factor": 8.0},
    "wrapped": {"use_ema": True, "ema_momentum": 0.8},
    "schedule": {},
}
NORMS = {
    "none": lambda: [],
    "batch": lambda: [L.BatchNormalization()],
    "renorm": lambda: [L.BatchNormalization(renorm=True)],
    "first_axis": lambda: [L.BatchNormalization(axis=1)],
    "bare": lambda: [L.BatchNormalization(scale=False, center=False)],
    "frozen": lambda: [L.BatchNormalization(trainable=False)],
    "layer": lambda: [L.LayerNormalization()],
    "group": lambda: [L.GroupNormalization(2)],
    "regular": lambda: [L.BatchNormalization(gamma_regularizer="l2")],
}
# A shift of each list makes a Latin square: most pairs meet.
CASES = [
    (
        optimizer,
        options[(i + shift) % len(options)],
        norms[(i + 2 * shift) % len(norms)],
    )
    for options, norms in [(list(OPTIONS), list(NORMS))]
    for i, optimizer in enumerate(OPTIMIZERS)
    for shift in (0, 5)
]
CASES += [
    ("sgd", option, "renorm")
    for option in (
        *("average", "overwritten", "wrapped", "excluding", "clipnorm"),
        *("accumulated", "schedule"),
    )
]
USUAL = [
    ("sgd", "plain", "none"),
    ("sgd", "wrapped", "renorm"),
    *CASES[3:30:13],
]


def network(norm):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            *NORMS[norm](),
            L.Flatten(),
            L.Dense(4, activation="relu"),
            L.Dense(2),
        ]
    )


def optimizer(name, option):
    rate = 0.02
    if option == "schedule":
        rate = K.schedules.ExponentialDecay(rate, 1, 0.7)
    made = OPTIMIZERS[name](learning_rate=rate, **OPTIONS[option])
    if option == "excluding":
        made.exclude_from_weight_decay(var_names=["bias", "gamma"])
    return K.LossScaleOptimizer(made) if option == "wrapped" else made


@pytest.mark.parametrize(
    ("name", "option", "norm"),
    [
        pytest.param(*case, marks=() if case in USUAL else pytest.mark.slow)
        for case in dict.fromkeys([*USUAL, *CASES])
    ],
)
def test_it_is_as_fit(name, option, norm):
    ours, kerass = network(norm), network(norm)
    theirs = optimizer(name, option)
    theirs.build(kerass.trainable_variables)
    is_compiled = (name, option, norm) in USUAL  # XLA takes a second a case.
    kerass.compile(
        theirs,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=is_compiled,
    )
    kerass.fit(X, Y, batch_size=len(X), epochs=STEPS, verbose=0)
    program = programs.program(
        keras_model.KerasModel(ours, X[:2]),
        lambda: optimizer(name, option),
        dataset_base.DatasetBase((X, Y), len(X), (X, Y)),
        jit=is_compiled,
    )
    program.train(0, STEPS, STEPS)
    program.finalize()
    # bfloat16 has 8 bits: what is fused is rounded elsewhere.
    is_coarse = keras.config.dtype_policy().name == "mixed_bfloat16"
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        tolerance = 1e-3 if is_coarse else 3e-5
        np.testing.assert_allclose(mine, other, atol=tolerance)


def test_optimizers_meet_options_and_norms():
    met = set()
    for case in CASES:
        met |= set(itertools.combinations(case, 2))
    assert len(CASES) < 56 and {name for name, *_ in CASES} == set(OPTIMIZERS)
    assert {option for _, option, _ in CASES} == set(OPTIONS)
    assert {norm for *_, norm in CASES} == set(NORMS)
    assert len(met) > 80


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy",
    [
        "float32",
        *(
            pytest.param(p, marks=pytest.mark.slow)
            for p in ("mixed_float16", "mixed_bfloat16", "float64")
        ),
    ],
)
def test_policies_are_as_in_fit(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        test_it_is_as_fit("sgd", "decay", "batch")
    finally:
        keras.config.set_dtype_policy(before)


RNG = np.random.default_rng(1)
WEIGHTS = RNG.random(16, np.float32) * 2
LABELS = RNG.integers(2, size=(16, 3)).astype("float32")
BCE = keras.losses.BinaryCrossentropy
CE = keras.losses.SparseCategoricalCrossentropy
IOU = functools.partial(keras.metrics.MeanIoU, 2, sparse_y_pred=False)
# Task -> last layers, labels, and what `fit` is compiled with for the same.
TASKS = {
    "classification": (
        lambda: [L.Flatten(), L.Dense(2)],
        Y,
        lambda: {"loss": CE(from_logits=True), "metrics": ["accuracy"]},
    ),
    "binary": (
        lambda: [L.Flatten(), L.Dense(1, "sigmoid")],
        LABELS[:, :1],
        lambda: {"loss": BCE(), "metrics": ["accuracy"]},
    ),
    "multi_label": (
        lambda: [L.Flatten(), L.Dense(3)],
        LABELS,
        lambda: {
            "loss": BCE(from_logits=True),
            "metrics": [keras.metrics.BinaryAccuracy(threshold=0.0)],
        },
    ),
    "regression": (
        lambda: [L.Flatten(), L.Dense(2)],
        RNG.random((16, 2), np.float32),
        lambda: {
            "loss": "mse",
            "metrics": ["mae", keras.metrics.RootMeanSquaredError()],
        },
    ),
    "segmentation": (
        lambda: [L.Conv2D(2, 1, activation="softmax")],
        RNG.integers(2, size=(16, 4, 4)).astype("int32"),
        lambda: {"loss": CE(), "metrics": ["accuracy", IOU()]},
    ),
    "compiled": (
        lambda: [L.Flatten(), L.Dense(3, "sigmoid")],
        LABELS,
        lambda: {
            "loss": "binary_focal_crossentropy",
            "loss_weights": [0.5],
            "metrics": ["AUC"],
            "weighted_metrics": ["mae"],
        },
    ),
}


def of_task(task):
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((4, 4, 2)), *TASKS[task][0]()])


@pytest.mark.parametrize(
    ("task", "has_weights"),
    [
        pytest.param(
            task,
            weighted,
            marks=()
            if (task, weighted) in (("compiled", True), ("binary", False))
            else pytest.mark.slow,
        )
        for task in TASKS
        for weighted in (False, True)
    ],
)
def test_tasks_are_as_fit(task, has_weights):
    _, y, compiled = TASKS[task]
    ours, kerass = of_task(task), of_task(task)
    data = (X, y, WEIGHTS) if has_weights else (X, y)
    kerass.compile(K.SGD(0.01), **compiled())
    # Of maps, Keras takes a weight for each place.
    weights = WEIGHTS[:, None, None] if y.ndim > 2 else WEIGHTS
    weights = weights if has_weights else None
    kerass.fit(X, y, 16, STEPS, verbose=0, sample_weight=weights)
    theirs = kerass.evaluate(X, y, sample_weight=weights, verbose=0)
    if task == "compiled":
        ours.compile("sgd", **compiled())
    check_as_fit(ours, kerass, data, task, theirs)


def check_as_fit(ours, kerass, data, task, theirs):
    """Trains ours like theirs; compares weights, loss and metrics."""
    dataset = dataset_base.DatasetBase(data, 16, data, task=task)
    model = keras_model.KerasModel(
        ours,
        batches.examples(dataset),
        task=task,
        labels=batches.example_labels(dataset),
    )
    trainer.check_fits(model, dataset)
    program = programs.program(model, lambda: K.SGD(0.01), dataset)
    program.train(0, STEPS, STEPS)
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=3e-5)
    found = network_evaluation.NetworkEvaluation(model, dataset).evaluate()
    mine = list(found["test"].values())[: len(theirs)]
    np.testing.assert_allclose(mine, theirs, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("has_weights", [False, True])
def test_masked_places_of_sequences_are_as_in_fit(has_weights):
    def network():
        keras.utils.set_random_seed(1)
        embedding = L.Embedding(5, 3, mask_zero=True)
        made = keras.Sequential([keras.Input((6,)), embedding, L.Dense(3)])
        made.compile(
            K.SGD(0.01), CE(from_logits=True), weighted_metrics=["accuracy"]
        )
        return made

    x = RNG.integers(5, size=(16, 6)).astype("int32")
    y = RNG.integers(3, size=(16, 6)).astype("int32")
    weights = RNG.random((16, 6), np.float32) if has_weights else None
    kerass = network()
    kerass.fit(x, y, 16, STEPS, verbose=0, sample_weight=weights)
    theirs = kerass.evaluate(x, y, sample_weight=weights, verbose=0)
    data = (x, y, weights) if has_weights else (x, y)
    check_as_fit(network(), kerass, data, "compiled", theirs)


@pytest.mark.slow
def test_weights_of_classes_are_as_in_fit():
    ours, kerass = of_task("classification"), of_task("classification")
    kerass.compile(K.SGD(0.01), CE(from_logits=True))
    given = {0: 0.5, 1: 3.0}
    kerass.fit(X, Y, 16, STEPS, verbose=0, class_weight=given)
    dataset = dataset_base.DatasetBase((X, Y), 16, (X, Y), class_weight=given)
    model = keras_model.KerasModel(ours, X[:2])
    program = programs.program(model, lambda: K.SGD(0.01), dataset)
    program.train(0, STEPS, STEPS)
    for mine, other in zip(
        ours.get_weights(), kerass.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=3e-5)
    assert dataset.test.weights is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", [dict, list])
def test_several_outputs_are_as_in_fit(kind):
    def network():
        keras.utils.set_random_seed(1)
        inputs = keras.Input((4, 4, 2))
        flat = L.Flatten()(inputs)
        near, far = L.Dense(1, name="near")(flat), L.Dense(3, name="far")(flat)
        made = keras.Model(inputs, of_kind(near, far))
        made.compile(
            K.SGD(0.01),
            of_kind("mse", BCE(from_logits=True)),
            of_kind(1.0, 0.2),
            of_kind(["mae"], ["mse"]),
        )
        return made

    def of_kind(near, far):
        return {"near": near, "far": far} if kind is dict else [near, far]

    y = of_kind(RNG.random((16, 1), np.float32), LABELS)
    kerass = network()
    kerass.fit(X, y, 16, STEPS, verbose=0)
    theirs = kerass.evaluate(X, y, verbose=0, return_dict=True)
    wanted = [theirs[n] for n in ("loss", "far_mse", "near_mae")]
    if kind is list:
        wanted = [theirs[n] for n in ("loss", "near_mae", "far_mse")]
    check_as_fit(network(), kerass, (X, y), "compiled", wanted)
