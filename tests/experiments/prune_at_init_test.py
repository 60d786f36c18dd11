"""Tests of experiments/prune_at_init.py, on the bundled digits."""

import json

import numpy as np
import pytest

from lottery_ticket.experiments import prune_at_init
from lottery_ticket.experiments.settings import recipes, scoring
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import masks
from lottery_ticket.tests import grids, planned
from lottery_ticket.tests.experiments import lottery_experiment_test

RECIPE = recipes.Recipe(
    training_len="20it", test_interval=20, seed=1, jit=False
)
SIZES = {"layer0": 19200, "layer1": 30000, "layer2": 1000}


def run(directory, density=0.05, criterion="snip", recipe=RECIPE, **options):
    """Prunes and trains; returns initial weights, masks and the record."""
    target = {
        name: options.pop(name)
        for name in (
            *("allocation", "layer_densities", "shuffle", "reinitialize"),
        )
        if name in options
    }
    planned.run(
        prune_at_init.plan,
        str(directory),
        prune_at_init.Target(density, **target),
        recipe,
        scoring.Scoring(criterion, **options),
        quiet=True,
    )
    return (
        save_restore.restore_network(paths.initial(str(directory))),
        save_restore.restore_network(paths.masks(str(directory))),
        json.loads((directory / "run.json").read_text()),
    )


def kept(found):
    return {name: int(mask.sum()) for name, mask in found.items()}


@pytest.mark.parametrize(
    "criterion",
    grids.thinned(
        ["random", "large_init", "snip", "grasp", "synflow"],
        ["snip"],
    ),
)
def test_a_density_is_met_exactly_and_counted(tmp_path, criterion):
    initial, found, record = run(tmp_path, criterion=criterion)
    assert sum(kept(found).values()) == round(0.05 * sum(SIZES.values()))
    assert record["density"] == {
        name: [count, SIZES[name]] for name, count in kept(found).items()
    }
    assert record["settings"]["criterion"] == criterion
    steps = 100 if criterion == "synflow" else 1
    assert record["settings"]["score_steps"] == steps
    for name, mask in found.items():
        assert not initial[name][mask == 0].any()


def test_the_weights_are_those_of_the_same_seed(tmp_path):
    initial, found, _ = run(tmp_path / "pruned", criterion="large_init")
    dense, _, _ = run(tmp_path / "dense", density=1.0)
    for name, mask in found.items():
        np.testing.assert_array_equal(initial[name], dense[name] * mask)
    pruned = np.concatenate([abs(dense[n][m == 0]) for n, m in found.items()])
    left = np.concatenate([abs(dense[n][m == 1]) for n, m in found.items()])
    assert pruned.max() <= left.min()


def test_layers_share_a_density(tmp_path):
    _, uniform, _ = run(tmp_path / "a", 0.1, "random", allocation="uniform")
    assert kept(uniform) == {"layer0": 1920, "layer1": 3000, "layer2": 100}
    _, erk, _ = run(tmp_path / "b", 0.1, "random", allocation="erk")
    assert sum(kept(erk).values()) == 5020
    densities = [kept(erk)[name] / size for name, size in SIZES.items()]
    # Sums of dimensions 364, 400 and 110, over the sizes.
    np.testing.assert_allclose(
        np.array(densities) / densities[0],
        np.array([1, 400 / 30000 * 19200 / 364, 110 / 1000 * 19200 / 364]),
        rtol=2e-2,
    )
    given = {"layer0": 0.01, "layer1": 0.1}
    _, each, _ = run(tmp_path / "c", None, "snip", layer_densities=given)
    assert kept(each) == {"layer0": 192, "layer1": 3000, "layer2": 1000}


def test_sanity_checks(tmp_path):
    initial, plain, _ = run(tmp_path / "plain")
    other, shuffled, _ = run(tmp_path / "shuffle", shuffle=True)
    assert kept(shuffled) == kept(plain)
    overlap = masks.jaccard(shuffled, plain)
    assert overlap == pytest.approx(
        masks.chance_jaccard(shuffled, plain), abs=0.05
    )
    fresh, same, _ = run(tmp_path / "reinit", reinitialize=True)
    for name, mask in plain.items():
        np.testing.assert_array_equal(same[name], mask)
        assert (fresh[name] != initial[name])[mask == 1].all()
    _, inverted, _ = run(tmp_path / "invert", 0.5, invert_scores=True)
    _, half, _ = run(tmp_path / "half", 0.5)
    assert masks.jaccard(inverted, half) < 0.05


def test_iterative_scores_are_taken_anew(tmp_path):
    _, once, _ = run(tmp_path / "once")
    _, often, _ = run(tmp_path / "often", score_steps=5)
    assert sum(kept(once).values()) == sum(kept(often).values())
    assert masks.jaccard(once, often) < 0.95


def test_a_finished_run_is_skipped_and_the_bytes_are_those_of_the_seed(
    tmp_path, monkeypatch
):
    first = run(tmp_path / "a")
    again = run(tmp_path / "b")
    for one, other in zip(first[:2], again[:2], strict=True):
        for name, array in one.items():
            np.testing.assert_array_equal(other[name], array)
    monkeypatch.setattr(programs.Program, "launch", None)
    run(tmp_path / "a")
    with pytest.raises(ValueError, match="density: 0.05 there, 0.06 now"):
        run(tmp_path / "a", 0.06)
    with pytest.raises(ValueError, match="criterion: 'snip' there, 'grasp'"):
        run(tmp_path / "a", criterion="grasp")


@pytest.mark.parametrize(
    ("density", "target", "message"),
    [
        (0.0, {}, "above 0 and at most 1.*Received: 0.0"),
        (1.5, {}, "Received: 1.5"),
        (float("nan"), {}, "Received: nan"),
        (0.1, {"allocation": "ERK"}, "erk"),
        (
            None,
            {"layer_densities": {"*": 0.1}, "allocation": "erk"},
            "layer_densities need no allocation",
        ),
        (
            None,
            {"layer_densities": {"layer0": 2.0}},
            "of .layer0. must be .* at most 1",
        ),
    ],
)
def test_a_target_out_of_range_is_an_error(density, target, message):
    with pytest.raises(ValueError, match=message):
        prune_at_init.Target(density, **target)


def test_what_does_not_fit_is_an_error_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(ValueError, match="large_final.* Use large_init"):
        run(tmp_path, criterion="large_final")
    with pytest.raises(ValueError, match="layer7"):
        run(tmp_path, None, layer_densities={"layer7": 0.1})
    with pytest.raises(ValueError, match="on_collapse"):
        planned.run(
            prune_at_init.plan,
            str(tmp_path),
            prune_at_init.Target(0.1),
            RECIPE,
            on_collapse="no",
        )
    assert not list(tmp_path.iterdir())


def test_collapse_is_named_and_can_stop(tmp_path, caplog, monkeypatch):
    empty = {"layer_densities": {"layer1": 0.0}}
    _, _, record = run(tmp_path / "warned", None, **empty)
    assert "layer 'layer1' keeps none of its 30,000 weights" in caplog.text
    assert record["effective"] == {"layer0": 0, "layer1": 0, "layer2": 0}
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(ValueError, match="no path is left"):
        planned.run(
            prune_at_init.plan,
            str(tmp_path / "stopped"),
            prune_at_init.Target(**empty),
            RECIPE,
            scoring.Scoring("random"),
            on_collapse="stop",
        )


@pytest.mark.slow
def test_densities_are_of_the_layers_that_users_see(tmp_path):
    recipe = lottery_experiment_test.of_file(tmp_path)
    _, masks, record = run(
        tmp_path / "out",
        None,
        "random",
        recipe,
        layer_densities={"dense_2": 0.5},
    )
    assert {name: mask.mean() for name, mask in masks.items()} == {
        "dense": 1,
        "dense_1": 0.5,
    }
    assert record["settings"]["layer_densities"] == {"dense_2": 0.5}


@pytest.mark.parametrize("allocation", ["global", "uniform", "erk"])
def test_units_are_counted_at_initialisation(tmp_path, allocation):
    _, masks, record = run(
        tmp_path, 0.1, "random", allocation=allocation, granularity="unit"
    )
    kept_units = {name: own[0] for name, own in record["groups"].items()}
    assert sum(kept_units.values()) == 40
    if allocation == "uniform":
        assert kept_units == {"layer0": 30, "layer1": 10}
    if allocation == "erk":  # Units in proportion to (in + out) / in.
        assert kept_units == {"layer0": 32, "layer1": 8}
    for name, count in kept_units.items():
        assert masks[name].any(axis=0).sum() == count
    assert masks["layer2"].any(axis=1).sum() == kept_units["layer1"]


def test_densities_may_name_layers_that_stay_whole(tmp_path):
    options = {"criterion": "random", "granularity": "unit"}
    found = [
        run(tmp_path / str(last), None, layer_densities=given, **options)
        for last, given in enumerate(
            [{"layer?": 0.5}, {"layer0": 0.5, "layer1": 0.5, "layer2": 0.5}]
        )
    ]
    for _, own, record in found:
        assert record["groups"] == {"layer0": [150, 300], "layer1": [50, 100]}
        for name, mask in own.items():
            np.testing.assert_array_equal(mask, found[0][1][name])


def test_layers_that_all_stay_whole_are_told(tmp_path):
    for given, message in (
        ({"layer2": 0.5}, "granularity=unit all layers .* stay whole: layer2"),
        ({"layer7": 0.5}, "Unknown layer in densities 'layer7'"),
    ):
        with pytest.raises(ValueError, match=message):
            run(tmp_path, None, layer_densities=given, granularity="unit")
    assert not list(tmp_path.iterdir())


def test_n_of_m_needs_no_density(tmp_path):
    _, masks, record = run(tmp_path / "own", None, granularity="2:4")
    for mask in masks.values():
        assert (mask.T.reshape(-1, 4).sum(axis=1) == 2).all()
    _, shuffled, _ = run(
        tmp_path / "other", None, granularity="2:4", shuffle=True
    )
    for name, mask in shuffled.items():
        assert (mask.T.reshape(-1, 4).sum(axis=1) == 2).all()
        assert (mask != masks[name]).any()


def test_a_shuffle_of_units_keeps_their_number(tmp_path):
    _, masks, record = run(
        tmp_path, 0.1, "snip", granularity="unit", shuffle=True
    )
    for name in ("layer0", "layer1"):
        units = masks[name].any(axis=0).sum()
        assert units == record["groups"][name][0]


@pytest.mark.parametrize(
    ("density", "target", "options", "message"),
    [
        (None, {}, {}, "Give density, such as .05, or layer_densities"),
        (0.1, {"layer_densities": {"layer0": 0.1}}, {}, "Give density"),
        (0.1, {}, {"granularity": "2:4"}, "2:4 says itself .* Received: 0.1"),
        (
            None,
            {"layer_densities": {"layer0": 0.1}},
            {"granularity": "2:4"},
            "Give no density and no layer_densities",
        ),
    ],
)
def test_there_is_one_kind_of_density(
    tmp_path, density, target, options, message
):
    with pytest.raises(ValueError, match=message):
        run(tmp_path, density, "random", **target, **options)
    assert not list(tmp_path.iterdir())
