"""Tests of analysis/reading/headlines.py."""

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import headlines, logs, options
from lottery_ticket.foundations.values import headline
from lottery_ticket.tests.analysis import fake_results

MAE = fake_results.MAE


def _rows(**kinds):
    return headlines.frame(
        [
            {"experiment": name, "headline": kind}
            for name, kind in kinds.items()
        ],
        ["experiment"],
    )


def test_accuracy_needs_no_column():
    rows = _rows(a=headline.ACCURACY, b=headline.ACCURACY)
    assert list(rows) == list(_rows()) == ["experiment"]
    assert headlines.of(rows) == headlines.of(_rows()) == headline.ACCURACY


def test_another_metric_stands_in_two_columns():
    rows = _rows(a=MAE, b=MAE)
    assert list(rows) == ["experiment", "headline", "higher_is_better"]
    assert headlines.of(rows) == headlines.of(rows, _rows()) == MAE


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (headline.ACCURACY, "mae: a, b; accuracy: c"),
        (headline.Headline("r2"), "mae: a, b; r2: c"),
        (headline.Headline("mae"), "mae: a, b; mae: c"),
    ],
)
def test_two_metrics_share_no_table(other, words):
    for frames in (
        [_rows(a=MAE, b=MAE, c=other)],
        [_rows(a=MAE, b=MAE), _rows(c=other)],
    ):
        with pytest.raises(
            ValueError, match=rf"\({words}\). Report them apart"
        ):
            headlines.of(*frames)


def test_columns_bear_the_name_of_the_metric():
    table = pd.DataFrame({"before_accuracy_mean": [1], "density": [1]})
    assert headlines.named(table) is table
    assert list(headlines.named(table, MAE)) == ["before_mae_mean", "density"]
    assert headlines.measured(MAE) == [
        *("mae", "early_stop_mae", "early_stop_iteration")
    ]
    runs = _rows(a=MAE).assign(mae=1, early_stop_mae=2)
    assert list(headlines.unnamed(runs))[-2:] == [*headlines.OF_RUNS]


def test_chance_is_known_of_accuracy_alone():
    rows = _rows(a=headline.ACCURACY).assign(num_classes=[10])
    assert headlines.class_counts(rows) == [10]
    assert headlines.class_counts(rows.assign(num_classes=np.nan)) == []
    rows = _rows(a=MAE).assign(num_classes=[10])
    assert headlines.class_counts(rows) == []


def test_runs_and_logs_hold_each_metric_under_its_name(tmp_path):
    fake_results.write_run(str(tmp_path / "errors"), 1, 0, accuracy=(2, 1, 3))
    fake_results.remeasure(tmp_path)
    fake_results.write_run(str(tmp_path / "hits"), 1, 0, accuracy=(0.1, 0.9, 1))
    found = results.read(str(tmp_path))
    errors, hits = found.runs.to_dict("records")
    assert (errors["mae"], errors["early_stop_mae"]) == (3, 3)
    assert (hits["accuracy"], hits["higher_is_better"]) == (1, True)
    assert np.isnan([errors["accuracy"], hits["mae"]]).all()
    last = ["start_mae", "start_accuracy", "sign_agreement"]
    assert list(found.runs)[-5:] == [*last, *headlines.COLUMNS]
    assert errors["start_mae"] == 2 and hits["start_accuracy"] == 0.1
    read = logs.read(found.runs, ("test",))
    assert read["mae"].to_list()[:3] == [2, 1, 3]
    assert read["accuracy"].to_list()[3:] == [0.1, 0.9, 1]
    with pytest.raises(ValueError, match="mae: errors/same_init; accuracy: hi"):
        headlines.of(found.chosen)
    chosen = results.read(str(tmp_path), experiments="errors/same_init").chosen
    assert headlines.of(chosen) == MAE and "accuracy" not in chosen
    chosen = results.read(str(tmp_path), experiments="hits/same_init").chosen
    alone = results.read(str(tmp_path / "hits")).chosen
    assert list(chosen) == list(alone)
    for metric, name in (("mae", "errors"), ("accuracy", "hits")):
        wanted = options.Options(metric=metric)
        chosen = results.read(str(tmp_path), options=wanted).chosen
        assert [*chosen["experiment"]] == [f"{name}/same_init"]
        assert headlines.of(chosen).metric == metric


def test_two_metrics_of_one_name_are_told_apart(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, accuracy=(2, 1, 3))
    fake_results.remeasure(tmp_path)
    fake_results.write_run(str(tmp_path), 2, 0)
    with pytest.raises(ValueError, match="Report them apart.*--metric"):
        headlines.of(results.read(str(tmp_path)).chosen)
    wanted = options.Options(metric="mae")
    chosen = results.read(str(tmp_path), options=wanted).chosen
    assert [*chosen["trial"]] == [1] and [*chosen["mae"]] == [3]
    wanted = options.Options(metric="rmse")
    with pytest.raises(
        ValueError, match="Unknown metric 'rmse'.*accuracy, mae"
    ):
        results.read(str(tmp_path), options=wanted)


def test_runs_of_accuracy_alone_have_that_metric(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    runs = results.read(str(tmp_path)).runs
    assert headlines.of_metric(runs, "accuracy") is runs
    assert headlines.of_metric(runs, None) is runs
    with pytest.raises(ValueError, match="Unknown metric 'mae'.*accuracy"):
        headlines.of_metric(runs, "mae")


def test_rows_may_be_of_one_metric():
    rows = [{"headline": MAE, "x": 1}, {"headline": headline.ACCURACY, "x": 2}]
    assert [*headlines.frame(rows, ["x"], "mae")["x"]] == [1]
    assert [*headlines.frame(rows, ["x"], "accuracy")] == ["x"]
    assert headlines.frame(rows, ["x"], "r2").empty


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"headline": {"metric": "rmse", "higher_is_better": False}}, "rmse"),
        ({"headline": "mae"}, "must say its metric"),
        ({"headline": {"metric": "mae"}}, "must say its metric"),
    ],
)
def test_a_run_without_its_metric_is_a_problem(tmp_path, facts, words):
    fake_results.write_run(str(tmp_path), 1, 0, facts=facts)
    found = results.read(str(tmp_path))
    assert found.runs.empty
    assert words in found.problems[0]
