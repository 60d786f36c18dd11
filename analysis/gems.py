"""Sparse networks found at initialisation: what they reach, and the search."""

import dataclasses

from lottery_ticket.analysis import (
    gaps,
    gem_rows,
    gem_searches,
    records,
    tables,
    tree,
)
from lottery_ticket.foundations import (
    lazy,
    names_0_1_0,
    result_file,
)

pd = lazy.module("pandas")

FILE = result_file.ResultFile("gem.json")
KIND = "gem_miner"  # As the settings of its runs say.
CHECKS = names_0_1_0.PART_FOLDERS[2:]
ACCURACIES = [
    *("before_accuracy", "accuracy", "best_accuracy"),
    *(f"{check}_accuracy" for check in CHECKS),
]
METHODS = [
    *gem_rows.KEYS,
    *("density", "kept", "total"),
    *(*ACCURACIES, "validate_accuracy"),
    *("num_classes", "directory"),
]


@dataclasses.dataclass(frozen=True)
class Gems:
    """The sparse networks of a results tree, and how they were found.

    Args:
        methods: Data frame, a row per network; see `read`.
        history: Data frame, a row per search and epoch; see `read`.
        problems: A sentence for each network that is unfinished or damaged, and
            for each setting that its trials differ in. Runs that are unfinished
            are problems of `results.read` already.
    """

    methods: "pd.DataFrame"
    history: "pd.DataFrame"
    problems: list[str]


def read(output_dir: str, runs: "pd.DataFrame") -> Gems:
    """Returns the sparse networks below a folder, and their searches.

    Methods have the columns experiment (the method), trial, level (which of the
    densities), algo, recipe, dataset, model; density, kept and total, counted
    in the final mask; on the test set, before_accuracy (under the final mask,
    no weight trained), accuracy (fine-tuned) and best_accuracy (at the lowest
    validation loss of fine-tuning); weight_reinit_accuracy,
    mask_shuffle_accuracy and score_inversion_accuracy of the sanity checks,
    fine-tuned; validate_accuracy (fine-tuned); num_classes and directory. What
    was not measured is NaN.

    History is as from `gem_searches.read`; a search may have ended, and so be
    there, before its network is.

    Args:
        output_dir: Folder of results; see `tree.find`.
        runs: Rows of `results.read(output_dir).runs`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    fine_tuned = set(runs["directory"][runs["kind"] == KIND])
    parts = {FILE.name, *names_0_1_0.PART_FOLDERS[1:]}

    def is_gem(directory, names):
        return directory in fine_tuned or not parts.isdisjoint(names)

    places = tree.places(output_dir, is_gem)
    made = [
        (place.directory, place)
        for place in places
        if place.directory in fine_tuned or not _is_unfinished_run(place)
    ]
    networks, problems = records.understand(FILE.name, made, _network)
    history, damaged = gem_searches.read(places)
    problems += damaged
    problems += gaps.mixed_settings([settings for _, settings in networks])
    return Gems(
        gem_rows.frame([row for row, _ in networks], METHODS),
        history,
        problems,
    )


def choose(found: Gems, experiments) -> Gems:
    """Returns the networks and searches of some methods, and all problems.

    Args:
        found: As from `read`.
        experiments: Names of the methods.
    """
    return Gems(
        found.methods[found.methods["experiment"].isin(experiments)],
        found.history[found.history["experiment"].isin(experiments)],
        found.problems,
    )


def summarize(methods: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per method and level: what its networks reach.

    Columns: experiment, level, density (mean), n (the number of networks), and
    mean, min and max of all ACCURACIES, such as before_accuracy_mean.

    Args:
        methods: `read(...).methods`.
    """
    groups = methods.groupby(["experiment", "level"], sort=False)
    return groups.agg(
        density=("density", "mean"),
        n=("trial", "size"),
        **tables.statistics(ACCURACIES),
    ).reset_index()


def _is_unfinished_run(place):
    """Whether `results.read` has a problem that says so."""
    is_run = tree.is_run(place.directory, place.file_names)
    return is_run and FILE.name not in place.file_names


def _network(place):
    """A network's row; its place and settings."""
    record = records.read(place.directory, FILE.name)
    settings, stages = record["settings"], record["stages"]
    kept, total = records.count(record["counts"])
    reached = {
        "before_accuracy": _reached(stages, "finetuned", "before"),
        "accuracy": _reached(stages, "finetuned", "after"),
        "best_accuracy": _reached(stages, "finetuned", "best"),
        "validate_accuracy": _reached(stages, "finetuned", "after", "validate"),
    }
    for check in CHECKS:
        reached[f"{check}_accuracy"] = _reached(stages, check, "after")
    row = {
        **gem_rows.keys(place, settings),
        "density": kept / total if total else 1.0,
        "kept": kept,
        "total": total,
        **reached,
        "num_classes": record.get("num_classes", float("nan")),
        "directory": place.directory,
    }
    return row, (place, settings)


def _reached(stages, stage, moment, split="test"):
    """Accuracy of a stage's network at a moment, NaN where there is none."""
    results = stages.get(stage, {}).get(moment, {})
    if not results or split == "validate" and split not in results:
        return float("nan")
    return results[split]["accuracy"]
