"""Tests of analysis/sections/verdicts.py."""

import math

import pytest

from lottery_ticket.analysis.reading import options, pairs
from lottery_ticket.analysis.sections import verdicts
from lottery_ticket.foundations.values import headline
from lottery_ticket.tests.analysis import fake_results, fake_trials

# Of trial 1, level 3 is the sparsest within 0.01; of trial 2, none is.
TRIALS = {
    "same_init": {
        0: [0.89, 0.91],
        1: [0.91, 0.87],
        2: [0.85, 0.86],
        3: [0.885, 0.86],
        4: [0.7, 0.6],
    }
}


def _table(tmp_path, experiments=TRIALS, kind=headline.ACCURACY, margin=None):
    metric = None if kind == headline.ACCURACY else kind
    trials = pairs.by_trial(fake_trials.read(tmp_path, experiments, metric))
    margins = pairs.margins(trials, kind, margin)
    table = verdicts.read(trials, kind, margins)
    return table.set_index(["experiment", "trial"])


def test_each_trial_and_the_mean_have_a_verdict(tmp_path):
    table = _table(tmp_path, margin=1)
    first, second = table.loc["same_init", 1], table.loc["same_init", 2]
    assert first["as_good_level"] == 3
    assert first["as_good_difference"] == pytest.approx(-0.005)
    assert first["worse_before"] == 1
    assert first["beyond_level"] == 4 == first["last_level"]
    assert first["beyond_difference"] == pytest.approx(-0.19)
    assert math.isnan(second["as_good_level"])
    assert second["beyond_level"] == 1
    assert second["beyond_difference"] == pytest.approx(-0.04)
    mean = table.loc["same_init", "mean"]
    assert (mean["as_good_level"], mean["trials"]) == (1, 2)
    assert mean["as_good_difference"] == pytest.approx(-0.01)


def test_the_margin_is_the_deviation_of_dense_runs(tmp_path):
    table = _table(tmp_path)
    assert table["margin"].tolist() == pytest.approx([0.02 / math.sqrt(2)] * 3)


def test_lower_may_be_better(tmp_path):
    turned = {
        name: {level: [2 - each for each in own] for level, own in of.items()}
        for name, of in TRIALS.items()
    }
    first = _table(tmp_path, turned, fake_results.MAE, 0.01).loc["same_init", 1]
    assert first["as_good_level"] == 3
    assert first["as_good_difference"] == pytest.approx(0.005)


def test_levels_that_not_all_trials_have_are_not_in_the_mean(tmp_path):
    experiments = {"same_init": {0: [0.9, 0.9], 1: [0.9, 0.9], 2: [0.9, None]}}
    table = _table(tmp_path, experiments)
    assert table["as_good_level"].tolist() == [1, 2, 1]
    assert table["beyond_level"].isna().all()


def test_trials_without_a_level_in_common_have_no_mean(tmp_path):
    experiments = {
        "same_init": {0: [0.9] * 3},
        "snip": {
            1: [0.9, None, None],
            2: [None, 0.9, None],
            3: [None, None, 0.9],
        },
    }
    fake_trials.write(tmp_path, experiments)
    section = verdicts.section(fake_results.read(tmp_path))
    table = section.tables["verdicts.csv"]
    assert table["trial"].tolist() == [1, 2, 3]
    assert table["as_good_level"].tolist() == [1, 2, 3]
    lines = section.text.splitlines()[-3:]
    assert [line.split()[:2] for line in lines] == [
        ["snip", trial] for trial in "123"
    ]
    assert section.facts == {}


# The trial that has begun has its dense network, or level 1, too.
@pytest.mark.parametrize("whole, reached", [(1, 1), (3, 1), (3, 2)])
def test_a_trial_that_has_begun_leaves_the_mean_as_it_is(
    tmp_path, whole, reached
):
    levels = {level: [0.9] * whole for level in range(3)}
    for level in range(reached):
        levels[level] = [*levels[level], 0.8]
    fake_trials.write(tmp_path, {"same_init": levels})
    section = verdicts.section(fake_results.read(tmp_path))
    mean = section.tables["verdicts.csv"].set_index("trial").loc["mean"]
    assert (mean["trials"], mean["as_good_level"]) == (whole, 2)
    assert mean["dense_accuracy"] == pytest.approx(0.9)
    [best] = section.facts.values()
    assert "25.0 % of the weights (level 2)" in best
    assert f"(means, n = {whole})" in best
    is_told = "mean of 3 " in section.text
    assert is_told == (reached == 2)
    lines = section.text.splitlines()
    rows = [line for line in lines if line.startswith("same_init")]
    assert len(rows) == (1 if whole == 1 else 3 + reached)


def test_the_mean_is_of_trials_that_came_as_far_as_most(tmp_path):
    experiments = {
        "same_init": {
            0: [0.9] * 5,
            1: [0.9] * 5,
            2: [0.9, 0.9, 0.9, 0.6, None],
            3: [0.9, 0.9, 0.9, None, None],
            4: [0.9, 0.9, None, None, None],
        }
    }
    mean = _table(tmp_path, experiments).loc["same_init", "mean"]
    assert (mean["trials"], mean["as_good_level"]) == (3, 3)
    assert math.isnan(mean["beyond_level"])


def _stops(tmp_path, *losses):
    for level, loss in enumerate(losses):
        fake_results.write_run(str(tmp_path), 1, level, validate_loss=loss)
    found = fake_results.read(tmp_path)
    trials = pairs.by_trial(found.runs)
    return verdicts.read(trials, headline.ACCURACY, {"same_init": 0}).iloc[0]


def test_the_earliest_level_stops_first_and_not_at_the_end(tmp_path):
    at_200, at_100 = (2, 1, 0.5), (2, 0.5, 1)
    row = _stops(tmp_path, at_200, at_100, at_100)
    assert (row["earliest_level"], row["earliest_iteration"]) == (1, 100)
    assert math.isnan(row["dense_iteration"])  # Censored.


@pytest.mark.parametrize("loss", [None, (2, 1, 0.5)])
def test_without_a_known_stop_no_level_is_earliest(tmp_path, loss):
    row = _stops(tmp_path, loss, loss)
    assert math.isnan(row["earliest_level"])
    assert math.isnan(row["earliest_iteration"])


def test_text_has_trials_of_tickets_alone_and_fits(tmp_path):
    reinit = {"reinit": {1: [0.8, 0.8]}}
    fake_trials.write(tmp_path, {**TRIALS, **reinit})
    section = verdicts.section(fake_results.read(tmp_path))
    lines = section.text.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[:2] for line in lines[-4:]] == [
        ["same_init", "mean"],
        ["same_init", "1"],
        ["same_init", "2"],
        ["reinit", "mean"],
    ]
    assert lines[-3].split()[2:] == (
        ["1.41", "12.5", "(3)", "100", "(0)", "100", "6.25", "(4):", "-19.00"]
    )
    assert lines[-1].split()[3] == "none"
    assert "their standard deviation" in section.text
    assert len(section.tables["verdicts.csv"]) == 6


def test_a_margin_that_is_given_is_said_so_and_metrics_have_their_words(
    tmp_path,
):
    fake_trials.write(tmp_path, TRIALS)
    fake_results.remeasure(tmp_path)
    chosen = options.Options(margin=0.25)
    section = verdicts.section(fake_results.read(tmp_path, options=chosen))
    assert "test mae is no more than\n`within` above the" in section.text
    assert "deviation" not in section.text
    assert "dense_mae" in section.tables["verdicts.csv"]
    assert section.text.splitlines()[-1].split()[2] == "0.25"


def test_dense_networks_alone_have_none(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    assert verdicts.section(fake_results.read(tmp_path)).files() == {}


def test_the_best_ticket_is_the_sparsest_that_is_as_good(tmp_path):
    table = _table(tmp_path, margin=1).reset_index()
    found = verdicts.best(table, headline.ACCURACY)
    assert found == {
        "Best ticket": "same_init with 50.0 % of the weights (level 1): "
        "89.00 %, the dense network 90.00 % (means, n = 2). It is the sparsest "
        "that is as good as dense, or no more than 1.00 points worse"
    }
    none = verdicts.best(
        _table(tmp_path / "none", margin=0).reset_index(), headline.ACCURACY
    )
    assert none == {"Best ticket": "none of those here is as good as dense"}
    assert verdicts.best(table[:0], headline.ACCURACY) == {}
