"""What networks reach without training, under learned masks, and trained."""

import dataclasses

import numpy as np

from lottery_ticket.analysis import (
    networks,
    records,
    selection,
    tables,
    tree,
    untrained,
)
from lottery_ticket.foundations import lazy, run_record

pd = lazy.module("pandas")

EXPERIMENT = selection.LEARNED
MISSING = "not evaluated (no {name}); the same command goes on"
SETTINGS = ["mask_1_action", "rescaling", "sampling"]
COLUMNS = [
    *("experiment", "trial", "run", "dataset", "model", *SETTINGS),
    *("accuracy", "lowest", "highest", "deviation"),
    *("early_stop_iteration", "early_stop_accuracy"),
    *("validate_accuracy", "density", "expected_density"),
    *("thresholded_accuracy", "thresholded_density"),
    "directory",
]
TREATMENT = ["network", "how", *SETTINGS, "experiment", "criterion"]
HOW = ("untrained", "learned", "trained")

USUAL = {
    "sampling": ["", "bernoulli"],
    "rescaling": ["", "none", "dynamic"],
    "mask_1_action": ["", "rewind", "signed_constant"],
}


@dataclasses.dataclass(frozen=True)
class Supermasks:
    """The learned masks of a results tree.

    Args:
        masks: Data frame, a row per run; see `read`.
        problems: A sentence for each run that was not evaluated.
    """

    masks: "pd.DataFrame"
    problems: list[str]


def read(found: tree.Tree) -> Supermasks:
    """Returns what the learned masks among the chosen runs reach.

    Columns: experiment, trial, run, dataset, model; mask_1_action (what the
    frozen weights are), rescaling, sampling; of the masks drawn at the end the
    mean, lowest and highest accuracy on the test set (accuracy, lowest,
    highest), its standard deviation (deviation; NaN of one) and
    validate_accuracy (mean; NaN without validation); early_stop_iteration and
    early_stop_accuracy (test) as in `results.read`, of the one mask that was
    drawn for the logs at that iteration (NaN without validation); at the end
    again, density of all layers together as drawn (mean) and expected_density;
    thresholded_accuracy (test) and thresholded_density of the mask that keeps
    all weights which are more likely kept than not; directory.

    Args:
        found: As from `results.read`.
    """
    name, runs = found.files[EXPERIMENT], found.chosen
    learned = runs[runs["kind"] == EXPERIMENT].to_dict("records")
    rows, problems = records.understand(
        name,
        [(run["directory"], run) for run in learned],
        lambda run: _row(run, name),
    )
    return Supermasks(pd.DataFrame(rows, columns=COLUMNS), problems)


def compare(
    cells: "pd.DataFrame", masks: "pd.DataFrame", runs: "pd.DataFrame"
) -> "pd.DataFrame":
    """Returns a row per network and way to get it to work.

    Ways (column how) are: "untrained", masks of a criterion, the one criterion
    that reaches most on the validation set, at the density that does so in each
    trial; "learned" masks; "trained" dense networks. Nothing is chosen on the
    test set; without validation, there is no row of untrained networks.

    Learned and trained rows have two test accuracies: accuracy, at the end (of
    learned masks, the mean of a run's samples), and early_stop_accuracy, at the
    iteration of the lowest validation loss (of learned masks, the one that was
    drawn there), which is NaN unless all of its runs have validation. Compare
    like with like. Of untrained rows, accuracy is that of the choice, and there
    is no early stop.

    Other columns: network (see `networks.names`), mask_1_action, rescaling,
    sampling, experiment and criterion, "" where that is not about a row; runs
    (their number); mean, min and max over them of both accuracies, such as
    accuracy_mean; at the end, means of deviation, thresholded_accuracy and
    density, lowest and highest accuracy of all masks of all runs.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), table 1.
    Differs: there, densities are chosen on the test set.

    Args:
        cells: `untrained.read(...).cells`.
        masks: `read(...).masks`.
        runs: Rows of `results.read(...).runs`.
    """
    best, dense = _best_untrained(cells), _dense(runs)
    parts = [best, masks.assign(criterion=""), dense]
    names = networks.names(*parts)
    # As records: a frame of no rows has no types to join.
    rows = [
        {**row, "network": name, "how": how}
        for part, own, how in zip(parts, names, HOW, strict=True)
        for name, row in zip(own, part.to_dict("records"), strict=True)
    ]
    columns = [*TREATMENT, *COLUMNS]
    rows = pd.DataFrame(rows, columns=[*dict.fromkeys(columns)])
    table = (
        _stopped_alike(rows)
        .groupby(TREATMENT, sort=False)
        .agg(
            runs=("accuracy", "size"),
            **tables.statistics(["accuracy", "early_stop_accuracy"]),
            deviation=("deviation", "mean"),
            thresholded_accuracy=("thresholded_accuracy", "mean"),
            density=("density", "mean"),
            lowest=("lowest", "min"),
            highest=("highest", "max"),
        )
    )
    table = table.reset_index()
    rows = table.to_dict("index")
    in_order = sorted(rows, key=lambda index: order(index, rows[index]))
    return table.loc[in_order].reset_index(drop=True)


def order(index: int, row: dict) -> tuple:
    """Sort key: by network; untrained, learned, trained; the plainest first.

    Args:
        index: What decides between rows that are alike.
        row: A row of `compare`.
    """
    parts = [row["network"], HOW.index(row["how"])]
    for key, usual in USUAL.items():
        place = usual.index(row[key]) if row[key] in usual else len(usual)
        parts += [place, row[key]]
    return (*parts, index)


def _check_own(directory, name, record):
    own = record["settings"]  # Beside the run's, those of the evaluation.
    trained = run_record.read(directory)["settings"]
    if any(own.get(name) != value for name, value in trained.items()):
        raise ValueError(f"damaged (its {name} is of another run)")


def _row(run, name):
    record = records.read(run["directory"], name, MISSING)
    _check_own(run["directory"], name, record)
    settings, samples = record["settings"], record["samples"]
    test = np.array(samples["test"]["accuracy"], float)
    validate = samples.get("validate", {"accuracy": [np.nan]})["accuracy"]
    sizes, thresholded = record["sizes"], record["thresholded"]
    drawn = {key: np.mean(v) for key, v in record["sampled_density"].items()}
    return {
        **{key: run[key] for key in COLUMNS[:5]},
        **{key: settings[key] for key in SETTINGS},
        "accuracy": test.mean(),
        "lowest": test.min(),
        "highest": test.max(),
        "deviation": test.std(ddof=1) if test.size > 1 else np.nan,
        "early_stop_iteration": run["early_stop_iteration"],
        "early_stop_accuracy": run["early_stop_accuracy"],
        "validate_accuracy": np.mean(validate),
        "density": _overall(drawn, sizes),
        "expected_density": _overall(record["expected_density"], sizes),
        "thresholded_accuracy": thresholded["test"]["accuracy"],
        "thresholded_density": _overall(thresholded["density"], sizes),
        "directory": run["directory"],
    }


def _overall(densities, sizes):
    kept = sum(densities[name] * size for name, size in sizes.items())
    return kept / max(sum(sizes.values()), 1)


def _best_untrained(cells):
    """Rows of the chosen networks of one criterion for each treatment."""
    chosen = untrained.choose(cells)
    keys = untrained.TREATMENT
    summary = untrained.summarize(chosen)
    # Means of fewer trials are no match for those of all.
    most = summary.groupby(keys, dropna=False)["runs"].transform("max")
    best = summary[summary["runs"] == most].drop_duplicates(keys)
    rows = chosen.merge(best[[*keys, "criterion"]], on=[*keys, "criterion"])
    return _alone(rows)


def _dense(runs):
    """Rows of trained dense networks: of each one, the first experiment's."""
    runs = runs[(runs["density"] == 1) & (runs["kind"] != EXPERIMENT)]
    trees = runs["experiment"].map(tree.name)
    keys = [trees, runs["dataset"], runs["model"]]
    first = runs.groupby(keys, dropna=False)["experiment"].transform("first")
    rows = runs[runs["experiment"] == first]
    return _alone(rows.assign(mask_1_action="", criterion=""))


def _stopped_alike(rows):
    """Rows without early stops where another run of the same has none."""
    at_stop = rows["early_stop_accuracy"]
    keys = [rows[key] for key in TREATMENT]
    is_known = at_stop.notna().groupby(keys).transform("all").astype(bool)
    return rows.assign(early_stop_accuracy=at_stop.where(is_known))


def _alone(rows):
    """Rows of networks of which there is one in a run, not several masks."""
    return rows.assign(
        lowest=rows["accuracy"],
        highest=rows["accuracy"],
        deviation=np.nan,
        thresholded_accuracy=np.nan,
        rescaling="",
        sampling="",
    )
