"""Tests of analysis/reading/pairs.py."""

import math
import tempfile

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from lottery_ticket.analysis.reading import pairs, spreads
from lottery_ticket.foundations.values import headline
from lottery_ticket.tests.analysis import fake_results, fake_trials

ACCURACY = headline.ACCURACY
TICKET = "lottery_experiment"
# Dense 0.9 in the mean with a deviation of 0.01; level 1 as good, and better
# than its control in each trial; level 2 worse than dense; level 3 no better
# than its control.
THREE = {
    "same_init": {
        0: [0.89, 0.9, 0.91],
        1: [0.89, 0.9, 0.91],
        2: [0.85, 0.86, 0.87],
        3: [0.89, 0.9, 0.91],
    },
    "reinit": {
        1: [0.84, 0.85, 0.87],
        2: [0.70, 0.71, 0.72],
        3: [0.88, 0.93, 0.89],
    },
}


def test_each_trial_stands_beside_its_dense_network_and_control(tmp_path):
    trials = pairs.by_trial(fake_trials.read(tmp_path, THREE))
    row = trials[(trials["level"] == 1) & (trials["trial"] == 3)].iloc[0]
    assert row[["accuracy", "dense_accuracy", "control_accuracy"]].tolist() == (
        pytest.approx([0.91, 0.91, 0.87])
    )
    assert row["control"] == "reinit"
    own = trials[(trials["experiment"] == "reinit") & (trials["level"] == 2)]
    assert own["dense_accuracy"].tolist() == pytest.approx([0.89, 0.9, 0.91])
    assert own["control_accuracy"].isna().all()


def test_runs_of_a_trial_are_one(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    found = fake_results.read(tmp_path).runs
    trials = pairs.by_trial(found)
    own = trials[trials["experiment"] == "reinit"]
    assert own["accuracy"].tolist() == pytest.approx([0.84, 0.86])
    assert own["early_stop_iteration"].isna().all()  # Censored.
    table = pairs.differences(trials, ACCURACY)
    assert table[["against", "n"]].to_numpy().tolist() == [
        *(["dense", 2], ["dense", 2], ["reinit", 2], ["dense", 2])
    ]
    last = table.iloc[-1]
    assert last["accuracy_mean"] == pytest.approx(-0.06)


def _stop(output_dir, trial, level, at, experiment="same_init", run_id=""):
    """Writes a run that stops early at an iteration; 200 is the end."""
    loss = {0: (1, 2, 2), 100: (2, 1, 2), 200: (3, 2, 1)}[at]
    fake_results.write_run(
        str(output_dir), trial, level, experiment, run_id, validate_loss=loss
    )


def test_a_trial_with_a_censored_stop_has_no_known_one(tmp_path):
    _stop(tmp_path, 1, 0, 100)
    _stop(tmp_path, 1, 1, 100)
    for run_id, at in enumerate((100, 200, 200), 1):
        _stop(tmp_path, 1, 1, at, "reinit", run_id)
    trials = pairs.by_trial(fake_results.read(tmp_path).runs)
    pruned = trials[trials["level"] == 1].set_index("experiment")
    ticket, reinit = pruned.loc["same_init"], pruned.loc["reinit"]
    assert (ticket["early_stop_iteration"], ticket["early_stop_censored"]) == (
        (100, 0)
    )
    assert math.isnan(reinit["early_stop_iteration"])
    assert reinit["early_stop_censored"] == 2
    assert math.isnan(ticket["control_early_stop_iteration"])
    assert ticket["control_early_stop_censored"] == 2
    table = pairs.differences(trials, ACCURACY).set_index("against")
    row = table.loc["reinit"]
    counts = ["n", "early_stop_iteration_n", "early_stop_censored"]
    assert row[counts].tolist() == [1, 0, 1]
    assert math.isnan(row["early_stop_iteration_mean"])


def test_stops_that_are_not_recorded_are_not_censored(tmp_path):
    _stop(tmp_path, 1, 0, 100)
    _stop(tmp_path, 1, 1, 100)
    _stop(tmp_path, 1, 1, 100, "reinit", 1)
    write = fake_results.write_run
    write(str(tmp_path), 1, 1, "reinit", 2, validate_loss=None)
    trials = pairs.by_trial(fake_results.read(tmp_path).runs)
    reinit = trials[trials["experiment"] == "reinit"].iloc[0]
    assert reinit["early_stop_iteration"] == 100
    assert reinit["early_stop_censored"] == 0


def test_differences_of_stops_are_blank_where_one_is_censored(tmp_path):
    for trial, at in enumerate((100, 100, 200, 200, 200), 1):
        _stop(tmp_path, trial, 0, 100)
        _stop(tmp_path, trial, 1, at)
        _stop(tmp_path, trial, 2, 0)
    trials = pairs.by_trial(fake_results.read(tmp_path).runs)
    first, second = pairs.differences(trials, ACCURACY).to_dict("records")
    counts = ["n", *pairs.counts(ACCURACY)]
    assert counts == [
        *("n", "early_stop_accuracy_n", "early_stop_iteration_n"),
        "early_stop_censored",
    ]
    assert [first[name] for name in counts] == [5, 5, 2, 3]
    assert [second[name] for name in counts] == [5, 5, 5, 0]
    parts = ("mean", "min", "max", "std", "low95", "high95")
    names = [f"early_stop_iteration_{part}" for part in parts]
    assert all(math.isnan(first[name]) for name in names)
    assert [second[name] for name in names] == [-100, -100, -100, 0, -100, -100]


@pytest.mark.parametrize(
    "experiment, names, control",
    [
        ("same_init", ["same_init", "reinit"], "reinit"),
        ("same_init", ["same_init", "snip", "reinit"], "reinit"),
        ("mine", ["mine", "reinit"], "reinit"),
        ("mine", ["mine", "same_init", "reinit"], ""),
        ("mine", ["mine", "same_init", "reinit", "mine_reinit"], "mine_reinit"),
        ("snip", ["snip", "snip_reinit"], "snip_reinit"),
        ("a/same_init", ["a/same_init", "a/reinit", "reinit"], "a/reinit"),
        ("a/same_init", ["a/same_init", "b/reinit"], ""),
        ("shuffle", ["same_init", "reinit", "shuffle"], ""),
        ("reinit", ["same_init", "reinit"], ""),
    ],
)
def test_whose_control(experiment, names, control):
    tickets = ("same_init", "mine", "snip", "a/same_init")
    kinds = {name: TICKET if name in tickets else "branch" for name in names}
    assert pairs.control_of(experiment, kinds, "reinit") == control


def test_another_control_may_be_named():
    kinds = {"same_init": TICKET, "reinit": "branch", "shuffle": "branch"}
    assert pairs.control_of("same_init", kinds, "shuffle") == "shuffle"


def test_the_margin_is_the_deviation_of_dense_runs_or_given(tmp_path):
    trials = pairs.by_trial(fake_trials.read(tmp_path, THREE))
    margins = pairs.margins(trials, ACCURACY)
    assert margins == pytest.approx({"same_init": 0.01, "reinit": 0.01})
    given = pairs.margins(trials, ACCURACY, 0.5)
    assert given == pytest.approx({"same_init": 0.005, "reinit": 0.005})
    one = trials[trials["trial"] == 1]
    assert pairs.margins(one, ACCURACY)["same_init"] == 0


@pytest.mark.parametrize("kind", [ACCURACY, fake_results.MAE])
def test_what_wins_is_as_good_as_dense_and_better_than_its_control(
    tmp_path, kind
):
    experiments = THREE
    if not kind.higher_is_better:
        experiments = {
            name: {
                level: [2 - each for each in own] for level, own in of.items()
            }
            for name, of in THREE.items()
        }
    trials = pairs.by_trial(fake_trials.read(tmp_path, experiments, kind))
    margins = pairs.margins(trials, kind)
    assert pairs.winning(trials, kind, margins) == {("same_init", 1)}
    wide = dict.fromkeys(margins, 0.1)
    won = {("same_init", 1), ("same_init", 2)}
    assert pairs.winning(trials, kind, wide) == won
    two = trials[trials["trial"] < 3]
    assert pairs.winning(two, kind, wide) == set()


def test_nothing_wins_without_a_control(tmp_path):
    ticket = {"same_init": THREE["same_init"]}
    trials = pairs.by_trial(fake_trials.read(tmp_path, ticket))
    assert pairs.winning(trials, ACCURACY, {"same_init": 1.0}) == set()
    assert set(pairs.differences(trials, ACCURACY)["against"]) == {"dense"}


def test_trials_that_lack_one_do_not_count(tmp_path):
    experiments = {
        "same_init": {0: [0.9, 0.8, None], 1: [0.8, 0.9, 0.7]},
        "reinit": {1: [None, 0.5, 0.5]},
    }
    trials = pairs.by_trial(fake_trials.read(tmp_path, experiments))
    table = pairs.differences(trials, ACCURACY)
    to_dense = table[table["experiment"] == "same_init"].set_index("against")
    assert to_dense["n"].to_dict() == {"dense": 2, "reinit": 2}
    assert to_dense["accuracy_min"]["dense"] == pytest.approx(-0.1)
    assert to_dense["accuracy_max"]["reinit"] == pytest.approx(0.4)


@hypothesis.settings(max_examples=8, deadline=None)
@hypothesis.given(
    strategies.lists(
        strategies.tuples(*[strategies.floats(0, 1)] * 3),
        min_size=1,
        max_size=4,
    )
)
def test_differences_are_those_of_a_numpy_twin(values):
    values = np.float32(values).astype(float)
    dense, ticket, control = values.T
    experiments = {
        "same_init": {0: dense, 1: ticket},
        "reinit": {1: control},
    }
    with tempfile.TemporaryDirectory() as folder:
        trials = pairs.by_trial(fake_trials.read(folder, experiments))
    table = pairs.differences(trials, ACCURACY)
    own = table[table["experiment"] == "same_init"].set_index("against")
    for against, reference in (("dense", dense), ("reinit", control)):
        paired, row = ticket - reference, own.loc[against]
        assert row["n"] == len(values)
        assert row["accuracy_mean"] == pytest.approx(paired.mean(), abs=1e-6)
        assert row["accuracy_min"] == pytest.approx(paired.min(), abs=1e-6)
        assert row["early_stop_iteration_mean"] == 0
        if len(values) == 1:
            assert math.isnan(row["accuracy_std"])
            continue
        std = paired.std(ddof=1)
        half = spreads.half_width(std, len(values))
        assert row["accuracy_std"] == pytest.approx(std, abs=1e-6)
        high = row["accuracy_high95"]
        assert high == pytest.approx(paired.mean() + half, abs=1e-5)
