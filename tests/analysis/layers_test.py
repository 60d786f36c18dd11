"""Tests of analysis/layers.py."""

import math
import os

import pandas as pd
import pytest

from lottery_ticket.analysis import layers, results, tables
from lottery_ticket.tests.analysis import fake_results


def _summary(tmp_path, *facts):
    """Summary of a run per (experiment, trial, level, density, effective)."""
    for experiment, trial, level, density, effective in facts:
        fake_results.write_run(
            str(tmp_path),
            trial,
            level,
            experiment,
            facts={"density": density, "effective": effective},
        )
    return layers.summarize(results.read(str(tmp_path)).runs)


def test_means_over_runs_and_layers_in_order(tmp_path):
    table = _summary(
        tmp_path,
        ("same_init", 1, 1, {"z": [10, 20], "a": [1, 10]}, None),
        ("same_init", 2, 1, {"z": [12, 20], "a": [3, 10]}, None),
    )
    assert list(table.columns) == [
        *("experiment", "level", "runs", "density", "density_z", "density_a")
    ]
    assert table.to_dict("records") == [
        {
            "experiment": "same_init",
            "level": 1,
            "runs": 2,
            "density": pytest.approx(13 / 30),
            "density_z": pytest.approx(0.55),
            "density_a": pytest.approx(0.2),
        }
    ]
    assert layers.names(table) == ["z", "a"]
    assert layers.names(table, "effective") == []


def test_counts_are_those_of_each_run_and_layer(tmp_path):
    density = {"z": [10, 30], "a": [1, 10]}
    for trial, effective in ((1, {"z": 9, "a": 1}), (2, None)):
        facts = {"density": density, "effective": effective}
        fake_results.write_run(str(tmp_path), trial, 1, facts=facts)
    runs = results.read(str(tmp_path)).runs
    table = layers.counts(runs)
    assert list(table.columns) == layers.COUNTS
    assert table["layer"].tolist() == ["z", "a"] * 2
    assert table["trial"].tolist() == [1, 1, 2, 2]
    assert table["kept"].tolist() == [10, 1] * 2
    assert table["total"].tolist() == [30, 10] * 2
    assert table["density"].tolist() == [10 / 30, 0.1] * 2
    assert table["effective"].tolist()[:2] == [9, 1]
    assert table["effective"].isna().tolist() == [False, False, True, True]
    assert tables.to_csv(table).decode().splitlines()[1:4:2] == [
        "same_init,1,1,,z,10,30,0.3333333333333333,9",
        "same_init,2,1,,z,10,30,0.3333333333333333,",
    ]


def test_counts_of_no_run_are_none():
    assert layers.counts(pd.DataFrame(columns=["directory"])).empty


def test_a_run_that_has_gone_has_no_counts(tmp_path):
    directory = fake_results.write_run(str(tmp_path), 1, 1)
    runs = results.read(str(tmp_path)).runs
    os.remove(f"{directory}/run.json")
    with pytest.raises(ValueError, match="unfinished"):
        layers.counts(runs)


def test_effective_densities_are_of_the_runs_that_know_them(tmp_path):
    density = {"a": [8, 10], "b": [5, 10]}
    table = _summary(
        tmp_path,
        ("same_init", 1, 1, density, {"a": 6, "b": 4}),
        ("same_init", 2, 1, density, None),
        ("same_init", 1, 2, density, None),
    )
    assert layers.names(table, "effective") == ["a", "b"]
    assert table["effective_density"][0] == 0.5
    assert table["effective_a"][0] == 0.6
    assert math.isnan(table["effective_b"][1])
    assert layers.to_text(table).splitlines()[-2:] == [
        "experiment  level  effective %     a     b",
        "same_init       1         50.0  60.0  40.0",
    ]


def test_text_of_other_layers(tmp_path):
    table = _summary(
        tmp_path,
        ("same_init", 1, 0, {"a": [10, 10]}, {"a": 10}),
        ("wide", 1, 0, {"a": [5, 10], "b": [0, 10]}, None),
    )
    assert layers.to_text(table).splitlines() == [
        "Weights kept in each layer, in %",
        "",
        "experiment  level  density %     a     b",
        "same_init       0        100   100     -",
        "wide            0       25.0  50.0  0.00",
    ]


@pytest.mark.parametrize(
    "x, y, effective, expected",
    [
        (1, 4, None, True),
        (1, 3, None, False),
        (0, 0, None, True),
        (1, 4, {"x": 1, "y": 4}, True),
        (1, 4, {"x": 1, "y": 3}, False),
    ],
)
def test_are_equal(tmp_path, x, y, effective, expected):
    density = {"x": [x, 2], "y": [y, 8]}
    table = _summary(tmp_path, ("a", 1, 1, density, effective))
    assert layers.are_equal(table) == expected


def test_equal_but_for_rounding(tmp_path):
    density = {"x": [500, 1000], "y": [101, 200]}
    table = _summary(tmp_path, ("a", 1, 1, density, None))
    assert layers.are_equal(table)


def test_many_layers_go_into_parts(tmp_path):
    density = {f"block{index}_conv": [1, 2] for index in range(30)}
    text = layers.to_text(_summary(tmp_path, ("a", 1, 1, density, None)))
    assert max(len(line) for line in text.splitlines()) <= 100
    parts = text.split("\n\n")[1:]
    assert len(parts) == 6
    assert [part.count("50.0") for part in parts] == [6, 6, 6, 6, 6, 6]
