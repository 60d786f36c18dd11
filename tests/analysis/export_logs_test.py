"""Tests of analysis/export_logs.py."""

import csv
import pathlib
import sys

import pytest

from lottery_ticket.analysis import export_logs, hparams, results
from lottery_ticket.analysis.reading import logs
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests.analysis import fake_results, hparams_test

FACTS = {"started": "2026-01-01T00:00:00+00:00", "train_s": 100.0}
START_S = 1767225600
RUNS = ("0/same_init", "2/reinit3")


@pytest.fixture
def output_dir(tmp_path):
    folder = str(tmp_path / "results")
    facts = {**FACTS, "density": {"a": [1, 2]}}
    fake_results.write_run(folder, 1, 0)
    fake_results.write_run(folder, 1, 2, "reinit", 3, facts=facts, lr=0.1)
    return folder


def test_csv_holds_every_point_of_every_log(output_dir, capsys):
    for _ in range(2):  # The same again.
        export_logs.export_logs(output_dir, "csv")
    folder = f"{output_dir}/exports/csv"
    assert capsys.readouterr().out.endswith(f"Wrote 2 runs to {folder}\n")
    with open(f"{folder}/logs.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 3  # Runs, logs and points.
    assert rows[-1]["experiment"] == "reinit" and rows[-1]["run"] == "3"
    assert rows[-1]["log"] == "validate" and rows[-1]["iteration"] == "200"
    with open(f"{folder}/runs.csv") as file:
        assert len(list(csv.DictReader(file))) == 2


def test_only_some(output_dir, tmp_path):
    export_logs.export_logs(
        output_dir,
        "csv",
        export_dir=str(tmp_path / "here"),
        experiments="reinit",
        levels=(2,),
    )
    text = (tmp_path / "here/logs.csv").read_text()
    assert text.count("reinit") == 6 and "same_init" not in text


def test_a_run_as_trackers_know_it(output_dir):
    runs = results.read(output_dir).runs
    first, second = export_logs.read(runs)
    assert (second.name, second.group) == ("trial1/2/reinit3", "reinit")
    assert second.settings["lr"] == 0.1
    assert second.facts["accuracy"] == 0.9 and second.facts["density"] == 0.5
    assert list(second.steps) == [0, 100, 200]
    assert second.steps[100] == {
        "loss/test": 1.5,
        "accuracy/test": 0.8,
        "loss/validate": 0.5,
        "accuracy/validate": 0.8,
    }
    assert second.time_s(50) == START_S + 25
    assert first.time_s(50) != first.time_s(50)  # Not recorded.
    assert first.key != second.key


def test_logs_are_read_where_they_are_asked_for(output_dir, monkeypatch):
    asked, read = [], logs.read

    def spy(runs, names):
        asked.append(len(runs))
        return read(runs, names)

    monkeypatch.setattr(logs, "read", spy)
    export_logs.export_logs(output_dir, "hparams", quiet=True)
    [_, run] = export_logs.read(results.read(output_dir).runs)
    assert asked == []
    assert list(run.steps) == [0, 100, 200] and asked == [1]


def test_tensorboard_gets_a_table_beside_the_runs(output_dir):
    before = _bytes(output_dir)
    for _ in range(2):  # The same again.
        export_logs.export_logs(output_dir, "hparams", quiet=True)
    after = _bytes(output_dir)
    exports = f"{output_dir}/exports/hparams"
    new = {f"{exports}/trial1/{x}/{hparams.FILE}" for x in RUNS}
    assert {*after} - {*before} == new
    assert {path: after[path] for path in before} == before
    _, groups = hparams_test.read_back(exports)
    found = {group.name: group for group in groups}
    assert {*found} == {f"trial1/{x}" for x in RUNS}
    last = found["trial1/2/reinit3"]
    assert {*last.hparams} == {"experiment", "trial", "level", "run"}
    assert last.hparams["experiment"].string_value == "reinit"
    assert last.hparams["level"].number_value == 2
    reached = {x.name.tag: x.value for x in last.metric_values}
    assert reached["test/accuracy"] == pytest.approx(0.9)
    assert reached["density"] == 0.5
    assert reached["early_stop/iteration"] == 200


def test_the_table_has_settings_that_differ_and_no_derived_seeds(tmp_path):
    for trial, init_seed in ((1, None), (2, None), (3, 7)):
        found = {"seed": trial, "lr": 0.1, "iterations": 3}
        derived = seeds.derive(trial, "init")
        found["init_seed"] = derived if init_seed is None else init_seed
        found["split_seed"] = seeds.derive(trial, "split")
        found["lr"] = trial / 10
        fake_results.write_run(str(tmp_path), trial, 0, **found)
    export_logs.export_logs(str(tmp_path), "hparams", quiet=True)
    _, groups = hparams_test.read_back(tmp_path / "exports/hparams")
    shown = {group.name: {*group.hparams} for group in groups}
    place = {"experiment", "trial", "level"}
    assert shown["trial1/0/same_init"] == {*place, "seed", "lr"}
    assert shown["trial3/0/same_init"] == {*place, "seed", "lr"}


def _bytes(folder):
    paths = pathlib.Path(folder).rglob("*")
    return {str(x): x.read_bytes() for x in paths if x.is_file()}


class _Recorder:
    """Stands for a package: remembers what is called, with what."""

    def __init__(self, calls, name=""):
        self.calls, self.name = calls, name

    def __getattr__(self, name):
        return _Recorder(self.calls, f"{self.name}.{name}".strip("."))

    def __call__(self, *args, **kwargs):
        self.calls.append((self.name, args, kwargs))
        return self


@pytest.fixture
def calls(monkeypatch):
    made = []
    for name in ("wandb", "mlflow"):
        monkeypatch.setitem(sys.modules, name, _Recorder(made, name))
    return made


def _of(calls, name):
    return [(args, kwargs) for each, args, kwargs in calls if each == name]


def test_wandb_gets_runs_offline(output_dir, calls):
    export_logs.export_logs(output_dir, "wandb", project="mine")
    [_, (_, last)] = _of(calls, "wandb.init")
    assert last["mode"] == "offline" and last["project"] == "mine"
    assert last["name"] == "trial1/2/reinit3" and last["group"] == "reinit"
    assert last["config"]["lr"] == 0.1
    logged = _of(calls, "wandb.init.log") or _of(calls, "wandb.log")
    assert [kwargs["step"] for _, kwargs in logged] == [0, 100, 200] * 2
    assert logged[-1][0][0]["_timestamp"] == START_S + 100
    assert "_timestamp" not in logged[0][0][0]


def test_mlflow_gets_runs_in_a_folder(output_dir, calls):
    export_logs.export_logs(output_dir, "mlflow", project="mine")
    [((address,), _)] = _of(calls, "mlflow.MlflowClient")
    assert address == f"file://{output_dir}/exports/mlflow"
    metrics = [args for args, _ in _of(calls, "mlflow.entities.Metric")]
    assert ("loss/test", 1.5, (START_S + 50) * 1000, 100) in metrics
    params = [args for args, _ in _of(calls, "mlflow.entities.Param")]
    assert ("lr", "0.1") in params


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_what_is_not_installed_is_said(output_dir, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    message = f"{name} is not installed.*lottery_ticket\\[{name}\\]"
    with pytest.raises(RuntimeError, match=message):
        export_logs.export_logs(output_dir, name)
    assert "exports" not in files.names(output_dir)


@pytest.mark.parametrize("name", ["wandb", "mlflow"])
def test_nothing_is_exported_twice(output_dir, calls, name):
    files.write(f"{output_dir}/exports/{name}/there", b"")
    with pytest.raises(ValueError, match=f"exports/{name} is not empty"):
        export_logs.export_logs(output_dir, name)
    assert not calls


def test_unknown_words(output_dir, tmp_path):
    with pytest.raises(ValueError, match="Unknown other program 'wand'.*wandb"):
        export_logs.export_logs(output_dir, "wand")
    with pytest.raises(ValueError, match="Unknown experiment 'reinits'"):
        export_logs.export_logs(output_dir, "csv", experiments="reinits")
    with pytest.raises(ValueError, match="Unknown level '9'"):
        export_logs.export_logs(output_dir, "csv", levels=(9,))
    with pytest.raises(FileNotFoundError, match="No results folder"):
        export_logs.export_logs(f"{output_dir}s", "csv")
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="no complete run"):
        export_logs.export_logs(str(tmp_path / "none"), "csv")
    with pytest.raises(ValueError, match="need an --export_dir"):
        export_logs.export_logs(f"{output_dir},{tmp_path}/none", "csv")
