"""Tests of foundations/tasks/keras_task.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.tasks import keras_task
from lottery_ticket.foundations.values import dataset_base, headline

RNG = np.random.default_rng(0)
OUTPUTS = RNG.random((20, 3), np.float32)
Y = RNG.random((20, 3), np.float32)
WEIGHTS = RNG.random(20, np.float32) * 3


def task(outputs=OUTPUTS, y=Y, **compiled):
    given = {"loss": "mse", "metrics": ["mae"], **compiled}
    return keras_task.KerasTask("compiled", given, outputs[:2], y[:2])


def summed(made, outputs=OUTPUTS, y=Y, weights=None, parts=(7, 13, 20)):
    """What a task gives over a split, in batches of several sizes."""
    sums, first = made.start(), 0
    for last in parts:
        part = slice(first, last)
        given = None if weights is None else tf.constant(weights[part])
        sums = made.add(
            sums, tf.constant(y[part]), tf.constant(outputs[part]), given
        )
        first = last
    return dict(zip(made.columns, made.result(sums, len(y)), strict=True))


def test_losses_and_means_are_numpys():
    made = task(
        metrics=["mae", keras.metrics.RootMeanSquaredError(name="rmse")]
    )
    errors = OUTPUTS - Y
    for weights in (None, WEIGHTS):
        found = summed(made, weights=weights)
        squares = (errors**2).mean(axis=1)
        weighted = squares if weights is None else squares * weights
        expected = {
            "loss": weighted.mean(),
            "mae": np.abs(errors).mean(),  # Never weighted.
            "rmse": np.sqrt((errors**2).mean()),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-5)


def test_weighted_metrics_take_weights():
    made = task(metrics=None, weighted_metrics=["mae"])
    each = np.abs(OUTPUTS - Y).mean(axis=1)
    expected = (each * WEIGHTS).sum() / WEIGHTS.sum()
    found = summed(made, weights=WEIGHTS)
    np.testing.assert_allclose(found["mae"], expected, rtol=1e-5)


def test_intersection_over_union_is_of_the_whole_split():
    classes = RNG.integers(3, size=(20, 4)).astype(np.int32)
    outputs = RNG.random((20, 4, 3), np.float32)
    iou = keras.metrics.MeanIoU(3, sparse_y_pred=False, name="iou")
    made = task(
        outputs,
        classes,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[iou],
    )
    predicted = outputs.argmax(axis=-1)
    expected = np.mean(
        [
            ((predicted == c) & (classes == c)).sum()
            / ((predicted == c) | (classes == c)).sum()
            for c in range(3)
        ]
    )
    for parts in ((20,), (3, 4, 20)):
        found = summed(made, outputs, classes, parts=parts)
        np.testing.assert_allclose(found["iou"], expected, rtol=1e-5)


def test_a_training_batch_is_measured_afresh():
    made = task()
    first = made.batch(tf.constant(Y), tf.constant(OUTPUTS))
    made.batch(tf.constant(0 * Y), tf.constant(OUTPUTS))
    again = made.batch(tf.constant(Y), tf.constant(OUTPUTS))
    np.testing.assert_array_equal(first, again)


def test_masked_places_do_not_count():
    outputs, y = (
        RNG.random((6, 4, 1), np.float32),
        RNG.random((6, 4, 1), np.float32),
    )
    mask = RNG.random((6, 4)) > 0.4
    made = task(outputs, y, metrics=None)
    given = tf.constant(outputs)
    given._keras_mask = tf.constant(mask)
    loss, *_ = made.batch(tf.constant(y), given)
    expected = ((outputs - y) ** 2)[mask].mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_metric_says_whether_more_is_better():
    assert task().headline == headline.Headline("mae", False)
    auc = task(y=Y.round(), loss="bce", metrics=["AUC"])
    assert auc.higher_is_better
    assert task(metrics=None).headline == headline.Headline("loss", False)

    def spread(y, outputs):
        return keras.ops.abs(outputs - y)

    with pytest.raises(ValueError, match="'spread' is .*higher_is_better to"):
        task(metrics=[spread])
    spread.higher_is_better = True
    assert task(metrics=[spread]).higher_is_better


def test_names_do_not_count_the_metrics_of_a_process():
    for _ in range(2):
        metrics = [keras.metrics.MeanSquaredError(), keras.metrics.AUC()]
        made = task(y=Y.round(), metrics=[*metrics, keras.metrics.AUC()])
        assert made.metrics == ("mean_squared_error", "auc", "auc_1")


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        ({"loss": "sparse_categorical_crossentropy"}, "do not take outputs"),
        (
            {"loss": keras.losses.MeanSquaredError(reduction=None)},
            "loss must be one number.*(2,)",
        ),
        (
            {"metrics": [keras.metrics.F1Score()]},
            "f1_score must be one number",
        ),
        (
            {"metrics": [keras.metrics.MeanSquaredError(name="iteration")]},
            "cannot be called 'iteration'",
        ),
    ],
)
def test_what_cannot_be_logged_is_an_error(compiled, message):
    with pytest.raises(ValueError, match=message):
        task(**compiled)


def test_losses_are_part_of_what_a_run_is():
    def own(y, outputs):
        return keras.ops.mean(y - outputs)

    made = task(loss=own)
    assert made.identity["loss"] == "own" and own in made.code
    assert task().identity["loss"] == "mse" != made.identity["loss"]
    huber = [task(loss=keras.losses.Huber(d)).identity["loss"] for d in (1, 2)]
    assert [each["delta"] for each in huber] == [1, 2]
    assert huber[0]["class"] == "Huber"


def test_labels_of_another_shape_are_an_error():
    x = np.zeros((4, 2), np.float32)
    for y, received in (
        (np.zeros((4, 2)), r"\(2,\)"),
        (np.zeros(4), r"\(1,\)"),
    ):
        dataset = dataset_base.DatasetBase((x, y), 4, (x, y), task="regression")
        with pytest.raises(ValueError, match=rf"\(3,\).*shape {received}"):
            task().check(3, dataset)
