"""Accuracies of networks that are masked but not trained, and the best."""

import dataclasses

from lottery_ticket.analysis import gaps, records, tables, tree
from lottery_ticket.foundations import lazy, result_file

pd = lazy.module("pandas")

FILE = result_file.ResultFile("untrained.json")
PLACE = ["experiment", "recipe", "dataset", "model"]
TREATMENT = [*PLACE, "mask_1_action"]
CELLS = [
    "experiment",
    "trial",
    "recipe",
    "dataset",
    "model",
    "mask_1_action",
    "criterion",
    "level",
    "density",
    "accuracy",
    "loss",
    "validate_accuracy",
    "validate_loss",
    "num_classes",
    "directory",
]


@dataclasses.dataclass(frozen=True)
class Untrained:
    """What the untrained networks of a results tree reach.

    Args:
        cells: Data frame, a row per masked network; see `read`.
        problems: A sentence for each file that is unfinished or damaged, and
            for each setting that its trials differ in.
    """

    cells: "pd.DataFrame"
    problems: list[str]


def read(output_dir: str) -> Untrained:
    """Returns the untrained networks below a folder.

    Columns: experiment ("untrained"; the name of the tree before it, where
    there are several), trial, recipe, dataset, model; mask_1_action (what the
    kept weights were), criterion, level, density of all masked layers together;
    accuracy and loss on the test set, validate_accuracy and validate_loss (NaN
    without validation); num_classes (NaN where it is not recorded), directory.

    Args:
        output_dir: Folder of results; see `tree.find`.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    places = tree.places(output_dir, _is_untrained)
    grids, problems = records.understand(
        FILE.name, [(place.directory, place) for place in places], _grid
    )
    problems += gaps.mixed_settings([settings for _, settings in grids])
    rows = [row for rows, _ in grids for row in rows]
    rows.sort(key=lambda row: (row["experiment"], gaps.natural(row["trial"])))
    return Untrained(pd.DataFrame(rows, columns=CELLS), problems)


def choose(cells: "pd.DataFrame") -> "pd.DataFrame":
    """Returns of each trial, treatment and criterion the level to take.

    It is the one of highest accuracy on the validation set; of several, that of
    the lowest validation loss. The test set has no say, so without validation
    no row comes back.

    Args:
        cells: Rows of `read(...).cells`.
    """
    known = cells[cells["validate_accuracy"].notna()]
    best_first = known.sort_values(
        ["validate_accuracy", "validate_loss", "level"],
        ascending=[False, True, True],
        kind="stable",
    )
    keys = [*TREATMENT, "trial", "criterion"]
    return best_first.drop_duplicates(keys).sort_index()


def summarize(chosen: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per treatment and criterion: what the chosen ones reach.

    Columns: those of `TREATMENT`, criterion, runs (their number); mean, min and
    max over trials of accuracy (on the test set) and density, such as
    accuracy_mean; validate_accuracy (mean), by which a treatment's rows are
    sorted, highest first.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
    Differs: there, levels are chosen on the test set.

    Args:
        chosen: As from `choose`.
    """
    keys = [*TREATMENT, "criterion"]
    table = chosen.groupby(keys, sort=False, dropna=False).agg(
        runs=("trial", "size"),
        **tables.statistics(["accuracy", "density"]),
        validate_accuracy=("validate_accuracy", "mean"),
    )
    table = table.reset_index()
    treatments = table.groupby(TREATMENT, sort=False, dropna=False).ngroup()
    order = table.assign(treatment=treatments).sort_values(
        ["treatment", "validate_accuracy"],
        ascending=[True, False],
        kind="stable",
    )
    return order.drop(columns="treatment").reset_index(drop=True)


def _is_untrained(_, names):
    return not tree.UNTRAINED_FILES.isdisjoint(names)


def _grid(place):
    """Rows of its networks; its place and settings."""
    record = records.read(place.directory, FILE.name)
    return _rows(place, record), (place, _settings(record))


def _settings(record):
    """What should be the same in all trials whose mean is taken."""
    settings = {k: v for k, v in record["settings"].items() if k != "run"}
    levels = settings.pop("levels", [0])  # Too many to be told one by one.
    return {**settings, "iterations": len(levels) - 1}


def _rows(place, record):
    settings = record["settings"]
    of_all = {
        "experiment": place.experiment,
        "trial": place.trial,
        **{key: settings.get(key) for key in PLACE[1:]},
        "num_classes": record.get("num_classes", float("nan")),
        "directory": place.directory,
    }
    return [{**of_all, **_cell(cell)} for cell in record["cells"]]


def _cell(cell):
    nothing = {"accuracy": float("nan"), "loss": float("nan")}
    validate = cell.get("validate", nothing)
    keys = ("mask_1_action", "criterion", "level", "density")
    return {
        **{key: cell[key] for key in keys},
        "accuracy": cell["test"]["accuracy"],
        "loss": cell["test"]["loss"],
        "validate_accuracy": validate["accuracy"],
        "validate_loss": validate["loss"],
    }
