"""Logs of finished runs, for other programs that show such: no training."""

import dataclasses
import datetime
import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np

from lottery_ticket.analysis import hparams, results
from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import logs, records, selection, tree
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.values import names, seeds

with lazy.imports():
    import pandas as pd

BATCH = 500  # Metrics that MLflow takes in one call: at most 1,000.
PLACE = ("experiment", "trial", "level")  # Which run it is.
LONGEST_PARAM = 500  # Characters of a setting that all its stores take.
_KEYS = {*logs.KEYS, "density", "log", "iteration"}  # No measures in logs.


@dataclasses.dataclass(frozen=True)
class Exported:
    """A finished run, as trackers know one.

    Args:
        name: Such as "trial1/2/reinit1".
        group: Its experiment.
        settings: What it was made with.
        facts: What it reached, by the columns of `results.read`.
        start_s: When it began, in seconds since 1970; NaN if that is not known.
        train_s: How long it trained; NaN if that is not known.
        iterations: How many it trained.
        row: What `logs.read` asks of it, a frame of one row.
    """

    name: str
    group: str
    settings: dict
    facts: dict
    start_s: float
    train_s: float
    iterations: int
    row: "pd.DataFrame" = dataclasses.field(repr=False, compare=False)

    @property
    def key(self) -> str:
        """Returns letters and digits that tell it from all others."""
        text = json.dumps([self.name, self.settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def steps(self) -> dict[int, dict[str, float]]:
        """Returns dict, iteration -> values by tag, such as "loss/train".

        Its logs are read each time.
        """
        found = {}
        log = logs.read(self.row, logs.LOG_NAMES)
        measures = [name for name in log.columns if name not in _KEYS]
        for row in log.to_dict("records"):
            values = found.setdefault(int(row["iteration"]), {})
            for name in measures:
                if np.isfinite(row[name]):
                    values[f"{name}/{row['log']}"] = float(row[name])
        return dict(sorted(found.items()))

    def time_s(self, iteration: int) -> float:
        """Returns about when an iteration was, NaN where that is not known.

        Logs hold no times: training counts as even from start to end.
        """
        return self.start_s + self.train_s * iteration / max(self.iterations, 1)


def export_logs(
    output_dir: str,
    to: str,
    *,
    export_dir: str | None = None,
    project: str = "lottery_ticket",
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
    quiet: bool = False,
) -> None:
    """Writes the logs and settings of finished runs for another program.

    Nothing is sent anywhere: wandb and MLflow write folders, which `wandb sync`
    and `mlflow ui` take. Needs the extra of its name, as in
    `pip install 'lottery_ticket[wandb]'`. Logs hold no times; those that are
    shown lie evenly between start and end of a run's training.

    Args:
        output_dir: Folder of results, such as OUT in
            OUT/trial1/0/same_init/run.json, or several with commas between.
        to: csv (logs.csv, a row per run, log and iteration, and runs.csv),
            wandb, mlflow, or hparams, TensorBoard's table of runs by settings,
            which is no extra.
        export_dir: Folder to write to; None takes OUTPUT_DIR/exports/TO. For
            wandb and mlflow it must be empty.
        project: What the runs stand under there.
        experiments: Names of the experiments, such as same_init,reinit; None
            takes all.
        levels: Levels, such as 0,3,7; None takes all.
        quiet: Whether to show no progress.

    Raises:
        FileNotFoundError: If there is no such folder of results.
        ValueError: If it holds no complete run, an experiment, a level or the
            other program is not known, or the folder to write to is not empty.
        RuntimeError: If the other program is not installed.
    """
    names.check("other program", to, TARGETS)
    roots = tree.roots(output_dir)
    if export_dir is None and len(roots) > 1:
        raise ValueError(
            "Several folders of results need an --export_dir of their own. "
            f"Received: output_dir={output_dir}"
        )
    directory = export_dir or files.join(roots[0], "exports", to)
    found = results.read(output_dir, experiments)
    results.check_some(found)
    runs = selection.choose(found.chosen, levels=levels)
    TARGETS[to](runs, directory, project, quiet)
    print(f"Wrote {len(runs)} runs to {directory}")


def read(runs: "pd.DataFrame", quiet: bool = True) -> Iterator[Exported]:
    """Yields runs, rows of `results.read(...).runs`, one after the other."""
    rows = runs.to_dict("records")
    logged = runs[[*logs.KEYS, "density", "directory"]]
    for index, row in enumerate(progress.each(rows, "exporting", quiet)):
        record = records.read(row["directory"], tree.RUN)
        place = [row["level"], f"{row['experiment']}{row['run']}"]
        if row["trial"] != "":
            place = [f"trial{row['trial']}", *place]
        told = {key: each for key, each in row.items() if not pd.isna(each)}
        yield Exported(
            name="/".join(map(str, place)),
            group=row["experiment"],
            settings=record["settings"],
            facts={k: v for k, v in told.items() if k != "directory"},
            start_s=_seconds(record.get("started")),
            train_s=float(record.get("train_s", "nan")),
            iterations=int(record["iterations"]),
            row=logged.iloc[[index]],
        )


def _seconds(started):
    """Seconds since 1970 of a time in ISO 8601; NaN of None."""
    if started is None:
        return float("nan")
    return datetime.datetime.fromisoformat(started).timestamp()


def _to_csv(runs, directory, project, quiet):
    del project, quiet
    for name, frame in {
        "runs.csv": runs,
        "logs.csv": logs.read(runs, logs.LOG_NAMES),
    }.items():
        files.write(files.join(directory, name), tables.to_csv(frame))


def _to_wandb(runs, directory, project, quiet):
    wandb = _package("wandb")
    _check_empty(directory)
    os.makedirs(directory, exist_ok=True)
    settings = wandb.Settings(silent=True, console="off", x_disable_stats=True)
    for run in read(runs, quiet):
        tracked = wandb.init(
            project=project,
            dir=directory,
            mode="offline",
            id=run.key,
            name=run.name,
            group=run.group,
            config=run.settings,
            settings=settings,
        )
        for iteration, values in run.steps.items():
            time_s = run.time_s(iteration)
            times = {} if np.isnan(time_s) else {"_timestamp": time_s}
            tracked.log({**values, **times}, step=iteration)
        tracked.summary.update(run.facts)
        tracked.finish()


def _to_mlflow(runs, directory, project, quiet):
    # MLflow 3 wants a database, or to be told that a folder is meant.
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = _package("mlflow")
    _check_empty(directory)
    os.makedirs(directory, exist_ok=True)
    client = mlflow.MlflowClient(f"file://{os.path.abspath(directory)}")
    experiment = client.create_experiment(project)
    metric, param = mlflow.entities.Metric, mlflow.entities.Param
    for run in read(runs, quiet):
        start_ms = _milliseconds(run.start_s)
        tags = {"experiment": run.group}
        made = client.create_run(experiment, start_ms, tags, run.name)
        metrics = [
            metric(tag, value, _milliseconds(run.time_s(iteration)), iteration)
            for iteration, values in run.steps.items()
            for tag, value in values.items()
        ]
        params = [
            param(name, str(value)[:LONGEST_PARAM])
            for name, value in run.settings.items()
        ]
        client.log_batch(made.info.run_id, params=params)
        for first in range(0, len(metrics), BATCH):
            part = metrics[first : first + BATCH]
            client.log_batch(made.info.run_id, part)
        end_ms = _milliseconds(run.time_s(run.iterations))
        client.set_terminated(made.info.run_id, end_time=end_ms)


def _to_hparams(runs, directory, project, quiet):
    del project
    found = [*read(runs, quiet)]
    columns = [_columns(run) for run in found]
    shown = dict.fromkeys([*PLACE, *hparams.differing(columns)])
    for run, settings in zip(found, columns, strict=True):
        data = hparams.session(
            run.name,
            {name: settings[name] for name in shown if name in settings},
            _metrics(run.facts),
            step=run.iterations,
            start_s=run.start_s,
            end_s=run.time_s(run.iterations),
        )
        files.write(files.join(directory, run.name, hparams.FILE), data)


def _columns(run):
    """Settings of a run, and which run it is.

    Seeds that derive from the master seed are left out: it is there.
    """
    seed = run.settings.get("seed")
    chosen = {
        name: value
        for name, value in run.settings.items()
        if not name.endswith("_seed")
        or value != seeds.derive(seed, name.removesuffix("_seed"))
    }
    place = {name: run.facts.get(name) for name in (*PLACE, "run")}
    return {**chosen, **place}


def _metrics(facts):
    """What a run reached, of the columns of `results.read`."""
    measure = facts.get("headline", "accuracy")
    tags = {measure: f"test/{measure}", "loss": "test/loss"}
    for name in (f"early_stop_{measure}", "early_stop_loss"):
        tags[name] = name.replace("early_stop_", "early_stop/")
    tags["early_stop_iteration"] = "early_stop/iteration"
    tags |= {name: name for name in ("density", "effective_density", "train_s")}
    return {
        tag: float(facts[name]) for name, tag in tags.items() if name in facts
    }


def _milliseconds(seconds):
    """Time as MLflow takes it; 0 where it is not known."""
    return 0 if np.isnan(seconds) else round(1000 * seconds)


def _package(name) -> ModuleType:
    """A package that not everybody has."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RuntimeError(
            f"{name} is not installed, or does not load ({error}): "
            f"pip install 'lottery_ticket[{name}]'"
        ) from error


def _check_empty(directory):
    if files.names(directory):
        raise ValueError(
            f"{directory} is not empty: what is exported twice would be there "
            "twice. Remove it, or give another --export_dir"
        )


# Name of another program -> what writes runs for it: a function of the runs,
# the folder, the project and whether to show no progress.
TARGETS: dict[str, Callable] = {
    "csv": _to_csv,
    "wandb": _to_wandb,
    "mlflow": _to_mlflow,
    "hparams": _to_hparams,
}
