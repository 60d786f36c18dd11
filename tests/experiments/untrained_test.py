"""Tests of experiments/untrained.py, on the bundled digits."""

import json
import pathlib

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import untrained
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import lock, paths, save_restore
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
)
from lottery_ticket.tests import planned
from lottery_ticket.tests.experiments import trunks

# Long enough to move weights, wide enough for ties to be few.
RECIPE = attrs.evolve(
    trunks.RECIPE, training_len="60it", lr=0.01, hidden_units=(20,)
)
GIVEN = {"criteria": ("large_final", "movement", "random"), "iterations": 3}
GRID = untrained.Grid(**GIVEN)
CUTS = 1 + 3 * 3


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    """Folder of a finished dense run."""
    directory = tmp_path_factory.mktemp("results") / "trial1/0/large_final"
    return trunks.train(directory, RECIPE)


@pytest.fixture(scope="module")
def done(tmp_path_factory, dense):
    """Folder of a finished grid."""
    directory = tmp_path_factory.mktemp("results") / "trial1/0/untrained"
    planned.run(untrained.plan, str(directory), dense, GRID, quiet=True)
    return directory


def read(directory):
    return untrained.RESULT.read(str(directory))


def run(directory, dense, grid=GRID, **options):
    """Evaluates it; returns the bytes of the result."""
    options = {"quiet": True} | options
    planned.run(untrained.plan, str(directory), dense, grid, **options)
    return (pathlib.Path(directory) / "untrained.json").read_bytes()


def twin(network, split, prepare):
    """Loss and accuracy of a network with one hidden layer, in float64.

    The accuracy is a pair, lowest and highest: sums of constants can tie.
    """
    x = np.float64(batches.prepared(prepare, split.x)).reshape(split.size, -1)
    x = np.maximum(x @ network["layer0"] + network["layer0_bias"], 0)
    logits = x @ network["layer1"] + network["layer1_bias"]
    rows = np.arange(split.size)
    own = logits[rows, split.y]
    logits[rows, split.y] = -np.inf
    margins = own - logits.max(1)
    logits[rows, split.y] = own
    losses = np.log(np.exp(logits).sum(1)) - own
    return losses.mean(), ((margins > 1e-6).mean(), (margins > -1e-6).mean())


def expected_network(dense, criterion, action, level):
    """The masked network, from the files of the run, and its density."""
    initial, final = (
        save_restore.restore_network(f"{dense}/{end}")
        for end in ("initial", "final")
    )
    network, kept, total = dict(initial), 0, 0
    for name in ("layer0", "layer1"):
        w, trained = np.float64(initial[name]), np.float64(final[name])
        score = np.abs(trained - (w if criterion == "movement" else 0))
        count = w.size - round((1 - 0.8**level) * w.size)
        mask = score >= np.sort(score.ravel())[-count]
        values = w if action == "rewind" else np.sign(w) * w.std()
        network[name] = values * mask
        kept, total = kept + count, total + w.size
    return network, kept / total


def test_cells_are_as_numpy_has_them(done, dense):
    dataset = from_recipe.dataset(RECIPE)
    cells = [
        cell for cell in read(done)["cells"] if cell["criterion"] != "random"
    ]
    assert len(cells) == 2 * 2 * 4
    for cell in cells:
        network, density = expected_network(
            dense, cell["criterion"], cell["mask_1_action"], cell["level"]
        )
        assert cell["density"] == pytest.approx(density, abs=1e-12)
        for name in ("validate", "test"):
            split = dataset.splits[name]
            loss, (low, high) = twin(network, split, dataset.prepare)
            assert cell[name]["loss"] == pytest.approx(loss, rel=1e-5)
            assert low - 1e-6 <= cell[name]["accuracy"] <= high + 1e-6
            assert high - low < 0.05


def test_what_is_recorded(done):
    record = read(done)
    assert list(record) == ["settings", "cells", "num_classes", "environment"]
    assert record["num_classes"] == 10
    settings = record["settings"]
    assert settings["experiment"] == "untrained"
    assert settings["criteria"] == list(GRID.criteria)
    assert settings["levels"] == [0, 1, 2, 3]
    assert settings["mask_1_actions"] == ["rewind", "signed_constant"]
    assert (settings["recipe"], settings["model"]) == ("digits_fc", "fc")
    assert len(settings["run"]) == 64
    places = [
        (cell["criterion"], cell["mask_1_action"], cell["level"])
        for cell in record["cells"]
    ]
    assert places == [
        (criterion, action, level)
        for criterion in GRID.criteria
        for action in GRID.mask_1_actions
        for level in range(4)
    ]
    assert list(record["cells"][0]) == [
        *("criterion", "mask_1_action", "level", "density"),
        *("validate", "test"),
    ]
    dense = [
        {**cell, "criterion": None}
        for cell in record["cells"]
        if (cell["level"], cell["mask_1_action"]) == (0, "rewind")
    ]
    assert dense[0]["density"] == 1 and dense == dense[:1] * 3
    lock_name = pathlib.Path(paths.lock(str(done))).name
    assert set(files.names(str(done))) - {lock_name} == {"untrained.json"}


def test_its_paths_are_frozen():
    assert untrained.RESULT.path("out/trial1/0/untrained") == (
        "out/trial1/0/untrained/untrained.json"
    )
    assert untrained.PART.name == "untrained_part.json"


def test_criteria_that_decide_have_one_level(tmp_path, dense):
    grid = untrained.Grid(
        criteria=("large_final_same_sign_single", "snip"), iterations=2
    )
    run(tmp_path, dense, grid)
    levels = [
        (cell["criterion"], cell["level"]) for cell in read(tmp_path)["cells"]
    ]
    sign = "large_final_same_sign_single"
    assert levels[:4] == [(sign, level) for level in (0, 1, 0, 1)]
    assert levels[4:] == [("snip", level) for level in (0, 1, 2, 0, 1, 2)]


def test_one_evaluation_serves_all_cells(tmp_path, dense, monkeypatch):
    traced, plain = [], network_evaluation.Evaluation._sum_up

    def counting(self, x, targets, values, sums):
        traced.append(self)
        return plain(self, x, targets, values, sums)

    monkeypatch.setattr(network_evaluation.Evaluation, "_sum_up", counting)
    from_recipe.forget()  # With what was compiled before.
    run(tmp_path, dense)
    assert len(traced) == 1


def test_it_is_the_same_each_time_but_with_another_seed(tmp_path, dense, done):
    same = run(tmp_path / "same", dense)
    assert same == (done / "untrained.json").read_bytes()
    grid = attrs.evolve(GRID, draw_seed=8)
    run(tmp_path / "other", dense, grid)
    pairs = zip(
        read(done)["cells"], read(tmp_path / "other")["cells"], strict=True
    )
    assert {
        cell["criterion"]
        for cell, other in pairs
        if cell != other and cell["level"]
    } == {"random"}


class Interrupting:
    """Evaluates a number of times, and is stopped then."""

    def __init__(self, monkeypatch, count):
        self.calls, self._count = 0, count
        self._plain = network_evaluation.NetworkEvaluation.evaluate
        monkeypatch.setattr(
            network_evaluation.NetworkEvaluation,
            "evaluate",
            lambda evaluating, network: self(evaluating, network),
        )

    def __call__(self, evaluating, network):
        if self.calls == self._count:
            raise KeyboardInterrupt
        self.calls += 1
        return self._plain(evaluating, network)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 19])
def test_killed_anywhere_it_goes_on_to_the_same_bytes(
    tmp_path, dense, done, monkeypatch, count
):
    monkeypatch.setattr(untrained, "SAVE_INTERVAL_S", 0)
    with monkeypatch.context() as patch:
        Interrupting(patch, count)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, dense)
    assert not (tmp_path / "untrained.json").exists()
    assert untrained.PART.read(str(tmp_path)) or count < 2
    resumed = Interrupting(monkeypatch, 999)
    expected = (done / "untrained.json").read_bytes()
    assert run(tmp_path, dense) == expected
    assert resumed.calls == 2 * (CUTS - count // 2)  # None of them twice.
    assert not (tmp_path / "untrained_part.json").exists()


def test_results_so_far_are_saved_now_and_then(tmp_path, dense, monkeypatch):
    written, plain = [], files.write

    def counting(path, data):
        written.append(path)
        plain(path, data)

    monkeypatch.setattr(files, "write", counting)
    run(tmp_path, dense)
    assert [pathlib.Path(path).name for path in written] == ["untrained.json"]


def test_a_part_of_other_settings_is_refused(tmp_path, dense, monkeypatch):
    monkeypatch.setattr(untrained, "SAVE_INTERVAL_S", 0)
    with monkeypatch.context() as patch:
        Interrupting(patch, 9)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, dense)
    grid = attrs.evolve(GRID, mask_0_action="freeze_final")
    message = "mask_0_action: 'zero' there, 'freeze_final' now"
    with pytest.raises(ValueError, match=message):
        run(tmp_path, dense, grid)


def test_a_finished_file_as_a_part_is_none(tmp_path, dense, done):
    whole = (done / "untrained.json").read_bytes()
    (tmp_path / "untrained_part.json").write_bytes(whole)
    assert run(tmp_path, dense) == whole


def test_a_damaged_part_is_done_again(
    tmp_path, dense, done, monkeypatch, caplog
):
    monkeypatch.setattr(untrained, "SAVE_INTERVAL_S", 0)
    with monkeypatch.context() as patch:
        Interrupting(patch, 9)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, dense)
    part = tmp_path / "untrained_part.json"
    part.write_text(part.read_text()[:-9])
    assert run(tmp_path, dense) == (done / "untrained.json").read_bytes()
    assert "untrained_part.json is damaged" in caplog.text


def test_a_finished_one_is_skipped(done, dense, monkeypatch, capsys):
    monkeypatch.setattr(from_recipe, "dataset", None)
    run(done, dense, quiet=False)
    assert "complete already" in capsys.readouterr().err
    assert planned.is_complete(untrained.plan, str(done), dense, GRID)


def test_nothing_is_complete_before_it_is(tmp_path, dense):
    assert not planned.is_complete(
        untrained.plan, str(tmp_path / "new"), dense, GRID
    )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"iterations": 4}, "levels: .* there, .* now"),
        ({"criteria": ("random",)}, "criteria: "),
        ({"rounding": "legacy"}, "rounding: 'exact' there, 'legacy' now"),
        ({"draw_seed": 3}, "draw_seed: "),
        ({"score_examples": 3}, "score_examples: 10 there, 3 now"),
        ({"mask_1_actions": ("rewind",)}, "mask_1_actions: "),
    ],
)
def test_other_settings_are_refused(done, dense, changed, message):
    grid = attrs.evolve(GRID, **changed)
    with pytest.raises(ValueError, match=message):
        run(done, dense, grid)
    with pytest.raises(ValueError, match=message):
        planned.is_complete(untrained.plan, str(done), dense, grid)


@pytest.mark.slow
def test_another_run_is_refused(tmp_path, done):
    recipe = attrs.evolve(RECIPE, training_len="61it")
    other = trunks.train(tmp_path / "other", recipe)
    with pytest.raises(ValueError, match="run: '.* there, '.* now"):
        run(done, other)


def test_what_does_not_fit_leaves_nothing(tmp_path, dense):
    out = tmp_path / "out"
    pruned = trunks.train(tmp_path / "pruned", masks=trunks.masks())
    with pytest.raises(ValueError, match="A dense run is needed"):
        run(out, pruned)
    with pytest.raises(FileNotFoundError, match="which has no run.json"):
        run(out, str(tmp_path / "nowhere"))
    assert not out.exists()


def test_other_data_leave_nothing(tmp_path, dense, monkeypatch):
    plain = from_recipe.dataset
    monkeypatch.setattr(
        from_recipe,
        "dataset",
        lambda recipe: plain(attrs.evolve(recipe, subset=100)),
    )
    with pytest.raises(ValueError, match="trained on other data"):
        run(tmp_path / "out", dense)
    assert not (tmp_path / "out").exists()


def test_folders_of_other_results_are_refused(tmp_path, dense):
    with pytest.raises(
        ValueError, match="is the folder of lottery_experiment: it holds"
    ):
        run(dense, dense)
    (tmp_path / "connectivity.json").touch()
    with pytest.raises(ValueError, match="is the folder of instability"):
        run(tmp_path, dense)


def test_one_process_at_a_time(tmp_path, dense):
    with lock.hold(str(tmp_path)), pytest.raises(RuntimeError, match="being"):
        run(tmp_path, dense)


def test_the_best_on_validation_is_told(tmp_path, dense, capsys):
    run(tmp_path, dense, quiet=False)
    shown = capsys.readouterr().err.strip().splitlines()
    assert len(shown) == 3 * 2
    cells = [
        cell
        for cell in read(tmp_path)["cells"]
        if (cell["criterion"], cell["mask_1_action"]) == ("movement", "rewind")
    ]
    best = min(
        cells,
        key=lambda cell: (
            -cell["validate"]["accuracy"],
            cell["validate"]["loss"],
        ),
    )
    assert shown[2] == (
        f"movement, rewind: best at density {best['density']:.4f}, validate "
        f"{100 * best['validate']['accuracy']:.2f} %, test "
        f"{100 * best['test']['accuracy']:.2f} %"
    )


@pytest.mark.slow
def test_without_a_validation_set_nothing_is_chosen(tmp_path, capsys):
    recipe = attrs.evolve(RECIPE, validation_size=0)
    dense = trunks.train(tmp_path / "dense", recipe)
    capsys.readouterr()
    grid = untrained.Grid(criteria=("random",), iterations=1)
    run(tmp_path / "out", dense, grid, quiet=False)
    assert "no validation set to choose on" in capsys.readouterr().err
    for cell in json.loads((tmp_path / "out/untrained.json").read_text())[
        "cells"
    ]:
        assert "validate" not in cell and 0 <= cell["test"]["accuracy"] <= 1


NORM = """
import keras

def build(input_shape, num_classes):
    return keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(6),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(num_classes),
    ])
"""


@pytest.mark.slow
def test_batch_normalisations_have_their_first_statistics(tmp_path):
    path = tmp_path / "networks.py"
    path.write_text(NORM)
    settings = {**trunks.SETTINGS, "hidden_units": None}
    recipe = recipes.Recipe("digits_fc", model=f"{path}:build", **settings)
    dense = trunks.train(tmp_path / "dense", recipe)
    grid = untrained.Grid(criteria=("large_final",), iterations=1)
    run(tmp_path / "out", dense, grid)
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset, quiet=True)
    initial, final = (
        save_restore.restore_network(f"{dense}/{end}")
        for end in ("initial", "final")
    )
    assert (initial["norm_moving_mean"] != final["norm_moving_mean"]).any()
    evaluating = network_evaluation.NetworkEvaluation(model, dataset, ("test",))
    expected = evaluating.evaluate(initial)["test"]
    assert read(tmp_path / "out")["cells"][0]["test"] == expected


@pytest.mark.parametrize("granularity", ["unit", "2:4"])
def test_groups_are_pruned_at_once(tmp_path, dense, granularity):
    grid = untrained.Grid(
        criteria=("large_final",),
        iterations=1 if granularity == "2:4" else 2,
        granularity=granularity,
    )
    run(tmp_path, dense, grid)
    record = read(tmp_path)
    assert record["settings"]["granularity"] == granularity
    final = save_restore.restore_network(f"{dense}/final")
    sizes = final["layer0"].shape, final["layer1"].shape
    total = sum(np.prod(each) for each in sizes)
    densities = {cell["level"]: cell["density"] for cell in record["cells"]}
    if granularity == "2:4":
        assert densities == {0: 1.0, 1: 0.5}
        return
    for level, density in densities.items():
        units = round(0.8**level * sizes[0][1])
        kept = units * (sizes[0][0] + sizes[1][1])
        assert density == pytest.approx(kept / total, abs=1e-12)


def test_pruned_weights_that_are_held_feed_what_reads_a_unit(tmp_path, dense):
    grid = untrained.Grid(mask_0_action="freeze_init", granularity="unit")
    with pytest.raises(ValueError, match="expected mask_0_action=zero"):
        run(tmp_path, dense, grid)
