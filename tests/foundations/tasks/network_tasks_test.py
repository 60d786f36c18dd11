"""Tests of foundations/tasks/network_tasks.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.tasks import network_tasks
from lottery_ticket.foundations.values import dataset_base

L = keras.layers
X = np.ones((3, 4), np.float32)
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def network(*layers, **compiled):
    made = keras.Sequential([keras.Input((4,)), *layers])
    if compiled:
        made.compile("sgd", **compiled)
    return made


def found(name, *layers, outputs="auto"):
    made = network(*layers)
    return network_tasks.of(made, name, X, np.asarray(made(X)), None, outputs)


MAPS = (L.Dense(12), L.Reshape((2, 2, 3)))


@pytest.mark.parametrize(
    ("name", "layers", "metrics", "gives_probabilities"),
    [
        ("binary", [L.Dense(1)], "accuracy", False),
        ("binary", [L.Dense(1, "sigmoid")], "accuracy", True),
        ("multi_label", [L.Dense(3, "sigmoid")], "accuracy exact_match", True),
        ("regression", [L.Dense(2)], "mae rmse", None),
        ("segmentation", MAPS, "accuracy mean_iou", False),
        ("segmentation", [*MAPS, L.Softmax()], "accuracy mean_iou", True),
    ],
)
def test_tasks_by_name(name, layers, metrics, gives_probabilities):
    task, kind = found(name, *layers)
    assert task is not None and task.name == name
    assert list(task.metrics) == metrics.split()
    assert task.identity == {"task": name} and task.code == ()
    assert (kind and kind.gives_probabilities) == gives_probabilities
    assert task.higher_is_better is (name != "regression")


def test_classification_is_a_models_own():
    task, kind = found("classification", L.Dense(3))
    assert task is None and kind is not None and not kind.gives_probabilities


@pytest.mark.parametrize(
    ("name", "layers", "message"),
    [
        ("binary", [L.Dense(2)], r"0 or 1. Received: shape \(2,\)"),
        ("multi_label", MAPS, r"0s and 1s.*shape \(2, 2, 3\)"),
        ("segmentation", [L.Dense(3)], r"each place.*shape \(3,\)"),
        ("binary", [L.Dense(1, "hard_sigmoid")], "sigmoid .*by outputs="),
        (
            "segmentation",
            [*MAPS, L.Activation("sigmoid")],
            "softmax .*outputs=",
        ),
    ],
)
def test_outputs_of_another_task(name, layers, message):
    with pytest.raises(ValueError, match=message):
        found(name, *layers)


def test_what_outputs_are_can_be_said():
    layer = L.Dense(1, "hard_sigmoid")
    task, _ = found("binary", layer, outputs="probabilities")
    assert task is not None


MSE = {"loss": "mse"}


@pytest.mark.parametrize(
    ("compiled", "given", "y", "name"),
    [
        ({}, "auto", None, "classification"),
        ({}, "regression", None, "regression"),
        (MSE, "auto", None, "compiled"),
        (MSE, "compiled", None, "compiled"),
        ({"loss": LOGITS}, "auto", np.arange(3), "classification"),
        ({"loss": LOGITS}, "auto", np.arange(3) > 1, "classification"),
        ({"loss": LOGITS}, "auto", np.ones((3, 2), int), "compiled"),
        ({"loss": LOGITS}, "compiled", np.arange(3), "compiled"),
        ({"loss": LOGITS}, "classification", np.arange(3), "classification"),
    ],
)
def test_what_a_network_is_trained_for(compiled, given, y, name):
    made = network(L.Dense(3), **compiled)
    assert network_tasks.name_of(made, given, y) == name


@pytest.mark.parametrize("given", ["classification", "regression", "binary"])
def test_two_losses_are_an_error(given):
    made = network(L.Dense(3), **MSE, metrics=["mae"])
    with pytest.raises(ValueError, match=f"loss mse and .* mae.*task={given}"):
        network_tasks.name_of(made, given)
    with pytest.raises(
        ValueError, match="Unknown task 'regresion'.*regression"
    ):
        network_tasks.name_of(made, "regresion")


def test_a_dataset_decides_where_nothing_else_does():
    y = np.ones((3, 1))
    data = dataset_base.DatasetBase((X, y), 3, (X, y), task="regression")
    for compiled, name in (({}, "regression"), (MSE, "compiled")):
        made = network(L.Dense(1), **compiled)
        assert network_tasks.name_for(made, "auto", data) == name


@pytest.mark.parametrize(
    ("name", "count", "metrics"),
    [
        ("binary", 1, ("accuracy",)),
        ("multi_label", 5, ("accuracy", "exact_match")),
        ("regression", 2, ("mae", "rmse")),
    ],
)
def test_tasks_of_logits(name, count, metrics):
    task = network_tasks.of_logits(name, count)
    assert task is not None and task.metrics == metrics
    assert network_tasks.of_logits("classification", count) is None


@pytest.mark.parametrize(
    ("name", "count"), [("binary", 2), ("segmentation", 3)]
)
def test_logits_of_another_task(name, count):
    with pytest.raises(ValueError, match=f"task {name}.*shape .{count},."):
        network_tasks.of_logits(name, count)
    with pytest.raises(ValueError, match="no classes: .* task=regression"):
        network_tasks.of_logits("compiled", count)


def test_what_is_compiled_needs_labels_and_a_loss():
    made = network(L.Dense(1), **MSE)
    outputs = np.asarray(made(X))
    with pytest.raises(ValueError, match="give the KerasModel labels="):
        network_tasks.by_compile(made, outputs, None)
    with pytest.raises(ValueError, match="compiled without a loss"):
        made.compile("sgd")
        network_tasks.by_compile(made, outputs, np.ones((3, 1)))
    with pytest.raises(ValueError, match="compiled without a loss"):
        network_tasks.by_compile(network(L.Dense(1)), outputs, np.ones((3, 1)))


@pytest.mark.parametrize(
    "keys", [("near", "fra"), ("Far",), ("0", "1"), ("x", "near", "far")]
)
@pytest.mark.parametrize("is_dict", [False, True])
def test_labels_of_outputs_that_there_are_not(keys, is_dict):
    inputs = keras.Input((4,))
    outputs = {n: L.Dense(1, name=n)(inputs) for n in ("near", "far")}
    made = keras.Model(inputs, outputs if is_dict else list(outputs.values()))
    made.compile("sgd", {"near": "mse", "far": "mae"}, metrics={"far": "mae"})
    y = {name: np.ones((3, 1), np.float32) for name in keys}
    with pytest.raises(
        ValueError, match=f"outputs, 'near', 'far'. Received: '{keys[0]}'"
    ):
        network_tasks.by_compile(made, made(X), y)


def test_several_outputs_are_named_as_their_layers():
    for _ in range(2):  # Keras counts on.
        inputs = keras.Input((4,))
        outputs = [L.Dense(1)(inputs), L.Dense(2, name="far")(inputs)]
        made = keras.Model(inputs, outputs)
        made.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
        y = tuple(np.ones((3, size), np.float32) for size in (1, 2))
        task = network_tasks.by_compile(made, made(X), y)
        assert task.metrics == (
            "dense_mae",
            "far_mse",
            "dense_loss",
            "far_loss",
        )
        assert task.headline.metric == "dense_mae"
