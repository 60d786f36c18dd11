"""Tests of foundations/values/labels.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.values import labels, nested

A = np.array


@pytest.mark.parametrize(
    ("function", "given", "kept", "dtype"),
    [
        (labels.classes, A([[2], [0]]), [2, 0], "int32"),
        (labels.classes, np.eye(3)[[2, 0]], [2, 0], "int32"),
        (labels.classes, A([True, False]), [1, 0], "int32"),
        (labels.classes, A([[True], [False]]), [1, 0], "int32"),
        (labels.yes_or_no, A([True, False]), [[1], [0]], "float32"),
        (labels.yes_or_no, A([[1.0], [0.0]]), [[1], [0]], "float32"),
        (labels.several, A([[1, 1], [0, 1]]), [[1, 1], [0, 1]], "float32"),
        (labels.targets, A([1, 2]), [[1], [2]], "float32"),
        (labels.targets, A([[1.5, 2]]), [[1.5, 2]], "float32"),
        (labels.class_maps, A([[0, 2]]), [[0, 2]], "int32"),
        (labels.class_maps, A([[[0], [2]]]), [[0, 2]], "int32"),
        (labels.class_maps, np.eye(3)[[[2, 0]]], [[2, 0]], "int32"),
        (labels.any_kind, A([3], np.int64), [3], "int32"),
        (labels.any_kind, A([0.5]), [0.5], "float32"),
    ],
)
def test_labels_are_kept_in_one_form(function, given, kept, dtype):
    found = function(given)
    assert found.tolist() == kept and found.dtype == dtype


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        (labels.yes_or_no, A([0, 2]), "0 or 1.*int64 of shape .2, 1. from 0"),
        (labels.yes_or_no, A([[0, 1]]), r"0 or 1.*shape \(1, 2\)"),
        (labels.yes_or_no, A([0.5]), "0 or 1.*float64"),
        (labels.several, A([0, 1]), r"multi_label.*shape \(2,\)"),
        (labels.several, A([[0, -1]]), "from -1 to 0"),
        (labels.several, A([["a"]]), "Received: <U1"),
        (labels.targets, A(["a"]), "real numbers. Received: <U1"),
        (labels.targets, A([np.nan]), "NaN or infinity"),
        (labels.targets, A([1e300]), "float32 cannot hold"),
        (labels.class_maps, A([1, 2]), r"each place.*shape \(2,\)"),
        (labels.class_maps, A([[-1, 2]]), "from -1 to 2"),
        (labels.class_maps, A([[0.5, 2]]), "each place.*float64"),
        (labels.any_kind, A([2**40]), "must be int32"),
        (labels.any_kind, A([1j]), "Received: complex128"),
        (labels.any_kind, {"a": A([np.inf])}, "NaN or infinity"),
    ],
)
def test_labels_of_another_task(function, given, message):
    with pytest.raises(ValueError, match=message):
        function(given)


def test_labels_of_several_outputs_stay_as_they_lie():
    given = {"b": [1, 2], "a": [A([0.5]), A([[1]])]}
    found = labels.arrays(given, has_several=True)
    assert isinstance(found["a"], tuple)
    assert [part.shape for part in nested.leaves(found)] == [(1,), (1, 1), (2,)]
    with pytest.raises(ValueError, match="one array: .*dict of 2"):
        labels.arrays(given)


Y = np.zeros((3, 2, 2), np.int32)


def test_weights_have_the_leading_shape_of_labels():
    assert labels.weights([1, 2, 0], Y).tolist() == [[[1]], [[2]], [[0]]]
    assert labels.weights([1, 2, 0], Y + 0.5).tolist() == [[1], [2], [0]]
    assert labels.weights([1, 2, 0], Y[:, 0, 0]).tolist() == [1, 2, 0]
    several = labels.weights([1, 2, 0], {"a": Y, "b": Y[:, 0]})
    assert {n: w.shape for n, w in several.items()} == {
        "a": (3, 1, 1),
        "b": (3, 1),
    }
    assert labels.weights(np.ones((3, 2, 2)), Y).dtype == np.float32
    assert labels.weights([[1], [0]], np.zeros((2, 1))).tolist() == [1, 0]
    assert labels.weights({"a": [2] * 3}, {"a": Y})["a"].max() == 2
    assert labels.weights([np.ones(3)], (Y,))[0].max() == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], r"leading shape.*shape \(2,\)"),
        (np.ones((3, 3)), r"leading shape.*shape \(3, 3\)"),
        (["a", "b", "c"], "leading shape.*<U1"),
        ([1, -1, 0], "0 or more.*from -1"),
        ([1, np.nan, 0], "0 or more"),
    ],
)
def test_weights_that_do_not_fit(given, message):
    with pytest.raises(ValueError, match=message):
        labels.weights(given, Y)


def test_weights_of_classes_multiply_those_of_examples():
    y, given = A([0, 1, 2]), {1: 3, 2: 0.5}
    assert labels.weighed(y, given).tolist() == [1, 3, 0.5]
    before = A([2, 2, 4], np.float32)
    assert labels.weighed(y, given, before).tolist() == [2, 6, 2]
    assert labels.weighed(A([[0.0], [1.0]]), given).tolist() == [1, 3]
    assert labels.weighed(np.eye(3)[[2, 1]], given).tolist() == [0.5, 3]
    maps = labels.weighed(A([[0, 1], [1, 0]]), {1: 3}, before[:2])
    assert maps.tolist() == [[2, 6], [6, 2]]


@pytest.mark.parametrize(
    ("y", "given", "message"),
    [
        (A([0.5, 0.2]), {0: 1}, "class_weight is for labels that are classes"),
        (A([[0.0, 1], [1, 1]]), {0: 1}, "class_weight is for labels"),
        ({"a": A([0])}, {0: 1}, "class_weight is for labels"),
        (A([0, 1]), {"a": 1}, "class_weight must map .*'a': 1"),
        (A([0, 1]), {0: -1}, "class_weight must map .*0: -1"),
        (A([0, 1]), {0: "x"}, "class_weight must map .*0: 'x'"),
    ],
)
def test_weights_of_what_is_no_class(y, given, message):
    with pytest.raises(ValueError, match=message):
        labels.weighed(y, given)


@pytest.mark.parametrize("given", [[1.0, 5.0], "balanced"])
def test_weights_of_classes_are_a_dict(given):
    with pytest.raises(ValueError, match="must be a dict, class -> weight"):
        labels.weighed(np.array([0, 1], np.int32), given)


def test_a_class_that_no_label_is_of_is_said(caplog):
    found = labels.weighed(np.array([0, 1], np.int32), {7: 5.0, 1: 2.0})
    np.testing.assert_array_equal(found, [1, 2])
    assert "no training label is 7" in caplog.text
