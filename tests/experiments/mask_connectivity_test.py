"""Tests of experiments/mask_connectivity.py, on the bundled digits."""

import json
import pathlib

import numpy as np
import pytest

from lottery_ticket.experiments import gem_miner, mask_connectivity
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.stages.gem import gem_search
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.records import (
    lock,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
)
from lottery_ticket.foundations.values import fields, seeds
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import searches, trunks

POINTS = 5
SPLITS = ("train", "validate", "test")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Folders of two searches of the same weights."""
    out = tmp_path_factory.mktemp("searches")
    return [searches.search(out / str(seed), seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def norm_pair(tmp_path_factory):
    """The same, with batch normalisation."""
    out = tmp_path_factory.mktemp("searches")
    recipe = searches.norm_recipe(out)
    return [searches.search(out / str(seed), seed, recipe) for seed in (1, 2)]


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Searches by name, that differ from the first in one thing more."""
    out = tmp_path_factory.mktemp("others")
    changed = searches.changed
    return {
        "init": searches.search(out / "init", 2, changed(init_seed=5)),
        "split": searches.search(out / "split", 2, changed(split_seed=5)),
        "rescaled": searches.search(out / "rescaled", 2, rescaling="dynamic"),
        "l2": searches.search(out / "l2", 2, changed(normalization="l2")),
        "wide": searches.search(out / "wide", 2, changed(hidden_units=(7,))),
    }


def run(directory, pair, quiet=True, **options):
    """Evaluates it; returns the record."""
    path = mask_connectivity.MaskPath(**({"points": POINTS} | options))
    planned.run(
        mask_connectivity.plan, str(directory), *pair, path, quiet=quiet
    )
    return sealed.ResultFile("mask_connectivity.json").read(str(directory))


@pytest.fixture(scope="module")
def done(tmp_path_factory, pair):
    """Folder of a finished way of two draws."""
    directory = tmp_path_factory.mktemp("results") / "trial1/1/between"
    run(directory, pair, draws=2)
    return directory


def read(directory):
    return sealed.ResultFile("mask_connectivity.json").read(str(directory))


def twin(network, split, prepare):
    """Loss and accuracy of a network with one hidden layer, in float64."""
    x = np.float64(batches.prepared(prepare, split.x)).reshape(split.size, -1)
    x = np.maximum(x @ network["layer0"] + network["layer0_bias"], 0)
    logits = x @ network["layer1"] + network["layer1_bias"]
    hits = logits.argmax(1) == split.y
    logits -= np.log(np.exp(logits).sum(1, keepdims=True))
    return -logits[np.arange(split.size), split.y].mean(), hits.mean()


def loaded(folder):
    return {
        name: save_restore.restore_network(f"{folder}/{name}")
        for name in ("initial", "masks", "final")
    }


def mask_at(way, alpha, ends, name, draw_seed, draw):
    """A layer's mask at a point, as the documentation says."""
    first, second = (np.float64(each["masks"][name]) for each in ends)
    if way == "probabilistic":
        seed = seeds.derive(seeds.derive(draw_seed, "draw", draw), name)
        uniform = np.random.default_rng(seed).random(first.shape)
        return np.where(uniform < alpha, second, first)
    mean = (1 - alpha) * first + alpha * second
    return mean if way == "linear" else np.where(mean > 0.5, 1.0, 0.0)


@pytest.mark.parametrize(
    ("way", "options"),
    [
        ("probabilistic", {"draws": 2}),
        pytest.param("linear", {"way": "linear"}, marks=pytest.mark.slow),
        pytest.param(
            "rounded",
            {"way": "linear", "round_masks": True},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_every_point_is_as_numpy_has_it(tmp_path, pair, way, options):
    record = run(tmp_path, pair, **options)
    ends = [loaded(folder) for folder in pair]
    dataset = from_recipe.dataset(searches.RECIPE)
    draw_seed = record["settings"]["draw_seed"]
    assert record["alpha"] == [0, 0.25, 0.5, 0.75, 1]
    for index, alpha in enumerate(record["alpha"]):
        for draw in range(options.get("draws", 1)):
            masks = {
                name: mask_at(way, alpha, ends, name, draw_seed, draw)
                for name in ("layer0", "layer1")
            }
            network = dict(ends[0]["initial"])
            network |= {name: network[name] * masks[name] for name in masks}
            for name in SPLITS:
                split = dataset.splits[name]
                loss, accuracy = twin(network, split, dataset.prepare)
                columns = record["splits"][name]
                found = columns["loss"][index][draw]
                assert found == pytest.approx(loss, rel=1e-5)
                found = columns["accuracy"][index][draw]
                assert found == pytest.approx(accuracy, abs=1e-6)
            flat = np.concatenate([each.ravel() for each in masks.values()])
            start = np.concatenate(
                [ends[0]["masks"][name].ravel() for name in masks]
            )
            found = record["density"][index][draw], record["distance"][index]
            assert found[0] == pytest.approx(flat.mean())
            assert found[1][draw] == pytest.approx(abs(flat - start).mean())


def test_the_ends_are_the_searches_own_networks(done, pair):
    record = read(done)
    for index, folder in ((0, pair[0]), (-1, pair[1])):
        path = pathlib.Path(folder, "supermask.json")
        own = json.loads(path.read_text())["samples"]
        for split in ("validate", "test"):
            for name in ("loss", "accuracy"):
                values = record["splits"][split][name][index]
                assert values == [own[split][name][0]] * 2


def test_what_is_recorded(done, pair):
    record = read(done)
    masks = [loaded(folder)["masks"] for folder in pair]
    layers = {
        name: [int((mask != masks[1][name]).sum()), mask.size]
        for name, mask in masks[0].items()
    }
    differing, total = np.sum(list(layers.values()), axis=0)
    assert record["hamming"] == {"all": differing / total, "layers": layers}
    assert 0 < differing < total
    assert record["distance"][0] == [0, 0]
    assert record["distance"][-1] == [differing / total] * 2
    assert record["masks"][0]["layer0"] == [int(masks[0]["layer0"].sum()), 384]
    assert list(record["splits"]) == list(SPLITS)
    for name, columns in record["splits"].items():
        errors = 1 - np.mean(columns["accuracy"], axis=1)
        barrier = max(errors) - (errors[0] + errors[-1]) / 2
        assert record["barriers"][name] == pytest.approx(barrier)
    assert record["norm_examples"] == 0
    assert record["environment"]["keras"]
    settings = record["settings"]
    assert settings["experiment"] == "mask_connectivity"
    assert (settings["model"], settings["points"]) == ("fc", POINTS)
    assert settings["first"] != settings["second"]


def test_a_mask_and_itself_make_a_constant_way(tmp_path, pair):
    record = run(tmp_path, [pair[0], pair[0]], points=3)
    assert record["hamming"]["all"] == 0
    for columns in record["splits"].values():
        assert len({tuple(each) for each in columns["loss"]}) == 1
    assert set(record["barriers"].values()) == {0}


def test_some_splits_alone(tmp_path, pair, done):
    record = run(tmp_path, pair, splits=("test",), draws=2)
    assert list(record["splits"]) == ["test"]
    assert record["splits"]["test"] == read(done)["splits"]["test"]


@pytest.mark.slow
def test_gems_end_at_their_own_searches(tmp_path):
    """Of two algos, whose scores are others and whose weights are the same."""
    recipe = searches.changed(training_len="2ep", train_batch_size=300, lr=0.1)
    folders = [f"{tmp_path}/trial1/1/{algo}" for algo in ("hc_iter", "ep")]
    for folder, options in zip(folders, ({"prune_period": 1}, {}), strict=True):
        search = gem_search.GemSearch(
            algo=folder.rpartition("/")[2], density=0.3, **options
        )
        planned.run(
            gem_miner.plan,
            folder,
            recipe,
            search,
            save_summaries=False,
            quiet=True,
        )
    record = run(tmp_path / "trial1/1/between", folders)
    for index, folder in ((0, folders[0]), (-1, folders[1])):
        own = sealed.ResultFile("gem.json").read(folder)
        for split, column in own["stages"]["search"]["samples"].items():
            for name, values in column.items():
                assert record["splits"][split][name][index] == values
        assert record["masks"][index] == own["counts"]
        assert run_record.read(folder)["density"] == own["counts"]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["probabilistic", "linear"])
def test_rescaled_networks_end_at_their_own(tmp_path, way):
    folders = [
        searches.search(tmp_path / str(seed), seed, rescaling="dynamic")
        for seed in (1, 2)
    ]
    record = run(tmp_path / "out", folders, way=way)
    for index, folder in ((0, folders[0]), (-1, folders[1])):
        path = pathlib.Path(folder, "supermask.json")
        own = json.loads(path.read_text())["samples"]["test"]
        assert record["splits"]["test"]["loss"][index] == [own["loss"][0]]


@pytest.mark.slow
def test_statistics_lie_between_those_of_the_ends(
    tmp_path, norm_pair, monkeypatch
):
    seen = []
    plain = network_evaluation.NetworkEvaluation.evaluate

    def looking(self, network=None):
        seen.append(self._model.weights)
        return plain(self, network)

    monkeypatch.setattr(
        network_evaluation.NetworkEvaluation, "evaluate", looking
    )
    record = run(tmp_path, norm_pair, points=3)
    assert record["norm_examples"] == 0
    first, second = (loaded(folder)["final"] for folder in norm_pair)
    moving = [name for name in first if "moving" in name]
    assert len(moving) == 2
    for name in moving:
        assert (first[name] != second[name]).any()
        np.testing.assert_array_equal(seen[0][name], first[name])
        np.testing.assert_allclose(
            seen[1][name], (first[name] + second[name]) / 2, rtol=1e-6
        )
        np.testing.assert_array_equal(seen[2][name], second[name])


@pytest.mark.slow
def test_statistics_taken_anew(tmp_path, norm_pair):
    kept = run(tmp_path / "kept", norm_pair, points=3)
    anew = run(
        tmp_path / "anew", norm_pair, points=3, norm_statistics="recomputed"
    )
    assert anew["norm_examples"] == 90
    for one, other in zip(
        kept["splits"]["test"]["loss"],
        anew["splits"]["test"]["loss"],
        strict=True,
    ):
        assert one != other  # At the ends, too.
    # With the test set alone, examples for statistics are loaded as well.
    alone = run(
        tmp_path / "alone",
        norm_pair,
        points=3,
        norm_statistics="recomputed",
        splits=("test",),
    )
    assert alone["splits"]["test"] == anew["splits"]["test"]


def test_one_evaluation_serves_the_way(tmp_path, pair, monkeypatch):
    traced, plain = [], network_evaluation.Evaluation._sum_up

    def counting(self, x, targets, values, sums):
        traced.append(self)
        return plain(self, x, targets, values, sums)

    monkeypatch.setattr(network_evaluation.Evaluation, "_sum_up", counting)
    from_recipe.forget()  # Else, one of another test may serve.
    run(tmp_path, pair, draws=2)
    assert len(traced) == 1


def test_a_finished_one_is_skipped(done, pair, monkeypatch, capsys):
    monkeypatch.setattr(from_recipe, "dataset", None)
    run(done, pair, quiet=False, draws=2)
    assert "complete already" in capsys.readouterr().err
    path = mask_connectivity.MaskPath(points=POINTS, draws=2)
    assert planned.is_complete(mask_connectivity.plan, str(done), *pair, path)
    other = str(done.parent / "other")
    assert not planned.is_complete(mask_connectivity.plan, other, *pair, path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": 7}, "points: 5 there, 7 now"),
        ({"draws": 3}, "draws: 2 there, 3 now"),
        ({"draw_seed": 1}, "draw_seed: "),
        ({"splits": ("test",)}, r"splits: None there, \['test'\] now"),
    ],
)
def test_other_settings_are_refused(done, pair, options, message):
    with pytest.raises(ValueError, match=message):
        run(done, pair, **({"draws": 2} | options))
    with pytest.raises(ValueError, match="second: .* there"):
        run(done, [pair[0], pair[0]], draws=2)


def test_killed_on_the_way_nothing_is_there_and_it_is_done_again(
    tmp_path, pair, done, monkeypatch
):
    plain, calls = network_evaluation.NetworkEvaluation.evaluate, []

    def interrupted(self, network=None):
        calls.append(network)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return plain(self, network)

    with monkeypatch.context() as patch:
        patch.setattr(
            network_evaluation.NetworkEvaluation, "evaluate", interrupted
        )
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, pair, draws=2)
    assert not (tmp_path / "mask_connectivity.json").exists()
    assert run(tmp_path, pair, draws=2) == read(done)


def test_a_damaged_one_is_measured_again(tmp_path, pair, done, caplog):
    run(tmp_path, pair, draws=2)
    path = tmp_path / "mask_connectivity.json"
    path.write_text(path.read_text()[:-9])
    assert run(tmp_path, pair, draws=2) == read(done)
    assert "mask_connectivity.json is damaged" in caplog.text


def test_the_result_is_told_in_one_line(tmp_path, pair, capsys):
    record = run(tmp_path, pair, quiet=False, points=2)
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert f"Hamming distance {record['hamming']['all']:.4f}" in shown
    for name in SPLITS:
        assert f"{name} {100 * record['barriers'][name]:.2f}" in shown


def test_folders_of_other_results_and_of_others_at_work(tmp_path, pair):
    with pytest.raises(
        ValueError, match="is the folder of supermask: it holds run"
    ):
        run(pair[0], pair)
    with lock.hold(str(tmp_path)):
        with pytest.raises(RuntimeError, match="is being worked on"):
            run(tmp_path, pair)


@pytest.mark.slow
def test_what_does_not_fit_leaves_nothing(tmp_path, pair):
    recipe = searches.changed(split_seed=5)
    split = searches.search(tmp_path / "split", 3, recipe)
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="one split_seed"):
        run(out, [pair[0], split])
    whole = searches.changed(validation_size=0)
    folders = [searches.search(tmp_path / f"{s}", s, whole) for s in (1, 2)]
    with pytest.raises(ValueError, match="validate"):
        run(out, folders, splits=("validate",))
    with pytest.raises(ValueError, match="of lottery_experiment$"):
        run(out, [pair[0], trunks.train(tmp_path / "trained")])
    assert not out.exists()
    assert run(out, [pair[0], split], splits=("test",))["barriers"]["test"] >= 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("init", "layer0, layer1 differ. Both searches need the same init_see"),
        ("rescaled", "whose rescaling are 'none' and 'dynamic'"),
        ("l2", "whose normalization are 'scale' and 'l2'"),
        ("wide", r"whose hidden_units are \(6,\) and \(7,\)"),
    ],
)
def test_other_pairs_are_refused(tmp_path, pair, others, name, message):
    with pytest.raises(ValueError, match=message):
        mask_connectivity.plan(str(tmp_path), pair[0], others[name])


@pytest.mark.slow
def test_examples_must_be_the_same_in_the_splits_used(tmp_path, pair, others):
    pair = (pair[0], others["split"])
    for splits in (None, ("train",), ("validate", "test")):
        with pytest.raises(ValueError, match="search both with one split_seed"):
            run(tmp_path, pair, splits=splits)
    with pytest.raises(ValueError, match="Unknown splits 'tests'"):
        run(tmp_path, pair, splits=("tests",))
    record = run(tmp_path, pair, splits=("test",))
    assert record["dataset"] == from_recipe.dataset(searches.RECIPE).checksum


ZEROS = {"layer0": np.zeros(200, np.uint8)}
ONES = {"layer0": np.ones(200, np.uint8)}


def path(**options):
    return mask_connectivity.MaskPath(**options)


def test_alphas_are_hundredths():
    alphas = path().alphas
    assert len(alphas) == 101
    assert alphas == [index / 100 for index in range(101)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": 1}, "points must be an integer, at least 2"),
        ({"way": "lineer"}, "Did you mean 'linear'"),
        ({"norm_statistics": "none"}, "norm_statistics"),
        ({"splits": ("tset",)}, "Did you mean 'test'"),
        ({"draws": 0}, "draws must be an integer, at least 1"),
        (
            {"draw_seed": -1},
            "draw_seed must be an integer, at least 0",
        ),
        ({"round_masks": True}, "round_masks is for way=linear"),
        ({"way": "linear", "draws": 2}, "draws is for way=probabilistic"),
        ({"way": "linear", "draw_seed": 0}, "draw_seed is for way=prob"),
    ],
)
def test_what_does_not_fit_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        path(**options)


def test_splits_are_in_one_order():
    assert path(splits=("test", "train", "test")).splits == ("train", "test")
    assert path(splits=()).splits is None


def test_the_seed_derives_from_the_searches_unless_given():
    one, other = (path().resolved(seed).draw_seed for seed in (1, 2))
    assert one != other
    assert path(draw_seed=0).resolved(1).draw_seed == 0
    assert path(way="linear").resolved(1).draw_seed is None


def test_settings_are_all_flags_as_json():
    settings = fields.as_dict(path(splits=("test",)).resolved(1))
    assert json.loads(json.dumps(settings)) == {
        **settings,
        "splits": ["test"],
    }
    assert set(settings) == {
        *("points", "way", "draws", "round_masks", "norm_statistics"),
        *("splits", "draw_seed"),
    }


def test_each_draw_is_another_and_holds_for_all_points():
    draws = path(draws=3).resolved(1).between(ZEROS, ONES)
    halves = [each(alpha=0.5)["layer0"] for each in draws]
    assert len({half.tobytes() for half in halves}) == 3
    for each, half in zip(draws, halves, strict=True):
        assert (each(alpha=0.4)["layer0"] <= half).all()
        np.testing.assert_array_equal(each(alpha=0.5)["layer0"], half)
    again = path(draws=3).resolved(1).between(ZEROS, ONES)[0]
    np.testing.assert_array_equal(again(alpha=0.5)["layer0"], halves[0])


@pytest.mark.parametrize("rounded", [False, True])
def test_the_linear_way_is_one(rounded):
    (way,) = path(way="linear", round_masks=rounded).between(ZEROS, ONES)
    expected = learned_masks.mixed(ZEROS, ONES, 0.7, rounded)
    np.testing.assert_array_equal(way(alpha=0.7)["layer0"], expected["layer0"])
