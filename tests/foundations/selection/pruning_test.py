"""Tests of foundations/selection/pruning.py: counts, ties, scopes, patterns."""

import collections
import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.selection import granularity, pruning, quotas


def prune_globally(fraction, masks, scores):
    return pruning.prune_by_scores({"*": fraction}, masks, scores, "global")


def test_prunes_the_smallest_magnitudes():
    masks = {"x": np.ones((2, 3), np.uint8)}
    final = {"x": np.array([[3.0, -1, 2], [-5, 0.5, 4]]), "x_bias": np.ones(3)}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    np.testing.assert_array_equal(pruned["x"], [[1, 0, 0], [1, 0, 1]])
    assert masks["x"].all()


def test_fractions_are_of_what_is_still_kept():
    masks = {"x": np.ones(25, np.uint8)}
    final = {"x": np.arange(25.0)}
    for kept in (20, 16, 13, 10):
        masks = pruning.prune_by_percent({"x": 0.2}, masks, final)
        assert masks["x"].sum() == kept


def test_of_ties_the_earlier_index_goes_first():
    masks = {"x": np.array([1, 1, 0, 1, 1], np.uint8)}
    final = {"x": np.array([1.0, -1, 0, 1, 1])}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    np.testing.assert_array_equal(pruned["x"], [0, 0, 0, 1, 1])


@pytest.mark.parametrize(("fraction", "kept"), [(0, 4), (1, 0), (0.0, 4)])
def test_the_ends_of_the_range(fraction, kept):
    masks = {"x": np.ones(4, np.uint8)}
    pruned = pruning.prune_by_percent({"x": fraction}, masks, {"x": np.ones(4)})
    assert pruned["x"].sum() == kept


def test_a_layer_that_is_not_named_keeps_its_mask():
    masks = {"x": np.ones(4, np.uint8), "y": np.ones(4, np.uint8)}
    final = {"x": np.ones(4), "y": np.ones(4)}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    assert pruned["y"].all()


@hypothesis.given(
    scores=hnp.arrays(
        np.float32,
        st.integers(0, 40),
        elements=st.integers(-3, 3).map(float),  # Many ties.
    ),
    fraction=st.floats(0, 1),
    data=st.data(),
)
def test_counts_are_exact_and_masks_nest(scores, fraction, data):
    bits = hnp.arrays(np.uint8, scores.shape, elements=st.integers(0, 1))
    mask = data.draw(bits)
    pruned = pruning.prune_by_scores(
        {"x": fraction}, {"x": mask}, {"x": scores}
    )
    kept = pruned["x"]
    assert mask.sum() - kept.sum() == round(fraction * int(mask.sum()))
    assert (kept <= mask).all()
    lost = (mask == 1) & (kept == 0)
    if lost.any() and kept.any():
        assert scores[lost].max() <= scores[kept == 1].min()


@pytest.mark.parametrize(
    ("fractions", "scores", "message"),
    [
        ({"x": -0.1}, np.ones(2), r"'x' must be in \[0, 1\]. Received: -0.1"),
        ({"x": 1.1}, np.ones(2), r"must be in \[0, 1\]"),
        ({"x": np.nan}, np.ones(2), r"must be in \[0, 1\]"),
        ({"q": 0.1}, np.ones(2), "Unknown layer in fractions 'q'"),
        ({"x": 0.1}, np.ones(3), r"the shape of its mask, \(2,\)"),
        ({"x": 0.1}, np.array([1, np.nan]), "hold NaN. Did training diverge"),
    ],
)
def test_what_does_not_fit_is_named(fractions, scores, message):
    masks = {"x": np.ones(2, np.uint8)}
    with pytest.raises(ValueError, match=message):
        pruning.prune_by_scores(fractions, masks, {"x": scores})


def test_globally_all_layers_are_compared_with_each_other():
    masks = {name: np.ones(4, np.uint8) for name in ("small", "large")}
    scores = {"small": np.arange(4.0), "large": np.arange(2.0, 6)}
    pruned = prune_globally(0.5, masks, scores)
    np.testing.assert_array_equal(pruned["small"], [0, 0, 0, 1])
    np.testing.assert_array_equal(pruned["large"], [0, 1, 1, 1])
    assert masks["small"].all()


def test_globally_a_layer_may_lose_everything():
    masks = {name: np.ones(2, np.uint8) for name in ("small", "large")}
    scores = {"small": np.zeros(2), "large": np.ones(2)}
    pruned = prune_globally(0.5, masks, scores)
    assert not pruned["small"].any()
    assert pruned["large"].all()


def test_globally_of_ties_the_earlier_layer_goes_first():
    masks = {name: np.ones(3, np.uint8) for name in ("b", "a")}
    scores = {"a": np.ones(3), "b": np.ones(3)}
    pruned = prune_globally(0.75, masks, scores)  # round(4.5) is 4.
    np.testing.assert_array_equal(pruned["b"], [0, 0, 0])
    np.testing.assert_array_equal(pruned["a"], [0, 1, 1])


@st.composite
def layers(draw):
    """Pair of dicts: masks of one to three layers, and scores with ties."""
    shapes = draw(st.lists(st.integers(0, 20), min_size=1, max_size=3))
    masks, scores = {}, {}
    for index, size in enumerate(shapes):
        bits, values = st.integers(0, 1), st.integers(-3, 3).map(float)
        masks[f"x{index}"] = draw(hnp.arrays(np.uint8, size, elements=bits))
        scores[f"x{index}"] = draw(
            hnp.arrays(np.float32, size, elements=values)
        )
    return masks, scores


def twin(fraction, masks, scores):
    """All kept weights in a stable order; the first ones go."""
    kept = [(name, i) for name in masks for i in np.flatnonzero(masks[name])]
    kept.sort(key=lambda place: scores[place[0]][place[1]])
    pruned = {name: mask.copy() for name, mask in masks.items()}
    for name, i in kept[: round(fraction * len(kept))]:
        pruned[name][i] = 0
    return pruned


@hypothesis.given(layers(), st.floats(0, 1))
def test_globally_exactly_those_of_a_full_stable_sort_go(given, fraction):
    masks, scores = given
    pruned = prune_globally(fraction, masks, scores)
    expected = twin(fraction, masks, scores)
    kept = sum(int(mask.sum()) for mask in masks.values())
    left = sum(int(mask.sum()) for mask in pruned.values())
    assert kept - left == round(fraction * kept)
    for name, mask in pruned.items():
        np.testing.assert_array_equal(mask, expected[name])
        assert (mask <= masks[name]).all()
        assert mask.dtype == masks[name].dtype


@hypothesis.given(layers(), st.floats(0, 1))
def test_layerwise_is_globally_one_layer_after_the_other(given, fraction):
    masks, scores = given
    pruned = pruning.prune_by_scores({"*": fraction}, masks, scores)
    for name, mask in masks.items():
        alone = prune_globally(fraction, {name: mask}, scores)
        np.testing.assert_array_equal(pruned[name], alone[name])


def test_the_order_of_several_dimensions_is_that_of_c():
    mask = np.asfortranarray(np.ones((2, 2), np.uint8))
    score = np.asfortranarray(np.zeros((2, 2)))
    pruned = pruning.prune_by_scores({"x": 0.5}, {"x": mask}, {"x": score})
    np.testing.assert_array_equal(pruned["x"], [[0, 0], [1, 1]])


def test_the_global_scope_leaves_out_what_is_not_named_and_fractions_of_0():
    masks = {name: np.ones(4, np.uint8) for name in ("conv0", "dense", "out")}
    final = {"conv0": np.ones(4), "dense": np.zeros(4), "out": np.zeros(4)}
    pruned = pruning.prune_by_percent(
        {"conv*": 0.5, "out": 0}, masks, final, scope="global"
    )
    assert [int(mask.sum()) for mask in pruned.values()] == [2, 4, 4]


def test_an_unknown_scope_is_named():
    with pytest.raises(ValueError, match="Unknown scope 'globl'"):
        pruning.prune_by_scores({}, {}, {}, "globl")


def test_quotas_come_without_a_scope():
    with pytest.raises(ValueError, match="fractions. Received: scope=global"):
        pruning.prune_by_scores([], {}, {}, "global")


def test_magnitudes_are_pruned_to_quotas_and_drawn_from_likewise():
    masks = {"x": np.ones(6, np.uint8)}
    final = {"x": np.array([-3.0, 1, -1, 1, 2, -1])}
    quota = [quotas.Quota(("x",), 3)]
    pruned = pruning.prune_by_percent(quota, masks, final)
    np.testing.assert_array_equal(pruned["x"], [1, 0, 0, 0, 1, 1])
    drawn = [
        pruning.prune_by_percent(
            quota, masks, final, rng=np.random.default_rng(seed)
        )["x"]
        for seed in range(9)
    ]
    assert len({mask.tobytes() for mask in drawn}) > 1
    assert {int(mask.sum()) for mask in drawn} == {3}


def test_quotas_keep_the_highest_of_their_layers_together():
    masks = {name: np.ones(3, np.uint8) for name in ("a", "b", "c")}
    masks["b"][2] = 0
    scores = {"a": np.array([5.0, 1, 3]), "b": np.array([4.0, 2, 9])}
    scores["c"] = np.full(3, -np.inf)
    pruned = pruning.prune_by_scores(
        [quotas.Quota(("b", "a"), 3)], masks, scores
    )
    np.testing.assert_array_equal(pruned["a"], [1, 0, 1])
    np.testing.assert_array_equal(pruned["b"], [1, 0, 0])
    assert pruned["c"].all()
    assert masks["a"].all()


def test_of_ties_the_layer_that_masks_name_first_goes_first():
    masks = {name: np.ones(2, np.uint8) for name in ("b", "a")}
    scores = {"a": np.zeros(2), "b": np.zeros(2)}
    pruned = pruning.prune_by_scores(
        [quotas.Quota(("a", "b"), 1)], masks, scores
    )
    assert [mask.tolist() for mask in pruned.values()] == [[0, 0], [0, 1]]


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int64, bool])
def test_scores_may_be_any_real_numbers(dtype):
    masks = {"x": np.ones(4, np.uint8), "y": np.ones(2, np.uint8)}
    scores = {"x": np.array([1, 0, 1, 0], dtype), "y": np.array([0.5, 1])}
    pruned = pruning.prune_by_scores(
        [quotas.Quota(("x", "y"), 3)], masks, scores
    )
    np.testing.assert_array_equal(pruned["x"], [1, 0, 1, 0])
    np.testing.assert_array_equal(pruned["y"], [0, 1])


def test_scores_of_two_precisions_are_compared_exactly():
    close = 1 + 2.0**-40  # In float32, it is 1.
    masks = {"x": np.ones(1, np.uint8), "y": np.ones(2, np.uint8)}
    scores = {"x": np.ones(1, np.float32), "y": np.array([close, 1])}
    pruned = pruning.prune_by_scores(
        [quotas.Quota(("x", "y"), 1)], masks, scores
    )
    assert [mask.tolist() for mask in pruned.values()] == [[0], [1, 0]]


@pytest.mark.parametrize(
    ("count", "scores", "message"),
    [
        (3, np.ones(2), "x to keep from 0 to 2 weights.*Received: 3"),
        (1, np.ones(3), r"the shape of its mask, \(2,\). Received: \(3,\)"),
        (1, np.ones(2, complex), "real numbers. Received: complex128"),
        (1, np.array([1, None]), "real numbers. Received: object"),
        (2, np.array([1, np.nan]), "'x' hold NaN"),
    ],
)
def test_scores_and_quotas_that_do_not_fit(count, scores, message):
    masks = {"x": np.ones(2, np.uint8)}
    with pytest.raises(ValueError, match=message):
        pruning.prune_by_scores(
            [quotas.Quota(("x",), count)], masks, {"x": scores}
        )


def test_a_layer_without_scores_is_named():
    masks = {"x0": np.ones(2, np.uint8)}
    with pytest.raises(ValueError, match="Unknown layer of scores 'x0'"):
        pruning.prune_by_scores({"*": 0.5}, masks, {"x1": np.ones(2)})


@hypothesis.given(
    layers(),
    st.floats(0, 1),
    st.integers(1, 6),
    st.sampled_from(pruning.SCOPES),
)
def test_masks_nest_over_steps_and_end_as_in_one(given, fraction, steps, scope):
    masks, scores = given
    target = quotas.of_fractions({"*": fraction}, masks, scope)
    at_once = pruning.prune_by_scores(target, masks, scores)
    for step in quotas.in_steps(target, masks, steps):
        before, masks = masks, pruning.prune_by_scores(step, masks, scores)
        for group, count in step:
            assert sum(int(masks[name].sum()) for name in group) == count
        assert all((masks[name] <= before[name]).all() for name in masks)
    for name, mask in masks.items():  # The same scores: the same weights go.
        np.testing.assert_array_equal(mask, at_once[name])


@hypothesis.given(layers(), st.floats(0, 1))
def test_the_scopes_agree_on_one_layer(given, density):
    given_masks, scores = given
    masks = {"x0": np.ones_like(given_masks["x0"])}
    layerwise, together = (
        pruning.prune_by_scores(
            quotas.of_densities({"*": density}, masks, scope), masks, scores
        )
        for scope in pruning.SCOPES
    )
    np.testing.assert_array_equal(layerwise["x0"], together["x0"])
    assert layerwise["x0"].sum() == round(density * masks["x0"].size)


def test_by_a_generator_ties_go_at_random_and_nothing_else_changes():
    masks = {"x": np.ones(400, np.uint8), "y": np.ones(3, np.uint8)}
    scores = {"x": np.repeat([1.0, 0, 2], [10, 300, 90]), "y": np.zeros(3)}
    quota = [quotas.Quota(("x",), 250)]

    def prune(seed):
        rng = np.random.default_rng(seed)
        return pruning.prune_by_scores(quota, masks, scores, rng=rng)

    first, other = prune(1), prune(2)
    np.testing.assert_array_equal(first["x"], prune(1)["x"])
    assert (first["x"] != other["x"]).any()
    for pruned in (first, other):
        assert pruned["x"].sum() == 250 and pruned["y"].all()
        assert pruned["x"][:10].all() and pruned["x"][310:].all()
        # Half of the ties are left: of each half of them, half.
        assert 50 < pruned["x"][10:160].sum() < 100


@hypothesis.given(
    layers(), st.floats(0, 1), st.sampled_from(pruning.SCOPES), st.integers(0)
)
def test_by_a_generator_counts_are_exact_and_masks_nest(
    given, fraction, scope, seed
):
    masks, scores = given
    rng = np.random.default_rng(seed)
    for _ in range(3):
        target = quotas.of_fractions({"*": fraction}, masks, scope)
        before, masks = (
            masks,
            pruning.prune_by_scores(target, masks, scores, rng=rng),
        )
        for group, count in target:
            assert sum(int(masks[name].sum()) for name in group) == count
        assert all((masks[name] <= before[name]).all() for name in masks)


def test_positive_scores_are_kept_in_the_layers_that_are_named():
    masks = {n: np.array([[1, 1], [0, 1]], np.uint8) for n in ("a", "b", "c")}
    scores = {"a": np.array([[1, 0], [1, -1.0]]), "b": -np.ones((2, 2))}
    pruned = pruning.keep_positive(("b", "a"), masks, scores)
    assert list(pruned) == ["a", "b", "c"]
    np.testing.assert_array_equal(pruned["a"], [[1, 0], [0, 0]])
    assert not pruned["b"].any()
    np.testing.assert_array_equal(pruned["c"], masks["c"])
    assert {mask.dtype for mask in pruned.values()} == {np.dtype("uint8")}
    np.testing.assert_array_equal(masks["a"], [[1, 1], [0, 1]])


@pytest.mark.parametrize(
    ("layers", "scores", "message"),
    [
        (["y"], {"x": np.ones(2)}, "Unknown layer to prune 'y'"),
        (["x"], {"y": np.ones(2)}, "Unknown layer of scores 'x'"),
        (["x"], {"x": np.ones(3)}, r"the shape of its mask, \(2,\)"),
        (["x"], {"x": np.array([1, np.nan])}, "'x' hold NaN"),
    ],
)
def test_what_cannot_be_kept_by_its_sign_is_named(layers, scores, message):
    masks = {"x": np.ones(2, np.uint8)}
    with pytest.raises(ValueError, match=message):
        pruning.keep_positive(layers, masks, scores)


@st.composite
def tied_layers(draw):
    """Masks of one to three layers, and scores with ties and infinities."""
    masks, scores = {}, {}
    values = st.sampled_from([-np.inf, -1.0, 0.0, 1.0, np.inf])
    for index in range(draw(st.integers(1, 3))):
        size = draw(st.integers(0, 12))
        bits = st.integers(0, 1)
        masks[f"x{index}"] = draw(hnp.arrays(np.uint8, size, elements=bits))
        scores[f"x{index}"] = draw(
            hnp.arrays(np.float32, size, elements=values)
        )
    return masks, scores


def kept_scores(masks, scores):
    return np.sort(np.concatenate([scores[n][masks[n] == 1] for n in masks]))


@hypothesis.given(tied_layers(), st.floats(0, 1), st.integers(0, 5))
def test_chance_only_decides_between_ties(given, share, seed):
    masks, scores = given
    before = kept_scores(masks, scores)
    count = round(share * before.size)
    drawn, again = (
        pruning.cut(count, masks, scores, np.random.default_rng(seed))
        for _ in range(2)
    )
    best = before[before.size - count :]
    np.testing.assert_array_equal(kept_scores(drawn, scores), best)
    for name, mask in drawn.items():
        assert (mask <= masks[name]).all()
        assert mask.dtype == masks[name].dtype
        np.testing.assert_array_equal(mask, again[name])


def test_all_ties_of_all_layers_are_equally_likely():
    masks = {"a": np.ones(5, np.uint8), "b": np.ones((1, 3), np.uint8)}
    masks["a"][4] = 0
    scores = {"a": np.array([0, 9, 0, 0, 0.0]), "b": np.array([[0, -1, 0.0]])}
    rng = np.random.default_rng(0)
    seen = collections.Counter()
    for _ in range(3000):  # -1 goes, and two of five zeros.
        pruned = pruning.cut(4, masks, scores, rng)
        assert (pruned["a"][1], pruned["b"][0, 1]) == (1, 0)
        zeros = [*pruned["a"][[0, 2, 3]], *pruned["b"][0, [0, 2]]]
        seen[tuple(np.flatnonzero(np.equal(zeros, 0)))] += 1
    assert set(seen) == set(itertools.combinations(range(5), 2))
    assert all(abs(n - 300) < 5 * np.sqrt(300 * 0.9) for n in seen.values())


def test_without_chance_the_earlier_layer_and_index_go():
    masks = {"b": np.ones((2, 2), np.uint8), "a": np.ones(3, np.uint8)}
    zeros = {"a": np.zeros(3), "b": np.zeros((2, 2), order="F")}
    pruned = pruning.cut(5, masks, zeros)
    np.testing.assert_array_equal(pruned["b"], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(pruned["a"], [1, 1, 1])
    pruned = pruning.cut(2, masks, zeros)
    assert not pruned["b"].any()
    np.testing.assert_array_equal(pruned["a"], [0, 1, 1])


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)])
def test_the_masks_that_are_given_stay_as_they_are(rng):
    masks = {"x": np.ones(4, np.uint8)}
    for count in range(5):
        pruned = pruning.cut(count, masks, {"x": np.zeros(4)}, rng)["x"]
        assert pruned.sum() == count
        assert pruned is not masks["x"]
    assert masks["x"].all()


def test_where_nothing_ties_nothing_is_drawn():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    pruning.cut(2, {"x": np.ones(4)}, {"x": np.arange(4.0)}, rng)
    assert rng.bit_generator.state == before


def dense_groups(text, *layers):
    layouts = dict.fromkeys(layers, granularity.Layout((0,), (1,)))
    return granularity.Groups(granularity.parse(text), layouts=layouts)


def test_whole_units_go_and_of_ties_the_earlier():
    masks = {"x": np.ones((2, 4), np.uint8)}
    scores = {"x": np.array([[1.0, 9, 5, 3], [5, 1, 1, 3]])}
    pruned = pruning.prune_by_scores(
        {"x": 0.5}, masks, scores, groups=dense_groups("unit", "x")
    )
    np.testing.assert_array_equal(pruned["x"], [[0, 1, 0, 1]] * 2)


def test_pooled_scores_are_compared_between_layers():
    masks = {"x": np.ones((2, 2), np.uint8), "y": np.ones((1, 2), np.uint8)}
    scores = {"x": np.array([[1.0, 4], [3, 4]]), "y": np.array([[3.0, 1]])}
    pruned = pruning.prune_by_scores(
        {"*": 0.5}, masks, scores, "global", groups=dense_groups("unit", *masks)
    )
    np.testing.assert_array_equal(pruned["x"], [[0, 1], [0, 1]])
    np.testing.assert_array_equal(pruned["y"], [[1, 0]])


@hypothesis.given(
    scores=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        elements=st.integers(-2, 2).map(float),
    ),
    fractions=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    text=st.sampled_from(["unit", "block:2x2", "block:3x1"]),
)
def test_groups_are_counted_exactly_and_go_as_a_whole(scores, fractions, text):
    groups = dense_groups(text, "x")
    masks = {"x": np.ones(scores.shape, np.uint8)}
    for fraction in fractions:
        before, pooled = (
            groups.masks(masks),
            groups.pooled(masks, {"x": scores}),
        )
        pruned = pruning.prune_by_scores(
            {"x": fraction}, masks, {"x": scores}, groups=groups
        )
        after = groups.masks(pruned)
        # The twin: the first of the lowest, among groups that are kept.
        kept = np.flatnonzero(before["x"])
        order = kept[np.argsort(pooled["x"][kept], kind="stable")]
        expected = before["x"].copy()
        expected[order[: round(fraction * kept.size)]] = 0
        np.testing.assert_array_equal(after["x"], expected)
        assert (pruned["x"] <= masks["x"]).all()
        numbers, count = granularity.group_numbers(
            groups.granularity, scores.shape, groups.layouts["x"]
        )
        for number in range(count):
            assert len(np.unique(pruned["x"][numbers == number])) == 1
        masks = pruned


def test_within_units_the_lowest_part_of_each_goes():
    """Of Wanda's scores of (3, -1; 1, 2) with inputs of the norms 1, 4."""
    masks = {"x": np.ones((2, 2), np.uint8)}
    scores = {"x": np.array([[3.0, 1], [4, 8]])}
    groups = dense_groups("per_unit", "x")
    pruned = pruning.prune_by_scores({"x": 0.5}, masks, scores, groups=groups)
    np.testing.assert_array_equal(pruned["x"], [[0, 0], [1, 1]])
    scores = {"x": np.array([[3.0, 100], [4, 101]])}
    layerwise = pruning.prune_by_scores({"x": 0.5}, masks, scores)
    np.testing.assert_array_equal(layerwise["x"], [[0, 1], [0, 1]])
    pruned = pruning.prune_by_scores({"x": 0.5}, masks, scores, groups=groups)
    np.testing.assert_array_equal(pruned["x"], [[0, 0], [1, 1]])


@hypothesis.given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 7)),
    fraction=st.floats(0, 1),
    data=st.data(),
    seed=st.one_of(st.none(), st.integers(0, 9)),
)
def test_within_units_counts_are_exact_and_alike(shape, fraction, data, seed):
    scores = data.draw(
        hnp.arrays(np.float32, shape, elements=st.integers(-2, 2).map(float))
    )
    pruned = pruning.prune_by_scores(
        {"x": fraction},
        {"x": np.ones(shape, np.uint8)},
        {"x": scores},
        rng=None if seed is None else np.random.default_rng(seed),
        groups=dense_groups("per_unit", "x"),
    )["x"]
    assert pruned.sum() == scores.size - round(fraction * scores.size)
    assert np.ptp(pruned.sum(0)) <= 1
    for own, kept in zip(scores.T, pruned.T, strict=True):
        if 0 < kept.sum() < kept.size:
            assert own[kept == 0].max() <= own[kept == 1].min()


def keep_n_of_m(text, mask, scores, **options):
    groups = dense_groups(text, "x")
    return pruning.keep_n_of_m(
        ["x"], {"x": mask}, {"x": scores}, groups, **options
    )["x"]


def test_the_highest_n_of_m_inputs_stay_and_of_ties_the_later():
    scores = np.array([[1.0, 5], [2, 5], [4, 5], [3, 5]])
    kept = keep_n_of_m("2:4", np.ones((4, 2), np.uint8), scores)
    np.testing.assert_array_equal(kept, [[0, 0], [0, 0], [1, 1], [1, 1]])


def test_what_is_pruned_does_not_come_back():
    scores = np.array([[9.0], [-np.inf], [1], [2]])
    mask = np.array([[0], [1], [1], [0]], np.uint8)
    np.testing.assert_array_equal(keep_n_of_m("3:4", mask, scores), mask)
    kept = keep_n_of_m("1:4", mask, scores)
    np.testing.assert_array_equal(kept, [[0], [0], [1], [0]])


@hypothesis.given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 5)),
    size=st.sampled_from([(1, 2), (2, 4), (4, 8), (2, 3)]),
    data=st.data(),
    seed=st.none() | st.integers(0, 9),
)
def test_exactly_n_of_each_m_stay(shape, size, data, seed):
    (n, m), (groups, units) = size, shape
    values = hnp.arrays(
        np.float32, (groups * m, units), elements=st.integers(-2, 2).map(float)
    )
    scores = data.draw(values)
    mask = np.ones(scores.shape, np.uint8)
    rng = None if seed is None else np.random.default_rng(seed)
    kept = keep_n_of_m(f"{n}:{m}", mask, scores, rng=rng)
    for column, score in zip(kept.T, scores.T, strict=True):
        for own, values in zip(
            column.reshape(-1, m), score.reshape(-1, m), strict=True
        ):
            assert own.sum() == n
            assert values[own == 0].max() <= values[own == 1].min()
            if rng is None:
                expected = np.zeros(m, np.uint8)
                expected[np.argsort(values, kind="stable")[-n:]] = 1
                np.testing.assert_array_equal(own, expected)


def test_ties_among_m_can_be_drawn():
    mask, scores = np.ones((4, 600), np.uint8), np.ones((4, 600))
    rng = np.random.default_rng(0)
    share = keep_n_of_m("1:4", mask, scores, rng=rng).mean(axis=1)
    assert (abs(share - 0.25) < 0.1).all()


def test_inputs_that_m_does_not_divide_are_an_error():
    mask, scores = np.ones((6, 2), np.uint8), np.ones((6, 2))
    with pytest.raises(ValueError, match="6 inputs, which is no multiple of 4"):
        keep_n_of_m("2:4", mask, scores)


def test_scores_of_groups_are_checked():
    masks = {"x": np.ones((2, 2), np.uint8)}
    groups = dense_groups("unit", "x")
    for score, message in (
        (np.full((2, 2), np.nan), "hold NaN"),
        (np.ones(2), "must have the shape"),
    ):
        with pytest.raises(ValueError, match=message):
            pruning.prune_by_scores(
                {"x": 0.5}, masks, {"x": score}, groups=groups
            )
    with pytest.raises(ValueError, match="hold NaN"):
        keep_n_of_m("1:2", masks["x"], np.full((2, 2), np.nan))
