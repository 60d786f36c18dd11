"""Tests of foundations/selection/granularity.py: what is pruned at once."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.selection import granularity
from lottery_ticket.foundations.values import masks as masks_lib

DENSE = granularity.Layout((0,), (1,))
CONV = granularity.Layout((0, 1, 2), (3,))
DEPTHWISE = granularity.Layout((0, 1), (2, 3))
TRANSPOSED = granularity.Layout((0, 1, 3), (2,))
GROUPED = ("unit", "block:2x3")


def groups(text, layout=DENSE, pooling="mean", **options):
    return granularity.Groups(
        granularity.parse(text), pooling, {"x": layout}, **options
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("weight", granularity.WEIGHT),
        ("per_unit", granularity.Granularity("per_unit")),
        ("unit", granularity.Granularity("unit")),
        ("block:4x1", granularity.Granularity("block:HxW", (4, 1))),
        ("2:4", granularity.Granularity("n:m", (2, 4))),
    ],
)
def test_it_is_read_and_written(text, expected):
    assert granularity.parse(text) == expected
    assert granularity.text(text) == text


def test_it_is_written_in_one_way():
    assert granularity.text("block:04x01") == "block:4x1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unitt", "Unknown granularity 'unitt'. Did you mean 'unit'?"),
        ("block", "Did you mean 'block:HxW'?"),
        ("block:HxW", "Expected numbers, such as block:4x1 or 2:4"),
        ("n:m", "Expected numbers, such as block:4x1 or 2:4"),
        ("block:0x4", "at least 1, such as block:4x1. Received: block:0x4"),
        ("block:4", "Unknown granularity"),
        ("3:2", "n is at least 1 and below m.*Received: 3:2"),
        ("4:4", "n is at least 1 and below m"),
        ("0:4", "n is at least 1 and below m"),
        ("-1:4", "Unknown granularity"),
    ],
)
def test_what_is_none_is_an_error(text, message):
    with pytest.raises(ValueError, match=message):
        granularity.parse(text)


@pytest.mark.parametrize(
    ("layout", "shape", "expected"),
    [
        (DENSE, (2, 3), [[0, 1, 2], [0, 1, 2]]),
        (granularity.Layout((0,), (1,), 2), (1, 4), [[0, 1, 0, 1]]),
        (CONV, (1, 2, 1, 2), [[[[0, 1]], [[0, 1]]]]),
        (DEPTHWISE, (1, 2, 2, 1), [[[[0], [1]], [[0], [1]]]]),
        (TRANSPOSED, (1, 1, 2, 3), [[[[0, 0, 0], [1, 1, 1]]]]),
    ],
)
def test_a_unit_is_what_comes_in_to_an_output(layout, shape, expected):
    numbers, count = granularity.group_numbers(
        granularity.parse("unit"), shape, layout
    )
    np.testing.assert_array_equal(numbers, expected)
    assert count == np.max(expected) + 1


def test_blocks_are_tiles_and_smaller_at_the_edges():
    numbers, count = granularity.group_numbers(
        granularity.parse("block:2x3"), (3, 4), DENSE
    )
    expected = [[0, 0, 0, 1], [0, 0, 0, 1], [2, 2, 2, 3]]
    np.testing.assert_array_equal(numbers, expected)
    assert count == 4


def test_inputs_of_a_convolution_are_in_the_order_height_width_input():
    kernel = np.arange(24).reshape(2, 2, 3, 2)
    matrix = granularity.matrix(kernel, CONV)
    np.testing.assert_array_equal(matrix, kernel.reshape(12, 2))
    turned = granularity.matrix(kernel, TRANSPOSED)
    np.testing.assert_array_equal(turned[:, 1], kernel[:, :, 1].ravel())
    for layout in (CONV, TRANSPOSED, DEPTHWISE):
        back = granularity.kernel(
            granularity.matrix(kernel, layout), kernel.shape, layout
        )
        np.testing.assert_array_equal(back, kernel)


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [("mean", [2.0, -2.0]), ("sum", [4.0, -2.0]), ("l2", [10**0.5, -2.0])],
)
def test_scores_are_pooled_over_kept_weights(pooling, expected):
    masks = {"x": np.array([[1, 0], [1, 1]], np.uint8)}
    scores = {"x": np.array([[3, 9], [1, -2]], np.float32), "y": np.ones(1)}
    pooled = groups("unit", pooling=pooling).pooled(masks, scores)
    assert list(pooled) == ["x"]
    np.testing.assert_allclose(pooled["x"], expected)


def test_a_group_without_weights_is_pruned_and_scores_nothing():
    masks = {"x": np.array([[1, 0], [1, 0]], np.uint8)}
    found = groups("unit")
    np.testing.assert_array_equal(found.masks(masks)["x"], [1, 0])
    pooled = found.pooled(masks, {"x": np.ones((2, 2))})
    np.testing.assert_array_equal(pooled["x"], [1, 0])


def test_infinite_scores_cannot_be_pooled():
    masks = {"x": np.array([[1, 0]], np.uint8)}
    found = groups("unit")
    found.pooled(masks, {"x": np.array([[1.0, -np.inf]])})  # Pruned already.
    with pytest.raises(ValueError, match="'x' are infinite: .* over units"):
        found.pooled(masks, {"x": np.array([[-np.inf, 1.0]])})


def test_an_unknown_pooling_is_an_error():
    with pytest.raises(ValueError, match="Unknown score_pooling 'max'"):
        groups("unit", pooling="max")


def test_within_units_scores_are_ranks_of_the_kept():
    masks = {"x": np.array([[1, 1], [1, 1], [1, 0], [1, 1]], np.uint8)}
    scores = {"x": np.array([[3, 5], [-np.inf, 5], [9, 7], [4, -1]])}
    found = groups("per_unit")
    ranks = found.pooled(masks, {**scores, "y": np.ones(1)})
    expected = [[2 / 4, 2 / 3], [1 / 4, 3 / 3], [4 / 4, 0], [3 / 4, 1 / 3]]
    assert list(ranks) == ["x"]
    np.testing.assert_array_equal(ranks["x"], expected)
    assert found.masks(masks) == masks
    assert found.facts(masks) == {}


def test_within_units_a_generator_ranks_equal_scores():
    masks = {"x": np.ones((6, 40), np.uint8)}
    scores = {"x": np.repeat([[0.0, 0, 0, 1, 1, 1]], 40, 0).T}
    found = groups("per_unit")
    drawn = found.pooled(masks, scores, np.random.default_rng(1))["x"]
    assert len(np.unique(drawn, axis=1).T) > 20
    np.testing.assert_array_equal(np.sort(drawn[:3], 0)[:, 0] * 6, [1, 2, 3])
    assert (drawn[3:] > 0.5).all() and (drawn[:3] <= 0.5).all()
    by_place = found.pooled(masks, scores)["x"]
    np.testing.assert_array_equal(by_place[:, 7] * 6, np.arange(1, 7))


def test_a_unit_has_all_its_gates():
    layout = granularity.Layout((0,), (1,), 2)
    masks = {"x": np.ones((1, 4), np.uint8)}
    scores = {"x": np.array([[4.0, 1, 2, 3]])}
    ranks = groups("per_unit", layout).pooled(masks, scores)["x"]
    np.testing.assert_array_equal(ranks, [[1, 0.5, 0.5, 1]])


def test_what_is_no_number_has_no_rank():
    masks = {"x": np.ones((1, 2), np.uint8)}
    with pytest.raises(ValueError, match="Scores of layer 'x' hold NaN"):
        groups("per_unit").pooled(masks, {"x": np.array([[1, np.nan]])})


@pytest.mark.parametrize("layout", [CONV, TRANSPOSED])
def test_a_shuffle_within_units_keeps_as_many_of_each(layout):
    mask = (np.random.default_rng(3).random((5, 5, 6, 6)) < 0.3).astype("uint8")
    shuffled = groups("per_unit", layout).shuffled({"x": mask}, 1)["x"]
    assert (shuffled != mask).any()
    before, after = (granularity.matrix(m, layout) for m in (mask, shuffled))
    np.testing.assert_array_equal(before.sum(0), after.sum(0))
    assert (after != before).any(0).all()


@pytest.mark.parametrize("text", ["weight", "2:4"])
def test_of_weights_all_is_as_it_is(text):
    masks = {"x": np.ones((2, 2), np.uint8), "y": np.zeros(3, np.uint8)}
    found, scores = groups(text), {"x": np.ones((2, 2))}
    assert found.masks(masks) == masks
    assert found.pooled(masks, scores) is scores
    assert found.spread(masks, {"x": masks["x"]}) == masks
    assert found.facts(masks) == {}


def test_layers_that_stay_whole_have_no_groups():
    masks = {"x": np.ones((2, 2), np.uint8), "y": np.ones((2, 2), np.uint8)}
    found = groups("unit", whole=("y",))
    assert list(found.masks(masks)) == ["x"]
    assert found.facts(masks) == {"groups": {"x": (2, 2)}}
    kept = {"x": np.array([1, 0], np.uint8)}
    spread = found.spread(masks, kept)
    np.testing.assert_array_equal(spread["x"], [[1, 0], [1, 0]])
    assert spread["y"].all()
    assert found.counted(spread) == ("1 of 2 units and 75 % of 8 weights kept")


@st.composite
def a_case(draw):
    """Groups of some granularity, with masks and scores that tie a lot."""
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    text = draw(st.sampled_from([*GROUPED, "block:1x1", "block:5x2"]))
    pooling = draw(st.sampled_from(list(granularity.POOLINGS)))
    mask = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 1)))
    values = st.integers(-3, 3).map(float)
    score = draw(hnp.arrays(np.float32, shape, elements=values))
    return groups(text, pooling=pooling), {"x": mask}, {"x": score}


def members(found, mask):
    """Pairs of a group's number and its places, as blocks are cut by hand."""
    height, width = mask.shape
    tall, wide = found.granularity.size
    if found.granularity.kind == "unit":
        tall, wide = height, 1
    tiles = [
        (slice(row, row + tall), slice(column, column + wide))
        for row in range(0, height, tall)
        for column in range(0, width, wide)
    ]
    return list(enumerate(tiles))


@hypothesis.given(case=a_case())
def test_groups_are_those_of_a_twin(case):
    found, masks, scores = case
    kept = found.masks(masks)["x"]
    pooled = found.pooled(masks, scores)["x"]
    cut = members(found, masks["x"])
    assert len(cut) == kept.size
    for number, place in cut:
        own = scores["x"][place][masks["x"][place] == 1].astype(np.float64)
        assert kept[number] == (own.size > 0)
        twin = {
            "mean": own.mean() if own.size else 0,
            "sum": own.sum(),
            "l2": np.sign((own * abs(own)).sum())
            * abs((own * abs(own)).sum()) ** 0.5,
        }[found.pooling]
        np.testing.assert_allclose(pooled[number], twin, atol=1e-12)


@hypothesis.given(case=a_case(), seed=st.integers(0, 99))
def test_a_shuffle_moves_groups_as_a_whole(case, seed):
    found, masks, _ = case
    shuffled = found.shuffled(masks, seed)
    assert found.counts(shuffled) == found.counts(masks)
    for _, place in members(found, masks["x"]):
        assert len(np.unique(shuffled["x"][place])) == 1


def test_a_shuffle_of_weights_is_the_one_there_has_been():
    masks = {"x": np.tri(5, dtype=np.uint8)}
    np.testing.assert_array_equal(
        granularity.WEIGHTS.shuffled(masks, 3)["x"],
        masks_lib.shuffle(masks, 3)["x"],
    )


def test_a_shuffle_of_n_of_m_keeps_n_of_each():
    mask = np.tile([[1], [1], [0], [0]], (4, 50)).astype(np.uint8)
    found = groups("2:4", whole=("y",))
    shuffled = found.shuffled({"x": mask, "y": mask}, 1)
    by_group = shuffled["x"].T.reshape(-1, 4)
    assert (by_group.sum(axis=1) == 2).all()
    assert len(np.unique(by_group, axis=0)) == 6
    np.testing.assert_array_equal(shuffled["y"], mask)


def test_what_does_not_go_on_follows_a_shuffle():
    masks = {"x": np.ones((2, 2), np.uint8)}
    gone = {"x": np.zeros((2, 2), np.uint8)}
    found = groups("unit", follow=lambda masks: gone)
    assert found.shuffled(masks, 0) is gone


def test_shares_are_of_the_layers_that_can_lose_any():
    masks = {name: np.ones((2, 2)) for name in ("a0", "a1", "z")}
    found = granularity.Groups(
        granularity.parse("unit"), layouts={}, whole=("z",)
    )
    assert found.losing("density", {"z": 0.5, "a*": 0.2}, masks) == {
        "a0": 0.2,
        "a1": 0.2,
    }
    assert found.losing("density", {"z": 1}, masks) == {}
    given = {"a*": 0.2}
    assert granularity.WEIGHTS.losing("density", given, masks) is given
    for shares in ({"z": 0.5}, {"z": 0.5, "a0": 1}):
        with pytest.raises(ValueError, match="=unit all .* stay whole: z"):
            found.losing("density", shares, masks)
    with pytest.raises(ValueError, match="=unit all .* stay whole: z"):
        found.losing("fraction", {"z": 0.5, "a0": 0}, masks)
    with pytest.raises(ValueError, match="Unknown layer in densities 'b'"):
        found.losing("density", {"b": 0.5}, masks)
