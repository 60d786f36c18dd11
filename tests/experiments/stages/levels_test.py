"""Tests of experiments/stages/levels.py, on the bundled digits."""

import functools
import json
import pathlib

import numpy as np
import pytest

from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.experiments.settings import level_rules, recipes, scoring
from lottery_ticket.experiments.stages import from_recipe, levels
from lottery_ticket.foundations import experiment
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.selection import pruning
from lottery_ticket.foundations.training import programs, run_settings
from lottery_ticket.tests import grids, planned, tiny

SIZES = {"layer0": 19200, "layer1": 30000, "layer2": 1000}
RECIPE = recipes.Recipe(
    training_len="40it",
    test_interval=20,
    drop_partial_batch=True,
    seed=1,
    jit=False,
)
DROPPING = recipes.Recipe(
    training_len="40it",
    test_interval=20,
    drop_partial_batch=True,
    seed=1,
    jit=False,
    optimizer="sgd",
    lr=0.1,
    schedule="piecewise",
    lr_drops=("20it", "30it"),
)


def run(
    directory, recipe=RECIPE, criterion=None, iterations=2, on_collapse="warn",
    **rules,
):  # fmt: skip
    """Runs an experiment of two prunings; returns its folder as text."""
    planned.run(
        lottery_experiment.plan,
        str(directory),
        recipe,
        scoring.Scoring(criterion),
        level_rules.LevelRules(**rules),
        iterations=None if "densities" in rules else iterations,
        on_collapse=on_collapse,
        quiet=True,
    )
    return str(directory)


def place(trial, level):
    return paths.run(trial, level, "same_init")


def initial(trial, level):
    return save_restore.restore_network(paths.initial(place(trial, level)))


def final(trial, level):
    return save_restore.restore_network(paths.final(place(trial, level)))


def masks(trial, level):
    return save_restore.restore_network(paths.masks(place(trial, level)))


def kept(trial, level):
    return {name: int(m.sum()) for name, m in masks(trial, level).items()}


def record(trial, level):
    return json.loads(pathlib.Path(place(trial, level), "run.json").read_text())


def bytes_of(trial, level):
    return tiny.result_bytes(place(trial, level))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return run(tmp_path_factory.mktemp("original"))


@pytest.fixture(scope="module")
def rewound(tmp_path_factory):
    directory = tmp_path_factory.mktemp("rewound")
    return run(directory, DROPPING, rewind_iteration="10it")


def test_rewinding_to_0_is_the_original_experiment(original, tmp_path):
    """The bytes of the loop as the paper has it, written by hand."""
    dataset = from_recipe.dataset(RECIPE)
    model = from_recipe.model(RECIPE, dataset)

    def train_model(level, dataset, model):
        directory = place(str(tmp_path), level)
        return from_recipe.train(RECIPE, dataset, model, directory)

    experiment.experiment(
        lambda: dataset,
        functools.partial(model.reset, seed=RECIPE.init_seed),
        train_model,
        functools.partial(pruning.prune_by_percent, RECIPE.fractions),
        iterations=2,
    )
    for level in range(3):
        assert bytes_of(original, level) == bytes_of(str(tmp_path), level)


def test_rewound_levels_start_from_level_0s_weights_at_that_iteration(rewound):
    saved = save_restore.restore_network(
        paths.at_iteration(place(rewound, 0), 10)
    )
    for level in (1, 2):
        started, pruned = initial(rewound, level), masks(rewound, level)
        for name, array in saved.items():
            mask = pruned.get(name, 1)
            np.testing.assert_array_equal(started[name], array * mask)
        assert record(rewound, level)["inputs"]["start_iteration"] == 10
        log = save_restore.read_log(place(rewound, level), "train")
        assert log["iteration"] == list(range(11, 41))
    assert any((initial(rewound, 0)[n] != saved[n]).any() for n in saved)


def test_rewinding_equals_a_run_that_starts_from_the_saved_state(
    rewound, tmp_path
):
    dataset = from_recipe.dataset(DROPPING)
    model = from_recipe.model(DROPPING, dataset)
    saved = save_restore.restore_network(
        paths.at_iteration(place(rewound, 0), 10)
    )
    model.reset(saved, masks(rewound, 1), DROPPING.init_seed)
    late = run_settings.Course("10it")
    from_recipe.train(DROPPING, dataset, model, str(tmp_path), course=late)
    assert tiny.result_bytes(tmp_path) == bytes_of(rewound, 1)


def test_a_restarted_level_is_a_whole_training_of_the_saved_state(
    rewound, tmp_path
):
    trial = run(
        tmp_path / "restarted",
        DROPPING,
        iterations=1,
        rewind_iteration="10it",
        restart=True,
    )
    assert bytes_of(trial, 0) == bytes_of(rewound, 0)
    saved = save_restore.restore_network(
        paths.at_iteration(place(trial, 0), 10)
    )
    dataset = from_recipe.dataset(DROPPING)
    model = from_recipe.model(DROPPING, dataset)
    model.reset(saved, masks(trial, 1), DROPPING.init_seed)
    from_recipe.train(DROPPING, dataset, model, str(tmp_path / "whole"))
    assert tiny.result_bytes(tmp_path / "whole") == bytes_of(trial, 1)
    log = save_restore.read_log(place(trial, 1), "train")
    assert log["iteration"] == list(range(1, 41))
    with pytest.raises(ValueError, match="restart: True there, "):
        run(
            tmp_path / "restarted",
            DROPPING,
            iterations=1,
            rewind_iteration="10it",
        )


def test_level_0_is_the_same_wherever_it_is_rewound_to(rewound, tmp_path):
    trial = run(tmp_path, DROPPING, iterations=0)
    plain = bytes_of(trial, 0)
    assert plain.items() < bytes_of(rewound, 0).items()


@pytest.mark.parametrize("retraining", ["lr_rewind", "finetune"])
@pytest.mark.slow
def test_weights_can_stay_where_they_are(tmp_path, retraining):
    trial = run(
        tmp_path, DROPPING, retraining=retraining, rewind_iteration="10it"
    )
    for level in (1, 2):
        before, started = final(trial, level - 1), initial(trial, level)
        pruned = masks(trial, level)
        for name, array in before.items():
            expected = np.where(pruned.get(name, 1), array, 0)
            np.testing.assert_array_equal(started[name], expected)
        inputs = record(trial, level)["inputs"]
        assert (inputs["start_iteration"], inputs["iterations"]) == (10, 40)
        rate = inputs["optimizer"]["learning_rate"]
        if retraining == "finetune":
            assert rate == pytest.approx(0.001, rel=1e-6)
        else:
            assert rate["config"]["start"] == 10
            assert rate["config"]["drops"] == [20, 30]


def test_densities_are_met_exactly(tmp_path):
    trial = run(tmp_path, densities=(0.5, 0.2, 0.0333))
    for level, density in enumerate((0.5, 0.2, 0.0333), start=1):
        expected = {name: round(density * n) for name, n in SIZES.items()}
        assert kept(trial, level) == expected
        for name, mask in masks(trial, level).items():
            assert (mask <= masks(trial, level - 1)[name]).all()
    assert not pathlib.Path(place(trial, 4)).exists()


@pytest.mark.slow
def test_a_target_density_over_all_layers_together(tmp_path):
    together = recipes.Recipe(
        training_len="40it",
        scope="global",
        fractions={"*": 0.2},
        seed=1,
        jit=False,
    )
    trial = run(tmp_path, together, target_density=0.04)
    for level, density in ((1, 0.2), (2, 0.04)):
        counts = kept(trial, level)
        assert sum(counts.values()) == round(density * sum(SIZES.values()))
        shares = [counts[name] / size for name, size in SIZES.items()]
        assert max(shares) > 1.2 * min(shares)


def test_one_shot_prunes_the_dense_network_once(tmp_path, original):
    trial = run(tmp_path, one_shot=True)
    assert bytes_of(trial, 0) == bytes_of(original, 0)
    for level in (1, 2):
        assert kept(trial, level) == kept(original, level)
        for name, mask in masks(trial, level).items():
            magnitudes = np.abs(final(trial, 0)[name])
            assert magnitudes[mask == 0].max() <= magnitudes[mask == 1].min()
    differing = masks(original, 2)["layer1"] != masks(trial, 2)["layer1"]
    assert differing.any()


def test_legacy_counts_prune_one_weight_less(tmp_path):
    trial = run(tmp_path, rounding="legacy")
    assert kept(trial, 1) == {"layer0": 15361, "layer1": 24001, "layer2": 901}
    assert record(trial, 1)["settings"]["rounding"] == "legacy"


def test_a_criterion_that_decides_by_itself(tmp_path, monkeypatch):
    trial = run(tmp_path, criterion="large_final_same_sign_single")
    for level in (1, 2):
        started, ended = initial(trial, level - 1), final(trial, level - 1)
        for name, mask in masks(trial, level).items():
            is_same = np.sign(started[name]) == np.sign(ended[name])
            before = masks(trial, level - 1)[name]
            np.testing.assert_array_equal(mask, is_same & (before == 1))
    monkeypatch.setattr(from_recipe, "dataset", None)
    with pytest.raises(ValueError, match="decides by signs how much goes"):
        run(tmp_path, criterion="large_final_diff_sign_single", one_shot=True)


@pytest.mark.parametrize(
    "criterion",
    grids.thinned(["large_init", "random", "snip"], ["snip"]),
)
def test_other_criteria_prune_what_is_left(tmp_path, original, criterion):
    trial = run(tmp_path, criterion=criterion)
    for level in (1, 2):
        assert kept(trial, level) == kept(original, level)
        for name, mask in masks(trial, level).items():
            assert (mask <= masks(trial, level - 1)[name]).all()
    differing = masks(original, 1)["layer1"] != masks(trial, 1)["layer1"]
    assert differing.mean() > 0.01
    if criterion == "large_init":
        for name, mask in masks(trial, 2).items():
            magnitudes = np.abs(initial(trial, 0)[name])
            assert magnitudes[mask == 0].max() <= magnitudes[mask == 1].min()


@pytest.mark.parametrize(
    ("criterion", "iterations", "one_shot", "fits"),
    [
        ("snip", 2, False, False),
        ("synflow", 1, False, False),  # In steps.
        ("snip", 1, False, True),
        ("snip", 2, True, True),
        ("movement", 2, False, True),
    ],
)
def test_gradients_are_not_taken_where_pruned_weights_are_held(
    tmp_path, criterion, iterations, one_shot, fits
):
    def make(action):
        rules = level_rules.LevelRules(mask_0_action=action, one_shot=one_shot)
        levels.Levels(
            str(tmp_path),
            RECIPE,
            scoring.Scoring(criterion),
            rules,
            iterations=iterations,
        )

    make("zero")
    if fits:
        make("freeze_init")
    else:
        with pytest.raises(ValueError, match="takes pruned weights for 0"):
            make("freeze_init")


@pytest.mark.slow
def test_collapse_stops_a_level_and_keeps_those_before(tmp_path, monkeypatch):
    all_of_it = recipes.Recipe(
        training_len="40it",
        fractions={"layer0": 1, "layer1": 0.2},
        seed=1,
        jit=False,
    )
    with pytest.raises(
        ValueError, match="level 1/2: layer 'layer0' keeps none"
    ):
        run(tmp_path, all_of_it, on_collapse="stop")
    assert record(str(tmp_path), 0)["density"]["layer0"] == [19200, 19200]
    assert not pathlib.Path(place(str(tmp_path), 1), "final").exists()


def test_effective_weights_are_counted(original):
    found = record(original, 2)
    for name, effective in found["effective"].items():
        assert 0.9 * found["density"][name][0] < effective
        assert effective <= found["density"][name][0]
    assert record(original, 0)["effective"] is None


@pytest.mark.parametrize("start", ["40it", "3ep"])
def test_a_rewind_beyond_training_is_an_error_before_any(
    tmp_path, start, monkeypatch
):
    monkeypatch.setattr(programs.Program, "launch", None)
    with pytest.raises(ValueError, match="Training cannot start at iteration"):
        run(tmp_path / "trial1", rewind_iteration=start)
    assert not (tmp_path / "trial1").exists()


def test_other_rules_are_other_experiments(original):
    with pytest.raises(ValueError, match="rewind_iteration: '0it' there"):
        run(original, rewind_iteration="10it")
    with pytest.raises(ValueError, match="criterion: 'large_final' there"):
        run(original, criterion="snip")


@pytest.mark.parametrize(
    "retraining", grids.thinned(["lr_rewind", "finetune"], ["lr_rewind"])
)
def test_one_shot_levels_keep_the_dense_networks_weights(tmp_path, retraining):
    trial = run(tmp_path, DROPPING, one_shot=True, retraining=retraining)
    for level in (1, 2):
        dense, pruned = final(trial, 0), masks(trial, level)
        for name, array in initial(trial, level).items():
            expected = np.where(pruned.get(name, 1), dense[name], 0)
            np.testing.assert_array_equal(array, expected)


def test_finished_levels_are_not_scored_again(tmp_path, monkeypatch):
    trial = run(tmp_path, criterion="snip", iterations=1)
    scored = []
    real = scoring.prune

    def noted(*arguments, **options):
        scored.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(scoring, "prune", noted)
    run(tmp_path, criterion="snip", iterations=2)
    assert len(scored) == 1
    for name, mask in masks(trial, 2).items():
        assert (mask <= masks(trial, 1)[name]).all()


@pytest.mark.slow
def test_a_stopped_experiment_draws_scores_as_an_undisturbed_one(tmp_path):
    deep = recipes.Recipe(
        training_len="20it",
        hidden_units=(3,) * 10,  # By name, layer10 comes before layer2.
        fractions={"*": 0.2},
        seed=1,
        jit=False,
    )
    whole = run(tmp_path / "whole", deep, "random")
    stopped = run(tmp_path / "stopped", deep, "random", iterations=1)
    run(stopped, deep, "random")
    assert bytes_of(stopped, 2) == bytes_of(whole, 2)


@pytest.mark.slow
def test_levels_save_their_weights_every_few_iterations(tmp_path):
    saving = {"iterations": 1, "save_iterations": ("every:15it",)}
    rules = level_rules.LevelRules(rewind_iteration="20it")
    more = (scoring.Scoring(), rules)
    planned.run(lottery_experiment.plan, str(tmp_path), RECIPE, *more, **saving)
    held = [
        {
            path.name
            for path in pathlib.Path(place(str(tmp_path), level)).iterdir()
        }
        for level in (0, 1)
    ]
    assert {"iteration15", "iteration20", "iteration30"} <= held[0]
    assert "iteration30" in held[1] and "iteration15" not in held[1]
    for level in (0, 1):
        settings = record(str(tmp_path), level)["settings"]
        assert settings["save_iterations"] == ["every:15it"]


def test_weights_saved_beyond_training_are_an_error_before_any(tmp_path):
    with pytest.raises(ValueError, match="of iteration 76 cannot be saved"):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path / "trial1"),
            RECIPE,
            save_iterations=("4ep",),
        )
    assert not (tmp_path / "trial1").exists()
