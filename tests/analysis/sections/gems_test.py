"""Tests of analysis/sections/gems.py."""

import collections
import math
import pathlib

import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.reading import headlines
from lottery_ticket.analysis.sections import gems
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import sealed
from lottery_ticket.tests.analysis import fake_gems, fake_results

EVENTS = [
    fake_gems.event(0, 0.4, 1.0),
    fake_gems.event(1, 0.1, 0.2, pruned=800, regularization=1.5),
    fake_gems.event(2, 0.05, 0.2),
]


Found = collections.namedtuple("Found", "methods history problems")


def _read(tmp_path, **chosen):
    return Found(*gems.read(fake_results.read(tmp_path, **chosen)))


def test_a_row_per_network(tmp_path):
    directory = fake_gems.write_gem(
        str(tmp_path),
        2,
        1,
        density=0.05,
        before=0.45,
        after=0.66,
        best=0.67,
        checks={"weight_reinit": 0.5, "score_inversion": 0.2},
    )
    fake_results.write_run(str(tmp_path), 1, 0)
    found = _read(tmp_path)
    assert found.problems == []
    assert found.history.empty
    assert list(found.methods.columns) == gems.METHODS
    [row] = found.methods.to_dict("records")
    assert math.isnan(row.pop("mask_shuffle_accuracy"))
    assert math.isnan(row.pop("search_s"))  # It has no search.
    assert row == {
        "experiment": "gem_miner",
        "trial": 2,
        "level": 1,
        "algo": "hc_iter",
        **fake_gems.SETTINGS,
        "density": 0.05,
        "kept": 50,
        "total": 1000,
        "before_accuracy": 0.45,
        "accuracy": 0.66,
        "best_accuracy": 0.67,
        "weight_reinit_accuracy": 0.5,
        "score_inversion_accuracy": 0.2,
        "validate_accuracy": 0.75,
        "num_classes": 10,
        "directory": directory,
    }


def test_without_fine_tuning_only_what_was_before_is_known(tmp_path):
    directory = f"{tmp_path}/trial1/1/gem_miner"
    record = {
        "settings": {"algo": "hc", **fake_gems.SETTINGS},
        "counts": fake_gems.counts(0.5),
        "stages": {"finetuned": {"before": fake_gems.results(0.4, 0.3)}},
    }
    sealed.write(f"{directory}/gem.json", record)
    files.write(f"{directory}/.lock", b"")
    found = _read(tmp_path)
    assert found.problems == results.read(str(tmp_path)).problems == []
    [row] = found.methods.to_dict("records")
    assert (row["before_accuracy"], row["density"]) == (0.4, 0.5)
    unknown = ("accuracy", "best_accuracy", "validate_accuracy", "num_classes")
    assert all(math.isnan(row[key]) for key in unknown)


def test_means_are_of_trials(tmp_path):
    for trial, after in ((1, 0.6), (2, 0.7)):
        fake_gems.write_gem(str(tmp_path), trial, 1, after=after)
    fake_gems.write_gem(str(tmp_path), 1, 2, density=0.01, after=0.3)
    table = gems.summarize(_read(tmp_path).methods)
    first, second = table.to_dict("records")
    assert (first["level"], first["n"], second["n"]) == (1, 2, 1)
    ends = [first[f"accuracy_{end}"] for end in ("mean", "min", "max")]
    assert ends == pytest.approx([0.65, 0.6, 0.7])
    assert math.isnan(first["mask_shuffle_accuracy_mean"])


def test_damaged_and_unfinished_ones_are_named_once(tmp_path):
    damaged = fake_gems.write_gem(str(tmp_path), 1, 1, density=0.05)
    path = pathlib.Path(damaged) / "gem.json"
    path.write_text(path.read_text().replace("0.4", "0.5"))
    checked = fake_gems.write_gem(str(tmp_path), 2, 1)
    files.remove(f"{checked}/gem.json")
    lacking = fake_gems.write_gem(str(tmp_path), 3, 1)
    sealed.write(f"{lacking}/gem.json", {"settings": {}, "counts": {}})
    events = [fake_gems.event(0, 0.5)]
    fake_gems.write_gem(str(tmp_path), 4, 1, events=events, is_finished=False)
    alone = fake_gems.write_gem(
        str(tmp_path), 1, 1, "alone", events=events, is_finished=False
    )
    pathlib.Path(alone).rename(tmp_path / "alone")
    found = _read(tmp_path)
    assert found.methods.empty
    missing = "unfinished (no gem.json; still going, or stopped)"
    assert found.problems == [
        f"{tmp_path}/alone: {missing}",
        f"{damaged}: damaged (its gem.json is not whole)",
        f"{checked}: {missing}",
        f"{lacking}: damaged (its gem.json lacks 'stages')",
    ]
    assert set(found.history["experiment"]) == {"gem_miner", "alone"}
    fake_gems.write_gem(str(tmp_path), 5, 1, events=events)
    again = _read(tmp_path)
    assert again.methods["search_s"].to_list() == [fake_gems.SEARCH_S]
    [problem] = results.read(str(tmp_path)).problems
    assert problem.startswith("trial 4, level 1, gem_miner: unfinished (no run")


def test_settings_may_differ_between_densities_but_not_between_trials(
    tmp_path,
):
    for trial in (1, 2):
        for level, weight in ((1, 1e-4), (2, 3e-5)):
            more = {"regularization_weight": weight}
            fake_gems.write_gem(str(tmp_path), trial, level, **more)
    assert _read(tmp_path).problems == []
    fake_gems.write_gem(str(tmp_path), 3, 2, regularization_weight=1e-5)
    assert _read(tmp_path).problems == [
        "gem_miner, level 2: its runs differ in regularization_weight (1e-05, "
        "3e-05), and means mix them"
    ]


def test_some_methods_are_chosen_and_problems_stay(tmp_path):
    events = [fake_gems.event(0, 0.5)]
    for name in ("gem_miner", "ep"):
        fake_gems.write_gem(str(tmp_path), 1, 1, name, events=events)
    files.remove(f"{fake_gems.write_gem(str(tmp_path), 1, 1, 'hc')}/gem.json")
    chosen = _read(tmp_path, experiments="ep")
    assert chosen.methods["experiment"].to_list() == ["ep"]
    assert chosen.history["experiment"].to_list() == ["ep"]
    assert len(chosen.problems) == 1


def test_where_there_is_no_run_no_method_is_chosen(tmp_path):
    events = [fake_gems.event(0, 0.5)]
    fake_gems.write_gem(str(tmp_path), 1, 1, events=events, is_finished=False)
    history = _read(tmp_path, experiments="ep").history
    assert history["experiment"].to_list() == ["gem_miner"]


def test_nothing_there(tmp_path):
    found = _read(tmp_path)
    assert found.methods.empty and found.history.empty


def test_known_methods_come_first(tmp_path):
    for name, level, trial in (
        ("b/gem_miner", 1, 1),
        ("mine", 1, 1),
        ("ep", 2, 1),
        ("ep", 1, 10),
        ("ep", 1, 9),
        ("wt", 0, 1),
        ("gem_miner", 1, 1),
    ):
        of_tree, _, method = name.rpartition("/")
        directory = f"{tmp_path}/{of_tree}".rstrip("/")
        fake_gems.write_gem(directory, trial, level, method)
    methods = _read(tmp_path).methods
    assert methods[["experiment", "trial", "level"]].to_numpy().tolist() == [
        ["gem_miner", 1, 1],
        ["ep", 9, 1],
        ["ep", 10, 1],
        ["ep", 1, 2],
        ["wt", 1, 0],
        ["mine", 1, 1],
        ["b/gem_miner", 1, 1],
    ]


def test_what_is_not_recorded_is_none_and_other_settings_are_left_out(tmp_path):
    more = {"recipe": None, "lr": 0.1}
    fake_gems.write_gem(f"{tmp_path}/conv4", 2, 3, "ep", algo="ep", **more)
    [row] = _read(tmp_path).methods.to_dict("records")
    assert {key: row[key] for key in gems.KEYS} == {
        "experiment": "conv4/ep",
        "trial": 2,
        "level": 3,
        "algo": "ep",
        "recipe": None,
        "dataset": "mnist",
        "model": "fc",
    }
    assert "lr" not in row


def _searches(tmp_path):
    found = _read(tmp_path)
    return found.history, found.problems


def test_a_row_per_epoch(tmp_path):
    fake_gems.write_gem(str(tmp_path), 2, 1, density=0.2, events=EVENTS)
    frame, problems = _searches(tmp_path)
    assert problems == []
    assert list(frame.columns) == gems.HISTORY
    assert frame["epoch"].to_list() == [1, 2, 3]
    validate = frame["validate_accuracy"].to_numpy()
    np.testing.assert_allclose(validate, [0.2, np.nan, 0.4])
    row = frame.iloc[1].to_dict()
    assert np.isnan(row.pop("validate_accuracy"))
    assert row.pop("accuracy") == pytest.approx(0.3)
    assert row == {
        "experiment": "gem_miner",
        "trial": 2,
        "level": 1,
        "algo": "hc_iter",
        **fake_gems.SETTINGS,
        "final_density": 0.2,
        "epoch": 2,
        "iteration": 20,
        "density": 0.1,
        "flag_density": 0.2,
        "pruned": 800,
        "regularization": 1.5,
    }


def test_unfinished_searches_and_rounds_of_training_have_no_rows(tmp_path):
    fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS, is_finished=False)
    files.write(f"{tmp_path}/trial1/1/ep/search/checkpoint.bin", b"state")
    files.write(f"{tmp_path}/trial1/1/imp/search/0/same_init/run.json", b"{}")
    frame, problems = _searches(tmp_path)
    assert set(frame["experiment"]) == {"gem_miner"}
    assert problems == []


def test_damaged_searches_are_named(tmp_path):
    directory = fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS)
    path = pathlib.Path(directory) / "search" / "run.json"
    path.write_text(path.read_text().replace("1.5", "1.6"))
    frame, problems = _searches(tmp_path)
    assert frame.empty
    assert problems == [
        f"{directory}/search: damaged (its run.json is not whole)"
    ]


def test_what_was_not_evaluated_is_not_known(tmp_path):
    directory = fake_gems.write_gem(str(tmp_path), 1, 1, events=EVENTS)
    files.remove(f"{directory}/search/test.json")
    frame, _ = _searches(tmp_path)
    assert frame["accuracy"].isna().all()


def test_another_metric_stands_for_accuracy(tmp_path):
    checks = {"weight_reinit": 0.5}
    more = {"before": 3.0, "after": 0.25, "checks": checks, "events": EVENTS}
    fake_gems.write_gem(str(tmp_path), 1, 1, **more)
    fake_results.remeasure(tmp_path)
    found = _read(tmp_path)
    assert found.problems == []
    [row] = found.methods.to_dict("records")
    names = ("before_accuracy", "accuracy", "weight_reinit_accuracy")
    assert [row[name] for name in names] == [3, 0.25, 0.5]
    assert found.history["accuracy"].to_list() == pytest.approx([0.2, 0.3, 0.4])
    for rows in (found.methods, found.history):
        assert headlines.of(rows) == fake_results.MAE
