"""Tests of foundations/values/dataset_base.py."""

import functools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.values import dataset_base


def dataset(shape=(4,), **options):
    def pair(size):
        return np.zeros((size, *shape)), np.arange(size) % 3

    return dataset_base.DatasetBase(pair(9), 2, pair(3), **options)


def test_dataset_facts():
    made = dataset(train_order_seed=5)
    assert made.input_shape == (4,)
    assert made.num_classes == 3
    assert list(made.splits) == ["train", "test"]
    assert made.train.seed == 5
    assert made.train.shuffle
    assert not made.test.shuffle


def test_checksum_is_of_all_splits():
    validate = np.zeros((2, 4)), np.zeros(2, int)
    sums = {
        dataset().checksum,
        dataset(shape=(5,)).checksum,
        dataset(validate=validate).checksum,
    }
    assert len(sums) == 3
    assert dataset().checksum == dataset(train_order_seed=1).checksum


def test_splits_of_other_shapes_are_an_error():
    with pytest.raises(ValueError, match="one shape in all splits"):
        dataset(validate=(np.zeros((2, 5)), np.zeros(2, int)))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"a": np.zeros((4, 2))}, "same inputs in all splits. .*'a', 'b'"),
        ([np.zeros((4, 2))] * 2, "same inputs in all splits. .*'0', '1'"),
        (
            {"a": np.zeros((4, 2)), "b": np.zeros((4, 5))},
            r"of input 'b' must have one shape in all .*\(3,\), \(5,\)",
        ),
        (
            {"a": np.zeros((4, 2), int), "b": np.zeros((4, 3))},
            "of input 'a' must have one dtype in all .* float64, int64",
        ),
    ],
)
def test_inputs_are_alike_in_all_splits(other, message):
    x = {"a": np.zeros((4, 2)), "b": np.zeros((4, 3))}
    y = np.arange(4) % 2
    made = dataset_base.DatasetBase((x, y), 2, (x, y))
    assert made.input_shape == {"a": (2,), "b": (3,)}
    with pytest.raises(ValueError, match=f"Examples .*{message}"):
        dataset_base.DatasetBase((x, y), 2, (other, y))


def test_batches_may_be_in_place_of_any_pair():
    x, y = np.arange(8.0)[:, None], np.arange(8) % 2

    def batches():
        yield x[:5], y[:5]
        yield x[5:], y[5:]

    made = dataset_base.DatasetBase(batches, 2, batches(), batches)
    as_arrays = dataset_base.DatasetBase((x, y), 2, (x, y), (x, y))
    assert made.checksum == as_arrays.checksum


def test_splits_have_one_dtype():
    x = np.zeros((4, 2))
    y = np.zeros(4, int)
    with pytest.raises(ValueError, match="one dtype.*float32, float64"):
        dataset_base.DatasetBase((x, y), 2, (x.astype(np.float32), y))


@pytest.mark.parametrize("size", [5, 60, 10**6])
def test_a_batch_above_the_training_set_says_what_is_used(size, caplog):
    data = np.zeros((4, 2)), np.arange(4) % 2
    made = dataset_base.DatasetBase(data, size, data)
    assert made.train.batch_size == 4
    assert caplog.messages == [
        f"train_batch_size={size} is more than the 4 examples to train on: "
        "each iteration takes all 4"
    ]


@pytest.mark.parametrize("size", [1, 3, 4])
def test_a_batch_of_the_training_set_or_less_says_nothing(size, caplog):
    data = np.zeros((4, 2)), np.arange(4) % 2
    dataset_base.DatasetBase(data, size, data)
    assert not caplog.messages


def scaling(by):
    return lambda x: by * x


class Stream:
    """Examples that are read; reading them is code."""

    shape, dtype, checksum = (9, 4), np.dtype(np.float32), "text"

    def __len__(self):
        return 9

    def read(self, rows, seed):
        return rows


class Backwards(Stream):
    def read(self, rows, seed):
        return -rows


def normalization(mean):
    return keras.layers.Normalization(mean=mean, variance=1.0, axis=None)


def adapted(mean):
    layer = keras.layers.Normalization(axis=None)
    layer.adapt(np.full((4, 4), mean, np.float32))
    return layer


@pytest.mark.parametrize(
    ("make", "one", "other"),
    [
        (lambda given: {"prepare": given}, scaling(1), scaling(2)),
        (lambda given: {"augment": given}, scaling(1), scaling(2)),
        (
            lambda given: {"prepare": given},
            functools.partial(scaling, by=1),
            functools.partial(scaling, by=2),
        ),
        (
            lambda given: {"prepare": given},
            normalization(1.0),
            normalization(2.0),
        ),
        (lambda given: {"prepare": given}, adapted(1.0), adapted(2.0)),
        (
            lambda given: {"prepare": lambda x: given(x)},
            adapted(1.0),
            adapted(2.0),
        ),
    ],
)
def test_code_that_examples_pass_has_a_fingerprint(make, one, other):
    first, again, edited = (
        dataset(**make(each)).code for each in (one, one, other)
    )
    assert first == again is not None
    assert first != edited
    assert dataset(**make(one)).checksum == dataset(**make(one)).checksum


def test_a_layer_is_the_same_whatever_number_keras_gave_it():
    codes = {dataset(prepare=normalization(1.0)).code for _ in range(2)}
    assert len(codes) == 1


def test_code_that_reads_a_stream_has_a_fingerprint():
    y = np.arange(9) % 3
    codes = [
        dataset_base.DatasetBase((kind(), y), 2, (kind(), y)).code
        for kind in (Stream, Stream, Backwards)
    ]
    assert codes[0] == codes[1] != codes[2]


def test_no_code_of_users_has_no_fingerprint():
    assert dataset().code is None
    assert dataset(prepare=np.negative, augment=abs).code is None


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([0, 2], [0, 2], "No training label is 1, of classes from 0 to 2"),
        ([1, 2], [1, 2], "No test label is 0, of classes from 0 to 2"),
        ([0, 0], [0, 1], "No training label is 1, of classes from 0 to 1"),
        ([0, 1, 2], [0, 1], "No test label is 2, of classes from 0 to 2"),
        ([0, 9], [0, 9], "is 1, 2, 3, 4, 5 or another, of classes from 0 to 9"),
        ([0, 0], [0, 0], "All labels are 0: there is nothing to learn"),
        (np.eye(3)[[0, 1]], [0, 1], "No one-hot label is 2, of classes from 0"),
        ([0, 1], [0, 1], ""),
    ],
)
def test_classes_that_never_come_are_named(caplog, train, test, message):
    pairs = [(np.zeros((len(y), 4), np.float32), y) for y in (train, test)]
    dataset_base.DatasetBase(pairs[0], 2, pairs[1])
    assert message in caplog.text and bool(caplog.text) == bool(message)


def test_a_class_that_validation_took_is_named(caplog):
    x = np.zeros((2, 4), np.float32)
    data = (x, [0, 0]), 2, (x, [0, 1])
    dataset_base.DatasetBase(*data, validate=(x[:1], [1]), num_classes=2)
    assert "No training label is 1" in caplog.text


X = np.zeros((4, 2), np.float32)


def of_task(task, y, y_test=None, **options):
    test = X, y if y_test is None else y_test
    return dataset_base.DatasetBase((X, y), 2, test, task=task, **options)


def test_a_dataset_of_a_task_has_classes_where_it_can():
    assert of_task("regression", np.arange(4)).num_classes is None
    maps = of_task("segmentation", np.ones((4, 3), int), num_classes=5)
    assert maps.num_classes == 5
    checksums = {
        of_task(task, np.arange(4) % 2).checksum
        for task in ("classification", "binary", "regression")
    }
    assert len(checksums) == 3


def test_classes_weigh_training_examples_alone():
    made = of_task("binary", [0, 1, 1, 0], class_weight={1: 3.0})
    assert made.train.weights.tolist() == [1, 3, 3, 1]
    assert made.test.weights is None
    taken = made.train.taken(np.array([1, 0]))
    assert taken[1].tolist() == [[1], [0]] and taken[2].tolist() == [3, 1]
    assert made.checksum != of_task("binary", [0, 1, 1, 0]).checksum


@pytest.mark.parametrize(
    ("task", "y", "options", "message"),
    [
        ("regresion", [1] * 4, {}, "Unknown task 'regresion'.*'regression'"),
        ("binary", [0, 1, 2, 0], {}, "Labels of a binary task must be 0 or 1"),
        (
            "regression",
            [1] * 4,
            {"num_classes": 2},
            "num_classes is for labels",
        ),
        (
            "multi_label",
            np.ones((4, 2)),
            {"y_test": np.ones((4, 3))},
            r"Labels must have one shape .*\(2,\), \(3,\)",
        ),
        (
            "compiled",
            {"a": [1] * 4},
            {"y_test": {"b": [1] * 4}},
            "Labels must have the same outputs",
        ),
        ("compiled", {"a": [1] * 4, "b": [1] * 3}, {}, "3 and 4 labels"),
        (
            "regression",
            np.ones((4, 2)),
            {"class_weight": {0: 1.0}},
            "class_weight is for labels",
        ),
    ],
)
def test_labels_that_make_no_dataset_of_a_task(task, y, options, message):
    with pytest.raises(ValueError, match=message):
        of_task(task, y, **options)
