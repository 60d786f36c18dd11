"""Tests of analysis/sections/differences.py."""

from lottery_ticket.analysis.sections import differences
from lottery_ticket.tests.analysis import fake_results, fake_trials

EXPERIMENTS = {
    "same_init": {0: [0.9, 0.91, 0.92], 1: [0.9, 0.91, 0.92], 2: [0.7] * 3},
    "reinit": {1: [0.8, 0.81, 0.83]},
}


def _section(tmp_path, **options):
    fake_trials.write(tmp_path, EXPERIMENTS)
    return differences.section(fake_results.read(tmp_path, **options))


def test_tickets_beside_dense_and_control(tmp_path):
    section = _section(tmp_path)
    rows = [line.split("  ") for line in section.text.splitlines()]
    table = [[each.strip() for each in row if each] for row in rows[4:7]]
    assert table == [
        ["experiment", "level", "density %", "n", "to dense", "to reinit"],
        [
            *("same_init", "1", "50.0", "3", "+0.00 [+0.00, +0.00]"),
            "*+9.67 [+8.23, +11.10]",
        ],
        ["same_init", "2", "25.0", "3", "-21.00 [-23.48, -18.52]"],
    ]
    assert "* a winning ticket" in section.text
    assert max(map(len, section.text.splitlines())) <= 80


def test_each_comparison_says_its_own_number_of_trials(tmp_path):
    experiments = {
        "same_init": {0: [0.9] * 5, 1: [0.89, 0.9, 0.91, 0.9, 0.9]},
        "reinit": {1: [0.8, 0.81, 0.83]},
    }
    fake_trials.write(tmp_path, experiments)
    section = differences.section(fake_results.read(tmp_path))
    _, row = section.papers["differences"]
    assert row[3] == "5/3"
    assert "n is 5/3 where 5 trials have" in section.text
    assert section.text.index("n is 5/3") < section.text.index("* a winning")
    assert max(map(len, section.text.splitlines())) <= 80
    table = section.tables["differences.csv"]
    assert table["n"].tolist() == [5, 3, 3]


def test_new_columns_of_the_csv_are_at_its_end(tmp_path):
    table = _section(tmp_path).tables["differences.csv"]
    assert [*table][:5] == ["experiment", "level", "density", "against", "n"]
    assert [*table][-4:] == [
        *("wins", "early_stop_accuracy_n", "early_stop_iteration_n"),
        "early_stop_censored",
    ]


def test_all_experiments_are_in_the_csv(tmp_path):
    table = _section(tmp_path).tables["differences.csv"]
    assert [*table["experiment"]] == ["same_init"] * 3 + ["reinit"]
    assert [*table["against"]] == ["dense", "reinit", "dense", "dense"]
    assert table["wins"].tolist()[1] is True
    assert table["wins"].isna().tolist() == [True, False, True, True]


def test_one_trial_has_no_interval_and_nothing_wins(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 1, accuracy=(0.1, 0.5, 0.95))
    section = differences.section(fake_results.read(tmp_path))
    assert section.text.splitlines()[-1].split()[-2:] == ["1", "+5.00"]
    assert "winning" not in section.text


def test_another_metric_has_its_unit_and_direction(tmp_path):
    fake_trials.write(tmp_path, EXPERIMENTS)
    fake_results.remeasure(tmp_path)
    section = differences.section(fake_results.read(tmp_path))
    text = section.text
    assert "early_stop_mae_n" in section.tables["differences.csv"]
    assert text.startswith("Paired differences in test mae: how much more")
    assert "-0.21 [" in text and "*" not in text


def test_without_pruned_or_dense_networks_there_is_nothing(tmp_path):
    fake_results.write_run(str(tmp_path / "dense"), 1, 0)
    fake_results.write_run(str(tmp_path / "pruned"), 1, 1)
    for name in ("dense", "pruned"):
        found = fake_results.read(tmp_path / name)
        assert differences.section(found).files() == {}
