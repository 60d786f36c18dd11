"""A results tree as a data frame, a row per run, and what it lacks."""

import collections
import dataclasses

import numpy as np

from lottery_ticket.analysis import gaps, logs, records, tree
from lottery_ticket.foundations import lazy, paths, run_record, save_restore

pd = lazy.module("pandas")

RUN = "run.json"
MEASURES = [
    "iterations",
    "accuracy",
    "loss",
    "early_stop_iteration",
    "early_stop_accuracy",
    "early_stop_loss",
]
SETTINGS = ["kind", "recipe", "dataset", "model", "seed"]
# Rules of a lottery experiment, and what they were before they were settings.
RULES = {
    "criterion": "large_final",
    "invert_scores": False,
    "one_shot": False,
    "retraining": "rewind",
    "rewind_iteration": "0it",
    "restart": False,
    "mask_1_action": "rewind",
    "mask_0_action": "zero",
}


@dataclasses.dataclass(frozen=True)
class Results:
    """What a results tree holds.

    Args:
        runs: Data frame, a row per complete run; see `read`.
        problems: A line for each run that is unfinished, damaged or missing,
            and for each experiment that mixes settings.
    """

    runs: "pd.DataFrame"
    problems: list[str]


def read(output_dir: str) -> Results:
    """Returns the runs below a folder, and what is wrong with the others.

    Reads run.json and the test and validation logs; opens no array. Columns:

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
        output_dir: Folder of results; see `tree.find`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    places = tree.find(output_dir)
    found, problems = records.understand(
        RUN, [(place.label, place) for place in places], _run
    )
    rows = [row for row, _ in found]
    problems += gaps.missing(places, _kinds(rows))
    problems += gaps.mixed_settings([settings for _, settings in found])
    return Results(_frame(rows), problems)


def read_some(output_dir: str) -> Results:
    """As `read`; raises where there is nothing to report.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it holds no complete run.
    """
    found = read(output_dir)
    check_some(found, output_dir)
    return found


def check_some(found: Results, output_dir: str) -> None:
    """Raises where there is nothing to report.

    Args:
        found: As from `read`.
        output_dir: Where that was read.

    Raises:
        ValueError: If there is no complete run.
    """
    if found.runs.empty:
        raise ValueError(
            f"{output_dir} holds no complete run. Found: "
            f"{found.problems[0] if found.problems else 'no folder of a run'}"
        )


def _run(place):
    """A run's row; its place and settings."""
    record = records.read(place.directory, RUN)
    return _row(place, record), (place, record["settings"])


def _check_logs(place, record):
    checksums = {
        name: checksum
        for name, checksum in record.get("checksums", {}).items()
        if name in ("test.json", "validate.json")
    }
    listed = {"checksums": checksums}
    for path in run_record.damaged_files(place.directory, listed):
        raise ValueError(f"damaged ({path} is missing or has changed)")


def _row(place, record):
    _check_logs(place, record)
    test = save_restore.read_log(place.directory, "test")
    if not test["iteration"]:
        raise ValueError(f"{paths.log(place.directory, 'test')} is empty")
    settings = record["settings"]
    return {
        **{key: getattr(place, key) for key in logs.KEYS},
        **_densities(record["density"], record.get("effective")),
        "iterations": record["iterations"],
        "accuracy": test["accuracy"][-1],
        "loss": test["loss"][-1],
        **_at_early_stop(place, record, test),
        "kind": settings.get("experiment"),
        **{key: settings.get(key) for key in SETTINGS[1:]},
        **_rules(settings),
        "directory": place.directory,
    }


def _rules(settings):
    is_lottery = settings.get("experiment") == "lottery_experiment"
    rules = {}
    for key, before in RULES.items():
        value = settings.get(key)
        rules[key] = before if is_lottery and value is None else value
    return rules


def _densities(counts, effective):
    """Columns of densities from the counts in a run's record.

    Args:
        counts: Dict, layer -> (kept, total).
        effective: Dict, layer -> kept weights on a path from input to output,
            or None where that is not known.
    """
    kept, total = records.count(counts)
    columns = {
        f"density_{name}": _share(*pair) for name, pair in counts.items()
    }
    on_paths = float("nan")
    if effective is not None:
        on_paths = _share(sum(effective.values()), total)
        for name, (_, size) in counts.items():
            columns[f"effective_{name}"] = _share(effective[name], size)
    # Last: a layer may have the name "density".
    overall = {"density": _share(kept, total), "effective_density": on_paths}
    return {**columns, **overall}


def _share(count, total):
    return float(count / total) if total else 1.0


def _at_early_stop(place, record, test):
    """Columns about the early-stopping iteration; NaN without validation."""
    columns = dict.fromkeys(MEASURES[3:], float("nan"))
    listed = {*place.file_names, *record.get("checksums", ())}
    if "validate.json" not in listed:
        return columns
    validate = save_restore.read_log(place.directory, "validate")
    iteration = logs.early_stop_iteration(validate)
    if np.isnan(iteration):
        return columns
    nearest = np.argmin(np.abs(np.asarray(test["iteration"]) - iteration))
    values = (iteration, test["accuracy"][nearest], test["loss"][nearest])
    return dict(zip(columns, values, strict=True))


def _kinds(rows):
    return {row["experiment"]: row["kind"] for row in rows}


def _frame(rows):
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = [*logs.KEYS, "density"]
    columns += [key for key in keys if key.startswith("density_")]
    columns += ["effective_density"]
    columns += [key for key in keys if key.startswith("effective_")]
    columns += [*MEASURES, *SETTINGS, *RULES, "directory"]
    levels = collections.defaultdict(set)
    for row in rows:
        levels[row["experiment"]].add(row["level"])
    lowest = {experiment: min(own) for experiment, own in levels.items()}
    in_order = sorted(rows, key=lambda row: _order(row, lowest))
    return pd.DataFrame(in_order, columns=[*dict.fromkeys(columns)])


def _order(row, lowest):
    return (
        row["kind"] != "lottery_experiment",
        lowest[row["experiment"]],
        row["experiment"],
        row["level"],
        gaps.natural(row["trial"]),
        gaps.natural(row["run"]),
    )
