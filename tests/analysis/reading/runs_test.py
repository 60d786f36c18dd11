"""Tests of analysis/reading/runs.py."""

import math

import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import runs as reading
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.tests.analysis import fake_results


def test_a_row_per_run(tmp_path):
    directory = fake_results.write_run(
        str(tmp_path),
        1,
        0,
        validate_loss=(2.0, 0.25, 0.5),
        recipe="digits_fc",
        seed=7,
    )
    found = results.read(str(tmp_path))
    assert found.problems == []
    [row] = found.runs.to_dict("records")
    unknown = {"effective_density", "weights_effective", "flops"}
    unknown |= {"flops_dense", "ticket_bytes", "group_density"}
    unknown |= {"sign_agreement"}
    for column in unknown:
        assert math.isnan(row.pop(column))
    assert [row] == [
        {
            "experiment": "same_init",
            "trial": 1,
            "level": 0,
            "run": "",
            "density": 1.0,
            "density_layer0": 1.0,
            "density_layer1": 1.0,
            "iterations": 200,
            "accuracy": 0.9,
            "loss": 0.5,
            "early_stop_iteration": 100.0,
            "early_stop_accuracy": 0.8,
            "early_stop_loss": 1.5,
            "kind": "lottery_experiment",
            "recipe": "digits_fc",
            "dataset": None,
            "model": None,
            "seed": 7,
            **reading.RULES,
            "directory": directory,
            "early_stop_censored": False,
            **{"optimizer": None, "lr": None, "training_len": None},
            "train_s": None,
            "weights_kept": 96,
            "hooks": "none",
            "start_accuracy": 0.1,
        }
    ]


def test_flops_are_of_the_weights_kept_and_of_all(tmp_path):
    density = {"a": [30, 90], "b": [10, 10]}
    effective = {"a": 27, "b": 8}
    all_known, one_known = {"a": 100, "b": 1}, {"a": 100}
    for trial, positions in enumerate((all_known, one_known, None), 1):
        facts = {"density": density, "effective": effective}
        if positions:
            facts["positions"] = positions
        fake_results.write_run(str(tmp_path), trial, 0, facts=facts)
    known, *unknown = results.read(str(tmp_path)).runs.to_dict("records")
    assert known["weights_kept"] == 40
    assert known["weights_effective"] == 35
    assert known["flops"] == 2 * (100 * 30 + 10)
    assert known["flops_dense"] == 2 * (100 * 90 + 10)
    for row in unknown:
        assert row["weights_kept"] == 40
        assert math.isnan(row["flops"]) and math.isnan(row["flops_dense"])


def test_rules_are_as_recorded_or_as_they_were_before(tmp_path):
    rules = {"criterion": "snip", "mask_1_action": "reinit", "one_shot": True}
    fake_results.write_run(str(tmp_path), 1, 0, **rules)
    fake_results.write_run(str(tmp_path), 1, 1, criterion=None)
    fake_results.write_run(str(tmp_path), 1, 1, "reinit", 1)
    runs = results.read(str(tmp_path)).runs
    first, second, control = runs.to_dict("records")
    assert {key: first[key] for key in reading.RULES} == {
        **reading.RULES,
        **rules,
    }
    assert {key: second[key] for key in reading.RULES} == reading.RULES
    assert runs.iloc[2][[*reading.RULES]].isna().all()
    assert control["kind"] == "reinitialize"


def test_densities_are_of_all_weights_and_of_each_layer(tmp_path):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    record = run_record.read(directory)
    run_record.write(
        directory, {**record, "density": {"a": [30, 90], "b": [10, 10]}}
    )
    row = results.read(str(tmp_path)).runs.iloc[0]
    assert row["density"] == 0.4
    assert row["density_a"] == 30 / 90
    assert row["density_b"] == 1.0


def test_weights_on_a_path_are_counted_where_that_is_known(tmp_path):
    density = {"a": [30, 90], "b": [10, 10]}
    for trial, effective in enumerate([{"a": 27, "b": 8}, None, {}], 1):
        facts = {"density": density, "effective": effective}
        if effective == {}:
            del facts["effective"]  # As in older runs.
        fake_results.write_run(str(tmp_path), trial, 0, facts=facts)
    runs = results.read(str(tmp_path)).runs
    assert list(runs.columns[4:10]) == [
        *("density", "density_a", "density_b"),
        *("effective_density", "effective_a", "effective_b"),
    ]
    known, *unknown = runs.to_dict("records")
    assert known["effective_density"] == 35 / 100
    assert known["effective_a"] == 27 / 90
    assert known["effective_b"] == 8 / 10
    for row in unknown:
        assert row["density"] == 0.4
        assert math.isnan(row["effective_density"])
        assert math.isnan(row["effective_a"])


def test_a_layer_may_have_the_name_density(tmp_path):
    facts = {"density": {"density": [1, 2]}, "effective": {"density": 0}}
    fake_results.write_run(str(tmp_path), 1, 0, facts=facts)
    runs = results.read(str(tmp_path)).runs
    assert list(runs.columns).count("effective_density") == 1
    assert runs["density_density"][0] == 0.5
    assert runs["effective_density"][0] == 0


def test_effective_weights_of_a_layer_may_not_be_left_out(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, facts={"effective": {}})
    [problem] = results.read(str(tmp_path)).problems
    assert problem.endswith("damaged (its run.json lacks 'layer0')")


def test_tickets_come_first_and_numbers_in_their_order(tmp_path):
    for trial in (10, 2):
        fake_results.write_run(str(tmp_path), trial, 0)
        fake_results.write_run(str(tmp_path), trial, 0, "reinit", 1)
    runs = results.read(str(tmp_path)).runs
    assert list(runs["experiment"]) == ["same_init"] * 2 + ["reinit"] * 2
    assert list(runs["trial"]) == [2, 10, 2, 10]


def test_early_stop_takes_the_nearest_test(tmp_path):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    log = {"iteration": [130, 170], "loss": [1, 0.5], "accuracy": [0, 0]}
    record = run_record.read(directory)
    record["checksums"] |= save_restore.write_log(directory, "validate", log)
    run_record.write(directory, record)
    row = results.read(str(tmp_path)).runs.iloc[0]
    assert row["early_stop_iteration"] == 170
    assert row["early_stop_accuracy"] == 0.9


def test_without_validation_there_is_no_early_stop(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, validate_loss=None)
    found = results.read(str(tmp_path))
    row = found.runs.iloc[0]
    assert found.problems == []
    assert row["accuracy"] == 0.9
    assert row.filter(like="early_stop").isna().all()


def test_half_finished_run_is_named(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0)
    directory = paths.run(paths.trial(str(tmp_path), 1), 1, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    found = results.read(str(tmp_path))
    assert list(found.runs["level"]) == [0]
    assert found.problems == [
        "trial 1, level 1, same_init: unfinished (no run.json; still going, "
        "or stopped)"
    ]


@pytest.mark.parametrize("damage", [b"{", b"{}", b"[]", b'{"checksum": "x"}'])
def test_damaged_record_is_named(tmp_path, damage):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    files.write(paths.record(directory), damage)
    found = results.read(str(tmp_path))
    assert found.runs.empty
    assert found.problems == [
        "trial 1, level 0, same_init: damaged (its run.json is not whole)"
    ]


def test_record_that_lacks_a_field_is_named(tmp_path):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    record = run_record.read(directory)
    del record["density"]
    run_record.write(directory, record)
    [problem] = results.read(str(tmp_path)).problems
    assert problem.endswith("damaged (its run.json lacks 'density')")


@pytest.mark.parametrize(
    "log, damage",
    [
        ("test", b'{"iteration": [0'),
        ("test", None),
        ("validate", None),
        ("test", b'{"iteration": [1], "loss": [0], "accuracy": [0.99]}'),
    ],
)
def test_damaged_log_is_named(tmp_path, log, damage):
    directory = fake_results.write_run(str(tmp_path), 1, 0)
    files.remove(paths.log(directory, log))
    if damage is not None:
        files.write(paths.log(directory, log), damage)
    found = results.read(str(tmp_path))
    assert found.runs.empty
    [problem] = found.problems
    assert problem.startswith("trial 1, level 0, same_init: ")
    assert problem.endswith(f"{log}.json is missing or has changed)")


def test_gaps_are_named_but_unfinished_runs_only_once(tmp_path):
    for level in (0, 3):
        fake_results.write_run(str(tmp_path), 1, level)
    directory = paths.run(paths.trial(str(tmp_path), 1), 1, "same_init")
    files.write(paths.checkpoint(directory), b"state")
    problems = results.read(str(tmp_path)).problems
    assert [problem.split(":")[0] for problem in problems] == [
        "trial 1, level 1, same_init",
        "trial 1, level 2, same_init",
    ]


def test_mixed_settings_are_named(tmp_path):
    fake_results.write_run(str(tmp_path), 1, 0, lr=0.1)
    fake_results.write_run(str(tmp_path), 2, 0, lr=0.01)
    [problem] = results.read(str(tmp_path)).problems
    assert problem.startswith("same_init: its runs differ in lr (0.01, 0.1)")


def test_columns_are_those_of_the_table(tmp_path, monkeypatch):
    facts = {"effective": {"layer0": 32, "layer1": 32}}
    fake_results.write_run(str(tmp_path), 1, 0, facts=facts, mine=7)
    columns = list(results.read(str(tmp_path)).runs.columns)
    own = [each for each in columns if "layer" not in each]
    assert own == list(reading.COLUMNS)
    assert columns[4:10] == [
        *("density", "density_layer0", "density_layer1"),
        *("effective_density", "effective_layer0", "effective_layer1"),
    ]
    mine = {"mine": lambda run: run.setting("mine")}
    monkeypatch.setattr(reading, "COLUMNS", {**reading.COLUMNS, **mine})
    runs = results.read(str(tmp_path)).runs
    assert list(runs.columns) == [*columns, "mine"]
    assert runs["mine"].to_list() == [7]


def test_hooks_are_told_as_they_are_given_behind_what_was_there(tmp_path):
    given = (None, ["ham:alpha=50", "rigl"])
    for level, hooks in enumerate(given):
        own = {} if hooks is None else {"hooks": hooks}
        fake_results.write_run(str(tmp_path), 1, level, **own)
    runs = results.read(str(tmp_path)).runs
    assert runs["hooks"].to_list() == ["none", "ham:alpha=50,rigl"]
    later = ["start_accuracy", "sign_agreement"]
    assert list(reading.COLUMNS)[-4:] == ["group_density", "hooks", *later]


def test_the_density_of_groups_is_as_recorded(tmp_path):
    facts = {"groups": {"layer0": [1, 4], "layer1": [2, 4]}}
    fake_results.write_run(str(tmp_path), 1, 1, facts=facts, granularity="unit")
    fake_results.write_run(str(tmp_path), 1, 0)
    of_weights, of_units = results.read(str(tmp_path)).runs.to_dict("records")
    assert of_units["granularity"] == "unit"
    assert of_units["group_density"] == 3 / 8
    assert of_weights["granularity"] == "weight"
    assert math.isnan(of_weights["group_density"])
