"""Tests of analysis/sections/comparison.py."""

import math

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.sections import comparison
from lottery_ticket.foundations.values import headline
from lottery_ticket.tests.analysis import fake_results


@pytest.fixture
def runs(tmp_path):
    fake_results.write_experiment(str(tmp_path))
    return results.read(str(tmp_path)).runs


def _write(tmp_path, experiment, level, accuracies, kept=16, **options):
    """Writes a run per accuracy, with `kept` weights of 64."""
    for trial, accuracy in enumerate(accuracies, 1):
        fake_results.write_run(
            str(tmp_path),
            trial,
            level,
            experiment,
            accuracy=(0.1, 0.5, accuracy),
            facts={"density": {"layer0": [kept, 64]}},
            **options,
        )


def test_a_row_per_density_a_column_per_experiment(runs):
    table = comparison.compare(runs)
    assert list(table["level"]) == ["0", "1", "2"]
    assert list(table["density"]) == [1, 0.5, 0.25]
    assert list(table["runs_same_init"]) == [2, 2, 2]
    assert list(table["runs_reinit"]) == [0, 0, 6]
    assert list(table["accuracy_mean_same_init"]) == pytest.approx(
        [0.91, 0.92, 0.93]
    )
    row = table.iloc[2]
    assert row["accuracy_mean_reinit"] == pytest.approx(0.85)
    assert row["accuracy_min_reinit"] == pytest.approx(0.83)
    assert row["accuracy_max_reinit"] == pytest.approx(0.87)
    assert row["early_stop_iteration_mean_same_init"] == 100
    assert row["early_stop_iteration_max_reinit"] == 200
    assert math.isnan(table["accuracy_mean_reinit"][0])


def test_text(runs):
    assert comparison.to_text(comparison.compare(runs)) == (
        f"{comparison.EXPLANATION}\n"
        "\n"
        "level  density %    same_init       reinit\n"
        "                        n = 2        n = 6\n"
        "    0        100        91.00\n"
        "                  90.00-92.00\n"
        "    2       25.0       *93.00        85.00\n"
        "                  92.00-94.00  83.00-87.00\n"
    )


def test_one_density_is_a_row_at_any_level(tmp_path):
    _write(tmp_path, "same_init", 7, [0.9, 0.92])
    _write(tmp_path, "snip", 1, [0.8, 0.82, 0.84], kind="prune_at_init")
    _write(tmp_path, "random", 7, [0.7], kept=15, kind="branch")
    runs = results.read(str(tmp_path)).runs
    table = comparison.compare(runs)
    assert list(table["level"]) == ["1/7", "7"]
    assert list(table["density"]) == [16 / 64, 15 / 64]
    assert list(table["runs_same_init"]) == [2, 0]
    assert list(table["runs_snip"]) == [3, 0]
    assert list(table["runs_random"]) == [0, 1]


def test_numbers_of_runs_that_differ_and_means_that_do_not(tmp_path):
    _write(tmp_path, "same_init", 1, [0.9, 0.9], kept=32)
    _write(tmp_path, "same_init", 2, [0.91])
    _write(tmp_path, "reinit", 1, [0.9], kept=32)
    _write(tmp_path, "reinit", 2, [0.91])
    runs = results.read(str(tmp_path)).runs
    text = comparison.to_text(comparison.compare(runs))
    assert text.splitlines()[3:] == [
        "level  density %    same_init  reinit",
        "                      n = 1-2   n = 1",
        "    1       50.0       *90.00  *90.00",
        "                  90.00-90.00",
        "    2       25.0       *91.00  *91.00",
    ]


def test_as_many_as_fit_a_terminal_and_more_go_below(tmp_path):
    names = [
        *("same_init", "reuse", "reuse_sign", "reinit", "shuffle", "random"),
        *("random_global", "transfer"),
    ]
    for name in names[:6]:
        _write(tmp_path, name, 2, [0.9, 1])
    first = results.read(str(tmp_path)).runs
    text = comparison.to_text(comparison.compare(first))
    lines = text.splitlines()
    heads = [line.split()[3:] for line in lines if line.startswith("level")]
    assert [len(head) for head in heads] == [4, 2]
    assert {*heads[0], *heads[1]} == set(names[:6])
    assert lines[-1].split() == ["90.00-100.00"] * 2
    for name in names[6:]:
        _write(tmp_path, name, 2, [0.9])
    more = results.read(str(tmp_path)).runs
    lines = comparison.to_text(comparison.compare(more)).splitlines()
    heads = [line for line in lines if line.startswith("level")]
    assert len(heads) == 2
    assert max(len(line) for line in lines) <= 80


def test_nothing_to_set_side_by_side(tmp_path):
    _write(tmp_path, "same_init", 1, [0.9], kept=32)
    _write(tmp_path, "reinit", 2, [0.9])
    table = comparison.compare(results.read(str(tmp_path)).runs)
    assert comparison.to_text(table) == comparison.NOTHING


@pytest.mark.parametrize(
    ("kind", "starred"),
    [
        (fake_results.MAE, ["0.8", "*0.7"]),
        (headline.Headline("r2"), ["*0.8", "0.7"]),
        (headline.ACCURACY, ["*80.00", "70.00"]),
    ],
)
def test_the_best_is_the_lowest_where_lower_is_better(tmp_path, kind, starred):
    _write(tmp_path, "same_init", 2, [0.8])
    _write(tmp_path, "reinit", 2, [0.7])
    fake_results.remeasure(tmp_path, kind)
    section = comparison.section(results.read(str(tmp_path)))
    text = section.text.splitlines()
    assert text[0].startswith(kind.reword("Test accuracy in %: mean of n"))
    assert text[-1].split()[2:] == starred
    assert f"{kind.metric}_mean_reinit" in section.tables["comparison.csv"]


def test_what_no_run_has_is_unknown(tmp_path):
    nan = float("nan")
    for trial in (1, 2):
        fake_results.write_run(str(tmp_path), trial, 1, accuracy=(nan,) * 3)
        for name, last in (("reinit", 0.75), ("shuffle", 0.5)):
            fake_results.write_run(
                str(tmp_path), trial, 1, name, accuracy=(0.5, 0.5, last)
            )
    rows = comparison.cells(
        comparison.compare(fake_results.read(tmp_path).runs)
    )
    assert rows[2:] == [
        ["1", "50.0", "-", "50.00", "*75.00"],
        ["", "", "", "50.00-50.00", "75.00-75.00"],
    ]
