"""Tests of foundations/values/examples.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.values import examples

A, B = np.ones((4, 2), np.float32), np.zeros((4, 3), np.int64)
SHAPES = [
    (A, (2,)),
    ([A, B], ((2,), (3,))),
    ((A, B, A, B), ((2,), (3,), (2,), (3,))),
    ({"a": A, "b": B}, {"a": (2,), "b": (3,)}),
    ({"a": A, "b": [A, B]}, {"a": (2,), "b": ((2,), (3,))}),
    ([{"a": A}, B], ({"a": (2,)}, (3,))),
    (A.tolist(), (2,)),  # Rows.
    (list(A), (2,)),
    (tuple(A), (2,)),
    ([1.0, 2.0, 3.0, 4.0], ()),
    ({"a": A.tolist()}, {"a": (2,)}),
]


@pytest.mark.parametrize(("given", "shapes"), SHAPES)
def test_arrays_rows_and_several_inputs(given, shapes):
    x = examples.checked(given, 4)
    assert examples.shapes(x) == shapes
    assert examples.count(x) == 4
    assert examples.count(examples.take(x, np.array([2, 0]))) == 2
    # As often as examples are taken out of examples.
    assert examples.shapes(examples.checked(x, 4)) == shapes
    assert examples.is_one(shapes) == (shapes == (2,))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "at least one input"),
        ([A, B[:3]], "as many examples. Received: 4 of '0', 3 of '1'"),
        ({"a": A, "b": {"c": B[1:]}}, "4 of 'a', 3 of 'b/c'"),
        ({"a": A, "b": B.astype(str)}, "of input 'b' must be real numbers"),
        ({"a": [[1], [1, 2]]}, "of input 'a' must be one array, with rows"),
        ([A, np.full((4, 1), np.inf)], "of input '1' must not hold NaN"),
        ([A, np.ma.array(A, mask=A > 0)], "input '1' must not be a masked"),
    ],
)
def test_inputs_that_are_no_arrays(given, message):
    with pytest.raises(ValueError, match=message):
        examples.checked(given, 4)


def test_shapes_fit_where_any_size_is_wanted():
    assert examples.fits((None, 3), (7, 3))
    assert examples.fits(
        {"a": (None,), "b": ((2,),)}, {"b": ((2,),), "a": (1,)}
    )
    assert not examples.fits((3,), (3, 1))
    assert not examples.fits({"a": (3,)}, {"a": (2,)})
    assert not examples.fits({"a": (3,)}, (3,))


def test_a_stream_says_what_it_holds():
    class Stream:
        shape, dtype = (9, 4), np.dtype(np.float32)

        def read(self, rows, seed):
            return rows

    made = Stream()
    assert examples.is_streamed(made) and examples.checked(made, 3) is made
    assert str(examples.specs(made)) == "float32 of shape (4,)"
    made.specs = {"a": examples.Spec((2,), "int32")}
    assert examples.shapes(made) == {"a": (2,)}
