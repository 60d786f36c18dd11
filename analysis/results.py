"""A results tree as a data frame, a row per run, and what it lacks."""

import collections
import dataclasses
import operator

import numpy as np

from lottery_ticket.analysis import (
    gaps,
    logs,
    records,
    selection,
    tree,
)
from lottery_ticket.foundations import (
    lazy,
    names_0_1_0,
    paths,
    run_record,
    save_restore,
)

pd = lazy.module("pandas")

RUN = "run.json"
# Rules of a lottery experiment, and what they were before they were settings.
RULES = {
    rule: names_0_1_0.BEFORE[rule]
    for rule in (
        *("criterion", "invert_scores", "one_shot", "retraining"),
        *("rewind_iteration", "restart", "mask_1_action", "mask_0_action"),
    )
}


@dataclasses.dataclass(frozen=True)
class Run:
    """A complete run as it was read; the columns are made of it.

    Args:
        place: Its folder.
        record: What its run.json says.
        settings: Those in the record.
        test: Its test log.
        stop: Iteration of the lowest validation loss; NaN without validation.
    """

    place: tree.Place
    record: dict
    settings: dict
    test: save_restore.Log
    stop: float

    def rule(self, name: str):
        """Returns one of RULES; None where the run is of another kind."""
        value = self.settings.get(name)
        is_lottery = self.settings.get("experiment") == "lottery_experiment"
        return RULES[name] if is_lottery and value is None else value

    def setting(self, name: str):
        """Returns a setting; None where it is not recorded."""
        return self.settings.get(name)

    def at_stop(self, measure: str) -> float:
        """Returns a test measure, as evaluated nearest to the early stop."""
        if np.isnan(self.stop):
            return float("nan")
        distances = np.abs(np.asarray(self.test["iteration"]) - self.stop)
        return self.test[measure][np.argmin(distances)]

    def density(self) -> float:
        """Returns the share of weights that all layers keep together."""
        return _share(*records.count(self.record["density"]))

    def effective_density(self) -> float:
        """Returns the share on a path; NaN where that is not known."""
        effective = self.record.get("effective")
        if effective is None:
            return float("nan")
        _, total = records.count(self.record["density"])
        return _share(sum(effective.values()), total)

    def layers(self) -> dict[str, float]:
        """Returns the same of each layer, by the name of the column."""
        counts = self.record["density"]
        effective = self.record.get("effective")
        columns = {f"density_{name}": _share(*counts[name]) for name in counts}
        if effective is not None:
            for name, (_, size) in counts.items():
                columns[f"effective_{name}"] = _share(effective[name], size)
        return columns


# Column -> what it is of a run, in the order of the columns.
COLUMNS = {
    **{key: operator.attrgetter(f"place.{key}") for key in logs.KEYS},
    "density": Run.density,
    "effective_density": Run.effective_density,
    "iterations": lambda run: run.record["iterations"],
    "accuracy": lambda run: run.test["accuracy"][-1],
    "loss": lambda run: run.test["loss"][-1],
    "early_stop_iteration": lambda run: run.stop,
    "early_stop_accuracy": lambda run: run.at_stop("accuracy"),
    "early_stop_loss": lambda run: run.at_stop("loss"),
    "kind": lambda run: run.setting("experiment"),
    "recipe": lambda run: run.setting("recipe"),
    "dataset": lambda run: run.setting("dataset"),
    "model": lambda run: run.setting("model"),
    "seed": lambda run: run.setting("seed"),
    **{rule: operator.methodcaller("rule", rule) for rule in RULES},
    "directory": lambda run: run.place.directory,
}
# Column -> how those of each layer begin, which stand behind it.
LAYER_COLUMNS = {"density": "density_", "effective_density": "effective_"}


def read(
    output_dir: str,
    experiments: str | None = None,
    levels: tuple[int, ...] | None = None,
    files: dict[str, str] | None = None,
) -> tree.Tree:
    """Returns the runs below a folder, and what is wrong with the others.

    Reads run.json and the test and validation logs; opens no array. The tree's
    `runs` is a data frame with these COLUMNS:

    - experiment, trial (a number where it is one), level, run (text, "" where
      an experiment trains once a level), directory;
    - density of all masked layers together, density_LAYER of each;
    - effective_density, effective_LAYER: the same, of the kept weights that lie
      on a path from input to output; NaN where that is not known;
    - accuracy, loss: on the test set, after the last of the iterations;
    - early_stop_iteration, early_stop_accuracy, early_stop_loss: see
      `logs.early_stop_iteration`; accuracy and loss are on the test set, as
      evaluated nearest to that iteration. NaN where there is no validation;
    - kind (the function that trained it), recipe, dataset, model, seed;
    - criterion, invert_scores, one_shot, retraining, rewind_iteration, restart,
      mask_1_action, mask_0_action: settings of these names. What a lottery
      experiment's run.json does not have, as it is older than the setting, is
      as it was then (`RULES`); of other kinds it is None.

    Lottery experiments come first, then the others, by their lowest level; then
    by name, level, trial and run.

    Args:
        output_dir: Folder of results; see `tree.walk`.
        experiments: Names of experiments as in a flag, such as
            "same_init,reinit"; see `tree.Tree`.
        levels: Levels to draw; see `tree.Tree`.
        files: Names of result files by experiment, for the sections of a
            report; see `tree.Tree`.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If there are runs, but none of such an experiment, or none
            of the chosen ones at one of the levels.
    """
    places = tree.walk(output_dir)
    own = [place for place in places if place.is_run]
    found, problems = records.understand(
        RUN, [(place.label, place) for place in own], _run
    )
    rows = [row for row, _ in found]
    problems += gaps.missing(own, _kinds(rows))
    problems += gaps.mixed_settings([settings for _, settings in found])
    runs = _frame(rows)
    return tree.Tree(
        output_dir=output_dir,
        places=places,
        runs=runs,
        problems=problems,
        chosen=_choose(runs, experiments, levels),
        experiments=experiments,
        levels=levels,
        files=files or names_0_1_0.RESULT_FILES,
    )


def check_some(found: tree.Tree) -> None:
    """Raises where there is nothing to report.

    Args:
        found: As from `read`.

    Raises:
        ValueError: If there is no complete run.
    """
    if found.runs.empty:
        raise ValueError(
            f"{found.output_dir} holds no complete run. Found: "
            f"{found.problems[0] if found.problems else 'no folder of a run'}"
        )


def _choose(runs, experiments, levels):
    """The runs of some experiments; where there are none, nothing is known."""
    if runs.empty:
        return runs
    chosen = selection.choose(runs, experiments)
    selection.check_levels(chosen, levels or ())
    return chosen


def _run(place):
    """A run's row; its place and settings."""
    record = records.read(place.directory, RUN)
    _check_logs(place, record)
    test = save_restore.read_log(place.directory, "test")
    if not test["iteration"]:
        raise ValueError(f"{paths.log(place.directory, 'test')} is empty")
    settings = record["settings"]
    run = Run(place, record, settings, test, _stop(place, record))
    # The columns of layers first: one may have the name "density".
    row = run.layers() | {name: of(run) for name, of in COLUMNS.items()}
    return row, (place, settings)


def _check_logs(place, record):
    checksums = {
        name: checksum
        for name, checksum in record.get("checksums", {}).items()
        if name in ("test.json", "validate.json")
    }
    listed = {"checksums": checksums}
    for path in run_record.damaged_files(place.directory, listed):
        raise ValueError(f"damaged ({path} is missing or has changed)")


def _stop(place, record):
    listed = {*place.file_names, *record.get("checksums", ())}
    if "validate.json" not in listed:
        return float("nan")
    validate = save_restore.read_log(place.directory, "validate")
    return logs.early_stop_iteration(validate)


def _share(count, total):
    return float(count / total) if total else 1.0


def _kinds(rows):
    return {row["experiment"]: row["kind"] for row in rows}


def _frame(rows):
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {}  # As an ordered set.
    for name in COLUMNS:
        columns[name] = None
        if name in LAYER_COLUMNS:
            own = (key for key in keys if key.startswith(LAYER_COLUMNS[name]))
            columns |= dict.fromkeys(own)
    levels = collections.defaultdict(set)
    for row in rows:
        levels[row["experiment"]].add(row["level"])
    lowest = {experiment: min(own) for experiment, own in levels.items()}
    in_order = sorted(rows, key=lambda row: _order(row, lowest))
    return pd.DataFrame(in_order, columns=[*columns])


def _order(row, lowest):
    return (
        row["kind"] != "lottery_experiment",
        lowest[row["experiment"]],
        row["experiment"],
        row["level"],
        gaps.natural(row["trial"]),
        gaps.natural(row["run"]),
    )
