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


def test_text(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    fake_results.write_run(str(tmp_path), 1, 3, validate_loss=None)
    table = run_tables.summarize(results.read(str(tmp_path)).runs)
    head, dense, sparse = run_tables.to_text(table).splitlines()
    assert len(head) == len(dense) == len(sparse)
    assert head.split()[:4] == ["experiment", "level", "density", "%"]
    assert dense.split() == [
        *("same_init", "0", "100", "1", "1"),
        *["90.00"] * 6,
        *["200"] * 3,
    ]
    assert sparse.split() == [
        *("same_init", "3", "12.5", "1", "1"),
        *["90.00"] * 3,
        *["-"] * 6,
    ]


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
    assert rows[0][:6] == "experiment level density % effective %".split()
    assert [row[3] for row in rows[1:]] == ["50.0", "-", "37.5"]


def test_another_metric_is_named_and_in_no_percent(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, accuracy=(2, 0.5, 0.123456))
    fake_results.remeasure(tmp_path)
    found = results.read(str(tmp_path))
    section = run_tables.section(found)
    head, row = section.text.splitlines()
    assert head.split()[6:12] == "mae min max at early stop".split()
    assert row.split()[5:] == [*["0.1235"] * 6, *["200"] * 3]
    assert list(section.tables["table.csv"])[5:8] == [
        *("mae_mean", "mae_min", "mae_max")
    ]
