"""Tests of foundations/criteria/criteria.py."""

import functools

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.tests import grids, tiny

NAMES = list(criteria.CRITERIA)
OF_WEIGHTS = [n for n in NAMES if criteria.CRITERIA[n].kind == "weights"]
OF_GRADIENTS = [
    name
    for name, each in criteria.CRITERIA.items()
    if each.kind != "weights" and not each.needs_training
]
SEEDS = {"initial": 1, "final": 2}
AT_START = {
    "large_init",
    "small_init",
    "random",
    "snip",
    "grad",
    "grasp",
    "grasp_magnitude",
    "prospr",
    "prospr_first_order",
    "synflow",
}


@functools.cache
def unchanged():
    """A model for those who leave it as it is."""
    return tiny.Model()


def networks():
    return {kind: unchanged().draw(seed) for kind, seed in SEEDS.items()}


def scores(name, masks=None, model=None, **options):
    function = criteria.score_fn(
        name, model or unchanged(), tiny.make_dataset(), **options
    )
    return function(masks or tiny.masks())


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_scores_every_kernel_and_changes_nothing(name):
    given, masks, model = networks(), tiny.masks(), unchanged()
    before, identity = networks(), model.identity
    result = scores(name, masks, model, **given)
    assert model.identity == identity
    for kind, network in given.items():
        for layer, array in network.items():
            np.testing.assert_array_equal(array, before[kind][layer])
    for layer, mask in masks.items():
        np.testing.assert_array_equal(mask, tiny.masks()[layer])
    assert list(result) == ["layer0", "layer1"]
    for layer, mask in tiny.masks().items():
        score = result[layer]
        assert score.shape == mask.shape
        assert not np.isnan(score).any()
        assert len(np.unique(score[mask == 1])) > 1


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_says_what_it_needs(name):
    criterion = criteria.CRITERIA[name]
    in_steps = name in ("synflow", "grasp_magnitude")
    assert criterion.steps == (100 if in_steps else 1)
    assert criterion.needs_training == (name not in AT_START)
    assert criterion.decides == name.endswith("_single")


@pytest.mark.parametrize("name", OF_WEIGHTS)
def test_what_needs_initial_weights_tells_equal_ones_from_none(name):
    same = networks()["final"]
    full = {n: np.ones_like(mask) for n, mask in tiny.masks().items()}
    found = scores(name, full, initial=same, final=same)
    ties = all(len(np.unique(score)) == 1 for score in found.values())
    assert criteria.CRITERIA[name].needs_initial == ties


def test_all_criteria_of_zhou_et_al_are_there():
    published = """
        large_final small_final random large_init small_init
        large_init_large_final small_init_small_final magnitude_increase
        movement snip grad large_final_diff_sign large_final_same_sign
        magnitude_increase_diff_sign magnitude_increase_same_sign
        large_final_diff_sign_single large_final_same_sign_single
    """.split()
    assert len(published) == 17
    assert set(published) <= set(criteria.CRITERIA)


@pytest.mark.parametrize(
    "name", ["large_final", "movement", "random", "snip", "synflow"]
)
def test_inverted_scores_have_the_other_sign(name):
    plain = scores(name, **networks())
    for layer, score in scores(name, invert=True, **networks()).items():
        np.testing.assert_array_equal(score, -plain[layer])


@pytest.mark.parametrize("name", grids.thinned(OF_GRADIENTS, OF_GRADIENTS[:2]))
def test_gradients_are_at_the_final_weights_or_the_models_own(name):
    final = networks()["final"]
    given = scores(name, final=final)
    own = scores(name, model=tiny.Model(presets=final))
    others = scores(name, model=tiny.Model(presets=networks()["initial"]))
    for layer, score in given.items():
        np.testing.assert_array_equal(score, own[layer])
        assert (score != others[layer]).any()
        np.testing.assert_array_equal(score[tiny.masks()[layer] == 0], 0)


def test_initial_weights_are_the_models_unless_given():
    model = tiny.Model(presets=networks()["initial"])
    np.testing.assert_array_equal(
        scores("large_init", model=model)["layer0"],
        scores("large_init", **networks())["layer0"],
    )


def test_seeds_choose_random_scores_and_examples():
    for name in ("random", "snip", "grad", "prospr"):
        model = tiny.Model()
        options = {"model": model, "examples_per_class": 2}
        first = scores(name, seed=1, **options)["layer1"]
        again = scores(name, seed=1, **options)["layer1"]
        other = scores(name, seed=2, **options)["layer1"]
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


def test_a_function_gives_the_same_scores_whenever_it_is_asked():
    """So a run that goes on in the middle prunes as it would have."""
    function = criteria.score_fn("random", tiny.Model(), seed=3)
    first, second = (function(tiny.masks())["layer0"] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["large_init_large_final"])
def test_seeds_decide_between_equal_ranks(name):
    given = {
        kind: {**network, "layer0": np.ones((4, 5), np.float32)}
        for kind, network in networks().items()
    }
    first, again, other = (
        scores(name, seed=seed, **given)["layer0"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    "name", ["large_init_large_final", "small_init_small_final"]
)
def test_ranks_that_are_chance_are_said_once(name, caplog):
    given = networks()
    for kind, words in (("initial", "abs(initial)"), ("final", "abs(final)")):
        constant = {**given[kind], "layer0": np.ones((4, 5), np.float32)}
        function = criteria.score_fn(
            name, unchanged(), **{**given, kind: constant}
        )
        for _ in range(2):
            function(tiny.masks())
        assert caplog.text.count(f"{words} of layer0: most are equal") == 1
        caplog.clear()
    scores(name, **given)
    assert caplog.text == ""


@pytest.mark.parametrize("name", OF_WEIGHTS)
@pytest.mark.parametrize("kind", ["initial", "final"])
def test_weights_that_are_not_numbers_pass_for_none(name, kind):
    """Of NaN, a sign or a rank would look like any other."""
    given = networks()
    given[kind]["layer1"] = np.full((5, 3), np.nan, np.float32)
    with pytest.raises(ValueError, match="Weights of layer 'layer1' hold NaN"):
        scores(name, **given)


@pytest.mark.parametrize("depth", [1, 2])
def test_synflow_takes_the_shape_of_an_example_from_the_data(depth):
    layers = [keras.layers.Conv2D(3, 3) for _ in range(depth)]
    pooling = keras.layers.GlobalAveragePooling2D()
    network = keras.Sequential([keras.Input((None, None, 1)), *layers, pooling])
    model = keras_model.KerasModel(network)
    with pytest.raises(ValueError, match="needs the shape of an example"):
        criteria.score_fn("synflow", model)

    class Data:
        input_shape = (8, 8, 1)

    result = criteria.score_fn("synflow", model, Data)(model.masks)
    assert all(score.sum() > 0 for score in result.values())


def test_synflow_takes_the_shape_of_an_example_from_the_network():
    network = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])
    model = keras_model.KerasModel(network)

    class Data:
        input_shape = (8,)

    own, given = (
        criteria.score_fn("synflow", model, each)(model.masks)
        for each in (None, Data)
    )
    for name, score in given.items():
        np.testing.assert_array_equal(own[name], score)


def test_synflow_takes_no_shape_of_several_inputs():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    x = keras.layers.Dense(3)(keras.layers.Add()(inputs))
    model = keras_model.KerasModel(keras.Model(inputs, x))
    with pytest.raises(ValueError, match=r"of one input.*Received: \(\)"):
        criteria.score_fn("synflow", model)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("synflw", {}, "Unknown criterion 'synflw'. Did you mean 'synflow'"),
        ("large_final", {}, "needs trained weights. Received: final=None"),
        ("movement", {}, "'movement' needs trained weights"),
        ("wanda", {}, "'wanda' needs trained weights"),
        ("large_final_same_sgn", {}, "Did you mean 'large_final_same_sign'"),
        ("snip", {}, "needs data. Received: dataset=None"),
    ],
)
def test_what_is_missing_is_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        criteria.score_fn(name, tiny.Model(), **options)


def test_unknown_names_are_an_error():
    criteria.check("grasp")
    with pytest.raises(ValueError, match="Did you mean 'grasp'"):
        criteria.check("graps")
