"""Tests of experiments/reproductions/measures.py."""

import pandas as pd
import pytest

from lottery_ticket.experiments.reproductions import claims, measures


def runs(*rows):
    """Rows of (experiment, trial, density, accuracy, stop), a run each."""
    return pd.DataFrame(
        [
            {
                "experiment": experiment,
                "trial": trial,
                "density": density,
                "early_stop_accuracy": accuracy,
                "accuracy": accuracy - 0.01,
                "early_stop_iteration": stop,
                "early_stop_censored": stop == 500,
            }
            for experiment, trial, density, accuracy, stop in rows
        ]
    )


RUNS = runs(
    ("same_init", 1, 1.0, 0.97, 400.0),
    ("same_init", 2, 1.0, 0.96, 200.0),
    ("same_init", 1, 0.21, 0.98, 200.0),
    ("same_init", 2, 0.21, 0.98, 50.0),
    ("same_init", 1, 0.16, 0.5, 10.0),
    ("reinit", 1, 0.21, 0.95, 500.0),
    ("reinit", 1, 0.21, 0.93, 300.0),
    ("reinit", 2, 0.21, 0.96, 100.0),
    ("reinit", 2, 0.21, 0.96, 100.0),
)


def of(measure, is_rough=False, **tables):
    found = measure(claims.Found({"runs": RUNS, **tables}, is_rough))
    return {trial: round(value, 9) for trial, value in found.items()}


def test_accuracies_are_in_percent_by_trial():
    assert of(measures.accuracy(1)) == {1: 97, 2: 96}
    assert of(measures.accuracy(0.211)) == {1: 98, 2: 98}
    at_end = measures.accuracy(0.211, column=measures.AT_END)
    assert of(at_end) == {1: 97, 2: 97}


def test_before_training_is_a_searchs_own_number_or_the_first_of_a_run():
    drawn = RUNS.assign(start_accuracy=0.1)
    gems = RUNS.query("experiment == 'reinit'").assign(before_accuracy=0.6)
    tables = {"runs": drawn, "gems": gems}
    assert of(measures.before(0.21, "same_init"), **tables) == {1: 10, 2: 10}
    assert of(measures.before(0.21, "reinit"), **tables) == {1: 60, 2: 60}
    older = claims.Found({"runs": RUNS})
    assert measures.known(measures.before(0.21, "same_init"), older).empty


def test_gains_are_of_one_trial_with_the_mean_of_its_runs():
    assert of(measures.gain(0.21)) == {1: 1, 2: 2}
    assert of(measures.gain(0.21, "reinit")) == {1: 4, 2: 2}
    assert of(measures.gain(0.21, experiment="reinit")) == {1: -3, 2: 0}


def test_what_is_sooner_is_a_ratio_and_a_censored_stop_is_none():
    assert of(measures.sooner(0.21)) == {1: 2, 2: 4}
    found = measures.sooner(0.21, than="reinit")(claims.Found({"runs": RUNS}))
    assert found[2] == 2
    assert pd.isna(found[1])


def test_a_trial_that_lacks_a_run_is_missing():
    lacking = claims.Found({"runs": RUNS.iloc[:-1]})
    measures.gain(0.21)(lacking)
    with pytest.raises(claims.Missing, match="reinit has fewer runs in some"):
        measures.gain(0.21, "reinit")(lacking)


def test_a_dense_network_is_the_experiments_own_or_the_tickets():
    others = RUNS.assign(
        experiment=RUNS["experiment"].replace({"same_init": "wt"})
    )
    found = claims.Found({"runs": others})
    assert measures.accuracy(1, "wt")(found).to_dict() == {1: 97, 2: 96}
    with pytest.raises(claims.Missing, match="no reinit"):
        measures.gain(0.21, experiment="reinit")(found)


@pytest.mark.parametrize(
    "measure",
    [
        measures.accuracy(0.5),
        measures.accuracy(0.21, "nosuch"),
        measures.gain(0.21, "nosuch"),
        measures.gain(0.16, "reinit"),
        measures.untrained("random"),
        measures.supermask("fc/supermask"),
        measures.gem("gem_miner", 0.05),
        measures.barrier(1.0, 0),
    ],
)
def test_what_is_not_there_is_missing(measure):
    with pytest.raises(claims.Missing):
        measure(claims.Found({"runs": RUNS}))


def test_roughly_the_nearest_density_is_taken():
    assert of(measures.accuracy(0.03), is_rough=True) == {1: 50}


def test_the_best_untrained_network_is_chosen_within_a_trial():
    cells = pd.DataFrame(
        {
            "criterion": ["a", "a", "a", "b"],
            "mask_1_action": "rewind",
            "trial": [1, 1, 2, 1],
            "accuracy": [0.3, 0.4, 0.2, 0.9],
            "validate_accuracy": [0.5, 0.1, 0.2, 0.9],
        }
    )
    assert of(measures.untrained("a"), untrained=cells) == {1: 40, 2: 20}
    by_validation = measures.untrained("a", chosen_on="validate_accuracy")
    assert of(by_validation, untrained=cells) == {1: 30, 2: 20}
    with pytest.raises(claims.Missing, match="a with signed_constant"):
        of(measures.untrained("a", "signed_constant"), untrained=cells)


def test_copies_are_compared_where_they_part():
    lines = pd.DataFrame(
        {
            "trial": [1, 2, 1],
            "density": 1.0,
            "iteration": [0, 0, 500],
            "barrier_test": [0.05, 0.03, 0.01],
        }
    )
    assert of(measures.barrier(1.0, 0), connectivity=lines) == {1: 5, 2: 3}
    with pytest.raises(claims.Missing, match="part at 20"):
        of(measures.barrier(1.0, 20), connectivity=lines)


def test_a_difference_is_of_the_trials_that_both_have():
    both = measures.difference(measures.accuracy(1), measures.accuracy(0.16))
    found = both(claims.Found({"runs": RUNS}))
    assert found[1] == 47
    assert pd.isna(found[2])
