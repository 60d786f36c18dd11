"""Tests of analysis/sections/run_tables.py."""

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.sections import run_tables
from lottery_ticket.tests.analysis import fake_results


def test_summary_of_tickets_and_controls(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    assert list(table["experiment"]) == ["same_init"] * 3 + ["reinit"]
    assert list(table["level"]) == [0, 1, 2, 2]
    assert list(table["density"]) == [1.0, 0.5, 0.25, 0.25]
    assert list(table["trials"]) == [2, 2, 2, 2]
    assert list(table["runs"]) == [2, 2, 2, 6]
    assert list(table["accuracy_mean"]) == pytest.approx(
        [0.91, 0.92, 0.93, 0.85]
    )
    assert list(table["accuracy_min"]) == pytest.approx(
        [0.90, 0.91, 0.92, 0.83]
    )
    assert list(table["accuracy_max"]) == pytest.approx(
        [0.92, 0.93, 0.94, 0.87]
    )
    assert list(table["early_stop_iteration_mean"]) == [200, 100, 100, 200]
    assert table["early_stop_accuracy_mean"][1] == pytest.approx(0.85)


def test_single_runs_have_one_table_and_no_spread(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 3, validate_loss=None)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    head, dense, sparse, _, *notes = run_tables.to_text(table).splitlines()
    assert len(head) == len(dense) == len(sparse) <= 80
    assert head.split("  ")[-3:] == ["accuracy %", "at stop %", "stops at"]
    assert dense.split() == [
        *("same_init", "0", "100", "1", "90.00", "90.00", ">=200")
    ]
    assert sparse.split() == [
        *("same_init", "3", "12.5", "1", "90.00", "-", "-")
    ]
    assert notes[0].startswith("at stop:") and notes[1].startswith(">=:")
    assert len(notes) == 2


def test_several_runs_have_a_table_of_spreads_for_each_measure(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    text = run_tables.to_text(table)
    assert max(map(len, text.splitlines())) <= 80
    accuracy, at_stop, stops, notes = text.split("\n\n")
    first, *_, last = [line.split() for line in accuracy.splitlines()[1:]]
    assert first == [
        *("same_init", "0", "100", "2", "2", "91.00", "12.71", "1.41"),
        "90.00-92.00",
    ]
    assert last[3:6] == ["2", "6", "85.00"] and last[8] == "83.00-87.00"
    assert at_stop.splitlines()[2].split()[5] == "85.00"
    dense, ticket, *_, reinit = [
        line.split() for line in stops.splitlines()[1:]
    ]
    assert dense[5:] == [">=200", ">=200"]
    assert ticket[5:] == ["100", "0", "0", "100-100"]
    assert reinit[5:] == [">=200", ">=200"]
    assert notes.count("\n") == 4


def test_without_validation_there_is_no_word_of_stops(tmp_path):
    for trial in (1, 2):
        fake_results.write_run(str(tmp_path), trial, 0, validate_loss=None)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    text = run_tables.to_text(table)
    assert "stop" not in text and text.count("experiment") == 1


def test_some_stops_at_the_end_are_lower_bounds(tmp_path):
    for trial, losses in enumerate([(2, 1, 0.5), (2, 0.5, 1)], 1):
        fake_results.write_run(str(tmp_path), trial, 0, validate_loss=losses)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    assert table["early_stop_censored"].tolist() == [1]
    text = run_tables.to_text(table).split("\n\n")[2]
    assert text.splitlines()[1].split()[4:] == [">=150", "100", "to", ">=200"]


def _trained(tmp_path, *given):
    for name, lr, seconds in given:
        facts = {} if seconds is None else {"train_s": seconds}
        fake_results.write_run(
            str(tmp_path), 1, 0, name, lr=lr, optimizer="adam", facts=facts
        )
    return results.read(str(tmp_path))


def test_trials_of_unequal_numbers_of_runs_are_told(tmp_path):
    """Mean 0.875 of four runs; of two trials it is 0.85."""
    told = []
    for runs in ({1: 1, 2: 1}, {1: 1, 2: 3}):
        folder = str(tmp_path / str(runs[2]))
        for trial, last in ((1, 0.8), (2, 0.9)):
            for run in range(runs[trial]):
                written = {"accuracy": (0.1, 0.5, last)}
                fake_results.write_run(
                    folder, trial, 1, "reinit", run, **written
                )
        table = run_tables.summarize(results.read(folder).runs)
        text = run_tables.to_text(table)
        assert max(map(len, text.splitlines())) <= 80
        told.append(run_tables.OF_RUNS in text)
    assert told == [False, True]
    [mean] = table["accuracy_mean"]
    middle = (table["accuracy_low95"] + table["accuracy_high95"]) / 2
    assert (mean, middle[0]) == pytest.approx((0.875, 0.85))


def test_training_is_told_where_experiments_differ(tmp_path):
    found = _trained(tmp_path, ("a", 0.1, 2.0), ("b", 0.01, 2.5))
    section = run_tables.training_section(found)
    rows = section.text.splitlines()[2:]
    assert [row.split() for row in rows] == [
        ["experiment", "learning", "rate", "seconds"],
        ["a", "0.1", "2"],
        ["b", "0.01", "2.5"],
    ]
    assert section.papers == {
        "training": [
            ["experiment", "learning rate", "seconds"],
            *(["a", "0.1", "2"], ["b", "0.01", "2.5"]),
        ]
    }
    table = run_tables.summarize(found.runs)
    assert list(table)[-2:] == ["lr", "train_s_mean"]
    assert table["lr"].tolist() == ["0.1", "0.01"]


def test_hooks_are_part_of_training(tmp_path):
    for name, hooks in (("a", []), ("b", ["ham"])):
        fake_results.write_run(str(tmp_path), 1, 0, name, hooks=hooks)
    table = run_tables.training(
        results.read(str(tmp_path)).runs, ["experiment"]
    )
    assert table["hooks"].to_dict() == {"a": "none", "b": "ham"}


@pytest.mark.parametrize(
    "given, is_table, is_told",
    [
        ([("a", 0.1, 2.0)], False, False),
        ([("a", 0.1, None), ("b", 0.1, None)], False, False),
        ([("a", 0.1, 2.0), ("b", 0.1, 2.5)], True, False),
        ([("a", 0.1, 2.0), ("b", 0.1, 3.5)], True, True),
        ([("a", 0.1, None), ("b", 0.2, None)], True, True),
    ],
)
def test_what_is_the_same_is_not_told(tmp_path, given, is_table, is_told):
    section = run_tables.training_section(_trained(tmp_path, *given))
    assert bool(section.tables) == is_table
    assert bool(section.text) == bool(section.papers) == is_told


def test_effective_density_where_it_differs(tmp_path):
    density = {"a": [8, 16]}
    facts = {"density": density, "effective": {"a": 8}}
    fake_results.write_run(str(tmp_path), 1, 1, facts=facts)
    fake_results.write_run(str(tmp_path), 1, 2, facts={"density": density})
    same = run_tables.summarize(results.read(str(tmp_path)).runs)
    assert "effective_density" not in same
    assert "effective" not in run_tables.to_text(same)
    facts = {"density": density, "effective": {"a": 6}}
    fake_results.write_run(str(tmp_path), 1, 3, facts=facts)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    assert list(table["effective_density"][[0, 2]]) == [0.5, 0.375]
    rows = [line.split() for line in run_tables.to_text(table).splitlines()]
    assert rows[0][:7] == "experiment level density % n effective %".split()
    assert [row[4] for row in rows[1:4]] == ["50.0", "-", "37.5"]


def test_another_metric_is_named_and_in_no_percent(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, accuracy=(2, 0.5, 0.123456))
    fake_results.remeasure(tmp_path)
    found = results.read(str(tmp_path))
    section = run_tables.section(found)
    head, row, *_ = section.text.splitlines()
    assert head.split()[5:] == "mae at stop stops at".split()
    assert row.split()[4:] == ["0.1235", "0.1235", ">=200"]
    assert list(section.tables["table.csv"])[5:8] == [
        *("mae_mean", "mae_min", "mae_max")
    ]


def test_the_density_of_groups_stands_beside_that_of_weights(tmp_path):
    facts = {"groups": {"layer0": [3, 8]}}
    fake_results.write_run(str(tmp_path), 1, 0)
    assert "group" not in run_tables.to_text(
        run_tables.summarize(results.read(str(tmp_path)).runs)
    )
    fake_results.write_run(str(tmp_path), 1, 1, facts=facts)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    rows = [line.split() for line in run_tables.to_text(table).splitlines()]
    assert rows[0][:7] == "experiment level density % n groups %".split()
    assert [row[4] for row in rows[1:3]] == ["-", "37.5"]
